"""Budgets that several stiled count together, through a real Redis: who is over at one node is over
at all of them; and what becomes of that while Redis hangs, is full, killed or flushed."""

import json
import os
import pathlib
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "integration"))

from gateway_site import TCP, clearance, config
from origin import Origin
from raw_http import request
from redis_process import RedisError, RedisProcess, until
from stiled_process import StiledProcess

AGENT = "merge-test/1.0"
# Nothing here refills while a test runs. A sixteenth of the burst is two.
POLICY = '[level.light]\nbudget = { requests = 40, per = "24h" }\n'
STREAM = "{stile}:budgets"
UP = "stile_budget_merge_up"


class BudgetMergeTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)

    def redis(self, options=None, environment=None):
        redis = RedisProcess(options, environment=environment)
        self.addCleanup(redis.stop)
        return redis

    def start(self, redis, extra=""):
        text = config(self.origin.url, [TCP])
        text += '[control]\nsocket = "control.sock"\n'
        text += '[budgets]\nmerge = "redis"\nmerge_interval = "100ms"\n'
        text += f'[spend.redis]\naddress = "unix:{redis.socket}"\n{extra}'
        stiled = StiledProcess(os.environ["STILED"], text, {"policy.toml": POLICY})
        self.addCleanup(stiled.stop)
        return stiled

    def fleet(self, redis, nodes, extra=""):
        fleet = [self.start(redis, extra) for _ in range(nodes)]
        for stiled in fleet:
            until(lambda: stiled.metric(UP) == 1, "it never connects")
        # Whoever has the seat reads from its first round on.
        for stiled in fleet:
            until(lambda: stiled.metric("stile_budget_merge_seated") == 1, "nobody merges")
        return fleet

    def get(self, stiled, cookie):
        return request(stiled.addresses[0], "/x",
                       fields=[("User-Agent", AGENT), ("Cookie", cookie)])[0].status

    def spend(self, stiled, cookie, times):
        statuses = [self.get(stiled, cookie) for _ in range(times)]
        return statuses.count(200)

    def earn(self, stiled):
        return clearance(stiled.addresses[0], [("User-Agent", AGENT)])

    def counts(self, stiled):
        samples = stiled.samples()
        fate = 'stile_budget_merge_cost_total{fate="%s"}'
        waiting = samples["stile_budget_merge_entries_in_use"] + samples[
            "stile_budget_merge_letters"]
        return waiting, samples[fate % "told"], samples[fate % "charged"]

    def heard(self, *fleet):
        """What each has told and charged by now."""
        return [(node, self.counts(node)) for node in fleet]

    def until_heard(self, before):
        """Everything that was taken since `before` is told, and charged by all others."""
        def is_heard():
            now = [self.counts(node) for node, _ in before]
            if any(waiting for waiting, _, _ in now):
                return False
            told = [count[1] - then[1] for count, (_, then) in zip(now, before)]
            charged = [count[2] - then[2] for count, (_, then) in zip(now, before)]
            return all(charge == sum(told) - own for charge, own in zip(charged, told))
        until(is_heard, "the others are never heard")

    def until_told(self, stiled):
        until(lambda: self.counts(stiled)[0] == 0, "it isn't told")

    def test_ClientThatIsOverBudgetAtOneNodeIsLimitedAtTheOthers(self):
        first, second, third = fleet = self.fleet(self.redis(), 3)
        before = self.heard(*fleet)
        cookie = self.earn(first)
        honest = self.earn(second)
        self.assertEqual(self.spend(first, cookie, 45), 40)
        start = time.monotonic()
        self.until_heard(before)
        print(f"heard after {(time.monotonic() - start) * 1e3:.0f} ms")
        self.assertEqual(self.get(second, cookie), 429)
        self.assertEqual(self.get(third, cookie), 429)
        # Somebody else is not his problem, wherever he goes.
        for node in (second, third, first):
            self.assertEqual(self.spend(node, honest, 13), 13)
        self.until_heard(before)
        self.assertEqual(self.spend(second, honest, 5), 1)
        for node in fleet:
            self.assertEqual(node.metric("stile_budget_merge_unnoted_total"), 0)

    def test_RedisThatIsKilledIsToldAndWhatComesAfterIsMergedAgain(self):
        redis = self.redis()
        first, second = self.fleet(redis, 2)
        cookie = self.earn(first)
        redis.kill()
        for node in (first, second):
            until(lambda: node.metric(UP) == 0, "it never notices")
            self.assertEqual(node.wait_for("budget-merge-down")["level"], "error")
        # Each counts for itself.
        self.assertEqual(self.spend(first, cookie, 41), 40)
        self.assertEqual(self.spend(second, cookie, 5), 5)
        until(lambda: "budget-merge" in
              json.loads(request(second.control, "/status")[1])["degraded"], "it isn't told")
        redis.start()
        for node in (first, second):
            until(lambda: node.metric(UP) == 1, "it never comes back")
        # What was taken while it was away may be told now, and heard later than anything is counted.
        self.until_merging(first, second)
        self.until_merging(second, first)

    def test_RedisThatHangsMakesNobodyWait(self):
        redis = self.redis()
        first, _ = self.fleet(redis, 2)
        cookie = self.earn(first)
        redis.pause()
        try:
            until(lambda: first.metric(UP) == 0, "it never notices")
            self.assertEqual(self.spend(first, cookie, 41), 40)
        finally:
            redis.resume()
        until(lambda: first.metric(UP) == 1, "it never comes back")

    def test_RedisThatIsFullIsToldAndWhatItRefusedIsToldLater(self):
        redis = self.redis()
        first, second = self.fleet(redis, 2)
        before = self.heard(first, second)
        cookie = self.earn(first)
        redis.ask("CONFIG", "SET", "maxmemory", "1")
        self.assertEqual(self.spend(first, cookie, 40), 40)
        until(lambda: first.metric(UP) == 0, "it never notices")
        reasons = [event["reason"] for event in first.events
                   if event["event"] == "budget-merge-down"]
        self.assertTrue(reasons[-1].startswith("OOM"), reasons)
        redis.ask("CONFIG", "SET", "maxmemory", "0")
        until(lambda: first.metric(UP) == 1, "it never goes on")
        # What was late by then was given up; on any but the slowest machine, nothing was.
        if first.samples()['stile_budget_merge_cost_total{fate="late"}'] == 0:
            self.until_heard(before)
            self.assertEqual(self.get(second, cookie), 429)

    def test_RedisThatWasFullIsNotToldForEverToWhomNobodyAsks(self):
        redis = self.redis()
        first, _ = self.fleet(redis, 2)
        cookie = self.earn(first)
        redis.ask("CONFIG", "SET", "maxmemory", "1")
        self.assertEqual(self.spend(first, cookie, 40), 40)
        until(lambda: first.metric(UP) == 0, "it never notices")
        until(lambda: first.samples()['stile_budget_merge_cost_total{fate="late"}'] > 0,
              "nothing is late")
        redis.ask("CONFIG", "SET", "maxmemory", "0")
        until(lambda: first.metric(UP) == 1, "it is told for ever")

    def test_StreamThatIsFlushedOrForeignIsReadFromThere(self):
        redis = self.redis()
        first, second = self.fleet(redis, 2)
        redis.ask("FLUSHALL")
        for foreign in (b"nonsense", b"StB\x01" + b"\xff" * 20, b"x" * 100_000):
            redis.ask("XADD", STREAM, "*", "m", foreign)
        redis.ask("XADD", STREAM, "*", "other", "field")
        refused = 'stile_budget_merge_messages_total{result="refused"}'
        until(lambda: second.samples()[refused] == 4, "what is none isn't counted")
        before = self.heard(first, second)
        cookie = self.earn(first)
        self.assertEqual(self.spend(first, cookie, 40), 40)
        self.until_heard(before)
        self.assertEqual(self.get(second, cookie), 429)
        self.assertGreater(redis.ask("PTTL", STREAM), 0)

    def test_UserWithTheRightsOfThePageIsEnough(self):
        redis = self.redis()
        redis.ask("ACL", "SETUSER", "stile", "on", ">secret", "~{stile}:*", "+xadd", "+xread",
                  "+xrevrange", "+pexpire", "+time", "+auth")
        with tempfile.NamedTemporaryFile("w", suffix=".password") as password:
            password.write("secret\n")
            password.flush()
            first, second = self.fleet(
                redis, 2, f'username = "stile"\npassword_file = "{password.name}"\n')
            before = self.heard(first, second)
            cookie = self.earn(first)
            self.assertEqual(self.spend(first, cookie, 40), 40)
            self.until_heard(before)
            redis.ask("ACL", "SETUSER", "stile", "-xadd")
            self.spend(second, self.earn(second), 40)
            down = second.wait_for("budget-merge-down")
            self.assertIn("NOPERM", down["reason"])

    def test_ProcessesThatShareTablesTellOnceAndChargeOnce(self):
        redis = self.redis()
        folder = tempfile.TemporaryDirectory(prefix="stile-merge-")
        self.addCleanup(folder.cleanup)
        shared = f'[state]\ntables = "{folder.name}/tables"\n'
        left = [self.start(redis, shared) for _ in range(2)]
        right = self.start(redis)
        for stiled in (*left, right):
            until(lambda: stiled.metric(UP) == 1, "it never connects")
        seated = "stile_budget_merge_seated"
        until(lambda: sum(node.metric(seated) for node in left) == 1, "nobody merges")
        until(lambda: right.metric(seated) == 1, "nobody merges")
        cookie = self.earn(right)
        self.assertEqual(self.spend(left[0], cookie, 10), 10)
        self.assertEqual(self.spend(left[1], cookie, 10), 10)
        holder = next(node for node in left if node.metric(seated) == 1)
        other = next(node for node in left if node is not holder)
        # What the machine has noted is the same for both of its processes.
        self.until_told(holder)
        self.until_told(right)
        until(lambda: self.counts(right)[2] == self.counts(holder)[1], "it is never heard")
        self.assertEqual(self.spend(right, cookie, 10), 10)
        self.until_told(right)
        until(lambda: self.counts(holder)[2] == self.counts(right)[1], "it is never heard")
        self.assertEqual(self.counts(other)[1:], (0, 0))
        # The one that merges dies: the other takes its seat.
        before = self.counts(right)
        holder.signal(9)
        until(lambda: other.metric(seated) == 1, "the seat stays empty")
        self.assertEqual(self.spend(other, cookie, 5), 5)
        self.until_told(other)
        until(lambda: self.counts(right)[2] - before[2] == self.counts(other)[1] >= 10,
              "it is never heard")
        # 35 of 40 by now, each counted once on both machines.
        self.assertEqual(self.spend(right, cookie, 3), 3)
        self.assertEqual(self.spend(other, cookie, 3), 3)
        segment = int(pathlib.Path(folder.name, "tables").read_text().split()[3])
        os.system(f"ipcrm -m {segment}")

    def test_ClockOfRedisThatStepsChargesNothingTwiceAndMergingGoesOn(self):
        folder = tempfile.TemporaryDirectory(prefix="stile-clock-")
        self.addCleanup(folder.cleanup)
        clock = pathlib.Path(folder.name, "clock")
        clock.write_bytes(struct.pack("<q", 3_600))
        redis = self.redis(environment={"LD_PRELOAD": os.environ["STEPPED_CLOCK_LIBRARY"],
                                        "STEPPED_CLOCK": str(clock)})
        first, second = self.fleet(redis, 2)
        before = self.heard(first, second)
        cookie = self.earn(first)
        self.assertEqual(self.spend(first, cookie, 20), 20)
        self.until_heard(before)
        # Back, forth, and back again.
        for ahead in (0, 7_200, -7_200):
            with clock.open("r+b") as file:
                file.write(struct.pack("<q", ahead))
            self.until_merging(first, second)
        # What was said while the nodes noticed was forgotten, and nothing was heard twice.
        charged = sum(self.counts(node)[2] for node in (first, second))
        told = sum(self.counts(node)[1] for node in (first, second))
        self.assertLessEqual(charged, told)
        self.assertGreater(self.spend(second, cookie, 30), 0)

    def test_IdByHandInTheFarFutureDoesNotEndMerging(self):
        redis = self.redis()
        first, second = self.fleet(redis, 2)
        redis.ask("XADD", STREAM, "281474976710655-1", "x", "y")
        self.until_merging(first, second)
        redis.ask("XADD", STREAM, "18446744073709551615-18446744073709551615", "x", "y")
        self.until_merging(second, first)

    def until_merging(self, teller, hearer):
        """Each round of takings by somebody new may be lost; one is heard in the end."""
        def is_heard():
            cookie = self.earn(teller)
            self.spend(teller, cookie, 40)
            self.until_told(teller)
            end = time.monotonic() + 1
            while time.monotonic() < end:
                if self.get(hearer, cookie) == 429:
                    return True
                time.sleep(0.05)
            return False
        until(is_heard, "budgets aren't merged any more")


if __name__ == "__main__":
    unittest.main(verbosity=2)
