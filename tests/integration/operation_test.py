"""The life of a stiled: how it starts over broken files, reloads, tells of itself and stops."""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import unittest

from gateway_site import POLICY, SOLVE, STILED, TCP, UNLIMITED, clearance, config
from origin import Origin
from raw_http import Stream, connect, request
from stiled_process import DEADLINE, StiledProcess, key_file

# What POLICY is not: under it /open is challenged and /other is not.
OTHER_POLICY = '[[rule]]\nname = "other"\npath = ["/other", "/other/*"]\naction = "allow"\n'
BAD_POLICY = '[[rule]]\nname = "open"\npath = ["/open"]\naction = "alow"\n'


class OperationCase(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        folder = tempfile.TemporaryDirectory(prefix="stiled-state-")
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name) / "state"

    def start(self, policy=POLICY, keys=None, options=(), limits="", **more):
        """A stiled that records under self.state, killed at the end of the test."""
        stiled = StiledProcess(
            STILED, config(self.origin.url, [TCP], limits), {"policy.toml": policy}, keys=keys,
            options=("--state-directory", str(self.state), *options), **more)
        self.addCleanup(stiled.stop)
        return stiled

    def refused(self, **arguments):
        """Starts a stiled that must refuse to; returns what it said."""
        with self.assertRaisesRegex(AssertionError, "boot-refused") as caught:
            self.start(**arguments)
        return str(caught.exception)

    def status(self, stiled, target, **more):
        return request(stiled.addresses[0], target, **more)[0].status

    def metrics(self, stiled):
        """Each series with its value."""
        return stiled.samples()

    def stop(self, stiled):
        stiled.signal(signal.SIGTERM)
        self.assertEqual(stiled.wait(), 0)


