"""D18: the disk is full, read-only, broken or slow, and descriptors run out."""

import errno
import os
import resource
import socket
import time

from drill import Drill
from rig import FULL, LIBRARIES, POLICY, Rig
from shared_numbers import Numbers
from watch import cpu_seconds

OTHER = POLICY + '[[rule]]\nname = "more"\npath = ["/more"]\naction = "deny"\n'
SLOW_MS = 10_000 if FULL else 2_000
WRITE, OPEN, SYNC, SYNC_MS, READ, SEND_MS, COUNT = range(7)
FAULTS = {"ENOSPC": (WRITE, errno.ENOSPC), "EROFS": (OPEN, errno.EROFS), "EIO": (SYNC, errno.EIO)}


class DiskAndDescriptors(Drill):
    ID, NAME = "D18", "disk-and-descriptors"
    INJECTS = ("ENOSPC, EROFS, EIO and an fsync of 2 s (10 s) where the last good configuration is kept; "
               "EIO where files are read; no descriptor left")
    CONTROL = "the loops wait for 600 ms with every send, as if a request waited for the disk"
    red = ("I3",)

    def rig(self, numbers):
        # What is served counts as good at once, and is recorded.
        return Rig(sections='[admission]\nsoak_for = "0s"\nsoak_requests = 0',
                   preload=[LIBRARIES / "failing_disk.so"],
                   environment={"FAILING_DISK": numbers.path, "FAILING_DISK_UNDER": "/tmp/stiled-test"})

    def run(self):
        numbers = Numbers(7)
        with self.rig(numbers) as rig:
            rig.baseline()
            with rig.fault():
                for name, (fault, error) in FAULTS.items():
                    self.cannot_record(rig, numbers, name, fault, error)
                numbers[SYNC_MS] = SLOW_MS
                rig.replace("policy.toml", OTHER)
                rig.stiled.reload(60)
                numbers[SYNC_MS] = 0
                start = time.monotonic()
                numbers[READ] = errno.EIO
                rig.outcome.require(rig.stiled.reload()["event"] == "reload-rejected", "own",
                                    "files that can't be read are taken")
                rig.alert(lambda s: "reload" in s.alert(), start)
                numbers[READ] = 0
                rig.stiled.reload()
                self.no_descriptors(rig)
            rig.replace("policy.toml", POLICY)
            rig.stiled.reload()
            rig.recovered()
            rig.aftermath()
            rig.outcome.figure("faults", numbers[COUNT])
            rig.outcome.require(numbers[COUNT] >= 5, "own", "the faults did not reach it")
            return rig.judge()

    @staticmethod
    def cannot_record(rig, numbers, name, fault, error):
        start = time.monotonic()
        numbers[fault] = error
        rig.replace("policy.toml", OTHER)
        event = rig.stiled.reload()["event"]
        rig.outcome.require(event == "reloaded", "own", f"{name}: {event}")
        rig.alert(lambda s: "state" in s.degraded(), start)
        numbers[fault] = 0
        rig.replace("policy.toml", POLICY)
        rig.stiled.reload()
        rig.recovered()

    @staticmethod
    def no_descriptors(rig):
        """Those who are connected are served; the others wait, and are not turned away."""
        pid = rig.stiled.pid
        used = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd")) + 1
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, hard))
        spent, start = cpu_seconds(pid), time.monotonic()
        waiting = [socket.create_connection(rig.gateway) for _ in range(20)]
        time.sleep(1.0)
        busy = (cpu_seconds(pid) - spent) / (time.monotonic() - start)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        rig.outcome.figure("cpu_without_descriptors", f"{busy:.0%}")
        rig.outcome.require(busy < 0.6, "own", f"it spins: {busy:.0%} of a core")
        for connection in waiting:
            connection.close()
        rig.outcome.require(rig.ask("/open/page") == 200, "I8", "new ones aren't served afterwards")

    def run_control(self):
        numbers = Numbers(7)
        with self.rig(numbers) as rig:
            rig.baseline()
            with rig.fault():
                numbers[SEND_MS] = 600
                time.sleep(2.0)
                numbers[SEND_MS] = 0
            return rig.judge()


DRILLS = [DiskAndDescriptors()]
