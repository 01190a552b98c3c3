"""The kill switch: by file, by signal, over the control socket and over TCP, whatever else is broken."""

import json
import os
import pathlib
import signal
import socket
import tempfile
import threading
import time
import unittest

from gateway_site import STILED, TCP, UNLIMITED, config
from origin import Origin
from raw_http import request
from stile_command import stile
from stiled_process import DEADLINE, StiledProcess, StoppedThread

POLICY = UNLIMITED + ('[[rule]]\nname = "open"\npath = ["/open", "/open/*"]\naction = "allow"\n'
                      '[[rule]]\nname = "shut"\npath = ["/shut"]\naction = "deny"\n'
                      '[[rule]]\nname = "work"\npath = ["/work"]\naction = "challenge"\n'
                      'level = "light"\n'
                      '[[rule]]\nname = "trial"\npath = ["/trial"]\naction = "deny"\n'
                      'mode = "shadow"\n')
CONTROL = '[control]\nsocket = "control.sock"\nmode_file = "mode"\n'
TCP_CONTROL = 'address = "127.0.0.1:0"\ntoken_file = "token"\n'
STATE = '[state]\ndirectory = "state"\n'
TOKEN = "t" * 40
GARBAGE = bytes(range(256)) * 40


class Load:
    """Clients that ask without a pause while this lasts; `statuses` are what they got."""

    def __init__(self, address, paths=("/private", "/open/echo"), clients=3):
        self.statuses, self.failures = [], []
        self._address, self._paths, self._stop = address, paths, threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self):
        while not self._stop.is_set():
            for path in self._paths:
                try:
                    self.statuses.append(request(self._address, path)[0].status)
                except OSError as error:
                    self.failures.append(error)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


