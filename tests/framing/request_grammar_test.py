"""stiled's reader of requests and the one of request_grammar.py say the same of every stream.

   request_grammar_test.py JUDGE_STREAMS [COUNT [SEED]]

The streams are those of tests/vectors/framing.txt, and COUNT mutations of them.
"""

import collections
import dataclasses
import random
import subprocess
import sys

from framing_table import LAST_REQUEST, read_cases
from request_grammar import Limits, judge

BATCH = 20_000
# Short limits, so that short streams reach them.
NARROW = Limits(head=400, target=40, fields=6, body=60)
PIECES = [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b"\0", b":", b",", b";", b"0\r\n\r\n",
          b"5\r\nhello\r\n", b"HTTP/1.0", b"HTTP/1.1", b"http://a/", b"Host: a\r\n", b"\x0b", b"\x80",
          b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
          b"Connection: keep-alive, upgrade\r\n", b"Upgrade: websocket\r\n", b"X-A: b\r\n",
          b"Expect: 100-continue\r\n", b"0", b"1", b"f", b"-", b"_", b".", b"[::1]", b"GET", b"OPTIONS",
          b"GET /open/a HTTP/1.1\r\nHost: a\r\n", b"POST /open/a HTTP/1.1\r\nHost: a\r\n"]


def mutated(stream, streams, chance):
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        at = chance.randrange(len(stream) + 1)
        kind = chance.randrange(7)
        if kind == 0:
            stream = stream[:at] + bytes([chance.randrange(256)]) + stream[at + 1:]
        elif kind == 1:
            stream = stream[:at] + stream[at + chance.randrange(1, 5):]
        elif kind <= 3:
            stream = stream[:at] + chance.choice(PIECES) + stream[at:]
        elif kind == 4:
            stream = stream[:at] + chance.choice(PIECES) + stream[at + chance.randrange(12):]
        elif kind == 5:
            other = chance.choice(streams)
            begin = chance.randrange(len(other) + 1)
            stream = stream[:at] + other[begin:begin + chance.randrange(40)] + stream[at:]
        else:
            line = stream[:at].rfind(b"\n") + 1
            end = stream.find(b"\n", at) + 1 or len(stream)
            stream = stream[:end] + stream[line:end] + stream[end:]
    return stream


def answers(program, limits, streams):
    text = "".join(stream.hex() + "\n" for stream in streams)
    numbers = [str(number) for number in dataclasses.astuple(limits)[:4]]
    run = subprocess.run([program, *numbers], input=text, capture_output=True, text=True, check=True)
    lines = run.stdout.splitlines()
    assert len(lines) == len(streams), (len(lines), len(streams))
    return lines


def compare(program, limits, streams, seen):
    """The streams of which the two say different things."""
    different = []
    for stream, ours in zip(streams, answers(program, limits, streams)):
        theirs = judge(stream, limits)
        seen[theirs.rpartition(" | ")[2]] += 1
        seen["requests"] += theirs.count(" | ")
        if ours != theirs:
            different.append((stream, ours, theirs))
    return different


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    cases = [case.stream for case in read_cases()]
    cases += [case.sent() for case in read_cases()]
    short = [stream for stream in cases if len(stream) < 1_000]
    chance, seen = random.Random(seed), collections.Counter()
    different = compare(program, Limits(), cases, seen) + compare(program, NARROW, cases, seen)
    made = 0
    while made < count and len(different) < 10:
        size = min(BATCH, count - made)
        streams = [mutated(chance.choice(short), short, chance) for _ in range(size)]
        made += size
        different += compare(program, Limits(), streams, seen)
        different += compare(program, NARROW, streams, seen)
    for stream, ours, theirs in different[:10]:
        print(f"stream  {stream!r}\nstiled  {ours}\ngrammar {theirs}\n")
    print(f"{len(cases)} streams of the table and {made} mutations with seed {seed}, each with two "
          f"sets of limits: {seen['requests']} requests read, {len(different)} differences")
    for end, number in sorted(seen.items()):
        print(f"{number:8} {end}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