class BootTest(OperationCase):
    def test_bad_policy_is_refused_where_nothing_was_recorded(self):
        said = self.refused(policy=BAD_POLICY)
        self.assertRegex(said, r"policy\.toml:4:10: ")

    def test_bad_policy_is_survived_by_what_was_recorded(self):
        self.stop(self.start())
        stiled = self.start(policy=BAD_POLICY)
        degraded = stiled.wait_for("degraded")
        self.assertEqual(degraded["reasons"], ["last-good"])
        self.assertRegex(degraded["errors"][0], r"policy\.toml:4:10: ")
        self.assertEqual(self.status(stiled, "/open/echo"), 200)
        self.assertEqual(self.status(stiled, "/private"), 403)
        metrics = self.metrics(stiled)
        self.assertEqual(metrics['stile_degraded{reason="last-good"}'], 1)
        self.assertEqual(metrics["stile_config_last_reload_successful"], 0)
        self.assertEqual(request(stiled.metrics, "/readyz")[0].status, 200)

        (stiled.folder / "policy.toml").write_text(OTHER_POLICY)
        stiled.signal(signal.SIGHUP)
        stiled.wait_for("reloaded")
        self.assertEqual(self.status(stiled, "/open/echo"), 403)
        metrics = self.metrics(stiled)
        self.assertEqual(metrics['stile_degraded{reason="last-good"}'], 0)
        self.assertEqual(metrics["stile_config_last_reload_successful"], 1)

    def test_oversized_configuration_is_survived_by_what_was_recorded(self):
        self.stop(self.start())
        stiled = self.start(limits="#" * (1 << 20))
        self.assertEqual(stiled.wait_for("degraded")["reasons"], ["last-good"])
        self.assertEqual(self.status(stiled, "/open/echo"), 200)

    def test_damaged_record_leaves_the_minimal_policy(self):
        self.stop(self.start())
        record = self.state / "last-good"
        record.write_bytes(record.read_bytes()[:-1] + b"?")
        stiled = self.start(policy=BAD_POLICY)
        self.assertEqual(stiled.wait_for("degraded")["reasons"], ["minimal-policy"])
        self.assertEqual(self.status(stiled, "/open/echo"), 403)

    def test_bad_policy_is_not_recorded(self):
        self.stop(self.start())
        before = (self.state / "last-good").read_bytes()
        self.stop(self.start(policy=BAD_POLICY))
        self.assertEqual((self.state / "last-good").read_bytes(), before)

    def test_record_holds_no_key(self):
        self.stop(self.start())
        record = (self.state / "last-good").read_text()
        self.assertIn("[[listener]]", record)
        self.assertNotIn(re.search('secret = "(.*)"', key_file()).group(1), record)

    def test_strict_boot_refuses_despite_the_record(self):
        self.stop(self.start())
        self.assertRegex(self.refused(policy=BAD_POLICY, options=["--strict-boot"]),
                         r"policy\.toml:4:10: ")
        self.assertRegex(self.refused(keys="[[key]]\n", options=["--strict-boot"]),
                         r"keys\.toml:1:1: ")

    def test_bad_keys_are_survived_by_temporary_ones(self):
        stiled = self.start(keys="[[key]]\nid = 1\n")
        degraded = stiled.wait_for("degraded")
        self.assertEqual(degraded["reasons"], ["keys"])
        self.assertIn("keys.toml:1:1", degraded["errors"][0])
        self.assertEqual(self.metrics(stiled)['stile_degraded{reason="keys"}'], 1)
        self.assertEqual(self.status(stiled, "/private"), 403)
        cookie = clearance(stiled.addresses[0])
        self.assertEqual(self.status(stiled, "/private/echo", fields=[("Cookie", cookie)]), 200)

        stiled.keys.write_text(key_file())
        stiled.signal(signal.SIGHUP)
        stiled.wait_for("reloaded")
        self.assertEqual(self.metrics(stiled)['stile_degraded{reason="keys"}'], 0)
        self.assertEqual(self.status(stiled, "/private/echo", fields=[("Cookie", cookie)]), 403)

    def test_rules_say_what_bad_keys_do_to_them(self):
        rules = "".join(
            f'[[rule]]\nname = "{name}"\npath = ["/{name}/*"]\naction = "challenge"\n'
            f'level = "light"\non_fault = "{name}"\n' for name in ("open", "closed", "stale"))
        stiled = self.start(policy=rules, keys="?")
        self.assertEqual(self.status(stiled, "/open/echo"), 200)
        self.assertEqual(self.status(stiled, "/stale/echo"), 403)
        head, _ = request(stiled.addresses[0], "/closed/echo")
        self.assertEqual(head.status, 503)  # It is not the client who is at fault.
        self.assertIsNotNone(head.get("retry-after"))
        self.assertIsNone(head.get("stile-challenge"))

    def test_state_that_cannot_be_written_is_told_and_survived(self):
        self.state.write_text("a file in the directory's place")
        stiled = self.start()
        self.assertEqual(stiled.wait_for("degraded")["reasons"], ["state"])
        self.assertEqual(self.metrics(stiled)['stile_degraded{reason="state"}'], 1)
        self.assertEqual(self.status(stiled, "/open/echo"), 200)

    def test_clearance_outlives_a_restart(self):
        first = self.start()
        cookie = clearance(first.addresses[0])
        self.stop(first)
        second = self.start()
        self.assertEqual(self.status(second, "/private/echo", fields=[("Cookie", cookie)]), 200)

    def test_credential_goes_before_the_key_file(self):
        credentials = self.state.parent
        (credentials / "stile-keys").write_text(key_file(b"c" * 32, 9))
        stiled = self.start(environment={"CREDENTIALS_DIRECTORY": str(credentials)})
        self.assertIn('stile_key_expiry_timestamp_seconds{id="9"}', self.metrics(stiled))

    def test_key_file_that_others_read_is_warned_about(self):
        stiled = self.start()
        stiled.keys.chmod(0o644)
        stiled.signal(signal.SIGHUP)
        self.assertIn("chmod 600", stiled.wait_for("key-file")["message"])

    def test_taken_address_is_refused_with_its_name(self):
        first = self.start()
        host, port = first.metrics
        with self.assertRaisesRegex(AssertionError, f"boot-refused.*127.0.0.1:{port}"):
            listener = f'address = "127.0.0.1:{port}"'
            self.addCleanup(StiledProcess(STILED, config(self.origin.url, [listener]),
                                          {"policy.toml": POLICY}).stop)


    def test_taken_metrics_address_is_told_and_survived(self):
        first = self.start()
        text = config(self.origin.url, [TCP]).replace(
            'address = "127.0.0.1:0"\n[limits]', f'address = "127.0.0.1:{first.metrics[1]}"\n[limits]')
        second = StiledProcess(STILED, text, {"policy.toml": POLICY})
        self.addCleanup(second.stop)
        self.assertIn(str(first.metrics[1]), second.wait_for("metrics-unavailable")["error"])
        self.assertEqual(self.status(second, "/open/echo"), 200)


