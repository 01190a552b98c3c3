"""Contexts and return paths (docs/wire-format.md, Context and Return path)."""

import struct
from dataclasses import dataclass

from token_encoding import CONTEXT, SKEW, Malformed, decode_within, site_id, tag_is_right


@dataclass
class Context:
    key_id: int
    rank: int
    issued_at: int
    expires_at: int
    site_id: int
    action: int = 2
    verdict: int = 2
    roams: int = 0
    rule: int = 65535
    return_path: bytes = b"/"
    version: int = 1
    kind: int = CONTEXT
    reserved: int = 0

    def body(self):
        return (
            struct.pack(
                ">BBBBIIIBBBBHH",
                self.version,
                self.kind,
                self.key_id,
                self.rank,
                self.issued_at,
                self.expires_at,
                self.site_id,
                self.action,
                self.verdict,
                self.roams,
                self.reserved,
                self.rule,
                len(self.return_path),
            )
            + self.return_path
        )

    @staticmethod
    def parse(token):
        (
            version,
            kind,
            key_id,
            rank,
            issued_at,
            expires_at,
            site,
            action,
            verdict,
            roams,
            reserved,
            rule,
            path_length,
        ) = struct.unpack(">BBBBIIIBBBBHH", token[:24])
        if (version, kind, reserved) != (1, CONTEXT, 0):
            raise Malformed("version, kind or reserved byte")
        if not 1 <= path_length <= 768 or len(token) != 24 + path_length + 16:
            raise Malformed("length of the return path")
        return Context(
            key_id, rank, issued_at, expires_at, site, action, verdict, roams, rule, token[24:-16]
        )


def check_context(ring, site, text, now_ms):
    now = now_ms // 1000
    if text == "":
        return "absent", None
    try:
        token = decode_within(text, 55, 1078)
        context = Context.parse(token)
    except Malformed:
        return "malformed", None
    if context.site_id != site_id(site):
        return "wrong-site", None
    if context.expires_at <= now:
        return "expired", None
    if context.issued_at > now + SKEW:
        return "not-yet-valid", None
    key = ring.find(CONTEXT, site, context.key_id, context.issued_at, now_ms)
    if key is None:
        return "unknown-key", None
    if not tag_is_right(key, token):
        return "forged", None
    return "valid", context


def is_return_path(path):
    if not 1 <= len(path) <= 768 or path[:1] != b"/" or path[1:2] in (b"/", b"\\"):
        return False
    return all(0x21 <= b <= 0x7E and b not in b'"<>\\^`{|}#' for b in path)
