"""A system clock that leaps under a stiled, by a library that is preloaded into it."""

import mmap
import os
import pathlib
import struct
import tempfile
import time
import unittest

from gateway_site import POLICY, STILED, clearance
from origin import Origin
from raw_http import request
from stiled_process import DEADLINE, StiledProcess

LIBRARY = pathlib.Path(os.environ.get("STILE_BUILD", ".")) / "bin/tests/stepped_clock.so"
DAY = 86_400
CONFIG = """
[[listener]]
address = "127.0.0.1:0"
[[site]]
name = "main"
hosts = ["*"]
upstream = "{upstream}"
policy = "policy.toml"
[metrics]
address = "127.0.0.1:0"
[clock]
adopt_after = "{adopt_after}"
"""
DEGRADED = 'stile_degraded{{reason="{}"}}'


class SteppedClock:
    """The file that the library reads: by how many seconds the clock is ahead."""

    def __init__(self, ahead=0):
        self._file = tempfile.NamedTemporaryFile(prefix="stepped-clock-")
        self._file.write(struct.pack("<q", ahead))
        self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(LIBRARY), "STEPPED_CLOCK": self._file.name}

    def step(self, ahead):
        struct.pack_into("<q", self._map, 0, ahead)


@unittest.skipUnless(LIBRARY.exists() and not os.environ.get("STILE_SANITIZE"),
                     "the library is not built, or can't be loaded before a sanitizer's")
class ClockTest(unittest.TestCase):
    def start(self, adopt_after, ahead=0):
        origin = Origin()
        self.addCleanup(origin.stop)
        self.clock = SteppedClock(ahead)
        self.stiled = StiledProcess(
            STILED, CONFIG.format(upstream=origin.url, adopt_after=adopt_after),
            {"policy.toml": POLICY}, environment=self.clock.environment)
        self.addCleanup(self.stiled.stop)
        self.gateway = self.stiled.addresses[0]

    def status(self, cookie=None):
        fields = [("Cookie", cookie)] if cookie else []
        return request(self.gateway, "/page", fields=fields)[0].status

    def until(self, reason, value):
        end = time.monotonic() + DEADLINE
        while self.stiled.samples()[DEGRADED.format(reason)] != value:
            self.assertLess(time.monotonic(), end, f"{reason} is not {value}")
            time.sleep(0.02)

    def test_leap_is_told_and_costs_nobody_his_clearance(self):
        self.start("1h")
        cookie = clearance(self.gateway)
        for leap in (3653 * DAY, -3653 * DAY, -3600):
            with self.subTest(leap=leap):
                self.clock.step(leap)
                self.until("clock", 1)
                self.assertEqual(self.status(cookie), 200)
                self.assertEqual(self.status(), 403)
                self.clock.step(0)
                self.until("clock", 0)
        leapt = self.stiled.wait_for("clock-leapt")
        self.assertGreater(leapt["system"], leapt["used"])
        self.stiled.wait_for("clock-returned", 3)

    def test_leap_that_holds_is_adopted(self):
        self.start("1s")
        cookie = clearance(self.gateway)
        self.clock.step(7_200)
        adopted = self.stiled.wait_for("clock-adopted")
        self.assertGreater(adopted["system"], adopted["used"])
        self.until("clock", 0)
        self.assertEqual(self.status(cookie), 200)
        since = self.stiled.wait_for("clock-leapt")["system"]
        self.assertLessEqual(since, adopted["system"])

    def test_leap_beyond_the_keys_is_adopted_with_new_ones(self):
        self.start("1s")
        cookie = clearance(self.gateway)
        self.clock.step(3653 * DAY)
        self.stiled.wait_for("clock-adopted")
        self.assertEqual(self.status(cookie), 403)
        self.assertEqual(self.status(clearance(self.gateway)), 200)

    def test_time_at_which_no_key_signs_is_not_adopted(self):
        self.start("1s")
        cookie = clearance(self.gateway)
        self.clock.step(-3653 * DAY)
        refused = self.stiled.wait_for("clock-not-adopted")
        self.assertTrue(refused["errors"])
        self.until("clock", 1)
        self.assertEqual(self.status(cookie), 200)

    def test_clock_that_is_set_after_the_start_is_adopted_soon_and_the_keys_are_read_again(self):
        self.start("1h", ahead=-9_000 * DAY)
        self.until("keys", 1)
        self.clock.step(0)
        self.stiled.wait_for("clock-adopted")
        self.until("keys", 0)
        self.assertEqual(self.status(clearance(self.gateway)), 200)


if __name__ == "__main__":
    unittest.main()
