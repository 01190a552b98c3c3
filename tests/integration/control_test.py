"""Operators at work: the control socket, and status, mode, reload and drain over it."""

import json
import os
import pathlib
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from gateway_site import POLICY, STILED, TCP, config
from origin import Origin
from raw_http import Stream, request
from stile_command import STILE, stile
from stiled_process import DEADLINE, StiledProcess, StoppedThread, key_file

CONTROL = '[control]\nsocket = "control.sock"\n'
BAD_POLICY = '[[rule]]\nname = "open"\npath = ["/open"]\naction = "alow"\n'
SHOP = 'policy = "policy.toml"\n[[site]]\nname = "shop"\nhosts = ["shop.test"]\nupstream = "{}"\n'


class ControlCase(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)

    def start(self, text=None, **more):
        text = text or config(self.origin.url, [TCP])
        stiled = StiledProcess(STILED, text + CONTROL, {"policy.toml": POLICY}, **more)
        self.addCleanup(stiled.stop)
        return stiled

    def two_sites(self):
        text = config(self.origin.url, [TCP]).replace('policy = "policy.toml"\n',
                                                      SHOP.format(self.origin.url), 1)
        return self.start(text)

    def ask(self, stiled, method, target, body=b""):
        head, answer = request(stiled.control, target, method, body=body)
        return head.status, json.loads(answer)

    def status(self, stiled):
        return self.ask(stiled, "GET", "/status")[1]

    def mode_of(self, stiled, site="main"):
        return next(s for s in self.status(stiled)["sites"] if s["name"] == site)["mode"]

    def stile(self, stiled, command, *arguments):
        return stile(command, "--config", str(stiled.config), *arguments)

    def code(self, stiled, target="/private", **more):
        return request(stiled.addresses[0], target, **more)[0].status

    def metrics(self, stiled):
        return request(stiled.metrics, "/metrics")[1].decode()

    def break_files(self, stiled):
        """Leaves a configuration that isn't even TOML."""
        text = stiled.config.read_text()
        stiled.config.write_text("[[listener\n" + text)

    def stop(self, stiled):
        stiled.signal(signal.SIGTERM)
        self.assertEqual(stiled.wait(), 0)


class SocketTest(ControlCase):
    def test_socket_is_its_owners_alone_and_gone_at_the_end(self):
        old = os.umask(0)
        try:
            stiled = self.start()
        finally:
            os.umask(old)
        path = stiled.folder / "control.sock"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.stop(stiled)
        self.assertFalse(path.exists())

    def test_socket_of_a_dead_process_is_replaced(self):
        first = self.start()
        first.signal(signal.SIGKILL)
        first.wait()
        self.assertTrue((first.folder / "control.sock").exists())
        text = first.config.read_text().replace(
            '"control.sock"', f'"{first.folder / "control.sock"}"').replace(
            '\n[keys]\nfile = "keys.toml"\n', '')
        second = StiledProcess(STILED, text, {"policy.toml": POLICY})
        self.addCleanup(second.stop)
        self.assertEqual(self.status(second)["pid"], second.pid)

    def test_socket_of_a_living_process_is_left_alone(self):
        first = self.start()
        text = config(self.origin.url, [TCP]) + CONTROL.replace(
            "control.sock", str(first.folder / "control.sock"))
        second = StiledProcess(STILED, text, {"policy.toml": POLICY})
        self.addCleanup(second.stop)
        self.assertIn("control.sock", second.wait_for("control-unavailable")["error"])
        self.assertEqual(self.code(second, "/open/echo"), 200)
        self.stop(second)
        self.assertEqual(self.status(first)["pid"], first.pid)

    def test_requests_are_bounded_and_named(self):
        stiled = self.start()
        self.assertEqual(request(stiled.control, "/mode", "POST", body=b"x" * 5000)[0].status, 413)
        self.assertEqual(self.ask(stiled, "GET", "/mode")[0], 405)
        self.assertEqual(self.ask(stiled, "POST", "/status")[0], 405)
        self.assertEqual(self.ask(stiled, "GET", "/metrics")[0], 404)
        for form in (b"", b"mode=", b"mode=close", b"mode=open&mode=open", b"mode=open&for=10",
                     b"mode=open&for=31d", b"mode=open&for=0s", b"mode=configured&for=1m",
                     b"mode=open&site=nowhere", b"mode=open&rule=x", b"mode=open&more=1"):
            with self.subTest(form=form):
                code, answer = self.ask(stiled, "POST", "/mode", form)
                self.assertEqual(code, 400)
                self.assertTrue(answer["error"])
        self.assertEqual(self.mode_of(stiled), "enforce")

    def test_client_that_says_nothing_holds_nobody_up(self):
        stiled = self.start()
        with Stream.to(stiled.control) as idle:
            idle.send(b"POST /mode HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nmode")
            self.assertEqual(self.status(stiled)["phase"], "ready")

    def test_token_without_an_address_is_refused(self):
        with self.assertRaisesRegex(AssertionError, "control.address and control.token_file go"):
            self.addCleanup(StiledProcess(
                STILED, config(self.origin.url, [TCP]) + CONTROL + 'token_file = "t"\n',
                {"policy.toml": POLICY}).stop)


