"""D05: a configuration that is admitted and then ends the process: it must not become the last good."""

import signal
import time

from drill import Drill
from rig import POLICY, Rig

SOAK = 3.0  # Seconds.
ADMISSION = f"""[admission]
soak_for = "{int(SOAK * 1000)}ms"
soak_requests = 1
crashes = %d
pin_for = "1h"
"""
POISON = POLICY + '[[rule]]\nname = "poison"\npath = ["/poison"]\naction = "deny"\n'
PINNED = "generation-pinned"


def info(sight, name):
    """The digest that stile_<name>{digest} tells."""
    for sample in sight.metrics or {}:
        if sample.startswith(f"stile_{name}{{"):
            return sample.partition('"')[2][:-2]
    return None


class PoisonedLastGood(Drill):
    ID, NAME = "D05", "poisoned-last-good"
    INJECTS = ("a valid policy under which the process ends twice before its soak is over; then one that "
               "ends it afterwards")
    CONTROL = "a hundred such ends are allowed before a generation is pinned"
    red = ("own",)

    def run(self):
        return self.poison(2)

    def run_control(self):
        return self.poison(100)

    def poison(self, crashes):
        with Rig(sections=ADMISSION % crashes) as rig:
            out = rig.outcome
            soaked = rig.watch.first(lambda s: info(s, "last_good_info") is not None and
                                     info(s, "last_good_info") == info(s, "config_info"), rig.begun, 60)
            out.require(soaked, "own", "what serves is never recorded as good")
            rig.baseline()
            good = info(rig.watch.look(), "config_info")
            record = (rig.folder / "state" / "last-good").read_bytes()
            gap = time.monotonic()
            with rig.fault():
                rig.replace("policy.toml", POISON)
                out.require(rig.order("/reload")[0] == 200, "own", "the poison is not admitted")
                rig.pause_load()
                for _ in range(2):
                    rig.stiled.end(signal.SIGSEGV)
                    out.require((rig.folder / "state" / "last-good").read_bytes() == record, "own",
                                "the record was replaced before the soak was over")
                    out.require(rig.stiled.begin(), "I6", "it does not start")
                up = time.monotonic()
                rig.resume_load()
                rig.alert(lambda s: PINNED in s.degraded(), up)
                out.require(info(rig.watch.look(), "config_info") == good, "own",
                            "the poisoned generation serves again")
            rig.replace("policy.toml", POLICY)
            rig.order("/reload")
            rig.recovered()
            rig.aftermath()
            # A second one that outlives its soak: what was good before stays on the disk.
            rig.replace("policy.toml", POISON)
            rig.order("/reload")
            poisoned = info(rig.watch.look(), "config_info")
            rig.watch.first(lambda s: info(s, "last_good_info") == poisoned, time.monotonic(), 60)
            out.require((rig.folder / "state" / "last-good.1").exists(), "own",
                        "the generation before is not kept")
            return rig.judge(lives=3, ignore=[(gap, up)], threads=8)


DRILLS = [PoisonedLastGood()]
