"""What every vector shares: the deployment, the time, the clients."""

from dataclasses import replace

from stile_checker import (
    BIND_USER_AGENT,
    CLEARANCE,
    SHA256,
    Binding,
    Clearance,
    Client,
    Master,
    Ring,
    base64url_decode,
    base64url_encode,
    derive_key,
    seal,
    site_id,
    PURPOSE,
    EPOCH,
)
from vector_file import Draw

SEED = "stile wire format vectors, 1"
CREATED = 1_800_000_000  # 2027-01-15T08:00:00Z; the ring's birth.
NOW = CREATED + 40_000  # Whole seconds.
NOW_MS = NOW * 1000 + 345
HORIZON_DAYS = 35

draw = Draw(SEED)
# 1 and 3 are held, 2 was retired an hour ago; a master has 32 to 64 bytes.
MASTERS = [Master(1, draw(32)), Master(2, draw(64), NOW_MS - 3_600_000), Master(3, draw(48))]
STRANGER = Master(9, draw(32))  # Never in the ring.
RING = Ring(MASTERS, CREATED // EPOCH - 8, (CREATED + HORIZON_DAYS * EPOCH) // EPOCH)

SITE, OTHER_SITE = b"main", b"shop.example"
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
).encode()
FIREFOX = b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CLIENT = Client("192.0.2.7", CHROME)
CLIENT6 = Client("2001:db8:77:5500:1::9", CHROME)
STRANGE_CLIENT = Client("198.51.100.7", CHROME)


def ring_pairs():
    pairs = [("created", CREATED), ("horizon_days", HORIZON_DAYS)]
    for m in MASTERS:
        until = "-" if m.verify_until_ms is None else m.verify_until_ms
        pairs.append(("master", f"{m.id} {m.secret.hex()} {until}"))
    return pairs


def master_of(key_id):
    return next((m for m in MASTERS if m.id == key_id), STRANGER)


def key_for(kind, key_id, issued_at, site=SITE):
    """The right key of a token, whether or not the ring would hold it."""
    return derive_key(master_of(key_id).secret, PURPOSE[kind], site, issued_at // EPOCH)


def clearance(**changes):
    """A clearance that is valid for CLIENT at NOW, but for `changes`."""
    base = Clearance(
        1,
        draw(16),
        NOW - 3_600,
        NOW + 39_600,
        site_id(SITE),
        2,
        SHA256,
        21,
        2,
        0,
        Binding.of(CLIENT),
    )
    return replace(base, **changes)


def seal_clearance(c, site=SITE):
    return seal(key_for(CLEARANCE, c.key_id, c.issued_at, site), c.body())


def flip(text, bit):
    """Flips one bit of the token that `text` spells; bit 0 is the highest of byte 0."""
    data = bytearray(base64url_decode(text))
    data[bit // 8] ^= 0x80 >> bit % 8
    return base64url_encode(bytes(data))


def break_tag(text):
    return flip(text, len(base64url_decode(text)) * 8 - 1)


def client_pairs(client):
    return [("address", client.address or "-"), ("user_agent", client.user_agent.decode())]


LETTERS = {
    "absent": "a",
    "unsigned": "s",
    "malformed": "m",
    "wrong-site": "w",
    "expired": "e",
    "not-yet-valid": "n",
    "unknown-key": "u",
    "forged": "f",
    "wrong-client": "c",
    "unsolved": "x",
    "valid": "v",
}


def sweep(judge, text):
    """One letter for each single-bit flip of a token. No flip may pass."""
    letters = "".join(
        LETTERS[judge(flip(text, bit))] for bit in range(len(base64url_decode(text)) * 8)
    )
    assert "v" not in letters
    return letters


USER_AGENT_ONLY = replace(Binding.of(Client(None, CHROME)), parts=BIND_USER_AGENT)