class ModeTest(ControlCase):
    def test_open_lets_pass_at_once_and_says_who_and_until_when(self):
        stiled = self.start()
        self.assertEqual(self.code(stiled), 403)
        status, out, err = self.stile(stiled, "mode", "open", "--for", "10m")
        self.assertEqual((status, err), (
            0, "warning: it ends with the process: without state.directory nothing is kept\n"))
        self.assertRegex(out, r"^every site: open until 20..-..-..T..:..:..Z\n$")
        self.assertEqual(self.code(stiled), 200)
        site = self.status(stiled)["sites"][0]
        self.assertEqual((site["mode"], site["configured_mode"]), ("open", "enforce"))
        self.assertEqual(site["override"]["by"], f"uid {os.getuid()}")
        event = stiled.wait_for("mode")
        self.assertEqual((event["site"], event["mode"], event["by"], event["until"]),
                         ("*", "open", f"uid {os.getuid()}", site["override"]["until"]))
        self.assertIn('stile_mode{site="main",mode="open",source="operator"} 1',
                      self.metrics(stiled))

    def test_mode_ends_by_itself(self):
        stiled = self.start()
        self.assertEqual(self.stile(stiled, "mode", "open", "--for", "1s")[0], 0)
        self.assertEqual(stiled.wait_for("mode-ended")["site"], "*")
        end = time.monotonic() + DEADLINE
        while self.code(stiled) != 403:
            self.assertLess(time.monotonic(), end)
        self.assertEqual(self.mode_of(stiled), "enforce")
        # Requests see it an instant before the metrics tell it.
        while 'stile_mode{site="main",mode="enforce",source="config"} 1' not in self.metrics(stiled):
            self.assertLess(time.monotonic(), end)

    def test_mode_outlives_a_reload_and_a_refused_one(self):
        stiled = self.start()
        self.assertEqual(self.stile(stiled, "mode", "open")[0], 0)
        stiled.signal(signal.SIGHUP)
        stiled.wait_for("reloaded")
        self.assertEqual(self.code(stiled), 200)
        self.break_files(stiled)
        stiled.signal(signal.SIGHUP)
        stiled.wait_for("reload-rejected")
        self.assertEqual(self.code(stiled), 200)

    def test_mode_is_set_while_every_file_is_broken(self):
        stiled = self.start()
        self.break_files(stiled)
        (stiled.folder / "policy.toml").write_text(BAD_POLICY)
        stiled.keys.write_text("?")
        self.assertEqual(self.stile(stiled, "mode", "open")[0], 0)
        self.assertEqual(self.code(stiled), 200)
        self.assertEqual(self.stile(stiled, "mode", "configured")[0], 0)
        self.assertEqual(self.code(stiled), 403)

    def test_mode_of_one_site_leaves_the_others(self):
        stiled = self.two_sites()
        self.assertEqual(self.stile(stiled, "mode", "open", "--site", "shop")[0], 0)
        self.assertEqual(self.code(stiled, host="shop.test"), 200)
        self.assertEqual(self.code(stiled), 403)
        self.assertEqual(self.stile(stiled, "mode", "shadow")[0], 0)
        self.assertEqual(self.stile(stiled, "mode", "configured", "--site", "shop")[0], 0)
        self.assertEqual((self.mode_of(stiled), self.mode_of(stiled, "shop")),
                         ("shadow", "enforce"))
        self.assertEqual(self.stile(stiled, "mode", "configured")[0], 0)
        self.assertEqual(self.mode_of(stiled), "enforce")

    def test_enforce_goes_before_a_configured_shadow(self):
        text = config(self.origin.url, [TCP]).replace('policy = "policy.toml"\n',
                                                      'policy = "policy.toml"\nmode = "shadow"\n')
        stiled = self.start(text)
        self.assertEqual(self.code(stiled), 200)
        self.assertEqual(self.stile(stiled, "mode", "enforce")[0], 0)
        self.assertEqual(self.code(stiled), 403)

    def test_counts_keep_their_names_through_a_change(self):
        stiled = self.start()
        self.code(stiled)
        self.stile(stiled, "mode", "shadow")
        self.assertIn('stile_decisions_total{site="main",action="challenge",verdict="absent"} 1',
                      self.metrics(stiled))

    def test_unknown_site_and_wrong_use_are_told(self):
        stiled = self.start()
        status, _, err = self.stile(stiled, "mode", "open", "--site", "nowhere")
        self.assertEqual((status, 'no site is called "nowhere"' in err), (1, True))
        status, _, err = self.stile(stiled, "mode", "open", "--rule", "docs")
        self.assertEqual((status, 'no rule is called "docs"' in err), (1, True))
        self.assertEqual(self.stile(stiled, "mode", "ajar")[0], 2)
        self.assertEqual(self.stile(stiled, "mode", "open", "--site", "a&mode=attack")[0], 2)


