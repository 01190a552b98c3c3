"""H1: forty days without a reload, keys ticking every day. A node that nobody touches goes on."""

import socket
import tempfile
import threading
import time

from browser import Browser
from drill import Drill
from gateway_site import UNLIMITED
from rig import FULL, LIBRARIES, POLICY, Rig
from shared_numbers import Numbers
from stiled_process import StoppedThread

SLEPT = 1                       # Of the preloaded clock's numbers: it moves no clock alone.
DAYS = 40                       # Longer than the 35 days that keys are derived ahead.
HOUR = 0.05 if FULL else 0.005  # Seconds of ours.


class Manager:
    """Hears what stiled tells a service manager."""

    def __enter__(self):
        self._scratch = tempfile.TemporaryDirectory(prefix="drill-manager-")
        self.path = self._scratch.name + "/notify.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        threading.Thread(target=self._hear, daemon=True).start()
        return self

    def _hear(self):
        try:
            while self._socket.recv(4096):
                pass
        except OSError:
            pass

    def __exit__(self, *_):
        self._socket.close()
        self._scratch.cleanup()


class ThirtyDays(Drill):
    ID, NAME = "H1", "thirty-days"
    INJECTS = ("40 simulated days (preloaded clocks, by which the machine sleeps for an hour again and "
               "again) without reload or restart, new visitors every ten")
    CONTROL = "the thread that renews keys is held by a debugger"
    red = ("I1",)

    def rig(self, clock, manager):
        # The beat for a service manager, a quarter of this, paces what is due once a day.
        # Two loops see each leap some ms apart, which is an hour to a budget: there are none.
        return Rig(policy=POLICY + UNLIMITED, preload=[LIBRARIES / "stepped_clock.so"],
                   environment={"STEPPED_CLOCK": clock.path, "WATCHDOG_USEC": "200000",
                                "NOTIFY_SOCKET": manager.path},
                   minted={"clock": clock.path, "lifetime": 5 * 86_400})

    def run(self):
        clock = Numbers(2)
        with Manager() as manager, self.rig(clock, manager) as rig:
            rig.baseline()
            with rig.fault():
                for day in range(DAYS):
                    self.pass_day(clock, day)
                    if day % 10 == 9:
                        with Browser(rig.gateway) as browser:
                            time.sleep(0.1)
                        browser.judge(rig.outcome)
            rig.recovered()
            rig.aftermath()
            rig.outcome.figure("days", DAYS)
            rig.outcome.figure("renewals", rig.stiled.seen("keys-renewed"))
            rig.outcome.require(rig.stiled.seen("keys-renewed") >= DAYS // 4, "own",
                                "keys are not renewed")
            return rig.judge()

    @staticmethod
    def pass_day(clock, day):
        for hour in range(24):
            clock[SLEPT] = day * 86_400 + (hour + 1) * 3_600
            time.sleep(HOUR)

    def run_control(self):
        clock = Numbers(2)
        with Manager() as manager, self.rig(clock, manager) as rig:
            rig.baseline()
            with StoppedThread(rig.stiled.pid), rig.fault():
                for day in range(DAYS):
                    self.pass_day(clock, day)
                time.sleep(1.0)
            return rig.judge()


DRILLS = [ThirtyDays()]
