"""A stiled that has more to do than its CPU lets it: the cleared pass, nobody else does, and no proxy
waits for longer than it has patience."""

import json
import socket
import threading
import time
import unittest

from asked_listener import AGENT, CLIENT, NAVIGATION, TRUSTING, POLICY, described
from gateway_site import STILED, UNLIMITED, clearance
from raw_http import Stream, request
from stiled_process import DEADLINE, StiledProcess

CONFIG = f"""
[[listener]]
address = "127.0.0.1:0"
mode = "check"
{TRUSTING}
[[site]]
name = "main"
hosts = ["*"]
policy = "policy.toml"
[metrics]
address = "127.0.0.1:0"
[limits]
loops = 1
overload = "{{overload}}"
{{limits}}
"""
PATIENCE = 20  # Seconds that a proxy waits; the pauses below are a thirtieth of it.
LIMIT = "400ms"  # Of a machine that has other things to do too.
PAUSE = 0.6
DEGRADED = 'stile_degraded{reason="overload"}'
UNCLEARED = described()


def text(fields):
    lines = ["GET /check HTTP/1.1", "Host: stile.internal"]
    return ("\r\n".join(lines + [f"{name}: {value}" for name, value in fields]) +
            "\r\n\r\n").encode()


class OverloadTest(unittest.TestCase):
    def start(self, overload=LIMIT, limits=""):
        stiled = StiledProcess(STILED, CONFIG.format(overload=overload, limits=limits),
                               {"policy.toml": UNLIMITED + POLICY})
        self.addCleanup(stiled.stop)
        return stiled

    def until(self, stiled, value):
        end = time.monotonic() + 2 * DEADLINE
        while stiled.samples()[DEGRADED] != value:
            self.assertLess(time.monotonic(), end, f"overload is not {value}")
            time.sleep(0.02)

    def stop_for_a_while(self, stiled, stream):
        """Has a loop that waits for `stream` be late, and late once more."""
        for _ in range(2):
            stream.send(text(UNCLEARED)).response()
            stiled.pause()
            time.sleep(PAUSE)
            stiled.resume()
        stream.send(text(UNCLEARED)).response()

    def test_process_that_was_stopped_refuses_in_short_and_recovers(self):
        stiled = self.start()
        with Stream.to(stiled.addresses[0]) as stream:
            self.stop_for_a_while(stiled, stream)
            degraded = stiled.wait_for("degraded")
            self.assertEqual(degraded["reasons"], ["overload"])
            self.until(stiled, 0)
            recovered = stiled.wait_for("recovered")
            self.assertEqual(recovered["reason"], "overload")
            self.assertGreaterEqual(stiled.metric("stile_overloads_total"), 1)
            head, _ = stream.send(text(UNCLEARED)).response()
            self.assertEqual(head.status, 401)
            self.assertNotEqual(head.get("x-stile-ctx"), "-")

    def test_without_a_limit_a_stop_changes_nothing(self):
        stiled = self.start(overload="0s")
        with Stream.to(stiled.addresses[0]) as stream:
            self.stop_for_a_while(stiled, stream)
            for _ in range(5):
                head, _ = stream.send(text(UNCLEARED)).response()
                self.assertEqual(head.status, 401)
                self.assertNotEqual(head.get("x-stile-ctx"), "-")
        self.assertEqual(stiled.metric("stile_overloads_total"), 0)

    def test_reload_takes_the_limit_up(self):
        stiled = self.start(overload="0s")
        config = stiled.config.read_text()
        stiled.config.write_text(config.replace('overload = "0s"', f'overload = "{LIMIT}"'))
        stiled.signal(1)
        stiled.wait_for("reloaded")
        with Stream.to(stiled.addresses[0]) as stream:
            self.stop_for_a_while(stiled, stream)
            stiled.wait_for("degraded")

    def ask_on(self, stiled, fields, over, statuses, waits):
        """A proxy's kept connection, which asks until it is over."""
        with Stream.to(stiled.addresses[0], PATIENCE) as stream:
            while not over.is_set():
                began = time.monotonic()
                try:
                    head, _ = stream.send(text(fields)).response()
                except (socket.timeout, TimeoutError):
                    statuses.append("timeout")
                    return
                statuses.append(head.status)
                waits.append(time.monotonic() - began)

    def test_check_without_cpu_passes_the_cleared_alone_and_never_waits_too_long(self):
        stiled = self.start()
        cookie = clearance(stiled.addresses[0], [("User-Agent", AGENT), ("X-Real-IP", CLIENT)])
        over, cleared, others, waits = threading.Event(), [], [], []
        askers = [threading.Thread(target=self.ask_on, args=(stiled, fields, over, found, waits))
                  for fields, found in [(UNCLEARED + [("Cookie", cookie)], cleared),
                                        (UNCLEARED, others)] for _ in range(4)]
        for asker in askers:
            asker.start()
        try:
            # It gets a seventh of its time, in pieces.
            for _ in range(6):
                stiled.pause()
                time.sleep(PAUSE)
                stiled.resume()
                time.sleep(PAUSE / 6)
            stiled.wait_for("degraded")
        finally:
            over.set()
            for asker in askers:
                asker.join(DEADLINE)
        self.assertEqual(set(cleared), {200})
        self.assertEqual(set(others), {401})
        self.assertLess(max(waits), PATIENCE)
        shed = stiled.samples()['stile_shed_total{kind="challenge"}']
        self.assertGreater(shed, 0)
        self.until(stiled, 0)
        # The first few may come before the main thread knows of it.
        touched = stiled.samples()['stile_degraded_requests_total{reason="overload"}']
        self.assertGreater(touched, 0)
        self.assertLessEqual(touched, shed)
        _, body = request(stiled.metrics, "/status")
        self.assertEqual(json.loads(body)["load"]["shed"], shed)

    def test_connection_that_is_one_too_many_is_refused_at_once(self):
        stiled = self.start(overload="0s", limits="max_connections = 1")
        with Stream.to(stiled.addresses[0]) as held:
            held.send(text(NAVIGATION + UNCLEARED)).response()
            with Stream.to(stiled.addresses[0]) as other:
                other.send(text(UNCLEARED))
                head, _ = other.response()
                self.assertEqual(head.status, 403)
                self.assertEqual(head.get("x-stile-verdict"), "error")


if __name__ == "__main__":
    unittest.main()
