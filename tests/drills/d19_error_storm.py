"""D19: ten times as many forged and malformed cookies as anything else. Errors may cost no more than
success, neither processor nor log lines."""

import random
import socket
import time

from drill import Drill
from rig import AGENT, PHASE, SECRET, Rig
from visitors import address_of, mint
from watch import cpu_seconds

BATCH = 50        # Questions sent at once on one connection.
LINES = 10        # A second and kind, at most.


def question(cookie, address):
    return (f"GET /check HTTP/1.1\r\nHost: check\r\nX-Forwarded-Method: GET\r\n"
            f"X-Forwarded-Uri: /private\r\nX-Forwarded-Host: example.test\r\n"
            f"X-Forwarded-Proto: http\r\nX-Real-IP: {address}\r\nUser-Agent: {AGENT}\r\n"
            f"Cookie: stile={cookie}\r\n\r\n").encode()


def forged(rng):
    return mint(b"x" * 32, address_of(rng.randrange(5_000)))


def malformed(rng):
    return "".join(rng.choices("AZaz09-_", k=rng.randrange(10, 120)))


class ErrorStorm(Drill):
    ID, NAME = "D19", "error-storm"
    INJECTS = "ten times the usual load, and more, of forged and malformed clearances"
    CONTROL = "log.refusals at its most: a line for each of a thousand refusals a second"
    red = ("own",)

    def run(self):
        return self.storm("")

    def run_control(self):
        return self.storm("[log]\nrefusals = 1000\n")

    def storm(self, sections):
        with Rig(sections=sections) as rig:
            rig.baseline()
            rng = random.Random(19)
            good = [question(mint(SECRET, address_of(i)), address_of(i)) for i in range(200)]
            bad = [question(make(rng), address_of(rng.randrange(40_000)))
                   for _ in range(400) for make in (forged, malformed)]
            lines, begin = len(rig.stiled.events), time.monotonic()
            with rig.fault():
                accept = self.cost(rig, good, 2_000)
                reject = self.cost(rig, bad, max(2_000, int(rig.rate * 10 * PHASE)))
            span = time.monotonic() - begin
            kinds = {}
            for event in rig.stiled.events[lines:]:
                kinds[event["event"]] = kinds.get(event["event"], 0) + 1
            most = max(kinds.values(), default=0) / span
            out = rig.outcome
            out.figure("us_per_accept", f"{accept:.1f}")
            out.figure("us_per_reject", f"{reject:.1f}")
            out.figure("lines", f"{most:.1f}/s")
            out.require(most <= LINES, "own", f"{most:.0f} lines a second")
            # By what processor time is counted, 10 ms, and what visitors take meanwhile.
            out.require(reject <= 1.5 * accept + 10, "own", f"a rejection costs {reject:.1f} us, an "
                                                           f"acceptance {accept:.1f} us")
            rig.aftermath()
            return rig.judge()

    @staticmethod
    def cost(rig, questions, count):
        """Asks `count` of them, and returns the microseconds of stiled's processor time for each."""
        spent = cpu_seconds(rig.stiled.pid)
        answered = 0
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(rig.check)
            connection.settimeout(30)
            for start in range(0, count, BATCH):
                batch = [questions[(start + i) % len(questions)] for i in range(BATCH)]
                connection.sendall(b"".join(batch))
                heads, held = 0, b""
                while heads < BATCH:
                    data = connection.recv(65536)
                    if not data:
                        rig.outcome.breach("I1", "the storm's connection was cut")
                        return 0.0
                    held += data
                    heads += held.count(b"\r\n\r\n")
                    held = held[held.rfind(b"\r\n\r\n") + 4:] if b"\r\n\r\n" in held else held
                answered += heads
        return (cpu_seconds(rig.stiled.pid) - spent) * 1e6 / max(1, answered)


DRILLS = [ErrorStorm()]
