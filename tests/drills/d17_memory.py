"""D17: memory is refused, allocation by allocation, and under a limit."""

import pathlib
import random
import resource
import time

from drill import Drill
from d01_doubled_policy import LARGE_POLICY
from raw_http import Stream
from rig import AGENT, FULL, LIBRARIES, POLICY, SECRET, Numbers, Rig
from visitors import address_of, mint

NEVER = -1
SWEEP = range(1, 3_000) if FULL else sorted(random.Random(17).sample(range(1, 2_000), 40))
CHECKS = 500


class Memory(Drill):
    ID, NAME = "D17", "memory"
    INJECTS = ("the k-th allocation from now on fails (a preloaded malloc), for many k, while visitors "
               "come and a policy is loaded; then every large one; then an address space of 8 MB more")
    CONTROL = "the same refusals, and the process ends at the first, as where nobody thought of them"
    red = ("I1", "I6")

    def rig(self, numbers):
        numbers[0] = NEVER
        return Rig(preload=[LIBRARIES / "failing_memory.so"],
                   environment={"FAILING_MEMORY": numbers.path})

    def run(self):
        numbers = Numbers(6)
        with self.rig(numbers) as rig:
            rig.baseline()
            with rig.fault():
                for k in SWEEP:
                    if not self.refuse(rig, numbers, k, 1):
                        break
                if rig.stiled.running():
                    numbers[4] = 65_536
                    self.refuse(rig, numbers, 0, 1_000_000)
                    numbers[4] = 0
                if rig.stiled.running():
                    self.limit(rig)
            rig.outcome.figure("refused", numbers[3])
            if rig.stiled.running():
                rig.replace("policy.toml", POLICY)
                rig.order("/reload")
                rig.recovered()
                rig.aftermath()
                self.count_checks(rig, numbers)
            return rig.judge()

    @staticmethod
    def refuse(rig, numbers, k, count):
        """Refuses from the `k`th on, `count` times, during a reload. False if that ended it."""
        numbers[1] = count
        numbers[0] = k
        done = rig.stiled.reload(5)["event"]
        numbers[0] = NEVER
        numbers[1] = 0
        if not rig.outcome.require(rig.stiled.running() and done != "none", "I6",
                                   f"allocation {k} refused: {done}, "
                                   f"{'running' if rig.stiled.running() else 'gone'}, "
                                   f"{rig.stiled.events[-3:]}"):
            return False
        return True

    @staticmethod
    def limit(rig):
        """No room for a policy that is much larger: what served serves."""
        size = int(pathlib.Path(f"/proc/{rig.stiled.pid}/statm").read_text().split()[0]) * 4096
        start = time.monotonic()
        rig.replace("policy.toml", LARGE_POLICY)
        resource.prlimit(rig.stiled.pid, resource.RLIMIT_AS, (size + (8 << 20), -1))
        event = rig.stiled.reload(10)["event"]
        resource.prlimit(rig.stiled.pid, resource.RLIMIT_AS, (-1, -1))
        rig.outcome.figure("reload_without_room", event)
        if event == "reload-rejected":
            rig.alert(lambda s: "reload" in s.alert(), start)

    @staticmethod
    def count_checks(rig, numbers):
        """A check on an open connection allocates nothing."""
        rig.records()  # Ends the load.
        rig.watch.stop()
        cookie = mint(SECRET, address_of(1))
        asked = (f"GET /check HTTP/1.1\r\nHost: check\r\nX-Forwarded-Method: GET\r\n"
                 f"X-Forwarded-Uri: /private\r\nX-Forwarded-Host: example.test\r\n"
                 f"X-Forwarded-Proto: http\r\nX-Real-IP: {address_of(1)}\r\nUser-Agent: {AGENT}\r\n"
                 f"Cookie: stile={cookie}\r\n\r\n").encode()
        with Stream.to(rig.check) as stream:
            for _ in range(10):
                stream.send(asked).response()
            before = numbers[2]
            for _ in range(CHECKS):
                stream.send(asked).response()
            made = numbers[2] - before
        # What the main thread does once in a while may fall into that time.
        rig.outcome.figure("allocations", f"{made} in {CHECKS} checks")
        rig.outcome.require(made < CHECKS / 10, "own", f"{made} allocations in {CHECKS} checks")

    def run_control(self):
        numbers = Numbers(6)
        with self.rig(numbers) as rig:
            rig.baseline()
            with rig.fault():
                numbers[5] = 1
                self.refuse(rig, numbers, 50, 1)
            return rig.judge()


DRILLS = [Memory()]
