"""D30: a probe that fails everywhere at once takes the whole site away. Health shares no fate."""

import time

from d10_store_gone import BACKEND, LISTENER, SELLS, SPEND, is_up
from drill import Drill
from raw_http import request
from redis_process import RedisProcess
from rig import KEYS, POLICY, Rig
from store_relay import StoreRelay

BAD = POLICY.replace('action = "allow"', 'action = "alow"', 1)


class HealthIndependence(Drill):
    ID, NAME = "D30", "health-independence"
    INJECTS = "every node of a fleet has a bad policy, bad keys and a dead store, and one of them drains"
    CONTROL = "the load balancer asks for health through the visitors' door"
    red = ("own",)

    def run(self):
        with RedisProcess() as redis, StoreRelay(redis.socket) as store:
            def node(**more):
                return Rig(listeners=LISTENER, site=SELLS, sections=SPEND.format(store.path, ""),
                           files={"secrets": BACKEND + "\n"}, **more)
            with node() as rig, node(visitors=False) as other:
                for one in (rig, other):
                    one.watch.first(is_up, one.begun)
                rig.baseline()
                with rig.fault():
                    start = time.monotonic()
                    store.become("hole")
                    for one in (rig, other):
                        one.replace("policy.toml", BAD)
                        one.replace("keys.toml", "")
                        one.stiled.reload()
                    rig.alert(lambda s: "reload" in s.alert(), start)
                    rig.watch.first(lambda s: "spend-store" in s.degraded(), start)
                    slowest = max(self.probe(rig, one) for one in (rig, other) for _ in range(10))
                    rig.outcome.figure("slowest_probe", f"{slowest * 1e3:.0f}ms")
                    told = rig.status()
                    rig.outcome.require("spend-store" in told["degraded"] and told["problems"], "own",
                                        f"/status tells {told['degraded']}")
                    # One node goes, and it alone says so.
                    other.order("/drain")
                    self.ready(rig, rig, {200})
                    self.ready(rig, other, {503, 0})
                store.become("pass")
                rig.replace("policy.toml", POLICY)
                rig.replace("keys.toml", KEYS)
                rig.stiled.reload()
                rig.recovered(lambda s: is_up(s) and not s.alert())
                rig.aftermath()
                return rig.judge()

    @staticmethod
    def probe(rig, node):
        """Both probes of a node; the seconds that the slower took."""
        slowest = 0.0
        for path in ("/livez", "/readyz"):
            begin = time.monotonic()
            head, _ = request(node.stiled.metrics, path)
            slowest = max(slowest, time.monotonic() - begin)
            rig.outcome.require(head.status == 200, "own", f"{path} answers {head.status}")
        return slowest

    @staticmethod
    def ready(rig, node, allowed):
        try:
            status = request(node.stiled.metrics, "/readyz")[0].status
        except (OSError, EOFError):
            status = 0
        rig.outcome.require(status in allowed, "own", f"/readyz answers {status}")

    def run_control(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault():
                rig.replace("policy.toml", BAD)
                rig.stiled.reload()
                status = rig.ask("/readyz")
                rig.outcome.require(status == 200, "own", f"the probe gets {status}: the node is out")
            return rig.judge()


DRILLS = [HealthIndependence()]
