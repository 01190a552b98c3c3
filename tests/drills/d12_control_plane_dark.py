"""D12: for three days nobody brings a policy, a key or a list, and the files are gone as well."""

import math
import pathlib
import re
import shutil
import time

from browser import Browser
from drill import Drill
from gateway_site import UNLIMITED
from rig import FULL, KEYS, LIBRARIES, POLICY, Rig
from shared_numbers import Numbers

HOURS = 72
STEP = 0.5 if FULL else 0.03  # Seconds of ours for an hour of theirs.
SLEPT = 1                     # Of the preloaded clock's numbers: it moves no clock alone.
ALERTS = pathlib.Path(__file__).parents[2] / "examples/monitoring/stile_alerts.yml"


def oldest_files():
    """How many seconds the shipped alert lets files grow old."""
    found = re.search(r"expr: time\(\) - stile_policy_timestamp_seconds > ([\d *]+)$",
                      ALERTS.read_text(), re.MULTILINE)
    return math.prod(int(factor) for factor in found.group(1).split("*"))


class ControlPlaneDark(Drill):
    ID, NAME = "D12", "control-plane-dark"
    INJECTS = "72 hours pass (preloaded clocks, by which the machine sleeps) after every file of stiled's is deleted"
    CONTROL = "a key file whose key ends within these hours"
    red = ("I2",)

    def run(self):
        return self.three_days(KEYS)

    def run_control(self):
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 36 * 3600))
        return self.three_days(KEYS + f"verify_until = {ends}\n")

    def three_days(self, keys):
        clock = Numbers(2)
        # Two loops see each leap some ms apart, which is an hour to a budget: there are none.
        with Rig(policy=POLICY + UNLIMITED, keys=keys, preload=[LIBRARIES / "stepped_clock.so"],
                 environment={"STEPPED_CLOCK": clock.path}, minted={"lifetime": 7 * 86_400}) as rig:
            rig.baseline()
            with rig.fault():
                for path in rig.folder.iterdir():
                    if path.name == "state":
                        continue
                    if path.is_dir():
                        shutil.rmtree(path)
                    elif not path.is_socket():
                        path.unlink()
                for hour in range(HOURS):
                    clock[SLEPT] = 3600 * (hour + 1)
                    time.sleep(STEP)
                read_at = rig.watch.look().get("stile_policy_timestamp_seconds")
                age = time.time() + clock[SLEPT] - (read_at or math.inf)
                rig.outcome.require(age > oldest_files(), "own",
                                    f"nobody is told of files that are {age:.0f} s old")
                with Browser(rig.gateway) as browser:
                    time.sleep(0.5)
                browser.judge(rig.outcome)
            rig.recovered()
            rig.aftermath()
            rig.outcome.figure("hours", HOURS)
            return rig.judge()


DRILLS = [ControlPlaneDark()]
