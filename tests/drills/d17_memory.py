"""D17: memory is refused, allocation by allocation, and under a limit."""

import pathlib
import random
import resource
import time

import awaited
from d01_doubled_policy import LARGE_POLICY
from drill import Drill
from raw_http import Stream, request
from rig import AGENT, FULL, LIBRARIES, POLICY, SECRET, Rig
from shared_numbers import Numbers
from visitors import address_of, mint

NEVER = -1
# The first ones, and some of the many that come later in a reload.
SWEEP = list(range(1, 3_000)) if FULL else list(range(1, 20)) + sorted(
    random.Random(17).sample(range(20, 1_500), 24))
CHECKS = 500


class Memory(Drill):
    ID, NAME = "D17", "memory"
    INJECTS = ("the k-th allocation fails (a preloaded malloc), for many k, of the thread that reloads and "
               "of those that operators ask" + (", and of the event loops" if awaited.LOOPS_WITHOUT_MEMORY
                                                else "") +
               "; then every large one of a reload; then the address space is 8 MB too small")
    CONTROL = "the same refusals, and the process ends at the first, as where nobody thought of them"
    red = ("I1", "I6")
    awaits = "MEMORY"

    def rig(self, numbers):
        numbers[0] = NEVER
        return Rig(preload=[LIBRARIES / "failing_memory.so"],
                   environment={"FAILING_MEMORY": numbers.path})

    def run(self):
        numbers = Numbers(7)
        with self.rig(numbers) as rig:
            rig.baseline()
            with rig.fault():
                self.sweep(rig, numbers)
                if rig.stiled.running():
                    numbers[4], numbers[6] = 65_536, rig.stiled.pid
                    self.refuse(rig, numbers, rig.stiled.pid, 0, 1_000_000)
                    numbers[4] = numbers[6] = 0
                if rig.stiled.running():
                    self.limit(rig)
            rig.outcome.figure("refused", numbers[3])
            rig.outcome.require(numbers[3] >= len(SWEEP) / 2, "own", "hardly any allocation failed")
            if rig.stiled.running():
                rig.replace("policy.toml", POLICY)
                rig.order("/reload")
                rig.recovered()
                rig.aftermath()
                self.count_checks(rig, numbers)
            return rig.judge()

    def sweep(self, rig, numbers):
        threads = [(rig.stiled.pid, SWEEP)]
        threads += [(thread, SWEEP[::4]) for thread in rig.stiled.threads("stile-http")]
        if awaited.LOOPS_WITHOUT_MEMORY:
            threads += [(thread, SWEEP) for thread in rig.stiled.threads("stile-loop")]
        for thread, places in threads:
            for k in places:
                if not self.refuse(rig, numbers, thread, k, 1):
                    return

    @staticmethod
    def refuse(rig, numbers, thread, k, count):
        """Refuses the allocations of a thread from its `k`th on, `count` times, while everything is
        asked that it may have to do. False if that ended the process."""
        numbers[6], numbers[1] = thread, count
        numbers[0] = k
        if thread == rig.stiled.pid:
            rig.stiled.reload(1)  # Its log line may be what there is no memory for.
        else:
            for path in ("/metrics", "/status"):
                for place in (rig.stiled.metrics, rig.control):
                    try:
                        request(place, path)
                    except (OSError, EOFError):
                        pass  # One answer may be lost.
            rig.ask("/open/page")
        numbers[0], numbers[1], numbers[6] = NEVER, 0, 0
        time.sleep(0.02)
        return rig.outcome.require(rig.stiled.running(), "I6",
                                   f"allocation {k} of thread {thread} refused: it is gone, "
                                   f"{rig.stiled.events[-2:]}")

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
        numbers = Numbers(7)
        with self.rig(numbers) as rig:
            rig.baseline()
            with rig.fault():
                numbers[5] = 1
                self.refuse(rig, numbers, rig.stiled.pid, 50, 1)
            return rig.judge()


DRILLS = [Memory()]
