"""D02: a generator that emits a good file and a bad one in turn, as on 18 November 2025."""

import time

from drill import Drill
from rig import FULL, POLICY, Rig

PERIOD = 2.0 if FULL else 0.3
SWAPS = 90 if FULL else 10
BAD = POLICY.replace('action = "allow"', 'action = "alow"', 1)


class SawTooth(Drill):
    ID, NAME = "D02", "saw-tooth"
    INJECTS = "a good and a bad policy in turn, every two seconds for three minutes (0.3 s for 3 s)"
    CONTROL = "each file met by a restart under --strict-boot instead of a reload"
    red = ("I1", "I6")

    def run(self):
        with Rig() as rig:
            rig.baseline()
            before, lines = rig.watch.look(), len(rig.stiled.events)
            refused = 0
            with rig.fault():
                for i in range(SWAPS):
                    start = time.monotonic()
                    is_bad = i % 2 == 0
                    rig.replace("policy.toml", BAD if is_bad else POLICY)
                    event = rig.stiled.reload()["event"]
                    refused += event == "reload-rejected"
                    rig.outcome.require(event == ("reload-rejected" if is_bad else "reloaded"),
                                        "I7", f"swap {i}: {event}")
                    if is_bad:
                        rig.alert(lambda s: "reload" in s.alert(), start)
                    time.sleep(max(0.0, start + PERIOD - time.monotonic()))
            rig.recovered()
            rig.aftermath()
            after = rig.watch.look()
            # Whoever asks hears how many of how many were refused.
            swaps = after.get("stile_policy_generation") - before.get("stile_policy_generation")
            told = after.rejected().get("policy", 0)
            rig.outcome.figure("rejected", f"{told:.0f} of {told + swaps:.0f}")
            rig.outcome.require((told, swaps) == (refused, SWAPS - refused), "own",
                                f"{told} refusals and {swaps} swaps are told")
            rig.outcome.require(after.digests() == before.digests(), "I7", "another digest")
            said = [e for e in rig.stiled.events[lines:] if e["event"] == "reload-rejected"]
            others = [e for e in rig.stiled.events[lines:]
                      if e["event"] not in ("reload-rejected", "reloaded", "refused")]
            rig.outcome.require(len(said) == refused and not others, "own",
                                f"{len(said)} lines of {refused} refusals, and {others[:1]}")
            return rig.judge()

    def run_control(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault():
                for i in range(4):
                    rig.replace("policy.toml", POLICY if i % 2 else BAD)
                    rig.restart_strictly()
            rig.aftermath()
            return rig.judge()


DRILLS = [SawTooth()]
