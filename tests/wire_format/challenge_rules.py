"""Challenges, solutions and the verdict on a redemption (docs/wire-format.md, Challenge)."""

import hashlib
import struct
from dataclasses import dataclass, field

from clearance_rules import Clearance
from client_binding import Binding
from hashwx_rules import hashwx_of_try, hashwx_prefix
from token_encoding import (
    CHALLENGE,
    CLEARANCE,
    HASHWX,
    SHA256,
    SKEW,
    U64,
    WAIT,
    Malformed,
    base64url_encode,
    decode_within,
    seal,
    site_id,
    tag_is_right,
)


@dataclass
class Alternative:
    puzzle: int
    rank: int
    parts: int
    effort: int
    lifetime: int
    budget_class: int = 0

    def pack(self):
        return struct.pack(
            ">BBBBQI",
            self.puzzle,
            self.rank,
            self.parts,
            self.budget_class,
            self.effort,
            self.lifetime,
        )

    def is_within_limits(self):
        if self.rank == 0 or not 1 <= self.lifetime <= 604_800:
            return False
        if self.puzzle == WAIT:
            return self.parts == 0 and 1 <= self.effort <= 3_600_000
        works = self.puzzle in (SHA256, HASHWX)
        return works and 1 <= self.parts <= 64 and 1 <= self.effort <= 1 << 40


@dataclass
class Challenge:
    key_id: int
    id: bytes
    issued_at_ms: int
    expires_at: int
    site_id: int
    binding: Binding
    mint_key_id: int
    alternatives: list
    roams: int = 0
    return_path: bytes = b"/"
    version: int = 1
    kind: int = CHALLENGE
    reserved: int = 0

    def body(self):
        b = self.binding
        head = struct.pack(
            ">BBBB16sQIIBBQBIBBB",
            self.version,
            self.kind,
            self.key_id,
            len(self.alternatives),
            self.id,
            self.issued_at_ms,
            self.expires_at,
            self.site_id,
            b.parts,
            b.prefix_length,
            b.prefix,
            b.class_version,
            b.user_agent_class,
            self.mint_key_id,
            self.roams,
            self.reserved,
        )
        return (
            head
            + b"".join(a.pack() for a in self.alternatives)
            + struct.pack(">H", len(self.return_path))
            + self.return_path
        )

    @staticmethod
    def parse(token):
        (
            version,
            kind,
            key_id,
            n,
            id_,
            issued_at_ms,
            expires_at,
            site,
            parts,
            prefix_length,
            prefix,
            class_version,
            ua_class,
            mint_key_id,
            roams,
            reserved,
        ) = struct.unpack(">BBBB16sQIIBBQBIBBB", token[:54])
        if (version, kind, reserved) != (1, CHALLENGE, 0) or not 1 <= n <= 4 or parts & ~7:
            raise Malformed("version, kind, n, binding bits or reserved byte")
        path_at = 56 + 16 * n
        if len(token) < path_at + 1 + 16:
            raise Malformed("shorter than its alternatives")
        path_length = int.from_bytes(token[path_at - 2 : path_at], "big")
        if not 1 <= path_length <= 768 or len(token) != path_at + path_length + 16:
            raise Malformed("length of the return path")
        alternatives = []
        for puzzle, rank, k, budget_class, effort, lifetime in struct.iter_unpack(
            ">BBBBQI", token[54 : 54 + 16 * n]
        ):
            alternatives.append(Alternative(puzzle, rank, k, effort, lifetime, budget_class))
        return Challenge(
            key_id,
            id_,
            issued_at_ms,
            expires_at,
            site,
            Binding(parts, prefix_length, prefix, class_version, ua_class),
            mint_key_id,
            alternatives,
            roams,
            token[path_at:-16],
        )


@dataclass
class Solution:
    index: int
    nonces: list

    def text(self):
        return base64url_encode(
            bytes([self.index, len(self.nonces)])
            + b"".join(struct.pack(">Q", n) for n in self.nonces)
        )

    @staticmethod
    def parse(text):
        data = decode_within(text, 3, 686)
        if len(data) != 2 + 8 * data[1] or data[1] > 64:
            raise Malformed("k does not fit the length")
        return Solution(data[0], [n for n, in struct.iter_unpack(">Q", data[2:])])


