"""H2: reloads as fast as they come, of good files and bad ones, by signal and by socket."""

import signal
import time

from drill import Drill
from rig import FULL, POLICY, Rig

RELOADS = 2_000 if FULL else 120
OTHER = POLICY + '[[rule]]\nname = "more"\npath = ["/more"]\naction = "deny"\n'
BAD = POLICY.replace('action = "allow"', 'action = "alow"', 1)


class ReloadStorm(Drill):
    ID, NAME = "H2", "reload-storm"
    INJECTS = "120 (2,000) reloads one after the other, a third of them bad, and as many signals at once"
    CONTROL = "each of them a restart under --strict-boot"
    red = ("I1", "I6")

    def run(self):
        with Rig() as rig:
            rig.baseline()
            out, good, bad = rig.outcome, 0, 0
            before = rig.watch.look()
            with rig.fault():
                for i in range(RELOADS):
                    text = (POLICY, BAD, OTHER)[i % 3]
                    rig.replace("policy.toml", text)
                    status, _ = rig.order("/reload")
                    good, bad = good + (status == 200), bad + (status == 422)
                    out.require(status == (422 if text is BAD else 200), "own", f"reload {i}: {status}")
                    if i == 1:
                        rig.alert(lambda s: "reload" in s.alert(), time.monotonic() - 0.01)
                rig.replace("policy.toml", POLICY)
                for _ in range(RELOADS):
                    rig.stiled.signal(signal.SIGHUP)
            rig.order("/reload")
            rig.recovered()
            rig.aftermath()
            after = rig.watch.look()
            swaps = after.get("stile_policy_generation") - before.get("stile_policy_generation")
            out.figure("reloads", good + bad)
            out.figure("swaps", int(swaps))
            out.require(after.rejected().get("policy") == bad, "own", f"{bad} were bad, "
                                                                     f"{after.rejected()} are told")
            out.require(good < swaps <= good + RELOADS + 1, "own", f"{swaps} swaps of {good}")
            out.require(after.digests() == before.digests(), "I7", "another policy is served")
            return rig.judge()

    def run_control(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault():
                for text in (OTHER, BAD, POLICY):
                    rig.replace("policy.toml", text)
                    rig.restart_strictly()
            return rig.judge()


DRILLS = [ReloadStorm()]
