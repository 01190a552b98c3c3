"""Two stiled of one machine that count together, and clearances that an operator takes back."""

import ctypes
import json
import os
import pathlib
import signal
import stat
import tempfile
import unittest

from gateway_site import STILED, TCP, clearance, config
from origin import Origin
from raw_http import request
from stile_command import stile
from stiled_process import StiledProcess

AGENT = "tables-test/1.0"
SECRET = "0123456789abcdefghijklmnopqrstuv"
# Nothing here refills while a test runs.
POLICY = '[level.light]\nbudget = { requests = 20, per = "24h" }\n'
SELLS = '[site.siteverify]\nsecrets_file = "secrets"\n'
ASKED = 'address = "127.0.0.1:0"\nmode = "siteverify"'
IPC_RMID = 0


class SharedTablesTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        folder = tempfile.TemporaryDirectory(prefix="stile-tables-")
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name)
        self.tables = self.state / "tables"
        self.segments = set()
        self.addCleanup(self.remove_segments)
        self.running = []

    def remove_segments(self):
        for segment in self.segments:
            ctypes.CDLL(None).shmctl(segment, IPC_RMID, None)

    def segment(self):
        words = self.tables.read_text().split()
        if words[:1] == ["stile-tables"]:
            self.segments.add(int(words[3]))
            return int(words[3])
        return None

    def start(self, state=None, tables=None, options=(), wait="ready", node=0):
        text = config(self.origin.url, [TCP, ASKED], sites=SELLS)
        text += f'[control]\nsocket = "control.sock"\n[node]\nid = {node}\n'
        text += f'[state]\ndirectory = "{state or self.state}"\n'
        text += f'tables = "{tables}"\n' if tables else '[spend]\nbackend = "shared-file"\n'
        stiled = StiledProcess(STILED, text, {"policy.toml": POLICY, "secrets": SECRET + "\n"},
                               options=options)
        self.addCleanup(stiled.stop)
        if not tables:
            self.segment()
        return stiled

    def kill(self, stiled):
        stiled.signal(signal.SIGKILL)
        stiled.wait()

    def earn(self, stiled):
        return clearance(stiled.addresses[0], [("User-Agent", AGENT)])

    def get(self, stiled, cookie):
        return request(stiled.addresses[0], "/x", fields=[("User-Agent", AGENT),
                                                          ("Cookie", cookie)])[0].status

    def verdicts(self, stiled, verdict):
        return sum(value for sample, value in stiled.samples().items()
                   if sample.startswith("stile_decisions_total") and f'"{verdict}"' in sample)

    def stile(self, stiled, *arguments):
        return stile(*arguments, "--config", str(stiled.config))

    def token(self, stiled, cookie):
        head, body = request(stiled.addresses[0], "/.stile/token", "POST",
                             [("Content-Type", "application/json"), ("Cookie", cookie),
                              ("User-Agent", AGENT), ("Origin", "http://example.test"),
                              ("Sec-Fetch-Site", "same-origin")], b'{"action":"login"}')
        self.assertEqual(head.status, 200, body)
        return json.loads(body)["token"]

    def verify(self, stiled, token):
        _, body = request(stiled.addresses[1], "/siteverify", "POST",
                          [("Content-Type", "application/json")],
                          json.dumps({"secret": SECRET, "response": token}).encode())
        return json.loads(body)["success"]

    def test_clearance_over_budget_is_limited_at_the_same_request_on_each(self):
        one, two = self.start(), self.start()
        self.assertEqual(stat.S_IMODE(self.tables.stat().st_mode), 0o600)
        cookie = self.earn(one)
        for i in range(20):
            self.assertEqual(self.get((one, two)[i % 2], cookie), 200, i)
        self.assertEqual(self.get(one, cookie), 429)
        self.assertEqual(self.get(two, cookie), 429)

    def test_token_passes_once_among_all(self):
        one, two = self.start(), self.start()
        cookie = self.earn(one)
        first, second = self.token(one, cookie), self.token(one, cookie)
        self.assertTrue(self.verify(two, first))
        self.assertFalse(self.verify(one, first))
        self.assertFalse(self.verify(two, first))
        self.kill(one)
        self.assertTrue(self.verify(two, second))

    def test_tables_outlive_every_process(self):
        one = self.start()
        cookie = self.earn(one)
        token, used = self.token(one, cookie), self.token(one, cookie)
        self.assertTrue(self.verify(one, used))
        while self.get(one, cookie) == 200:
            pass
        self.kill(one)
        again = self.start()
        self.assertFalse(again.wait_for("tables")["made"])
        self.assertEqual(self.get(again, cookie), 429)
        self.assertFalse(self.verify(again, used))
        self.assertTrue(self.verify(again, token))

    def test_nothing_that_happens_to_the_file_harms_who_uses_it(self):
        one = self.start()
        cookie = self.earn(one)
        token = self.token(one, cookie)
        os.truncate(self.tables, 0)
        self.assertEqual(self.get(one, cookie), 200)
        self.tables.write_bytes(os.urandom(1 << 20))
        self.assertTrue(self.verify(one, token))
        self.tables.unlink()
        self.assertEqual(self.get(one, cookie), 200)
        one.wait_for("tables-apart")
        self.assertEqual(one.samples()['stile_degraded{reason="tables"}'], 1)
        two = self.start()
        self.assertTrue(two.wait_for("tables")["made"])
        self.assertFalse(self.verify(two, token))  # Of another boot.

    def test_damaged_file_is_replaced_loudly_and_its_tokens_are_void(self):
        one = self.start()
        token = self.token(one, self.earn(one))
        text = bytearray(self.tables.read_bytes())
        text[60] ^= 1
        self.tables.write_bytes(text)
        two = self.start()
        self.assertEqual(two.wait_for("tables-rebuilt")["reason"], "the file is damaged")
        self.assertFalse(self.verify(two, token))
        self.assertTrue(self.verify(one, token))

    def test_file_of_another_kind_is_left_alone_and_the_process_counts_for_itself(self):
        other = self.state / "notes.txt"
        other.write_text("mine\n")
        one = self.start(tables=other)
        self.assertIn("is no table file", one.wait_for("tables-apart")["error"])
        self.assertEqual(one.samples()['stile_degraded{reason="tables"}'], 1)
        self.assertEqual(self.get(one, self.earn(one)), 200)
        self.assertEqual(other.read_text(), "mine\n")
        with self.assertRaisesRegex(AssertionError, "boot-refused"):
            self.start(tables=other, options=["--strict-boot"])

    def test_shared_file_without_a_place_leaves_a_process_that_counts_for_itself(self):
        text = config(self.origin.url, [TCP]) + '[spend]\nbackend = "shared-file"\n'
        one = StiledProcess(STILED, text, {"policy.toml": POLICY})
        self.addCleanup(one.stop)
        self.assertIn("set state.tables, or state.directory",
                      one.wait_for("tables-apart")["error"])
        self.assertEqual(one.samples()['stile_degraded{reason="tables"}'], 1)
        self.assertEqual(self.get(one, self.earn(one)), 200)
        status, out, err = stile("check", str(one.config))
        self.assertEqual(status, 0, err)
        self.assertIn("there is no file to share", out + err)

    def test_password_that_others_may_read_is_warned_about(self):
        text = config(self.origin.url, [TCP]) + (
            '[spend]\nbackend = "redis"\n[spend.redis]\naddress = "unix:absent.sock"\n'
            'password_file = "password"\n')
        one = StiledProcess(STILED, text, {"policy.toml": POLICY, "password": "open sesame\n"})
        self.addCleanup(one.stop)
        for mode, warned in ((0o644, True), (0o600, False)):
            (one.folder / "password").chmod(mode)
            status, out, err = stile("check", str(one.config))
            self.assertEqual((status, "may read the password" in out + err), (0, warned))

    def test_token_passes_once_whatever_numbers_the_processes_have(self):
        one, two = self.start(node=1), self.start(node=2)
        token = self.token(one, self.earn(one))
        self.assertTrue(self.verify(two, token))
        self.assertFalse(self.verify(one, token))

    def test_table_file_that_cannot_be_made_leaves_a_process_that_counts_for_itself(self):
        # A file system on which nothing can be made, for root neither.
        one = self.start(tables="/proc/stile-tables")
        one.wait_for("tables-apart")
        self.assertEqual(self.get(one, self.earn(one)), 200)

    def test_what_is_revoked_is_refused_everywhere_until_it_is_taken_back(self):
        one, two = self.start(), self.start()
        cookie, other = self.earn(one), self.earn(one)
        self.assertEqual(self.get(two, cookie), 200)
        status, out, err = self.stile(one, "revoke", cookie, "--for", "1d")
        self.assertEqual((status, err), (0, ""))
        identity = out.partition(":")[0]
        for stiled in (one, two):
            self.assertEqual(self.get(stiled, cookie), 403)
            self.assertEqual(self.get(stiled, other), 200)
            self.assertEqual(self.verdicts(stiled, "revoked"), 1)
        _, out, _ = self.stile(two, "revoke", "--list")  # They share a state directory, too.
        self.assertRegex(out, f"^{identity} until .*, by uid {os.getuid()} since ")
        self.assertEqual(self.stile(two, "revoke", identity, "--undo")[0], 0)
        self.assertEqual(self.get(one, cookie), 200)
        self.assertEqual(self.stile(two, "revoke", identity, "--undo")[0], 1)
        self.assertEqual(self.stile(one, "revoke", "--list")[1], "")

    def test_what_is_revoked_outlives_reload_kill_and_the_tables(self):
        one = self.start()
        cookie = self.earn(one)
        self.assertEqual(self.stile(one, "revoke", cookie)[0], 0)
        self.assertEqual(self.stile(one, "reload")[0], 0)
        self.assertEqual(self.get(one, cookie), 403)
        self.assertEqual(self.stile(one, "mode", "shadow")[0], 0)
        self.assertEqual(self.stile(one, "mode", "configured")[0], 0)
        self.assertEqual(self.get(one, cookie), 403)
        self.kill(one)
        self.tables.unlink()
        again = self.start()
        self.assertTrue(again.wait_for("tables")["made"])
        self.assertEqual(self.get(again, cookie), 403)

    def test_what_cannot_be_meant_is_refused(self):
        one = self.start()
        for arguments in ((), ("nonsense",), ("--list", "--undo"), ("00" * 16, "--undo", "--for", "1d"),
                          ("00" * 16, "--list"), ("00" * 16, "--for", "1&x=2")):
            self.assertEqual(self.stile(one, "revoke", *arguments)[0], 2, arguments)
        for period in ("31d", "0s", "soon"):
            status, _, err = self.stile(one, "revoke", "00" * 16, "--for", period)
            self.assertEqual(status, 1)
            self.assertIn("from 1s to 30d", err)


if __name__ == "__main__":
    unittest.main()
