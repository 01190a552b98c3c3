"""D28: torn, mangled and hostile bytes to every parser, and a canary that no answer may hold."""

import random
import socket
import time

from drill import Drill
from relay_process import through
from rig import AGENT, FULL, PHASE, Rig

CANARY = "canary-5d0e1c9a"
MANGLED = 30_000 if FULL else 600


def canary_requests():
    """What other visitors send meanwhile, in the hope to be seen by somebody else."""
    return (f"GET /private/{CANARY} HTTP/1.1\r\nHost: example.test\r\nX-Real-IP: 203.0.113.9\r\n"
            f"User-Agent: {AGENT} {CANARY}\r\nCookie: secret={CANARY}; stile={CANARY}\r\n"
            f"Authorization: Bearer {CANARY}\r\n\r\n").encode()


def seeds():
    form = "challenge=AQEBA&solution=AQA"
    return [
        b"GET /private/page?a=b HTTP/1.1\r\nHost: example.test\r\nX-Real-IP: 203.0.113.1\r\n"
        b"User-Agent: x\r\nCookie: a=b; stile=AQIBAmsIDvdrCB0HSAdyZgICAAD__wAN; c=d\r\n\r\n",
        b"GET /.stile/challenge?c=AQMBAmsIDvdrCB0HSAdyZgICAAD__wANL3ByaXZhdGUvcGFnZVTdt7L1SA5p"
        b" HTTP/1.1\r\nHost: example.test\r\nX-Real-IP: 203.0.113.1\r\nAccept: application/json\r\n\r\n",
        f"POST /.stile/redeem HTTP/1.1\r\nHost: example.test\r\nX-Real-IP: 203.0.113.1\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}"
        .encode(),
        b'POST /.stile/redeem HTTP/1.1\r\nHost: example.test\r\nX-Real-IP: 203.0.113.1\r\n'
        b'Content-Type: application/json\r\nContent-Length: 35\r\n\r\n{"challenge":"AQ","solution":"AQA"}',
        b"POST /open/x HTTP/1.1\r\nHost: example.test\r\nX-Real-IP: 203.0.113.1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"GET /a%2e%2e/%00/../..;/x HTTP/1.1\r\nHost: example.test\r\nX-Real-IP: ::ffff:1.2.3.4\r\n"
        b"Sec-Fetch-Mode: navigate\r\nAccept-Language: ar,de;q=0.5\r\nAccept: text/html\r\n\r\n",
    ]


def mangle(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at:at + rng.randrange(1, 40)]
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 30))
        elif kind == 3:
            data[at:at] = data[at:at + 60] * rng.randrange(1, 40)
        else:
            data[at:at] = rng.choice([b"\r\n", b"\0", b"%", b"9" * 30, b"A" * 9_000, b"\xff" * 9,
                                      b"..", b"\t", b":", b"="])
        if not data:
            data = bytearray(b"\n")
    return bytes(data)


class ParserTorture(Drill):
    ID, NAME = "D28", "parser-torture"
    INJECTS = ("mangled requests, cookies, contexts, challenges and bodies, beside visitors who send a "
               "canary; tests/fuzz does the same to each parser under sanitizers")
    CONTROL = "a proxy in front that now and then ends a response with what another connection sent"
    red = ("own",)

    def run(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault():
                self.torture(rig, rig.gateway)
            rig.recovered()
            rig.aftermath()
            return rig.judge()

    def run_control(self):
        with Rig(through=through("leak")) as rig:
            rig.baseline()
            with rig.fault():
                self.torture(rig, rig.doors[0][1])
            return rig.judge()

    @staticmethod
    def torture(rig, address):
        rng, sent, seen, statuses = random.Random(28), 0, 0, {}
        begin = time.monotonic()
        canary = canary_requests()
        for number in range(MANGLED):
            with socket.create_connection(address, 10) as visitor:
                visitor.sendall(canary)
                with socket.create_connection(address, 10) as connection:
                    connection.settimeout(5)
                    answer = b""
                    try:
                        data = mangle(rng, rng.choice(seeds()))
                        cut = rng.randrange(len(data) + 1)
                        connection.sendall(data[:cut])
                        connection.sendall(data[cut:])
                        connection.shutdown(socket.SHUT_WR)
                        while piece := connection.recv(65536):
                            answer += piece
                    except OSError:  # It may hang up on nonsense, and does.
                        pass
                sent += 1
                seen += CANARY.encode() in answer
                if answer.startswith(b"HTTP/1.1 "):
                    statuses[answer[9:12]] = statuses.get(answer[9:12], 0) + 1
            if not FULL and time.monotonic() > begin + 4 * PHASE and number > 100:
                break
        out = rig.outcome
        out.figure("mangled", sent)
        errors = {status.decode(): count for status, count in statuses.items()
                  if status[:1] == b"5" and status not in (b"501", b"505")}
        # 501 and 505 are what HTTP has for methods and versions that nobody knows.
        out.require(not errors, "I1", f"mangled requests get {errors}")
        out.require(len(statuses) > 1, "own", f"they reach nothing: {statuses}")
        out.require(not seen, "own", f"{seen} answers hold what others sent")


DRILLS = [ParserTorture()]
