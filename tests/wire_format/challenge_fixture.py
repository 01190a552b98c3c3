"""Challenges to break, and their solutions."""

from dataclasses import replace

from deployment import (
    CLIENT,
    NOW,
    NOW_MS,
    SITE,
    draw,
    key_for,
)
from stile_checker import (
    CHALLENGE,
    CLEARANCE,
    SHA256,
    WAIT,
    Alternative,
    Binding,
    Challenge,
    Solution,
    base64url_decode,
    earned_clearance,
    has_solved,
    part_target,
    seal,
    site_id,
)

LIGHT = Alternative(SHA256, 2, 4, 64, 43_200, 2)
STANDARD = Alternative(SHA256, 3, 3, 100, 3_600, 3)
PATIENT = Alternative(WAIT, 1, 0, 5_000, 600, 1)
ONE = Alternative(SHA256, 2, 1, 1, 60)  # Every nonce solves it.


def challenge(**changes):
    """A challenge that CLIENT may redeem at NOW, but for `changes`."""
    base = Challenge(
        1,
        draw(16),
        NOW_MS - 20_000,
        NOW + 100,
        site_id(SITE),
        Binding.of(CLIENT),
        1,
        [LIGHT, PATIENT],
        0,
        b"/docs/a?b=c",
    )
    return replace(base, **changes)


def seal_challenge(c, site=SITE):
    return seal(key_for(CHALLENGE, c.key_id, c.issued_at_ms // 1000, site), c.body())


def search(text, c, index, solved=True, start=0):
    """Nonces for every part, each the first from `start` that solves it, or doesn't."""
    alternative = c.alternatives[index]
    if alternative.puzzle == WAIT:
        return []
    tag = base64url_decode(text)[-16:]
    target = part_target(alternative.effort, alternative.parts)
    nonces = []
    for part in range(alternative.parts):
        nonce = start
        while (
            has_solved(alternative.puzzle, tag, c.id, index, part, nonce, target) != solved
        ):
            nonce += 1
        nonces.append(nonce)
    return nonces


def solve(text, c, index=0, start=0):
    return Solution(index, search(text, c, index, start=start)).text()


def minted(c, index=0):
    earned = earned_clearance(c, index)
    return seal(key_for(CLEARANCE, c.mint_key_id, earned.issued_at), earned.body())