def part_target(effort, parts):
    return U64 // -(-effort // parts)


def sha256_prefix(tag, id_, index):
    return b"stile-sha256-v1\0" + tag + id_ + bytes([index]) + bytes(15)


def sha256_digest(prefix, part, nonce):
    return hashlib.sha256(prefix + struct.pack(">IQ", part, nonce)).digest()


def is_solved(prefix, part, nonce, target):
    return int.from_bytes(sha256_digest(prefix, part, nonce)[:8], "big") <= target


def has_solved(puzzle, tag, id_, index, part, nonce, target):
    if puzzle == HASHWX:
        return hashwx_of_try(hashwx_prefix(tag, id_, index), part, nonce) <= target
    return is_solved(sha256_prefix(tag, id_, index), part, nonce, target)


def earned_clearance(challenge, index):
    alternative = challenge.alternatives[index]
    issued_at = challenge.issued_at_ms // 1000
    effort_log2 = 0 if alternative.puzzle == WAIT else alternative.effort.bit_length() - 1
    return Clearance(
        challenge.mint_key_id,
        challenge.id,
        issued_at,
        issued_at + alternative.lifetime,
        challenge.site_id,
        alternative.rank,
        alternative.puzzle,
        effort_log2,
        alternative.budget_class,
        challenge.roams,
        challenge.binding,
    )


@dataclass
class RedeemState:
    """What a process remembers: bad solutions per challenge, and how many waits are left."""

    waits_per_prefix: int = 1_000_000
    waits: int = 1_000_000
    bad: dict = field(default_factory=dict)
    taken: dict = field(default_factory=dict)

    def take_wait(self, client):
        address = client.parsed_address()
        key = None
        if address is not None:
            key = (address.version, client.prefix(56 if address.version == 6 else 24))
        if self.waits == 0 or self.taken.get(key, 0) == self.waits_per_prefix:
            return False
        self.taken[key] = self.taken.get(key, 0) + 1
        self.waits -= 1
        return True


def redeem(ring, site, challenge_text, solution_text, client, now_ms, state=None):
    """Returns the verdict and, if it is valid, the text of the clearance."""
    state = state or RedeemState()
    if challenge_text == "":
        return "absent", None
    try:
        token = decode_within(challenge_text, 119, 1206)
        challenge = Challenge.parse(token)
        solution = Solution.parse(solution_text)
        if solution.index >= len(challenge.alternatives):
            raise Malformed("index")
        alternative = challenge.alternatives[solution.index]
        known = alternative.puzzle in (SHA256, WAIT, HASHWX)
        if len(solution.nonces) != alternative.parts or not known:
            raise Malformed("solution does not fit its alternative")
    except Malformed:
        return "malformed", None
    if challenge.site_id != site_id(site):
        return "wrong-site", None
    if challenge.expires_at <= now_ms // 1000:
        return "expired", None
    if challenge.issued_at_ms > now_ms + SKEW * 1000:
        return "not-yet-valid", None
    issued_at = challenge.issued_at_ms // 1000
    key = ring.find(CHALLENGE, site, challenge.key_id, issued_at, now_ms)
    mint_key = ring.find(CLEARANCE, site, challenge.mint_key_id, issued_at, now_ms)
    if key is None or mint_key is None:
        return "unknown-key", None
    if not tag_is_right(key, token):
        return "forged", None
    if not alternative.is_within_limits():
        return "malformed", None
    if not challenge.binding.matches(client):
        return "wrong-client", None
    tag = token[-16:]
    if state.bad.get(tag, 0) >= 3:
        return "too-many-tries", None
    if alternative.puzzle == WAIT:
        if now_ms - challenge.issued_at_ms < alternative.effort:
            return "too-early", None
        if not state.take_wait(client):
            return "limited", None
    else:
        target = part_target(alternative.effort, alternative.parts)
        if not all(
            has_solved(alternative.puzzle, tag, challenge.id, solution.index, part, nonce, target)
            for part, nonce in enumerate(solution.nonces)
        ):
            state.bad[tag] = state.bad.get(tag, 0) + 1
            return "unsolved", None
    return "valid", seal(mint_key, earned_clearance(challenge, solution.index).body())
