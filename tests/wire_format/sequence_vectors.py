"""Vectors of redemptions in a row."""

from dataclasses import replace

from challenge_fixture import challenge, minted, seal_challenge, search, solve
from deployment import (
    CLIENT,
    NOW_MS,
    SITE,
    STRANGE_CLIENT,
    break_tag,
    client_pairs,
    ring_pairs,
)
from stile_checker import (
    Binding,
    Solution,
)
from vector_file import VectorFile


def sequence_file():
    out = VectorFile(
        "Redemptions in a row by one process (docs/wire-format.md, Verdict on a redemption).",
        "A `sequence` starts a process that remembers nothing, with so many waits left, for one prefix",
        "and in all. The vectors up to the next sequence are its steps, in order.",
    )
    out.add("main", *ring_pairs(), kind="ring")

    def start(name, waits_per_prefix=1000, waits=1000):
        out.add(name, ("waits_per_prefix", waits_per_prefix), ("waits", waits), kind="sequence")

    def add(name, text, solution, expect, client=CLIENT, now_ms=NOW_MS, **more):
        out.add(
            name,
            ("site", SITE.decode()),
            ("now_ms", now_ms),
            *client_pairs(client),
            ("challenge", text),
            ("solution", solution),
            ("expect", expect),
            *more.items(),
        )

    wait = Solution(1, []).text()
    c = challenge()
    text = seal_challenge(c)
    bad, good = Solution(0, search(text, c, 0, solved=False)).text(), solve(text, c)

    start("three-bad-solutions-end-a-challenge")
    for i in range(3):
        add(f"bad-{i}", text, bad, "unsolved")
    add("bad-3", text, bad, "too-many-tries")
    add("good-too-late", text, good, "too-many-tries")
    add("waiting-too-late", text, wait, "too-many-tries")
    add("elsewhere-comes-first", text, good, "wrong-client", STRANGE_CLIENT)
    add("forged-comes-first", break_tag(text), good, "forged")
    other = challenge()
    other_text = seal_challenge(other)
    add("another-challenge", other_text, solve(other_text, other), "valid", clearance=minted(other))

    start("two-bad-solutions-do-not")
    for i in range(2):
        add(f"slip-{i}", text, bad, "unsolved")
    add("good-in-time", text, good, "valid", clearance=minted(c))

    start("what-was-not-a-solution-does-not-count")
    for i in range(4):
        add(f"malformed-{i}", text, "!", "malformed")
        add(f"stranger-{i}", text, bad, "wrong-client", STRANGE_CLIENT)
    add("good-after-them", text, good, "valid", clearance=minted(c))

    start("asking-early-does-not-count")
    fresh = challenge(issued_at_ms=NOW_MS - 1_000)
    fresh_text = seal_challenge(fresh)
    for i in range(4):
        add(f"early-{i}", fresh_text, wait, "too-early")
    add("in-time", fresh_text, wait, "valid", now_ms=NOW_MS + 4_000, clearance=minted(fresh, 1))

    start("redeeming-again-gives-the-same")
    for i in range(5):
        add(f"again-{i}", text, good, "valid", now_ms=NOW_MS + i * 1_000, clearance=minted(c))
    add(
        "again-with-another-solution",
        text,
        solve(text, c, start=500_000),
        "valid",
        clearance=minted(c),
    )

    start("a-prefix-has-no-wait-left", waits_per_prefix=2)
    for i in range(3):
        waiting = challenge()
        add(
            f"prefix-{i}",
            seal_challenge(waiting),
            wait,
            "limited" if i == 2 else "valid",
            replace(CLIENT, address=f"192.0.2.{i + 1}"),
            **({} if i == 2 else {"clearance": minted(waiting, 1)}),
        )
    waiting = challenge(issued_at_ms=NOW_MS - 10)
    add("too-early-comes-first", seal_challenge(waiting), wait, "too-early")
    worker = challenge()
    worker_text = seal_challenge(worker)
    add(
        "work-is-not-limited",
        worker_text,
        solve(worker_text, worker),
        "valid",
        clearance=minted(worker),
    )

    start("the-process-has-no-wait-left", waits=3)
    for i in range(4):
        client = replace(CLIENT, address=f"192.0.{i}.1")
        waiting = challenge(binding=Binding.of(client))
        add(
            f"process-{i}",
            seal_challenge(waiting),
            wait,
            "limited" if i == 3 else "valid",
            client,
            **({} if i == 3 else {"clearance": minted(waiting, 1)}),
        )

    start("what-came-too-early-takes-no-wait", waits_per_prefix=1)
    waiting = challenge(issued_at_ms=NOW_MS - 1_000)
    waiting_text = seal_challenge(waiting)
    for i in range(3):
        add(f"impatient-{i}", waiting_text, wait, "too-early")
    add(
        "patient-at-last",
        waiting_text,
        wait,
        "valid",
        now_ms=NOW_MS + 5_000,
        clearance=minted(waiting, 1),
    )
    return out
