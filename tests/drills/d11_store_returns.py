"""D11: fifty nodes have lost their store at the same time, and it comes back: no herd."""

import os
import time

from d10_store_gone import BACKEND, LISTENER, SELLS, SPEND, is_up
from drill import Drill
from redis_process import RedisProcess, until
from rig import FULL, LIBRARIES, Rig
from spend_nodes import SpendNodes
from store_relay import StoreRelay

NODES = 50
DOWN = 30.0 if FULL else 4.0     # Seconds: the pauses between tries have grown to their longest.
BUCKET = 0.25                    # Seconds.


class StoreReturns(Drill):
    ID, NAME = "D11", "store-returns"
    INJECTS = "the store goes for 4 s (30 s) and comes back for fifty nodes and one stiled under load"
    CONTROL = "the same nodes, all drawing the same random numbers"
    red = ("own",)

    def run(self):
        return self.lose_and_find(None)

    def run_control(self):
        return self.lose_and_find(str(LIBRARIES / "same_random.so"))

    def lose_and_find(self, preload):
        with RedisProcess() as redis, StoreRelay(redis.socket) as store:
            rig = Rig(listeners=LISTENER, site=SELLS, sections=SPEND.format(store.path, ""),
                      files={"secrets": BACKEND + "\n"})
            if preload:
                os.environ["LD_PRELOAD"] = preload
            try:
                nodes = SpendNodes(*[f"unix:{store.path}"] * NODES, options=("--timeout", "250"))
            finally:
                os.environ.pop("LD_PRELOAD", None)
            with rig, nodes:
                until(lambda: nodes.do("ready")["good"], "the nodes never connect")
                rig.watch.first(is_up, rig.begun)
                rig.baseline()
                start = time.monotonic()
                with rig.fault():
                    store.become("closing")
                    rig.alert(lambda s: "spend-store" in s.degraded(), start)
                    time.sleep(max(0.0, start + DOWN - time.monotonic()))
                    back = time.monotonic()
                    store.become("pass")
                    until(lambda: len([t for t in store.arrivals if t >= back]) >= NODES,
                          "the nodes never come back")
                rig.recovered(is_up)
                rig.aftermath()
                self.count(rig.outcome, store.arrivals, start, back)
                return rig.judge()

    @staticmethod
    def count(out, arrivals, start, back):
        """Tries a second while it is away, once the pauses have grown, against those of its return."""
        settled = start + DOWN / 2
        steady = len([t for t in arrivals if settled <= t < back]) / (back - settled)
        returns = [t for t in arrivals if t >= back]
        peak = max(len([t for t in returns if 0 <= t - first < 1.0]) for first in returns)
        crowd = max(len([t for t in arrivals if 0 <= t - first < BUCKET])
                    for first in arrivals if first >= settled)
        out.figure("steady", f"{steady:.0f}/s")
        out.figure("peak", f"{peak}/s")
        out.figure("within_250ms", f"{crowd} of {NODES}")
        out.require(peak <= 2 * steady + NODES * 0.2, "own", f"{peak}/s return, {steady:.0f}/s is usual")
        out.require(crowd <= NODES * 0.5, "own", f"{crowd} of {NODES} come within {BUCKET} s")


DRILLS = [StoreReturns()]