class SwitchCase(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        self.state = tempfile.TemporaryDirectory()
        self.addCleanup(self.state.cleanup)

    def start(self, text=None, control=CONTROL, state=None, files=None):
        text = (text or config(self.origin.url, [TCP])) + control
        text += state if state is not None else f'[state]\ndirectory = "{self.state.name}"\n'
        stiled = StiledProcess(STILED, text, {"policy.toml": POLICY, **(files or {})})
        self.addCleanup(stiled.stop)
        return stiled

    def stile(self, stiled, *arguments):
        return stile(*arguments[:1], "--config", str(stiled.config), *arguments[1:])

    def code(self, stiled, target="/private"):
        return request(stiled.addresses[0], target)[0].status

    def status(self, stiled):
        return json.loads(request(stiled.control, "/status")[1])

    def orders(self, stiled):
        return [(order["mode"], order["site"], order["rule"], order["source"])
                for order in self.status(stiled)["orders"]]

    def becomes(self, holds):
        """Waits until `holds()`; returns how many seconds that took."""
        start = time.monotonic()
        while not holds():
            self.assertLess(time.monotonic() - start, DEADLINE)
            time.sleep(0.005)
        return time.monotonic() - start

    def becomes_code(self, stiled, code, target="/private"):
        return self.becomes(lambda: self.code(stiled, target) == code)

    def stop(self, stiled):
        stiled.signal(signal.SIGTERM)
        self.assertEqual(stiled.wait(), 0)


class RuleTest(SwitchCase):
    def test_rule_is_killed_at_once_and_said_to_be(self):
        stiled = self.start()
        self.assertEqual(self.code(stiled, "/shut"), 403)
        status, out, err = self.stile(stiled, "mode", "open", "--site", "main", "--rule", "shut",
                                      "--for", "10m")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, "^rule shut of main: open until 20..-")
        self.stile(stiled, "mode", "shadow", "--rule", "work")
        self.assertEqual(self.code(stiled, "/work"), 403)  # The default challenges.
        self.assertEqual(self.code(stiled, "/shut"), 403)
        samples = stiled.samples()
        self.assertEqual(samples['stile_rule_kills_total{site="main",rule="shut"}'], 1)
        self.assertEqual(samples['stile_rule_mode{site="main",rule="shut",mode="open",'
                                 'source="operator"}'], 1)
        out = self.stile(stiled, "status")[1]
        self.assertRegex(out, r"(?m)^open +main +shut +uid \d+ \(operator\) +\S+ ago +for ")
        self.assertRegex(out, r"(?m)^shadow +\* +work +uid \d+ \(operator\) +\S+ ago +until taken")
        event = stiled.wait_for("mode")
        self.assertEqual((event["rule"], event["mode"], event["by"]),
                         ("shut", "open", f"uid {os.getuid()}"))

    def test_shadow_rule_acts_once_it_is_enforced(self):
        stiled = self.start()
        challenged = request(stiled.addresses[0], "/trial")[1]
        self.assertIn(b'"challenge"', challenged)
        self.assertEqual(self.stile(stiled, "mode", "enforce", "--rule", "trial")[0], 0)
        self.assertIn(b'"denied"', request(stiled.addresses[0], "/trial")[1])

    def test_attack_asks_the_highest_level_of_that_rule_alone(self):
        stiled = self.start()
        self.assertIn(b'"light"', request(stiled.addresses[0], "/work")[1])
        self.assertEqual(self.stile(stiled, "mode", "attack", "--rule", "work")[0], 0)
        self.assertIn(b'"standard"', request(stiled.addresses[0], "/work")[1])
        self.assertIn(b'"light"', request(stiled.addresses[0], "/private")[1])
        status, _, err = self.stile(stiled, "mode", "attack", "--rule", "shut")
        self.assertEqual((status, "doesn't challenge" in err), (1, True))

    def test_order_follows_its_rule_through_reloads_and_waits_while_it_is_gone(self):
        stiled = self.start()
        self.assertEqual(self.stile(stiled, "mode", "open", "--rule", "shut")[0], 0)
        policy = stiled.folder / "policy.toml"
        policy.write_text(POLICY.replace(
            "[[rule]]\n", '[[rule]]\nname = "new"\npath = ["/new"]\naction = "deny"\n[[rule]]\n', 1))
        self.assertEqual(self.stile(stiled, "reload")[0], 0)
        self.assertIn(b'"challenge"', request(stiled.addresses[0], "/shut")[1])
        policy.write_text(POLICY.replace('"shut"', '"else"'))
        self.assertEqual(self.stile(stiled, "reload")[0], 0)
        self.assertEqual(self.status(stiled)["orders"][0]["waits"], "no rule is called so")
        self.assertIn("waits: no rule", self.stile(stiled, "status")[1])
        self.assertEqual(self.stile(stiled, "mode", "configured", "--rule", "shut")[0], 0)
        self.assertEqual(self.orders(stiled), [])

    def test_killed_rule_stays_killed_when_the_site_goes_back(self):
        stiled = self.start()
        self.stile(stiled, "mode", "open", "--rule", "shut")
        self.stile(stiled, "mode", "open", "--for", "10m")
        status, out, _ = self.stile(stiled, "mode", "configured")
        self.assertEqual(status, 0)
        self.assertIn("still by order: rule shut of every site: open", out)
        self.assertEqual(self.orders(stiled), [("open", "*", "shut", "operator")])


class FileTest(SwitchCase):
    def test_word_in_a_file_opens_and_no_file_closes(self):
        stiled = self.start()
        mode = stiled.folder / "mode"
        mode.write_text("open\n")
        self.becomes_code(stiled, 200)
        event = stiled.wait_for("mode")
        self.assertEqual((event["source"], event["by"]), ("file", f"uid {os.getuid()}"))
        self.assertIn('stile_mode{site="main",mode="open",source="file"}', stiled.samples())
        mode.unlink()
        self.becomes_code(stiled, 403)

    def test_file_in_the_state_directory_is_the_default(self):
        stiled = self.start(control='[control]\nsocket = "control.sock"\n')
        (pathlib.Path(self.state.name) / "mode").write_text("open\n")
        self.becomes_code(stiled, 200)

    def test_file_that_cant_be_understood_changes_nothing(self):
        stiled = self.start()
        mode = stiled.folder / "mode"
        mode.write_text("open\n")
        self.becomes_code(stiled, 200)
        mode.write_bytes(GARBAGE)
        self.assertIn("line 1", stiled.wait_for("mode-file-refused")["error"])
        self.assertEqual(self.code(stiled), 200)
        self.assertIn("mode-file", self.status(stiled)["degraded"])
        self.assertEqual(self.stile(stiled, "status")[0], 1)
        mode.write_text("")
        self.becomes_code(stiled, 403)
        self.becomes(lambda: self.status(stiled)["degraded"] == [])


