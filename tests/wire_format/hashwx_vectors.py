"""Vectors of HashWX and of the puzzle hashwx."""

import hashlib
from dataclasses import replace

from challenge_fixture import PATIENT, challenge, minted, seal_challenge, search
from deployment import CLIENT, NOW_MS, SITE, client_pairs, ring_pairs
from sha256_compression import state_after_block
from stile_checker import (
    HASHWX,
    NONCES_PER_FUNCTION,
    U64,
    Alternative,
    HashwxFunction,
    Solution,
    hashwx_of_try,
    hashwx_prefix,
    hashwx_seed,
    part_target,
)
from vector_file import Draw, VectorFile

draw = Draw("stile hashwx vectors, 1")  # Apart, so that more of these change no other file.
PROGRAMMED = Alternative(HASHWX, 2, 3, 9, 43_200)


def programs_of(function):
    return b"".join(bytes(i) for program in function.programs for i in program)


def function_file():
    out = VectorFile(
        "HashWX: `programs` is the SHA-256 of all instructions, program after program, each as the four",
        "bytes opcode, dst, src, imm, with zeros where it has none. `hash`: nonce and hash, in hex.",
    )
    seeds = [
        ("zeros", bytes(32)),
        ("ones", b"\xff" * 32),
        ("counting", bytes(range(32))),
        ("only-the-first-half", bytes(range(16)) + bytes(16)),
        ("only-the-second-half", bytes(16) + bytes(range(16))),
    ] + [(f"drawn-{i}", draw(32)) for i in range(40)]
    for name, seed in seeds:
        function = HashwxFunction(seed)
        nonces = [0, 1, 65_535, 1 << 63, U64, int.from_bytes(draw(8), "big")]
        out.add(
            name,
            ("seed", seed.hex()),
            ("programs", hashlib.sha256(programs_of(function)).hexdigest()),
            *(("hash", f"{nonce:016x} {function.hash(nonce):016x}") for nonce in nonces),
        )
    return out


def puzzle_file():
    out = VectorFile(
        "The puzzle hashwx: prefixes, seeds, tries (docs/wire-format.md, Puzzle hashwx). Hex but for numbers."
    )
    out.section("prefixes, and the hash state behind them")
    tag, id_ = draw(16), draw(16)
    for index in range(4):
        prefix = hashwx_prefix(tag, id_, index)
        out.add(
            f"alternative-{index}",
            ("tag", tag.hex()),
            ("id", id_.hex()),
            ("index", index),
            ("prefix", prefix.hex()),
            ("state", "".join(f"{w:08x}" for w in state_after_block(prefix))),
        )
    out.section("tries: the seed, the hash, and whether it solves the part")
    last = NONCES_PER_FUNCTION
    starts = [0, last - 1, last, 3 * last - 1, 1 << 32, U64 - last, U64 - 40]
    for number, (effort, parts) in enumerate(((1, 1), (4, 1), (8, 4), (20, 3), (16, 2), (64, 8))):
        tag, id_ = draw(16), draw(16)
        prefix, target = hashwx_prefix(tag, id_, number % 4), part_target(effort, parts)
        for part in range(parts):
            for wanted in (True, False):
                if effort == 1 and not wanted:
                    continue  # There is none.
                nonce = starts[(part + number) % len(starts)]
                while (hashwx_of_try(prefix, part, nonce) <= target) != wanted:
                    nonce = (nonce + 1) & U64
                out.add(
                    f"try-{number}-part-{part}-{'solves' if wanted else 'does-not'}",
                    ("tag", tag.hex()),
                    ("id", id_.hex()),
                    ("index", number % 4),
                    ("effort", effort),
                    ("parts", parts),
                    ("part", part),
                    ("nonce", f"{nonce:016x}"),
                    ("seed", hashwx_seed(prefix, part, nonce // last).hex()),
                    ("hash", f"{hashwx_of_try(prefix, part, nonce):016x}"),
                    ("expect", "yes" if wanted else "no"),
                )
    return out


def redemption_file():
    out = VectorFile(
        "Redemptions of hashwx, as in redemption.txt (docs/wire-format.md, Challenge)."
    )
    out.add("main", *ring_pairs(), kind="ring")

    def add(name, c, nonces, expect, index=0):
        text = seal_challenge(c)
        out.add(
            name,
            ("site", SITE.decode()),
            ("now_ms", NOW_MS),
            *client_pairs(CLIENT),
            ("challenge", text),
            ("solution", Solution(index, nonces).text()),
            ("expect", expect),
            *([("clearance", minted(c, index))] if expect == "valid" else []),
        )

    c = challenge(id=draw(16), alternatives=[PROGRAMMED, PATIENT])
    text = seal_challenge(c)
    solved, unsolved = search(text, c, 0), search(text, c, 0, solved=False)
    add("solved", c, solved, "valid")
    add("solved-by-nonces-of-later-functions", c, search(text, c, 0, start=1_000_000), "valid")
    add("solved-by-the-last-nonces", c, search(text, c, 0, start=U64 - 200), "valid")
    for part in range(3):
        nonces = solved[:part] + unsolved[part : part + 1] + solved[part + 1 :]
        add(f"part-{part}-unsolved", c, nonces, "unsolved")
    add("no-part-solved", c, unsolved, "unsolved")
    add("a-nonce-too-few", c, solved[:2], "malformed")
    add("a-nonce-too-many", c, solved + [0], "malformed")
    second = challenge(id=draw(16), alternatives=[PATIENT, PROGRAMMED])
    add("second-alternative", second, search(seal_challenge(second), second, 1), "valid", 1)
    one = replace(PROGRAMMED, parts=1, effort=1)
    for name, changed, nonces in (
        ("64-parts", replace(one, parts=64), list(range(64))),
        ("effort-2-to-the-40-is-within-limits", replace(one, effort=1 << 40), [0]),
        ("effort-2-to-the-40-and-1", replace(one, effort=(1 << 40) + 1), [0]),
        ("effort-0", replace(one, effort=0), [0]),
        ("parts-0", replace(one, parts=0), []),
        ("rank-0", replace(one, rank=0), [0]),
    ):
        expect = {"64-parts": "valid", "effort-2-to-the-40-is-within-limits": "unsolved"}
        add(
            name,
            challenge(id=draw(16), alternatives=[changed]),
            nonces,
            expect.get(name, "malformed"),
        )
    return out