class ReloadTest(OperationCase):
    def reload(self, stiled, event):
        count = sum(seen["event"] == event for seen in stiled.events) + 1
        stiled.signal(signal.SIGHUP)
        return stiled.wait_for(event, count)

    def test_bad_files_change_nothing_and_are_all_named(self):
        stiled = self.start()
        (stiled.folder / "policy.toml").write_text(BAD_POLICY)
        stiled.keys.write_text("[[key]]\nid = 0\n")
        rejected = self.reload(stiled, "reload-rejected")
        self.assertTrue(any("policy.toml:4:10: " in error for error in rejected["errors"]))
        self.assertTrue(any("keys.toml:2:6: " in error for error in rejected["errors"]))
        self.assertEqual(self.status(stiled, "/open/echo"), 200)
        metrics = self.metrics(stiled)
        self.assertEqual(metrics["stile_config_last_reload_successful"], 0)
        self.assertEqual(metrics['stile_policy_rejected_total{reason="policy"}'], 1)
        self.assertEqual(metrics['stile_policy_rejected_total{reason="keys"}'], 1)
        self.assertEqual(metrics['stile_policy_rejected_total{reason="config"}'], 0)
        self.assertEqual(metrics["stile_policy_generation"], 1)
        self.assertEqual(metrics['stile_degraded{reason="last-good"}'], 0)

    def test_bad_configuration_keeps_a_changed_policy_out(self):
        stiled = self.start()
        (stiled.folder / "policy.toml").write_text(OTHER_POLICY)
        stiled.config.write_text(stiled.config.read_text() + "[nonsense]\n")
        rejected = self.reload(stiled, "reload-rejected")
        self.assertRegex(rejected["errors"][0], r'stile\.toml:\d+:2: unknown key "nonsense"')
        self.assertEqual(self.status(stiled, "/open/echo"), 200)
        self.assertEqual(self.status(stiled, "/other/echo"), 403)

    def test_good_files_are_swapped_in_under_traffic(self):
        stiled = self.start(policy=UNLIMITED + POLICY)
        cookie = clearance(stiled.addresses[0])
        stop, wrong, served = threading.Event(), [], [0, 0, 0, 0]

        def ask(number):
            with Stream.to(stiled.addresses[0]) as stream:
                while not stop.is_set():
                    stream.send(b"GET /private/echo HTTP/1.1\r\nHost: example.test\r\n"
                                b"Cookie: " + cookie.encode() + b"\r\n\r\n")
                    head, _ = stream.response()
                    if head.status != 200:
                        wrong.append(head.status)
                    served[number] += 1

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for count in range(10):
            policy = POLICY if count % 2 else OTHER_POLICY
            (stiled.folder / "policy.toml").write_text(UNLIMITED + policy)
            before = list(served)
            self.reload(stiled, "reloaded")
            # Each client has been served since, so each loop has met the new engine.
            while any(now < then + 2 for now, then in zip(served, before)):
                self.assertTrue(all(thread.is_alive() for thread in threads), wrong)
                threading.Event().wait(0.001)
            open_status = 200 if count % 2 else 403
            self.assertEqual(self.status(stiled, "/open/echo"), open_status)
        stop.set()
        for thread in threads:
            thread.join(DEADLINE)
        self.assertEqual(wrong, [])
        metrics = self.metrics(stiled)
        self.assertEqual(metrics["stile_policy_generation"], 11)
        # Counts stay with the rules they were counted for.
        self.assertEqual(metrics['stile_rule_matches_total{site="main",rule="open"}'], 5)
        self.assertGreaterEqual(
            metrics['stile_decisions_total{site="main",action="allow",verdict="valid"}'],
            sum(served))

    def test_upstream_changes_with_a_reload(self):
        stiled = self.start()
        self.assertEqual(self.status(stiled, "/open/echo"), 200)
        second = Origin()
        self.addCleanup(second.stop)
        stiled.config.write_text(stiled.config.read_text().replace(self.origin.url, second.url))
        self.reload(stiled, "reloaded")
        self.assertEqual(self.status(stiled, "/open/echo"), 200)
        self.assertEqual(len(second.heads), 1)

    def test_rotated_keys_keep_old_clearances(self):
        stiled = self.start()
        cookie = clearance(stiled.addresses[0])
        stiled.keys.write_text(key_file() + key_file(b"n" * 32, 2).replace("2026-01", "2026-02"))
        self.reload(stiled, "reloaded")
        self.assertEqual(
            self.status(stiled, "/private/echo", fields=[("Cookie", cookie)]), 200)
        self.assertIn('stile_key_expiry_timestamp_seconds{id="2"}', self.metrics(stiled))

    def test_what_is_fixed_at_start_is_named(self):
        stiled = self.start()
        text = stiled.config.read_text().replace("loops = 2", "loops = 1")
        stiled.config.write_text(text + "[wait]\nglobal = { requests = 1 }\n")
        self.assertEqual(self.reload(stiled, "restart-needed")["keys"], ["limits.loops", "wait"])

    def test_reload_is_recorded_after_its_soak(self):
        stiled = self.start(limits='[admission]\nsoak_for = "0s"\nsoak_requests = 0\n')
        (stiled.folder / "policy.toml").write_text(OTHER_POLICY)
        self.reload(stiled, "reloaded")
        self.assertIn('name = "other"', (self.state / "last-good").read_text())


