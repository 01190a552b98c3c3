"""D04: the process has to start while its files are bad."""

import time

from drill import Drill
from rig import POLICY, STATUS, Rig
from watch import seconds_without_core

BAD = POLICY.replace('action = "allow"', 'action = "alow"', 1)
# The built-in minimal policy knows no crawler: everybody is asked, who is cleared passes.
MINIMAL = {"gateway": {**STATUS["gateway"], "bot": {403}}, "check": {**STATUS["check"], "bot": {401}}}


def corrupt(data):
    return data[:-20] + bytes(20)


class BadPolicyAtBoot(Drill):
    ID, NAME = "D04", "bad-policy-at-boot"
    INJECTS = ("starts over a bad policy: with a good record of the last one, with a corrupt one, with a "
               "truncated one, and with none")
    CONTROL = "the same start under --strict-boot"
    red = ("I1", "I6")

    def run(self):
        out = None
        for reason, change, status in (("last-good", None, STATUS),
                                       ("minimal-policy", corrupt, MINIMAL),
                                       ("minimal-policy", lambda data: data[:200], MINIMAL)):
            part = self.start_over(reason, change, status)
            if out is None:
                out = part
            else:
                out.join(part)
        with Rig(visitors=False) as rig:
            # Nothing has ever served: the one case in which it refuses, and says all that is wrong.
            rig.stiled.end()
            rig.replace("policy.toml", BAD)
            for path in (rig.folder / "state").glob("last-good*"):
                path.unlink()
            started = rig.stiled.begin()
            said = [e for e in rig.stiled.events if e["event"] == "boot-refused"]
            out.require(not started and said and "policy.toml" in str(said[0]["errors"]), "own",
                        "without any record it must refuse, and name the mistake")
        return out

    def start_over(self, reason, change, status):
        with Rig() as rig:
            rig.baseline()
            rig.pause_load()
            gap = time.monotonic()
            rig.stiled.end()
            rig.replace("policy.toml", BAD)
            record = rig.folder / "state" / "last-good"
            if change:
                record.write_bytes(change(record.read_bytes()))
            begin = time.monotonic()
            ready = rig.stiled.begin()
            took = time.monotonic() - begin
            took -= seconds_without_core(rig.stiled.pid)
            rig.outcome.require(ready, "I6", f"it does not start: {reason}")
            if not ready:
                return rig.outcome
            rig.outcome.figure("ready", f"{took:.2f}s")
            up = time.monotonic()
            rig.resume_load()
            with rig.fault():
                rig.alert(lambda s: reason in s.degraded(), up)
            rig.replace("policy.toml", POLICY)
            mended = time.monotonic()
            rig.stiled.reload()
            rig.recovered()
            if status is MINIMAL:
                rig.outcome.require(rig.ask(agent="Examplebot/1.0", address="192.0.2.7") == 200,
                                    "I8", "the policy does not serve again")
            rig.aftermath()
            # While the minimal policy serves, its own answers are the declared ones.
            served = [r for r in rig.records() if up <= r[0] and r[0] + r[4] / 1e3 < mended]
            for _, kind, door, got, *_ in served:
                if got not in status[rig.doors[door][0]][kind]:
                    rig.outcome.breach("I7", f"{reason}: {kind} got {got}")
            rig.outcome.require(took < 1.0 + rig.watch.lateness(begin, up), "own",
                                f"ready after {took:.2f} s")
            return rig.judge(lives=2, other_mode=[(gap, mended + 0.5)], threads=8)

    def run_control(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault():
                rig.replace("policy.toml", BAD)
                rig.restart_strictly()
            return rig.judge(lives=2)


DRILLS = [BadPolicyAtBoot()]
