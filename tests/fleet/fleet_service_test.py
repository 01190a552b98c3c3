"""stiled with its spends in a real Redis: what it says while that is there, hangs, and is gone."""

import os
import pathlib
import resource
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "integration"))

from asked_listener import AGENT, CLIENT, described
from gateway_site import UNLIMITED, clearance
from raw_http import request
from redis_process import RedisProcess, until
from stiled_process import StiledProcess

LISTENERS = """
[[listener]]
address = "127.0.0.1:0"
mode = "public"
[[listener]]
address = "127.0.0.1:0"
mode = "check"
client_address = "x-real-ip"
trusted_peers = ["127.0.0.0/8"]
"""
CONFIG = LISTENERS + """
[[listener]]
address = "127.0.0.1:0"
mode = "siteverify"
[[site]]
name = "main"
hosts = ["*"]
policy = "policy.toml"
[site.siteverify]
secrets_file = "secrets"
[metrics]
address = "127.0.0.1:0"
[spend]
backend = "redis"
[spend.redis]
address = "unix:{socket}"
password_file = "password"
timeout = "750ms"
"""
CONFIG_THAT_SELLS_NOTHING = LISTENERS + """
[[site]]
name = "main"
hosts = ["*"]
policy = "policy.toml"
[metrics]
address = "127.0.0.1:0"
[limits]
loops = 1
[spend]
backend = "redis"
[spend.redis]
address = "unix:absent.sock"
on_store_error = "local"
"""
FILES = {"policy.toml": UNLIMITED, "secrets": "0123456789abcdef0123456789abcdef\n", "password": "open sesame\n"}
ROUNDS = 100
HANGS = 30 if os.environ.get("STILE_TEST_TIER") == "full" else 3  # Seconds.


class FleetService(unittest.TestCase):
    def answers(self, stiled, seconds=0):
        """Requests that need no store are answered: a challenge is issued, and a clearance passes.

        For so long, and ROUNDS times at least. Returns the median and the 99th percentile, in ms.
        """
        checked = described() + [("Cookie", clearance(
            stiled.addresses[1], [("User-Agent", AGENT), ("X-Real-IP", CLIENT)]))]
        times = []
        ends = time.monotonic() + seconds
        while len(times) < 2 * ROUNDS or time.monotonic() < ends:
            for listener, target, fields in (
                    (0, "/.stile/challenge", [("Accept", "application/json")]),
                    (1, "/check", checked)):
                start = time.monotonic()
                head, _ = request(stiled.addresses[listener], target, fields=fields)
                times.append((time.monotonic() - start) * 1e3)
                self.assertIn(head.status, (200, 204))
        times.sort()
        return times[len(times) // 2], times[int(len(times) * 0.99)]

    def test_RedisThatHangsOrGoesIsToldAndNothingElseWaits(self):
        with RedisProcess({"requirepass": "open sesame"}) as redis:
            stiled = StiledProcess(os.environ["STILED"], CONFIG.format(socket=redis.socket), FILES)
            try:
                until(lambda: stiled.metric("stile_spend_store_up") == 1, "it never connects")
                before, slow_before = self.answers(stiled)
                redis.pause()
                during, slow_during = self.answers(stiled, HANGS)
                # Whoever waited for the store would take its 750 ms.
                self.assertLess(during, 5 * before + 50)
                until(lambda: stiled.metric("stile_spend_store_up") == 0, "it never notices")
                print(f"p50 and p99 with Redis {before:.2f} {slow_before:.2f} ms, while it hangs "
                      f"for {HANGS} s {during:.2f} {slow_during:.2f} ms")
                redis.resume()
                until(lambda: stiled.metric("stile_spend_store_up") == 1, "it never comes back")
                self.assertEqual(stiled.metric("stile_spend_store_epoch_changes_total"), 0)
                redis.kill()
                until(lambda: stiled.metric("stile_spend_store_up") == 0, "it never notices")
                self.answers(stiled)
            finally:
                stiled.stop()

    def test_StoreThatIsNotSetUpAsItMustBeIsNotAskedAndSaidSo(self):
        with RedisProcess({"requirepass": "open sesame", "appendonly": "no"}) as redis:
            stiled = StiledProcess(os.environ["STILED"], CONFIG.format(socket=redis.socket), FILES)
            try:
                broken = 'stile_degraded{reason="spend-contract"}'
                until(lambda: stiled.samples()[broken] == 1, "it isn't said")
                self.assertEqual(stiled.metric("stile_spend_store_up"), 0)
                self.assertIn(b"appendonly", request(stiled.metrics, "/status")[1])
                redis.ask("CONFIG", "SET", "appendonly", "yes")
                until(lambda: stiled.metric("stile_spend_store_up") == 1, "it never connects")
                until(lambda: stiled.samples()[broken] == 0, "it is said for ever")
            finally:
                stiled.stop()

    @unittest.skipIf(os.environ.get("STILE_SANITIZE"), "a sanitizer's memory knows no limit")
    def test_ReloadThatGetsNoThreadChangesNothingAndTheNextOneHasAStore(self):
        stack = 512 << 20  # So much that there is room for anything but another thread.
        before = resource.getrlimit(resource.RLIMIT_STACK)
        resource.setrlimit(resource.RLIMIT_STACK, (stack, before[1]))
        try:
            stiled = StiledProcess(os.environ["STILED"], CONFIG_THAT_SELLS_NOTHING,
                                   {"policy.toml": UNLIMITED})
        finally:
            resource.setrlimit(resource.RLIMIT_STACK, before)
        try:
            stiled.config.write_text(stiled.config.read_text().replace(
                "[metrics]", '[site.siteverify]\nsecrets_file = "secrets"\n[metrics]'))
            (stiled.folder / "secrets").write_text(FILES["secrets"])
            size = int(pathlib.Path(f"/proc/{stiled.pid}/statm").read_text().split()[0]) * 4096
            resource.prlimit(stiled.pid, resource.RLIMIT_AS, (size + stack // 2, -1))
            stiled.signal(signal.SIGHUP)
            self.assertIn("gives no thread", str(stiled.wait_for("reload-rejected")))
            self.answers(stiled)
            resource.prlimit(stiled.pid, resource.RLIMIT_AS, (-1, -1))
            stiled.signal(signal.SIGHUP)
            stiled.wait_for("reloaded")
            self.assertIn("stile_spend_store_up", stiled.samples())
        finally:
            stiled.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