class ReloadTest(ControlCase):
    def test_good_files_are_served(self):
        stiled = self.start()
        (stiled.folder / "policy.toml").write_text(POLICY.replace("/open", "/private"))
        status, out, err = self.stile(stiled, "reload")
        self.assertEqual((status, out, err), (0, "reloaded: generation 2\n", ""))
        self.assertEqual(self.code(stiled), 200)

    def test_keys_that_systemd_holds_are_said_not_to_be_read_again(self):
        with tempfile.TemporaryDirectory() as folder:
            credential = pathlib.Path(folder) / "stile-keys"
            credential.write_text(key_file())
            credential.chmod(0o600)
            stiled = self.start(environment={"CREDENTIALS_DIRECTORY": folder})
            status, out, err = self.stile(stiled, "reload")
            self.assertEqual((status, out), (0, "reloaded: generation 2\n"))
            self.assertIn("systemctl restart stiled", err)

    def test_every_mistake_is_named_and_nothing_changes(self):
        stiled = self.start()
        (stiled.folder / "policy.toml").write_text(BAD_POLICY)
        stiled.keys.write_text("[[key]]\nid = 1\n")
        status, out, err = self.stile(stiled, "reload")
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"(?m)^/.*policy\.toml:4:10: ")
        self.assertRegex(err, r"(?m)^/.*keys\.toml:1:1: ")
        self.assertEqual(self.code(stiled, "/open/echo"), 200)
        report = self.status(stiled)["last_reload"]
        self.assertFalse(report["successful"])
        self.assertEqual(report["errors"], err.splitlines())

    def test_changes_that_need_a_restart_are_named(self):
        stiled = self.start()
        stiled.config.write_text(stiled.config.read_text().replace("loops = 2", "loops = 1"))
        status, _, err = self.stile(stiled, "reload")
        self.assertEqual(status, 0)
        self.assertIn("limits.loops takes effect with a restart", err)


