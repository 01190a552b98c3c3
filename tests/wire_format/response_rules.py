"""Response tokens (docs/wire-format.md, Response token)."""

import struct
from dataclasses import dataclass

from token_encoding import (
    RESPONSE,
    SKEW,
    SPEND,
    Malformed,
    decode_within,
    hmac_sha256,
    site_id,
    tag_is_right,
)

LAYOUT = ">BBBBIIII16s22sBB"
SPEND_LAYOUT = ">HQIQ"


@dataclass
class ResponseToken:
    key_id: int
    rank: int
    issued_at: int
    expires_at: int
    site_id: int
    cleared_at: int
    id: bytes
    spend: tuple  # Node, boot, epoch, sequence.
    action: bytes = b""
    host: bytes = b"example.org"
    version: int = 1
    kind: int = RESPONSE

    def body(self, spend_key):
        return (
            struct.pack(
                LAYOUT,
                self.version,
                self.kind,
                self.key_id,
                self.rank,
                self.issued_at,
                self.expires_at,
                self.site_id,
                self.cleared_at,
                self.id,
                masked(spend_key, self.id, struct.pack(SPEND_LAYOUT, *self.spend)),
                len(self.action),
                len(self.host),
            )
            + self.action
            + self.host
        )

    @staticmethod
    def parse(token):
        """The fields; `spend` is still masked."""
        fields = struct.unpack(LAYOUT, token[:60])
        version, kind, key_id, rank, issued_at, expires_at, site, cleared_at = fields[:8]
        token_id, spend, action_length, host_length = fields[8:]
        if (version, kind) != (1, RESPONSE):
            raise Malformed("version or kind")
        if action_length > 32 or not 1 <= host_length <= 253:
            raise Malformed("length of the action or the host")
        if len(token) != 60 + action_length + host_length + 16:
            raise Malformed("length")
        action, host = token[60 : 60 + action_length], token[60 + action_length : -16]
        return ResponseToken(
            key_id, rank, issued_at, expires_at, site, cleared_at, token_id, spend, action, host
        )


def masked(spend_key, token_id, spend):
    pad = hmac_sha256(spend_key, b"\x00" + token_id)
    return bytes(a ^ b for a, b in zip(spend, pad))


def attempt_id(spend_key, token_id, attempt):
    return hmac_sha256(spend_key, b"\x01" + token_id + attempt)[:16]


def check_response(ring, site, text, attempt, now_ms):
    """The verdict before the store is asked, the token, and what stands for the attempt."""
    now = now_ms // 1000
    if text == "":
        return "absent", None, None
    try:
        token = decode_within(text, 103, 482)
        response = ResponseToken.parse(token)
    except Malformed:
        return "malformed", None, None
    if response.site_id != site_id(site):
        return "wrong-site", None, None
    if response.expires_at <= now:
        return "expired", None, None
    if response.issued_at > now + SKEW:
        return "not-yet-valid", None, None
    key = ring.find(RESPONSE, site, response.key_id, response.issued_at, now_ms)
    spend_key = ring.find(SPEND, site, response.key_id, response.issued_at, now_ms)
    if key is None or spend_key is None:
        return "unknown-key", None, None
    if not tag_is_right(key, token):
        return "forged", None, None
    response.spend = struct.unpack(SPEND_LAYOUT, masked(spend_key, response.id, response.spend))
    return "valid", response, attempt_id(spend_key, response.id, attempt) if attempt else bytes(16)
