"""Clearances and cookies, and the verdicts on them (docs/wire-format.md, Clearance)."""

import struct
from dataclasses import dataclass, field, replace

from client_binding import Binding
from token_encoding import (
    BIND_ADDRESS,
    CLEARANCE,
    SHA256,
    SKEW,
    Malformed,
    decode_within,
    site_id,
    tag_is_right,
)

# In the order of the tables: what is further down wins among cookies.
CLEARANCE_VERDICTS = [
    "absent",
    "unsigned",
    "malformed",
    "wrong-site",
    "expired",
    "not-yet-valid",
    "unknown-key",
    "forged",
    "wrong-client",
    "revoked",
    "valid",
]

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


@dataclass
class Clearance:
    key_id: int
    id: bytes
    issued_at: int
    expires_at: int
    site_id: int
    rank: int
    puzzle: int = SHA256
    effort_log2: int = 0
    budget_class: int = 0
    roams: int = 0
    binding: Binding = field(default_factory=Binding)
    version: int = 1
    kind: int = CLEARANCE
    reserved: int = 0

    def body(self):
        b = self.binding
        return struct.pack(
            ">BBBB16sIIIBBBBBQBIBH",
            self.version,
            self.kind,
            self.key_id,
            b.parts,
            self.id,
            self.issued_at,
            self.expires_at,
            self.site_id,
            self.rank,
            self.puzzle,
            self.effort_log2,
            self.budget_class,
            b.prefix_length,
            b.prefix,
            b.class_version,
            b.user_agent_class,
            self.roams,
            self.reserved,
        )

    @staticmethod
    def parse(token):
        (
            version,
            kind,
            key_id,
            parts,
            id_,
            issued_at,
            expires_at,
            site,
            rank,
            puzzle,
            effort_log2,
            budget_class,
            prefix_length,
            prefix,
            class_version,
            ua_class,
            roams,
            reserved,
        ) = struct.unpack(">BBBB16sIIIBBBBBQBIBH", token[:53])
        if (version, kind, reserved) != (1, CLEARANCE, 0) or parts & ~7:
            raise Malformed("version, kind, binding bits or reserved bytes")
        return Clearance(
            key_id,
            id_,
            issued_at,
            expires_at,
            site,
            rank,
            puzzle,
            effort_log2,
            budget_class,
            roams,
            Binding(parts, prefix_length, prefix, class_version, ua_class),
        )


@dataclass
class Finding:
    verdict: str
    clearance: Clearance | None = None  # Only if the tag was right.
    in_grace: bool = False
    other_family: str = ""


def check_clearance(ring, site, text, client, now_ms, revoked=()):
    """`revoked`: the ids that an operator took back."""
    now = now_ms // 1000
    if text == "":
        return Finding("absent")
    try:
        token = decode_within(text, 71, 92)
        if len(token) not in (53, 69):
            raise Malformed("length")
        clearance = Clearance.parse(token)
    except Malformed:
        return Finding("malformed")
    if len(token) == 53:
        return Finding("unsigned")
    if clearance.site_id != site_id(site):
        return Finding("wrong-site")
    key = ring.find(CLEARANCE, site, clearance.key_id, clearance.issued_at, now_ms)
    authentic = key is not None and tag_is_right(key, token)
    too_new = clearance.issued_at > now + SKEW
    if clearance.expires_at <= now:
        in_grace = (
            authentic
            and not too_new
            and clearance.binding.matches(client)
            and clearance.id not in revoked
            and now < clearance.expires_at + 600
        )
        return Finding("expired", clearance if authentic else None, in_grace)
    if too_new:
        return Finding("not-yet-valid")
    if key is None:
        return Finding("unknown-key")
    if not authentic:
        return Finding("forged")
    if not clearance.binding.matches(client):
        finding = Finding("wrong-client", clearance)
        binding = clearance.binding
        if (
            binding.parts & BIND_ADDRESS
            and client.address is not None
            and not binding.matches_family(client)
            and binding.matches_user_agent(client)
        ):
            finding.other_family = text
        return finding
    if clearance.id in revoked:
        return Finding("revoked", clearance)
    return Finding("valid", clearance)


def cookie_values(fields, name):
    """The values of the first four cookies called `name`."""
    values = []
    for text in fields:
        for pair in text.split(";"):
            found, equals, value = pair.strip(" \t").partition("=")
            if equals and found == name:
                values.append(value)
    return values[:4]


def tokens_of(value):
    """The one or two tokens of a cookie; nothing is read behind one that is too long."""
    first, *others = value.split(".")[:2]
    return [first] if len(first) > 92 else [first, *others]


def check_cookies(ring, site, name, fields, client, now_ms, method="GET", revoked=()):
    def standing(finding):
        if finding.verdict == "valid":
            return 3, finding.clearance.rank
        if finding.in_grace and method not in SAFE_METHODS:
            return 2, finding.clearance.rank
        return 1, CLEARANCE_VERDICTS.index(finding.verdict)

    best, kept = Finding("absent"), None
    for value in cookie_values(fields, name):
        for text in tokens_of(value):
            finding = check_clearance(ring, site, text, client, now_ms, revoked)
            if finding.other_family and (
                kept is None or finding.clearance.rank > kept.clearance.rank
            ):
                kept = finding
            if standing(finding) > standing(best):
                best = finding
    return replace(best, other_family=kept.other_family if kept else "")
