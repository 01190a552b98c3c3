"""References: what a visitor reads to the operator (docs/wire-format.md, Reference)."""

from dataclasses import dataclass

from token_encoding import EPOCH, Malformed, derive_key, hmac_sha256, site_id

REFERENCE_PURPOSE = b"reference"
REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Reference:
    issued_at: int
    node: int
    site: int
    action: int = 2
    verdict: int = 2
    rule: int = 65535
    version: int = 1

    def body(self):
        number = self.version
        for value, bits in (
            (self.action, 3),
            (self.verdict, 5),
            (self.issued_at, 32),
            (self.node, 16),
            (self.site, 16),
            (self.rule, 16),
        ):
            number = number << bits | value
        return number.to_bytes(12, "big")


def reference_tag(key, reference):
    return int.from_bytes(hmac_sha256(key, reference.body())[:6], "big")


def spell_reference(reference, tag):
    number = int.from_bytes(reference.body(), "big") << 48 | tag
    symbols = "".join(REFERENCE_ALPHABET[number >> 5 * i & 31] for i in range(27, -1, -1))
    return "-".join(symbols[i : i + 4] for i in range(0, 28, 4))


def parse_reference(text):
    """Returns the reference and its tag."""
    if len(text) > 48:
        raise Malformed("length")
    number, count = 0, 0
    for c in text:
        if c in "- ":
            continue
        c = c.upper() if c.isascii() else c
        c = {"O": "0", "I": "1", "L": "1"}.get(c, c)
        if c not in REFERENCE_ALPHABET:
            raise Malformed("character")
        number, count = number << 5 | REFERENCE_ALPHABET.index(c), count + 1
    if count != 28:
        raise Malformed("length")
    tag, number = number & (1 << 48) - 1, number >> 48
    fields = []
    for bits in (16, 16, 16, 32, 5, 3, 4):
        fields.append(number & (1 << bits) - 1)
        number >>= bits
    rule, site, node, issued_at, verdict, action, version = fields
    if version != 1:
        raise Malformed("version")
    return Reference(issued_at, node, site, action, verdict, rule), tag


def check_reference(ring, site, text, now_ms):
    try:
        reference, tag = parse_reference(text)
    except Malformed:
        return "malformed", None
    if reference.site != site_id(site) >> 16:
        return "wrong-site", reference
    if tag == 0:
        return "unsigned", reference
    epoch = reference.issued_at // EPOCH
    for master in ring.masters:
        if master.verify_until_ms is not None and master.verify_until_ms <= now_ms:
            continue
        if not ring.first_epoch <= epoch <= ring.last_epoch:
            continue
        key = derive_key(master.secret, REFERENCE_PURPOSE, site, epoch)
        if reference_tag(key, reference) == tag:
            return "valid", reference
    return "forged", reference
