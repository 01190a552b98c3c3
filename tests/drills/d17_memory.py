"""D17: memory is refused, allocation by allocation, and under a limit."""

import pathlib
import random
import resource
import time

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
# An event loop allocates for new connections and what they send, and hardly anything otherwise.
LOOP_SWEEP = list(range(1, 400 if FULL else 40))
CHECKS = 500


class Memory(Drill):
    ID, NAME = "D17", "memory"
    INJECTS = ("the k-th allocation fails (a preloaded malloc), for many k, of the thread that reloads and "
               "of those that operators ask, and of the event loops; then every large one of a reload; "
               "then the address space is 8 MB too small")
    CONTROL = "the same refusals, and the process ends at the first, as where nobody thought of them"
    red = ("I1", "I6")

    def rig(self, numbers):
        numbers[0] = NEVER
        return Rig(preload=[LIBRARIES / "failing_memory.so"],
                   environment={"FAILING_MEMORY": numbers.path})

    def run(self):
        numbers = Numbers(7)
        with self.rig(numbers) as rig:
            rig.baseline()
            with rig.fault():
                start, self.lost = time.monotonic(), 0
                self.sweep(rig, numbers)
                rig.alert(lambda s: "memory" in s.degraded(), start)
                if rig.stiled.running():
                    numbers[4], numbers[6] = 65_536, rig.stiled.pid
                    self.refuse(rig, numbers, rig.stiled.pid, 0, 1_000_000)
                    numbers[4] = numbers[6] = 0
                if rig.stiled.running():
                    self.limit(rig)
            rig.outcome.figure("refused", numbers[3])
            # A reload makes about a thousand; past those there is nothing to refuse.
            rig.outcome.require(numbers[3] >= (500 if FULL else 20), "own",
                                "hardly any allocation failed")
            if rig.stiled.running():
                rig.replace("policy.toml", POLICY)
                rig.order("/reload")
                rig.recovered()
                rig.aftermath()
                self.count_checks(rig, numbers)
            # Each refusal in a loop may cost one connection, and with it the request on it.
            return rig.judge(lost=self.lost)

    def sweep(self, rig, numbers):
        threads = [(rig.stiled.pid, SWEEP)]
        threads += [(thread, SWEEP[::4]) for thread in rig.stiled.threads("stile-http")]
        loops = rig.stiled.threads("stile-loop")
        threads += [(thread, LOOP_SWEEP) for thread in loops]
        for thread, places in threads:
            before = numbers[3]
            for k in places:
                if not self.refuse(rig, numbers, thread, k, 1):
                    return
            if thread in loops:
                self.lost += numbers[3] - before
        rig.outcome.figure("refused_in_loops", self.lost)
        rig.outcome.require(self.lost >= 10, "own", "hardly any allocation failed in a loop")

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
            Memory.visit(rig)
        numbers[0], numbers[1], numbers[6] = NEVER, 0, 0
        time.sleep(0.02)
        return rig.outcome.require(rig.stiled.running(), "I6",
                                   f"allocation {k} of thread {thread} refused: it is gone, "
                                   f"{rig.stiled.events[-2:]}")

    @staticmethod
    def visit(rig):
        """What a loop needs memory for: connections at a time, long heads, content, the origin."""
        streams = []
        try:
            for number in range(12):
                streams.append(Stream.to(rig.gateway))
                streams[-1].send(f"GET /open/page HTTP/1.1\r\nHost: example.test\r\nX-Fill: "
                                 f"{'x' * (5_000 if number % 2 else 10)}\r\n\r\n".encode())
            for stream in streams:
                stream.response()
        except (OSError, EOFError):
            pass  # One connection may be let go.
        finally:
            for stream in streams:
                stream.close()
        rig.ask("/.stile/redeem", method="POST", body=b"x" * 9_000)

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
