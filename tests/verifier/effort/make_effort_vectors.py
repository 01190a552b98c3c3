#!/usr/bin/env python3
"""Writes tests/vectors/effort_law.txt: steps of the loop of Tor's proposal 362, on inputs of our own.

Usage: make_effort_vectors.py [--check]. Written from the proposal's text, not from the library.
"""

import pathlib
import random
import sys

FILE = pathlib.Path(__file__).resolve().parents[2] / "vectors" / "effort_law.txt"

HEAD = """\
# Steps of the loop of Tor's proposal 362: what one period makes of an effort. Times are seconds.
# Origin: tests/verifier/effort/make_effort_vectors.py; do not edit by hand.
"""


def step(effort, length, idle, dequeued, enqueued, enqueued_effort, queue_length, decay):
    if dequeued == 0:
        return "skipped", effort
    unused = max(0.0, idle - (length / dequeued) * queue_length)
    busy = 1 - unused / length
    if busy == 0:
        return "idle", int(effort * decay)
    could = dequeued / busy
    if enqueued >= could:
        return "raised", max(enqueued_effort // dequeued, effort + 1)
    kept = enqueued / could
    kept += (1 - kept) * decay
    return "lowered", int(effort * kept)


def cases():
    yield "nobody-served", (500, 300.0, 300.0, 0, 9, 9000, 0, 0.0)
    yield "idle-without-decay", (500, 300.0, 300.0, 7, 7, 9000, 0, 0.0)
    yield "idle-with-decay", (500, 300.0, 300.0, 7, 7, 9000, 0, 0.95)
    yield "busy-and-few-paid", (1000, 2.0, 0.0, 20, 5, 5000, 30, 0.0)
    yield "busy-and-none-paid", (1000, 2.0, 0.0, 20, 0, 0, 30, 0.95)
    yield "as-many-as-could-be-served", (1000, 2.0, 0.0, 20, 20, 20000, 0, 0.95)
    yield "ten-times-as-many", (100, 2.0, 0.0, 20, 200, 20000, 180, 0.95)
    yield "half-idle-and-all-paid", (100, 2.0, 1.0, 10, 10, 1000, 0, 0.95)
    yield "half-idle-but-they-wait", (100, 2.0, 1.0, 10, 10, 1000, 5, 0.95)
    yield "from-nothing", (0, 2.0, 0.0, 1, 1, 0, 0, 0.95)
    yield "a-few-dear-solves-while-idle", (0, 300.0, 279.0, 400, 400, 4000000, 0, 0.0)
    draw = random.Random(362)
    for i in range(100):
        length = draw.choice([2.0, 300.0])
        dequeued = draw.choice([0, 1, 3, 20, 700, 75000])
        enqueued = draw.choice([0, 1, dequeued, 2 * dequeued, 60000])
        yield f"drawn-{i}", (
            draw.choice([0, 1, 100, 1234, 10000, 3000000]),
            length,
            draw.choice([0.0, 0.25, 0.5, 1.0]) * length,
            dequeued,
            enqueued,
            enqueued * draw.randrange(1, 20000),
            draw.choice([0, 0, 1, 8, 500]),
            draw.choice([0.0, 0.5, 0.95, 1.0]),
        )


def text():
    names = "effort length idle dequeued enqueued enqueued_effort queue_length decay".split()
    out = [HEAD]
    for name, values in cases():
        what, effort = step(*values)
        lines = [f"vector: {name}"]
        lines += [f"{key}: {value}" for key, value in zip(names, values)]
        lines += [f"step: {what}", f"next: {effort}", ""]
        out.append("\n".join(lines) + "\n")
    return "\n".join(part.rstrip("\n") + "\n" for part in out)


def main():
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text())
        return 0
    if FILE.read_text() == text():
        return 0
    print(f"{FILE} is not what this program writes", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