class SignalTest(SwitchCase):
    def test_one_signal_opens_and_the_other_goes_back(self):
        stiled = self.start()
        stiled.signal(signal.SIGUSR1)
        self.becomes_code(stiled, 200)
        order = self.status(stiled)["orders"][0]
        self.assertEqual((order["mode"], order["source"]), ("open", "signal"))
        self.assertIn(f"pid {os.getpid()}", order["by"])
        self.assertIsNotNone(order["until"])
        stiled.signal(signal.SIGUSR2)
        self.becomes_code(stiled, 403)
        self.assertEqual(self.orders(stiled), [])

    def test_every_way_works_while_the_main_thread_stands_still(self):
        stiled = self.start()
        with StoppedThread(stiled.pid):
            reload = threading.Thread(target=request, args=(stiled.control, "/reload", "POST"))
            reload.start()  # It waits for the main thread, and nobody else does.
            stiled.signal(signal.SIGUSR1)
            self.becomes_code(stiled, 200)
            stiled.signal(signal.SIGUSR2)
            self.becomes_code(stiled, 403)
            (stiled.folder / "mode").write_text("open\n")
            self.becomes_code(stiled, 200)
            self.assertEqual(self.stile(stiled, "mode", "enforce")[0], 0)
            self.assertEqual(self.code(stiled), 403)
        reload.join()
        self.assertEqual(self.code(stiled), 403)


class RestartTest(SwitchCase):
    def test_orders_outlive_a_restart_with_who_since_and_until(self):
        first = self.start()
        self.stile(first, "mode", "open", "--for", "1h")
        self.stile(first, "mode", "open", "--rule", "shut")
        before = self.status(first)["orders"]
        first.signal(signal.SIGKILL)
        first.wait()
        second = self.start()
        self.assertEqual(self.code(second), 200)
        self.assertEqual(self.status(second)["orders"], before)
        self.assertEqual(second.wait_for("mode-restored")["mode"], "open")

    def test_order_that_ended_while_nobody_ran_is_over(self):
        first = self.start()
        self.stile(first, "mode", "open", "--for", "1s")
        first.signal(signal.SIGKILL)
        first.wait()
        time.sleep(1.1)  # What is tested is that this time has gone by.
        second = self.start()
        self.assertEqual(self.code(second), 403)
        self.assertEqual(self.orders(second), [])

    def test_damaged_record_stops_no_start(self):
        record = pathlib.Path(self.state.name) / "mode-orders"
        record.write_bytes(GARBAGE)
        stiled = self.start()
        self.assertEqual(self.code(stiled), 403)
        self.assertIn("mode-record", self.status(stiled)["degraded"])
        self.assertEqual(self.stile(stiled, "mode", "configured")[0], 0)
        self.becomes(lambda: self.status(stiled)["degraded"] == [])