class StatusTest(OperationCase):
    def test_listener_tells_of_itself(self):
        stiled = self.start()
        self.assertEqual(request(stiled.metrics, "/livez")[1], b"ok\n")
        self.assertEqual(request(stiled.metrics, "/readyz")[1], b"ready\n")
        head, body = request(stiled.metrics, "/status")
        self.assertEqual(head.get("content-type"), "application/json")
        status = json.loads(body)
        self.assertEqual(status["phase"], "ready")
        self.assertEqual(status["generation"], 1)
        self.assertEqual(status["degraded"], [])
        self.assertEqual(status["sites"][0]["name"], "main")
        digest = status["sites"][0]["policy"]
        self.assertEqual(
            self.metrics(stiled)[f'stile_policy_info{{site="main",digest="{digest}"}}'], 1)
        self.assertEqual(request(stiled.metrics, "/metrics", "POST")[0].status, 405)
        self.assertEqual(request(stiled.metrics, "/")[0].status, 404)

    def test_decisions_and_redeems_are_counted(self):
        stiled = self.start()
        cookie = clearance(stiled.addresses[0])
        name, _, token = cookie.partition("=")
        other = "A" if token[20] != "A" else "B"
        self.status(stiled, "/private/echo", fields=[("Cookie", cookie)])
        self.status(stiled, "/private",
                    fields=[("Cookie", f"{name}={token[:20]}{other}{token[21:]}")])
        self.status(stiled, "/private")
        metrics = self.metrics(stiled)
        decision = 'stile_decisions_total{{site="main",action="{}",verdict="{}"}}'
        self.assertEqual(metrics[decision.format("allow", "valid")], 1)
        self.assertEqual(metrics[decision.format("challenge", "forged")], 1)
        self.assertEqual(metrics[decision.format("challenge", "absent")], 1)
        self.assertEqual(metrics['stile_redeems_total{puzzle="hashwx",result="valid"}'], 1)
        self.assertGreaterEqual(metrics["stile_challenges_issued_total"], 1)
        self.assertGreaterEqual(metrics["stile_check_duration_seconds_count"], 3)

    def test_nothing_that_a_client_sent_is_logged(self):
        stiled = self.start()
        cookie = clearance(stiled.addresses[0])
        self.status(stiled, "/private/canary", fields=[("Cookie", cookie)])
        self.stop(stiled)
        log = json.dumps(stiled.events)
        self.assertNotIn(cookie.partition("=")[2], log)
        self.assertNotIn("canary", log)

    def test_listener_may_be_a_unix_socket(self):
        text = config(self.origin.url, [TCP]).replace('address = "127.0.0.1:0"\n[limits]',
                                                      'address = "unix:m.sock"\n[limits]')
        stiled = StiledProcess(STILED, text, {"policy.toml": POLICY})
        self.addCleanup(stiled.stop)
        self.assertEqual(stiled.metrics, str(stiled.folder / "m.sock"))
        self.assertEqual(request(stiled.metrics, "/readyz")[0].status, 200)
        self.stop(stiled)
        self.assertFalse((stiled.folder / "m.sock").exists())


class StopTest(OperationCase):
    def hold(self, stiled):
        """A request that is under way until the origin's gate is opened."""
        stream = Stream.to(stiled.addresses[0])
        self.addCleanup(stream.close)
        before = len(self.origin.heads)
        stream.send(b"GET /open/hold HTTP/1.1\r\nHost: example.test\r\n\r\n")
        while len(self.origin.heads) == before:
            self.assertTrue(stiled.running())
            threading.Event().wait(0.001)
        return stream

    def test_request_under_way_is_finished(self):
        stiled = self.start()
        stream = self.hold(stiled)
        stiled.signal(signal.SIGTERM)
        stiled.wait_for("draining")
        head, body = request(stiled.metrics, "/readyz")
        self.assertEqual((head.status, body), (503, b"draining\n"))
        self.assertEqual(request(stiled.metrics, "/livez")[0].status, 200)
        while True:  # The listening sockets close right after that.
            try:
                connect(stiled.addresses[0]).close()
            except ConnectionError:  # Refused, or reset where it lay in the queue.
                break
        self.origin.gate.release()
        head, body = stream.response()
        self.assertEqual((head.status, body), (200, b"held"))
        self.assertEqual(stiled.wait(), 0)
        self.assertEqual(stiled.wait_for("stopped")["connections_cut"], 0)

    def test_request_that_takes_too_long_is_cut(self):
        stiled = self.start(limits='drain_timeout = "100ms"')
        self.hold(stiled)
        stiled.signal(signal.SIGINT)
        self.assertEqual(stiled.wait(), 0)
        self.assertEqual(stiled.wait_for("stopped")["connections_cut"], 1)

    def test_second_signal_ends_it_at_once(self):
        stiled = self.start(limits='drain_timeout = "1h"')
        self.hold(stiled)
        stiled.signal(signal.SIGTERM)
        stiled.wait_for("draining")
        stiled.signal(signal.SIGTERM)
        self.assertEqual(stiled.wait(), 1)


class CommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stiled-command-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.config = self.folder / "stile.toml"
        self.config.write_text(config("http://127.0.0.1:9", [TCP]) + '[keys]\nfile = "k.toml"\n')
        (self.folder / "policy.toml").write_text(POLICY)
        (self.folder / "k.toml").write_text(key_file())
        (self.folder / "k.toml").chmod(0o600)

    def run_stiled(self, *arguments):
        return subprocess.run([STILED, *arguments], capture_output=True, text=True,
                              timeout=DEADLINE)

    def test_good_files_are_ok(self):
        done = self.run_stiled("-t", "--config", str(self.config))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "ok\n", ""))

    def test_every_mistake_of_every_file_is_printed(self):
        self.config.write_text(self.config.read_text().replace("loops = 2", 'loops = "two"'))
        (self.folder / "policy.toml").write_text(BAD_POLICY)
        (self.folder / "k.toml").write_text("[[key]]\nid = 256\n")
        done = self.run_stiled("-t", "--config", str(self.config))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        for line in lines:
            self.assertRegex(line, r"^[^:]+\.toml:\d+:\d+: .+")
        line = self.config.read_text().splitlines().index('loops = "two"') + 1
        for place in (f"stile.toml:{line}:9: limits.loops", "policy.toml:4:10: action",
                      "k.toml:1:1: ", "k.toml:2:6: "):
            self.assertTrue(any(place in line for line in lines), (place, lines))

    def test_file_that_is_not_there_is_named(self):
        done = self.run_stiled("-t", "--config", str(self.folder / "no.toml"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no.toml: it can't be opened: No such file", done.stderr)

    def test_wrong_options_are_usage(self):
        for arguments in (["--no-such"], ["--listen", "127.0.0.1:0"], ["--demo", "-t"],
                          ["--demo", "--listen", "nowhere"]):
            done = self.run_stiled(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done))

    def test_version_and_help_are_printed(self):
        done = self.run_stiled("--version")
        self.assertRegex(done.stdout, r"^stiled \d+\.\d+\.\d+\n$")
        done = self.run_stiled("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--config", "--test", "--strict-boot", "--demo", "--version"):
            self.assertIn(option, done.stdout)


class DemoTest(unittest.TestCase):
    def test_demo_stands_in_front_of_its_site(self):
        process = subprocess.Popen(
            [STILED, "--demo", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "STILE_SOLVE": SOLVE})
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, DEADLINE)
        self.addCleanup(process.kill)
        addresses = {}
        for line in process.stderr:
            event = json.loads(line)
            if event["event"] == "listening":
                host, _, port = event["address"].rpartition(":")
                addresses[event["mode"]] = (host, int(port))
            if event["event"] == "ready":
                break
        address = addresses["gateway"]
        self.assertEqual(request(address, "/docs")[0].status, 403)
        self.assertEqual(request(address, "/closed/x")[0].status, 403)
        head, body = request(address, "/open/<b>")
        self.assertEqual(head.status, 400)
        head, body = request(address, "/open/x?a=&b")
        self.assertEqual(head.status, 200)
        self.assertIn(b"<code>/open/x?a=&amp;b</code>", body)
        cookie = clearance(address)
        head, body = request(address, "/echo", "POST", fields=[("Cookie", cookie)], body=b"hello")
        self.assertEqual(head.status, 200)
        self.assertIn(b"POST /echo\n", body)
        self.assertTrue(body.endswith(b"\nhello"))
        self.assertNotIn(cookie.encode(), body)
        self.assertEqual(request(addresses["metrics"], "/readyz")[0].status, 200)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE), 0)


if __name__ == "__main__":
    unittest.main()
