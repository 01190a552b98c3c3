"""D15: clocks leap, stand still and disagree; monotonic ones go on."""

import contextlib
import time

from drill import Drill
from rig import LIBRARIES, PHASE, Rig
from shared_numbers import Numbers

DAY = 86_400
# Within the minute that nodes may be apart: nobody may notice.
SMALL = (-1, 1, -30, 30, -59, 59)


def until_year(*date):
    return int(time.mktime((*date, 12, 0, 0, 0, 0, 0)) - time.time())


# Beyond: it is told within a second, and nobody may notice either.
FAR = {"-1h": -3_600, "+1h": 3_600, "+90s": 90, "-90s": -90, "+10y": 3_653 * DAY,
       "-10y": -3_653 * DAY, "29-february": until_year(2028, 2, 29),
       "2038": until_year(2038, 1, 20), "2106": until_year(2106, 2, 8)}
# An operator says that they are right, there and back. Clearances outlast the first. The second is
# beyond all keys that are held and ends all clearances; nobody may see an error.
ADOPTED = {"+2h": 7_200, "+10y": 3_653 * DAY}


class ClockAbuse(Drill):
    ID, NAME = "D15", "clock-abuse"
    INJECTS = ("a preloaded clock leaps by 90 s, an hour and ten years either way, to 29 February "
               "2028, 2038 and 2106, and back; an operator has a leap of two hours adopted, then one "
               "of ten years, and those back; then it steps by 1 to 59 s either way and stands still")
    CONTROL = "a leap of 150 s back, and clock.adopt_after says to adopt every leap at once"
    red = ("I2",)

    def rig(self, clock, sections=""):
        # Issued right now: a clock that is behind sees them come from the future.
        return Rig(preload=[LIBRARIES / "stepped_clock.so"], sections=sections,
                   environment={"STEPPED_CLOCK": clock.path}, minted={"issued": int(time.time())})

    def run(self):
        clock = Numbers(1)
        with self.rig(clock) as rig:
            rig.baseline()
            with rig.fault():
                for name, step in FAR.items():
                    with self.leap(rig, clock, name, step):
                        pass
                otherwise = [self.adopt(rig, clock, name, step) for name, step in ADOPTED.items()]
                self.stay_close(rig, clock)
            rig.recovered()
            rig.aftermath()
            stiled = rig.stiled
            for event, count in (("clock-leapt", len(FAR) + 2 * len(ADOPTED)),
                                 ("clock-returned", len(FAR)),
                                 ("clock-adopted", 2 * len(ADOPTED))):
                rig.outcome.require(stiled.seen(event) >= count, "own",
                                    f"{stiled.seen(event)} times {event}")
            rig.outcome.figure("leaps", stiled.seen("clock-leapt"))
            rig.outcome.figure("adopted", stiled.seen("clock-adopted"))
            return rig.judge(other_mode=otherwise[1:])

    @contextlib.contextmanager
    def leap(self, rig, clock, name, step):
        begin, before = time.monotonic(), clock[0]
        clock[0] = step
        rig.alert(lambda s: "clock" in s.degraded(), begin)
        time.sleep(PHASE / 3)
        # Whoever comes new is asked, and by no error.
        status = rig.ask("/.stile/challenge", fields=[("Accept", "application/json")])
        rig.outcome.require(status == 200, "own", f"{name}: the challenge answers {status}")
        yield
        clock[0] = before
        rig.recovered()

    def adopt(self, rig, clock, name, step):
        """Returns when another time held."""
        begin = time.monotonic()
        with self.leap(rig, clock, name, step):
            self.believe(rig, name)
            since = time.monotonic()
            clock[0] = 0
            rig.alert(lambda s: "clock" in s.degraded(), since)
            self.believe(rig, f"{name} and back")
        return begin, time.monotonic() + 0.3

    @staticmethod
    def believe(rig, name):
        status, said = rig.order("/reload", "force=true")
        rig.outcome.require(status == 200, "own", f"{name}: the order answers {status} {said}")
        rig.recovered()
        time.sleep(PHASE / 3)
        status = rig.ask("/.stile/challenge", fields=[("Accept", "application/json")])
        rig.outcome.require(status == 200, "own", f"{name}, adopted: the challenge answers {status}")

    @staticmethod
    def stay_close(rig, clock):
        for step in SMALL:
            clock[0] = step
            time.sleep(PHASE / 6)
            clock[0] = 0
        begin = time.monotonic()
        while time.monotonic() < begin + PHASE:  # It stands still, to within 10 ms.
            clock[0] = -int(time.monotonic() - begin)
            time.sleep(0.01)
        clock[0] = 0

    def run_control(self):
        clock = Numbers(1)
        with self.rig(clock, '[clock]\nadopt_after = "0s"') as rig:
            rig.baseline()
            with rig.fault():
                clock[0] = -150
            return rig.judge()


DRILLS = [ClockAbuse()]
