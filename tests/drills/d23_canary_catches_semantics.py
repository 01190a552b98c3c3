"""D23: a policy that is right in every letter and challenges everybody: the first per cent notices."""

import time

from drill import Drill
from rig import POLICY, RATE, Rig

SEMANTICS = '[default]\naction = "challenge"\nlevel = "standard"\n' + POLICY
ADMISSION = "[admission]\nblast_radius_override = true\ncohort_percent = %s\n"
ROLLBACK = 10.0  # Seconds.
# One per cent of them has to be somebody, and three different ones have to come in that time.
CLEARANCES, VISITS = 4_000, max(RATE, 180)


class CanaryCatchesSemantics(Drill):
    ID, NAME = "D23", "canary-catches-semantics"
    INJECTS = "a policy that challenges every cleared visitor again, forced in, with a cohort of 1 %"
    CONTROL = "a cohort of everybody"
    red = ("own",)

    def run(self):
        return self.deploy(1)

    def run_control(self):
        return self.deploy(100)

    def deploy(self, percent):
        with Rig(sections=ADMISSION % percent, rate=VISITS,
                 minted={"held": CLEARANCES}) as rig:
            rig.baseline()
            before = rig.watch.look().digests()
            begin = time.monotonic()
            with rig.fault():
                rig.replace("policy.toml", SEMANTICS)
                rig.order("/reload", "force=true")
                rolled = rig.watch.first(lambda s: "reload" in s.alert() or
                                         "rolled-back" in s.degraded(), begin, 30)
                took = (rolled.at if rolled else time.monotonic()) - begin
                rig.outcome.figure("rollback", f"{took:.1f}s")
                rig.outcome.require(rolled and took <= ROLLBACK, "own", f"rolled back after {took:.1f} s")
                rig.outcome.require(rig.watch.look().digests() == before, "own",
                                    "the candidate serves on")
            told = [e for e in rig.stiled.events if e["event"] == "rolled-back"]
            rig.outcome.require(len(told) == 1 and told[0]["candidate"] != told[0]["serving"], "own",
                                f"the log tells of it {len(told)} times")
            rig.replace("policy.toml", POLICY)
            rig.order("/reload")
            rig.recovered()
            end = time.monotonic()
            rig.aftermath()
            met = [r for r in rig.records() if begin <= r[0] < end and r[1] == "valid"]
            hit = [r for r in met if r[3] != 200]
            rig.outcome.figure("affected", f"{len(hit)} of {len(met)}")
            # One per cent of the clearances; of few requests some more may be theirs.
            rig.outcome.require(len(hit) <= max(0.03 * len(met), 3), "own",
                                f"{len(hit)} of {len(met)} were challenged")
            return rig.judge(other_mode=[(begin, end)])


DRILLS = [CanaryCatchesSemantics()]
