"""What all tokens share (docs/wire-format.md): the text form, the keys, the MAC."""

import hashlib
import hmac
import struct
from dataclasses import dataclass

SKEW = 60
EPOCH = 86_400
CHALLENGE, CLEARANCE, CONTEXT, RESPONSE = 1, 2, 3, 4
SPEND = "spend"  # The key that masks what a response token is used up by: no kind of token.
SHA256, WAIT, HASHWX = 1, 2, 3
PURPOSE = {
    CHALLENGE: b"challenge",
    CLEARANCE: b"clearance",
    CONTEXT: b"context",
    RESPONSE: b"response",
    SPEND: b"spend",
}
BIND_ADDRESS, BIND_USER_AGENT, BIND_IPV6 = 1, 2, 4
U64 = (1 << 64) - 1

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Malformed(Exception):
    """The bytes cannot be what they claim to be."""


def base64url_encode(data):
    text = ""
    for start in range(0, len(data), 3):
        group = data[start : start + 3]
        bits = int.from_bytes(group, "big") << (8 * (3 - len(group)))
        text += "".join(ALPHABET[bits >> shift & 63] for shift in (18, 12, 6, 0))[: len(group) + 1]
    return text


def base64url_decode(text):
    if len(text) % 4 == 1 or any(c not in ALPHABET for c in text):
        raise Malformed("not base64url")
    bits = 0
    for c in text:
        bits = bits << 6 | ALPHABET.index(c)
    unused = len(text) * 6 % 8
    if bits & ((1 << unused) - 1):
        raise Malformed("unused bits are not zero")
    return (bits >> unused).to_bytes(len(text) * 6 // 8, "big")


def decode_within(text, low, high):
    """Decodes a text of `low` to `high` characters."""
    if not low <= len(text) <= high:
        raise Malformed("length")
    return base64url_decode(text)


def hmac_sha256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def derive_key(master, purpose, site, epoch):
    prk = hmac_sha256(b"stile-v1", master)
    info = bytes([len(purpose)]) + purpose + bytes([len(site)]) + site + struct.pack(">Q", epoch)
    return hmac_sha256(prk, info + b"\x01")  # HKDF-Expand to one block of 32 bytes.


def site_id(site):
    return int.from_bytes(hashlib.sha256(b"stile-site-v1" + site).digest()[:4], "big")


@dataclass
class Master:
    id: int
    secret: bytes
    verify_until_ms: int | None = None  # None: without end.


@dataclass
class Ring:
    """The masters of a deployment and the epochs that it holds, both ends included."""

    masters: list
    first_epoch: int
    last_epoch: int

    def find(self, kind, site, key_id, issued_at, now_ms):
        """The key, or None: unknown-key."""
        epoch = issued_at // EPOCH
        for master in self.masters:
            if master.id != key_id:
                continue
            if master.verify_until_ms is not None and master.verify_until_ms <= now_ms:
                return None
            if not self.first_epoch <= epoch <= self.last_epoch:
                return None
            return derive_key(master.secret, PURPOSE[kind], site, epoch)
        return None


def seal(key, body):
    return base64url_encode(body + hmac_sha256(key, body)[:16])


def tag_is_right(key, token):
    return hmac.compare_digest(hmac_sha256(key, token[:-16])[:16], token[-16:])
