"""H3: requests that are under way while the policy is swapped: each is answered, by one policy."""


from drill import Drill
from raw_http import Stream
from rig import AGENT, FULL, POLICY, Rig

SWAPS = 300 if FULL else 25
# The same path passes under the one and is asked for a clearance under the other.
PASSES = POLICY + '[[rule]]\nname = "flip"\npath = ["/flip/*"]\naction = "allow"\n'
FIELDS = f"Host: example.test\r\nX-Real-IP: 203.0.113.3\r\nUser-Agent: {AGENT}\r\n"


class RequestThatSeesTheSwap(Drill):
    ID, NAME = "H3", "request-that-sees-the-swap"
    INJECTS = ("at each of 25 (300) swaps one request has sent half its head, one half its body, and two "
               "stand in one packet on a connection that is older than all of them")
    CONTROL = "the swap is a restart"
    red = ("I1", "I6", "own")

    def run(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault(), Stream.to(rig.gateway) as old:
                for number in range(SWAPS):
                    self.swap(rig, old, number, lambda: rig.stiled.reload()["event"] == "reloaded")
            rig.recovered()
            rig.aftermath()
            rig.outcome.figure("swaps", SWAPS)
            return rig.judge()

    def swap(self, rig, old, number, change):
        out, passes = rig.outcome, number % 2 == 0
        rig.replace("policy.toml", PASSES if passes else POLICY)
        head = f"GET /flip/echo HTTP/1.1\r\n{FIELDS}"
        post = f"POST /open/echo HTTP/1.1\r\n{FIELDS}Content-Length: 10\r\n\r\n"
        try:
            with Stream.to(rig.gateway) as half_head, Stream.to(rig.gateway) as half_body:
                half_head.send(head[:40].encode())
                half_body.send((post + "01234").encode())
                out.require(change(), "own", f"swap {number} fails")
                half_head.send((head[40:] + "\r\n").encode())
                half_body.send(b"56789")
                for name, stream, allowed in (("half a head", half_head, {200, 403}),
                                              ("half a body", half_body, {200})):
                    status = stream.response()[0].status
                    out.require(status in allowed, "own", f"{name} at swap {number}: {status}")
                old.send((head + "\r\n").encode() * 2)
                # These came after the reload had been done: no old answer is right any more.
                for _ in range(2):
                    status = old.response()[0].status
                    out.require(status == (200 if passes else 403), "I7",
                                f"after swap {number}: {status}")
        except (OSError, EOFError) as error:
            out.breach("own", f"swap {number} cut a request: {error!r}")

    def run_control(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault(), Stream.to(rig.gateway) as old:
                for number in range(2):
                    self.swap(rig, old, number, rig.restart_strictly)
            return rig.judge()


DRILLS = [RequestThatSeesTheSwap()]
