"""What stiled tells the service manager that started it."""

import os
import pathlib
import signal
import socket
import tempfile
import time
import unittest

from gateway_site import POLICY, STILED, TCP, config
from origin import Origin
from raw_http import Stream, request
from stile_command import stile
from stiled_process import DEADLINE, StiledProcess, StoppedThread

CONTROL = '[control]\nsocket = "control.sock"\n'


class Manager:
    """The socket that a service manager listens on."""

    def __init__(self, address):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)

    def close(self):
        self._socket.close()

    def next(self, timeout=DEADLINE):
        """The next message's lines by name; None after `timeout`."""
        self._socket.settimeout(timeout)
        try:
            message = self._socket.recv(65536).decode()
        except TimeoutError:
            return None
        return dict(line.split("=", 1) for line in message.split("\n"))

    def until(self, name):
        """The next message with this name, and those before it."""
        before = []
        end = time.monotonic() + DEADLINE
        while (message := self.next(max(0.01, end - time.monotonic()))) is not None:
            if name in message:
                return message, before
            before.append(message)
        raise AssertionError(f"no {name} within {DEADLINE} s: {before}")


class NotifyCase(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        folder = tempfile.TemporaryDirectory(prefix="stiled-notify-")
        self.addCleanup(folder.cleanup)
        self.address = str(pathlib.Path(folder.name) / "notify")

    def listen(self, address):
        manager = Manager(address)
        self.addCleanup(manager.close)
        return manager

    def start(self, address, **environment):
        stiled = StiledProcess(STILED, config(self.origin.url, [TCP]) + CONTROL,
                               {"policy.toml": POLICY},
                               environment={"NOTIFY_SOCKET": address, **environment})
        self.addCleanup(stiled.stop)
        return stiled


class NotifyTest(NotifyCase):
    def test_start_reload_and_stop_are_told(self):
        manager = self.listen(self.address)
        stiled = self.start(self.address)
        ready, before = manager.until("READY")
        self.assertEqual(ready, {"READY": "1", "STATUS": "Serving 1 site, generation 1"})
        self.assertEqual(before, [])

        earliest = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        stiled.signal(signal.SIGHUP)
        reloading, _ = manager.until("RELOADING")
        self.assertGreaterEqual(int(reloading["MONOTONIC_USEC"]), earliest)
        self.assertLessEqual(int(reloading["MONOTONIC_USEC"]),
                             time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)
        self.assertEqual(manager.until("READY")[0]["STATUS"], "Serving 1 site, generation 2")

        stiled.signal(signal.SIGTERM)
        stopping, _ = manager.until("STOPPING")
        self.assertEqual(int(stopping["EXTEND_TIMEOUT_USEC"]), 40_000_000)
        self.assertEqual(stopping["STATUS"], "Draining: 0 connections are left")
        self.assertEqual(stiled.wait(), 0)

    def test_refused_reload_is_told_and_over(self):
        manager = self.listen(self.address)
        stiled = self.start(self.address)
        manager.until("READY")
        stiled.config.write_text("?")
        stiled.signal(signal.SIGHUP)
        manager.until("RELOADING")
        self.assertRegex(manager.until("READY")[0]["STATUS"], "; reload: the last reload was refused")

    def test_mode_is_told(self):
        manager = self.listen(self.address)
        stiled = self.start(self.address)
        manager.until("READY")
        self.assertEqual(stile("mode", "open", "--config", str(stiled.config))[0], 0)
        self.assertRegex(manager.until("STATUS")[0]["STATUS"], "; main is open by order$")

    def test_refused_start_is_told_and_never_ready(self):
        manager = self.listen(self.address)
        with self.assertRaisesRegex(AssertionError, "boot-refused"):
            StiledProcess(STILED, "?", environment={"NOTIFY_SOCKET": self.address})
        message = manager.next()
        self.assertRegex(message["STATUS"], r"^Refused to start: .*stile\.toml:1:")
        self.assertIsNone(manager.next(0.01))

    def test_abstract_name_is_reached(self):
        name = f"stile-notify-test-{os.getpid()}"
        manager = self.listen("\0" + name)
        self.start("@" + name)
        manager.until("READY")

    def test_manager_that_is_gone_is_survived(self):
        stiled = self.start(self.address)
        stiled.signal(signal.SIGHUP)
        stiled.wait_for("reloaded")
        self.assertEqual(request(stiled.addresses[0], "/open/echo")[0].status, 200)


class WatchdogTest(NotifyCase):
    PERIOD = "400000"  # Microseconds.

    def test_nobody_is_fed_who_does_not_ask(self):
        manager = self.listen(self.address)
        stiled = self.start(self.address, WATCHDOG_USEC=self.PERIOD, WATCHDOG_PID="1")
        stiled.signal(signal.SIGTERM)
        _, before = manager.until("STOPPING")
        self.assertEqual([m for m in before if "WATCHDOG" in m], [])

    def test_loops_that_answer_feed_the_watchdog(self):
        manager = self.listen(self.address)
        self.start(self.address, WATCHDOG_USEC=self.PERIOD)
        for _ in range(10):
            manager.until("WATCHDOG")

    def test_loop_that_stands_still_starves_the_watchdog(self):
        manager = self.listen(self.address)
        stiled = self.start(self.address, WATCHDOG_USEC=self.PERIOD)
        manager.until("WATCHDOG")
        with StoppedThread(stiled.threads("stile-loop")[0]):
            # It may have answered before it stopped, once.
            quiet = time.monotonic() + DEADLINE
            while manager.next(1) is not None:
                self.assertLess(time.monotonic(), quiet)
        manager.until("WATCHDOG")

    def test_drain_goes_on_feeding(self):
        manager = self.listen(self.address)
        stiled = self.start(self.address, WATCHDOG_USEC=self.PERIOD)
        with Stream.to(stiled.addresses[0]) as client:
            client.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
            while stile("status", "--json", "--config", str(stiled.config))[1].find(
                    '"connections":1') < 0:
                pass
            stiled.signal(signal.SIGTERM)
            manager.until("STOPPING")
            for _ in range(5):
                manager.until("WATCHDOG")
            client.send(b"cd")
        self.assertEqual(stiled.wait(), 0)


if __name__ == "__main__":
    unittest.main()
