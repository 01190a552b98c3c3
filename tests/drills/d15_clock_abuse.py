"""D15: clocks leap, stand still and disagree; monotonic ones go on."""

import time

import awaited
from drill import Drill
from rig import LIBRARIES, PHASE, Rig
from shared_numbers import Numbers

DAY = 86_400
# Within the minute that nodes may be apart: nobody may notice.
SMALL = (-1, 1, -30, 30, -59, 59)
# Beyond: nobody may see an error, and all is well once the clock is right again.
FAR = {"-1h": -3_600, "+1h": 3_600, "+90s": 90, "-90s": -90, "+10y": 3_653 * DAY, "-10y": -3_653 * DAY}

HELD = 30 * DAY  # Keys are derived 35 days ahead; a leap beyond needs the clock to be doubted.


def until_year(*date):
    return int(time.mktime((*date, 12, 0, 0, 0, 0, 0)) - time.time())


class ClockAbuse(Drill):
    ID, NAME = "D15", "clock-abuse"
    INJECTS = ("a preloaded clock steps by 1 to 59 s either way and stands still; then by 90 s "
               "and an hour back, and returns" + ("; by ten years, to 29 February 2028, 2038 and 2106, and back"
                                  if awaited.CLOCK else ""))
    CONTROL = "a step of two minutes, twice the skew that nodes may have"
    red = ("I2",)

    def rig(self, clock):
        # Issued right now: a clock that is behind sees them come from the future.
        return Rig(preload=[LIBRARIES / "stepped_clock.so"], environment={"STEPPED_CLOCK": clock.path},
                   minted={"issued": int(time.time())})

    def run(self):
        clock = Numbers(1)
        with self.rig(clock) as rig:
            rig.baseline()
            with rig.fault():
                for step in SMALL:
                    clock[0] = step
                    time.sleep(PHASE / 6)
                    clock[0] = 0
                begin = time.monotonic()
                while time.monotonic() < begin + PHASE:  # It stands still, to within 10 ms.
                    clock[0] = -int(time.monotonic() - begin)
                    time.sleep(0.01)
                clock[0] = 0
            rig.recovered()
            leaps = []
            for name, step in {**FAR, "29-february": until_year(2028, 2, 29),
                               "2038": until_year(2038, 1, 20),
                               "2106": until_year(2106, 2, 8)}.items():
                # Coming back from ahead, a clock takes whole bursts from budgets, and cleared
                # visitors get 429: that waits as well.
                if (abs(step) > HELD or step > 300) and not awaited.CLOCK:
                    continue
                begin = time.monotonic()
                clock[0] = step
                if awaited.CLOCK and abs(step) > 3_599:
                    rig.alert(lambda s: "clock" in s.degraded(), begin)
                time.sleep(PHASE / 3)
                # Whoever comes new is asked, and by no error.
                status = rig.ask("/.stile/challenge", fields=[("Accept", "application/json")])
                rig.outcome.require(status == 200, "own", f"{name}: the challenge answers {status}")
                clock[0] = 0
                rig.recovered()
                leaps.append((begin, time.monotonic() + 0.3))
            time.sleep(0.3)
            rig.aftermath()
            rig.outcome.figure("leaps", len(leaps))
            # Until leaps are told from time, clearances are not valid during one of them.
            return rig.judge(other_mode=() if awaited.CLOCK else leaps)

    def run_control(self):
        clock = Numbers(1)
        with self.rig(clock) as rig:
            rig.baseline()
            with rig.fault():
                clock[0] = -150
            return rig.judge()


DRILLS = [ClockAbuse()]
