"""What a reload may bring into force: judged, watched, recorded, and held back after crashes."""

import json
import pathlib
import signal
import tempfile
import time
import unittest

from gateway_site import POLICY, STILED, TCP, clearance, config
from origin import Origin
from raw_http import request
from stiled_process import DEADLINE, StiledProcess

CONTROL = '[control]\nsocket = "control.sock"\n'
SOAKS = '[admission]\nsoak_for = "0s"\nsoak_requests = 0\n'
DENY_ALL = '[[rule]]\nname = "everybody"\npath = ["/*"]\naction = "deny"\n'
DENY_SHOP = '[[rule]]\nname = "shut"\npath = ["/shop/*"]\naction = "deny"\n' + POLICY
OTHER = POLICY + "# another\n"


class AdmissionTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        folder = tempfile.TemporaryDirectory(prefix="stiled-state-")
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name) / "state"

    def start(self, policy=POLICY, more=""):
        stiled = StiledProcess(
            STILED, config(self.origin.url, [TCP]) + CONTROL + more, {"policy.toml": policy},
            options=("--state-directory", str(self.state)))
        self.addCleanup(stiled.stop)
        return stiled

    def reload(self, stiled, policy=None, force=False):
        """Returns the status of the order and every mistake that it found."""
        if policy:
            (stiled.folder / "policy.toml").write_text(policy)
        head, answer = request(stiled.control, "/reload", "POST",
                               body=b"force=true" if force else b"")
        return head.status, "\n".join(json.loads(answer).get("errors", []))

    def admission(self, stiled):
        return json.loads(request(stiled.control, "/status")[1])["admission"]

    def until(self, condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_rule_for_everybody_is_refused_without_traffic(self):
        stiled = self.start()
        before = self.admission(stiled)["digest"]
        status, errors = self.reload(stiled, DENY_ALL)
        self.assertEqual(status, 422)
        self.assertIn('rule "everybody"', errors)
        self.assertIn("--force", errors)
        after = self.admission(stiled)
        self.assertEqual(after["digest"], before)
        self.assertEqual(after["last"]["refusal"], "corpus")
        self.assertEqual(request(stiled.addresses[0], "/open/echo")[0].status, 200)
        self.assertEqual(stiled.samples()['stile_policy_rejected_total{reason="corpus"}'], 1)

    def test_rule_for_everybody_takes_force_and_the_files_word(self):
        stiled = self.start()
        self.assertEqual(self.reload(stiled, DENY_ALL, force=True)[0], 422)
        text = stiled.config.read_text()
        stiled.config.write_text(text + "[admission]\nblast_radius_override = true\n")
        self.assertEqual(self.reload(stiled, DENY_ALL)[0], 422)
        self.assertEqual(self.reload(stiled, DENY_ALL, force=True)[0], 200)
        self.assertEqual(request(stiled.addresses[0], "/open/echo")[0].status, 403)

    def test_what_cleared_clients_do_is_not_denied(self):
        stiled = self.start()
        cookie = [("Cookie", clearance(stiled.addresses[0]))]
        for _ in range(120):
            self.assertEqual(
                request(stiled.addresses[0], "/shop/echo", fields=cookie)[0].status, 200)
        status, errors = self.reload(stiled, DENY_SHOP)
        self.assertEqual(status, 422)
        self.assertIn("recent requests of cleared clients", errors)
        self.assertEqual(
            request(stiled.addresses[0], "/shop/echo", fields=cookie)[0].status, 200)
        samples = stiled.samples()
        self.assertEqual(samples['stile_policy_rejected_total{reason="blast-radius"}'], 1)
        self.assertGreater(
            samples['stile_admission_shadow_changes{site="main",rule="shut"}'], 50)

    def test_start_does_not_serve_what_a_reload_refused(self):
        stiled = self.start()
        self.assertEqual(self.reload(stiled, DENY_ALL)[0], 422)
        stiled.stop()
        stiled = self.start(DENY_ALL)
        self.assertEqual(stiled.wait_for("degraded")["reasons"], ["last-good"])
        self.assertEqual(request(stiled.addresses[0], "/open/echo")[0].status, 200)

    def test_what_a_reload_brings_is_recorded_after_its_soak(self):
        stiled = self.start()
        first = self.admission(stiled)
        self.assertEqual(first["last_good"], first["digest"])
        self.assertFalse(first["soaking"])
        self.assertEqual(self.reload(stiled, OTHER)[0], 200)
        soaking = self.admission(stiled)
        self.assertTrue(soaking["soaking"])
        self.assertEqual(soaking["last_good"], first["digest"])
        self.assertEqual(self.reload(stiled, POLICY)[0], 200)
        self.assertFalse(self.admission(stiled)["soaking"])

    def test_generations_are_kept(self):
        stiled = self.start(more=SOAKS)
        first = (self.state / "last-good").read_bytes()
        self.assertEqual(self.reload(stiled, OTHER)[0], 200)
        self.until(lambda: (self.state / "last-good").read_bytes() != first)
        self.assertEqual((self.state / "last-good.1").read_bytes(), first)

    def crash(self, stiled):
        stiled.signal(signal.SIGKILL)
        stiled.wait()

    def test_second_crash_brings_back_what_served_before(self):
        stiled = self.start()
        stiled.signal(signal.SIGTERM)
        self.assertEqual(stiled.wait(), 0)
        self.crash(self.start(OTHER))
        second = self.start(OTHER)
        self.assertFalse(any(event.get("event") == "degraded" for event in second.events))
        self.crash(second)
        stiled = self.start(OTHER)
        self.assertEqual(stiled.wait_for("degraded")["reasons"], ["generation-pinned"])
        self.assertEqual(stiled.samples()['stile_degraded{reason="generation-pinned"}'], 1)
        self.assertIsNotNone(self.admission(stiled)["pinned_until"])
        status, errors = self.reload(stiled)
        self.assertEqual(status, 422)
        self.assertIn("crashed", errors)
        self.assertEqual(self.reload(stiled, force=True)[0], 200)
        self.assertEqual(stiled.samples()['stile_degraded{reason="generation-pinned"}'], 0)

    def test_pin_ends_by_itself(self):
        pins = '[admission]\npin_for = "3s"\n'
        self.start(more=pins).stop()
        (self.state / "run").unlink(missing_ok=True)
        for _ in range(2):
            self.crash(self.start(OTHER, pins))
        stiled = self.start(OTHER, pins)
        self.assertEqual(stiled.wait_for("degraded")["reasons"], ["generation-pinned"])
        stiled.wait_for("reloaded")
        self.assertEqual(stiled.samples()['stile_degraded{reason="generation-pinned"}'], 0)

    def test_orderly_ends_pin_nothing(self):
        self.start().stop()
        for _ in range(3):
            stiled = self.start(OTHER)
            stiled.signal(signal.SIGTERM)
            self.assertEqual(stiled.wait(), 0)
        stiled = self.start(OTHER)
        self.assertEqual(stiled.samples()['stile_degraded{reason="generation-pinned"}'], 0)

    def test_damaged_run_record_stops_no_start(self):
        self.start().stop()
        (self.state / "run").write_bytes(b"\0rubbish")
        self.start(OTHER)

    def test_state_that_cannot_be_written_is_said_and_tried_again(self):
        self.state.write_text("a file where the folder should be")
        stiled = self.start()
        self.assertEqual(stiled.samples()['stile_degraded{reason="state"}'], 1)
        self.state.unlink()
        self.until(lambda: stiled.samples()['stile_degraded{reason="state"}'] == 0)
        self.assertTrue((self.state / "last-good").exists())


if __name__ == "__main__":
    unittest.main()