class TcpTest(SwitchCase):
    def start_tcp(self, token=TOKEN, mode=0o600):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(token + "\n")
        self.addCleanup(os.unlink, file.name)
        os.chmod(file.name, mode)
        self.token_file = file.name
        return self.start(control=CONTROL + TCP_CONTROL.replace('"token"', f'"{file.name}"'))

    def ask(self, stiled, fields=(), host=None, **more):
        host = host or f"127.0.0.1:{stiled.control_tcp[1]}"
        return request(stiled.control_tcp, "/mode", "POST", fields=fields, host=host,
                       body=b"mode=open", **more)[0].status

    def test_tool_controls_with_the_token(self):
        stiled = self.start_tcp()
        there = ("--control", "127.0.0.1:%d" % stiled.control_tcp[1], "--token-file",
                 self.token_file)
        self.assertEqual(stile("mode", "open", *there)[0], 0)
        self.assertEqual(self.code(stiled), 200)
        self.assertIn("by token from 127.0.0.1", stile("status", *there)[1])
        self.assertEqual(stile("reload", *there)[0], 0)
        self.assertEqual(stile("mode", "open", *there[:2])[0], 1)

    def test_whoever_shows_no_token_is_refused_and_counted(self):
        stiled = self.start_tcp()
        shown = ("Authorization", f"Bearer {TOKEN}")
        self.assertEqual(self.ask(stiled), 401)
        self.assertEqual(self.ask(stiled, [("Authorization", f"Bearer {TOKEN}x")]), 401)
        self.assertEqual(self.ask(stiled, [shown, shown]), 401)
        self.assertEqual(self.ask(stiled, [shown, ("Origin", "http://127.0.0.1")]), 403)
        self.assertEqual(self.ask(stiled, [shown], host="stile.example.org"), 403)
        self.assertEqual(self.code(stiled), 403)
        samples = stiled.samples()
        self.assertEqual([samples[f'stile_control_refused_total{{reason="{reason}"}}']
                          for reason in ("token", "host", "origin")], [3, 1, 1])
        self.assertEqual(self.ask(stiled, [shown], host="localhost"), 200)
        self.assertEqual(self.code(stiled), 200)

    def test_token_that_others_may_read_or_that_is_short_opens_nothing(self):
        for token, mode in ((TOKEN, 0o644), (TOKEN[:31], 0o600)):
            with self.subTest(token=token, mode=mode):
                stiled = self.start_tcp(token, mode)
                self.assertIn("token_file", stiled.wait_for("control-unavailable")["error"])
                self.assertIsNone(stiled.control_tcp)
                self.assertNotIn(token, json.dumps(stiled.events))
                self.assertEqual(self.stile(stiled, "mode", "open")[0], 0)


class BrokenTest(SwitchCase):
    """Everything that can be broken is: the files, the state directory, the metrics' port."""

    def break_all(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        text = config(self.origin.url, [TCP]).replace(
            '[metrics]\naddress = "127.0.0.1:0"',
            f'[metrics]\naddress = "127.0.0.1:{taken.getsockname()[1]}"')
        # Nobody, not even root, makes a folder there.
        stiled = self.start(text, state='[state]\ndirectory = "/proc/stile"\n')
        for name in ("stile.toml", "policy.toml", "keys.toml"):
            (stiled.folder / name).write_bytes(GARBAGE)
        (stiled.folder / "keys.toml").chmod(0)
        stiled.signal(signal.SIGHUP)
        stiled.wait_for("reload-rejected")
        self.assertEqual(stiled.metrics, None)
        return stiled

    def control(self, stiled, mode):
        return stile("mode", mode, "--socket", stiled.control)

    def switch_to_and_fro(self, switch, back):
        stiled = self.break_all()
        times = []
        with Load(stiled.addresses[0]) as load:
            for _ in range(3):
                switch(stiled)
                times.append(self.becomes_code(stiled, 200))
                self.assertEqual(self.code(stiled, "/shut"), 200)
                back(stiled)
                times.append(self.becomes_code(stiled, 403))
        self.assertEqual([status for status in load.statuses if status >= 500], [])
        self.assertEqual(load.failures, [])
        self.assertGreater(len(load.statuses), 5)
        self.assertTrue(stiled.running())
        # Of several tries on a busy machine one is prompt.
        self.assertLess(min(times[::2]), 1.0, times)
        self.assertLess(min(times[1::2]), 1.0, times)
        return stiled

    def test_file_works(self):
        self.switch_to_and_fro(lambda stiled: (stiled.folder / "mode").write_text("open\n"),
                               lambda stiled: (stiled.folder / "mode").write_text("enforce\n"))

    def test_signal_works(self):
        self.switch_to_and_fro(lambda stiled: stiled.signal(signal.SIGUSR1),
                               lambda stiled: stiled.signal(signal.SIGUSR2))

    def test_control_socket_works_and_says_what_is_not_kept(self):
        def order(mode):
            def give(stiled):
                status, _, err = self.control(stiled, mode)
                self.assertEqual(status, 0, err)
                self.assertIn("not kept over a restart", err)
            return give
        stiled = self.switch_to_and_fro(order("open"), order("configured"))
        self.assertIn("mode-record", self.status(stiled)["degraded"])


if __name__ == "__main__":
    unittest.main()
