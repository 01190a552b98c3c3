"""A reload that serves some clients first: rolled back by itself, or serving everybody in the end."""

import json
import pathlib
import random
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "wire_format"))

from clearance_rules import Clearance
from client_binding import Binding, Client
from gateway_site import POLICY, STILED, TCP, config
from origin import Origin
from raw_http import request
from stiled_process import DEADLINE, StiledProcess, key_file
from token_encoding import CLEARANCE, EPOCH, PURPOSE, derive_key, seal, site_id

SECRET = b"k" * 32
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ADMISSION = """[admission]
blast_radius_override = true
cohort_percent = 50
cohort_for = "%s"
"""
ASK_AGAIN = '[default]\naction = "challenge"\nlevel = "standard"\n' + POLICY
DENY_NEW = '[[rule]]\nname = "new"\npath = ["/new/*"]\naction = "deny"\n' + POLICY
CLIENTS = 80


def mint():
    """A clearance as the cookie of a client of its own at 127.0.0.1; of rank 1."""
    now = int(time.time())
    made = Clearance(1, random.randbytes(16), now - 60, now + 3600, site_id(b"main"), 1, 1, 22, 0,
                     0, Binding.of(Client("127.0.0.1", AGENT.encode())))
    key = derive_key(SECRET, PURPOSE[CLEARANCE], b"main", (now - 60) // EPOCH)
    return "stile=" + seal(key, made.body())


class TrialTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        folder = tempfile.TemporaryDirectory(prefix="stiled-state-")
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name) / "state"
        self.clients = [mint() for _ in range(CLIENTS)]

    def start(self, policy=POLICY, cohort_for="10m"):
        stiled = StiledProcess(
            STILED, config(self.origin.url, [TCP]) + '[control]\nsocket = "control.sock"\n' +
            ADMISSION % cohort_for, {"policy.toml": policy}, key_file(SECRET),
            options=("--state-directory", str(self.state)))
        self.addCleanup(stiled.stop)
        return stiled

    def reload(self, stiled, policy, force=False):
        (stiled.folder / "policy.toml").write_text(policy)
        head, answer = request(stiled.control, "/reload", "POST",
                               body=b"force=true" if force else b"")
        return head.status, json.loads(answer)

    def admission(self, stiled):
        return json.loads(request(stiled.control, "/status")[1])["admission"]

    def visit(self, stiled, path="/page"):
        """How many of the clients pass."""
        return sum(request(stiled.addresses[0], path,
                           fields=[("Cookie", cookie), ("User-Agent", AGENT)])[0].status == 200
                   for cookie in self.clients)

    def until(self, condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_what_asks_cleared_clients_again_is_rolled_back(self):
        stiled = self.start()
        self.assertEqual(self.visit(stiled), CLIENTS)
        before = self.admission(stiled)
        status, answer = self.reload(stiled, ASK_AGAIN, force=True)
        self.assertEqual((status, answer["trial_percent"]), (200, 50))
        tried = self.admission(stiled)
        self.assertEqual(tried["digest"], before["digest"])
        self.assertLess(self.visit(stiled), CLIENTS)
        event = stiled.wait_for("rolled-back")
        self.assertEqual(event["candidate"], tried["trial"])
        self.assertEqual(event["serving"], before["digest"])
        self.assertEqual(self.visit(stiled), CLIENTS)
        samples = stiled.samples()
        self.assertEqual(samples['stile_admission_trials_total{outcome="rolled-back"}'], 1)
        self.assertEqual(samples['stile_policy_rejected_total{reason="rolled-back"}'], 1)
        self.assertEqual(samples["stile_config_last_reload_successful"], 0)
        self.assertEqual(samples["stile_admission_trial_share"], 0)
        # It isn't taken again, neither by a reload nor by a start.
        status, answer = self.reload(stiled, ASK_AGAIN)
        self.assertEqual(status, 422)
        self.assertIn("rolled back", answer["errors"][0])
        stiled.stop()
        stiled = self.start(ASK_AGAIN)
        self.assertEqual(stiled.wait_for("degraded")["reasons"], ["last-good"])
        self.assertEqual(self.visit(stiled), CLIENTS)

    def test_what_does_no_harm_serves_everybody_after_its_time(self):
        stiled = self.start(cohort_for="1s")
        self.assertEqual(self.reload(stiled, DENY_NEW)[0], 200)
        self.assertEqual(self.visit(stiled), CLIENTS)
        passed = stiled.wait_for("trial-passed")
        stiled.wait_for("reloaded")
        self.assertEqual(self.admission(stiled)["digest"], passed["candidate"])
        self.assertEqual(self.visit(stiled, "/new/page"), 0)
        self.assertEqual(
            stiled.samples()['stile_admission_trials_total{outcome="passed"}'], 1)

    def test_the_kill_switch_frees_those_on_trial_too(self):
        stiled = self.start()
        self.assertEqual(self.reload(stiled, ASK_AGAIN, force=True)[0], 200)
        request(stiled.control, "/mode", "POST", body=b"mode=open")
        self.assertEqual(self.visit(stiled), CLIENTS)
        self.assertNotEqual(self.admission(stiled)["trial"], None)

    def test_a_newer_reload_ends_the_trial(self):
        stiled = self.start()
        self.assertEqual(self.reload(stiled, DENY_NEW)[0], 200)
        first = self.admission(stiled)["trial"]
        self.assertEqual(self.reload(stiled, DENY_NEW + "# newer\n")[0], 200)
        self.assertEqual(stiled.wait_for("trial-dropped")["candidate"], first)
        self.assertNotIn(self.admission(stiled)["trial"], (None, first))
        # Back to what serves.
        self.assertEqual(self.reload(stiled, POLICY)[0], 200)
        self.assertEqual(self.admission(stiled)["trial"], None)

    def test_a_refused_reload_changes_nothing(self):
        stiled = self.start()
        self.assertEqual(self.reload(stiled, DENY_NEW)[0], 200)
        tried = self.admission(stiled)["trial"]
        self.assertEqual(self.reload(stiled, "garbage")[0], 422)
        self.assertEqual(self.admission(stiled)["trial"], tried)

    def test_doing_without_a_trial_takes_force_and_the_files_word(self):
        stiled = self.start()
        text = stiled.config.read_text()
        stiled.config.write_text(text.replace("cohort_percent = 50", "cohort_percent = 0"))
        self.assertEqual(self.reload(stiled, DENY_NEW, force=True)[1]["trial_percent"], 0)
        self.assertEqual(self.visit(stiled, "/new/page"), 0)

    def test_those_served_first_do_not_outlive_the_process(self):
        stiled = self.start()
        self.assertEqual(self.reload(stiled, DENY_NEW)[0], 200)
        stiled.signal(signal.SIGTERM)
        stiled.wait_for("trial-dropped")


if __name__ == "__main__":
    unittest.main()