class StatusTest(ControlCase):
    def test_healthy_stiled_has_status_zero(self):
        stiled = self.start()
        status, out, err = self.stile(stiled, "status")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, rf"(?m)^stiled +\S+, ready, up \S+, pid {stiled.pid}$")
        self.assertRegex(out, r"(?m)^generation +1, last load good ")
        self.assertRegex(out, r"(?m)^main +enforce +1 +[0-9a-f]{12} +as configured$")
        self.assertRegex(out, r"(?m)^1 +2026-01-01T00:00:00Z +for good$")
        self.assertNotIn("!", out)

    def test_what_is_wrong_comes_with_what_to_do(self):
        stiled = self.start()
        self.break_files(stiled)
        self.assertEqual(self.stile(stiled, "reload")[0], 1)
        status, out, _ = self.stile(stiled, "status")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^! reload: .*\n  do: .*`stile check`")
        self.assertRegex(out, r"(?m)^  .*stile\.toml:1:")

    def test_json_is_what_stiled_says(self):
        stiled = self.start(keys="?")
        status, out, _ = self.stile(stiled, "status", "--json")
        self.assertEqual(status, 1)
        report = json.loads(out)
        self.assertEqual(report["degraded"], ["keys"])
        self.assertEqual(report["problems"][0]["reason"], "keys")
        self.assertGreaterEqual(report["uptime_seconds"], 0)

    def test_no_stiled_is_told(self):
        stiled = self.start()
        self.stop(stiled)
        status, _, err = self.stile(stiled, "status")
        self.assertEqual((status, "does not run" in err), (1, True))
        status, _, err = stile("status", "--config", str(stiled.folder / "none.toml"))
        self.assertEqual((status, "--socket" in err), (1, True))

    def test_socket_can_be_named(self):
        stiled = self.start()
        self.assertEqual(stile("status", "--socket", stiled.control)[0], 0)

    def test_control_answers_and_changes_modes_while_every_loop_stands_still(self):
        stiled = self.start()
        loops = stiled.threads("stile-loop")
        self.assertEqual(len(loops), 2)
        with StoppedThread(loops[0]), StoppedThread(loops[1]):
            self.assertEqual(self.stile(stiled, "mode", "open")[0], 0)
            self.assertEqual(self.stile(stiled, "reload")[0], 0)
            end = time.monotonic() + DEADLINE
            while self.status(stiled)["loops_answering"] != 0:
                self.assertLess(time.monotonic(), end)
            status, out, _ = self.stile(stiled, "status")
            self.assertEqual(status, 1)
            self.assertIn("! loops: 2 of 2 event loops don't answer", out)
        self.assertEqual(self.code(stiled), 200)


class DrainTest(ControlCase):
    def test_idle_stiled_is_gone_when_the_command_returns(self):
        stiled = self.start()
        status, out, err = self.stile(stiled, "drain")
        self.assertEqual((status, out), (0, "stopped\n"), err)
        self.assertEqual(stiled.wait(), 0)

    def test_drain_waits_for_what_is_under_way(self):
        stiled = self.start()
        with Stream.to(stiled.addresses[0]) as client:
            client.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
            while self.status(stiled)["connections"] != 1:
                pass
            drain = subprocess.Popen([STILE, "drain", "--config", str(stiled.config)],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(drain.communicate)
            self.assertRegex(drain.stderr.readline(), "^draining, for up to 30 s$")
            self.assertEqual(drain.stderr.readline(), "1 connections left\n")
            self.assertEqual(self.ask(stiled, "POST", "/reload")[0], 409)
            self.assertEqual(self.ask(stiled, "POST", "/mode", b"mode=open")[0], 409)
            self.assertEqual(self.status(stiled)["phase"], "draining")
            self.assertIsNone(drain.poll())
            client.send(b"cd")
            self.assertEqual(client.head().status, 200)
        self.assertEqual(drain.wait(DEADLINE), 0)
        self.assertEqual(stiled.wait(), 0)

    def test_no_wait_returns_when_it_has_begun(self):
        stiled = self.start()
        with Stream.to(stiled.addresses[0]) as client:
            client.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
            while self.status(stiled)["connections"] != 1:
                pass
            self.assertEqual(self.stile(stiled, "drain", "--no-wait")[0], 0)
            self.assertTrue(stiled.running())
            client.send(b"cd")
        self.assertEqual(stiled.wait(), 0)


if __name__ == "__main__":
    unittest.main()
