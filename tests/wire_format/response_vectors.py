"""Vectors of response tokens."""

from dataclasses import replace
from itertools import combinations

from deployment import (
    EPOCH,
    NOW,
    NOW_MS,
    OTHER_SITE,
    RING,
    SITE,
    break_tag,
    draw,
    flip,
    key_for,
    ring_pairs,
    sweep,
)
from stile_checker import (
    CLEARANCE,
    CONTEXT,
    RESPONSE,
    SPEND,
    ResponseToken,
    attempt_id,
    base64url_decode,
    base64url_encode,
    check_response,
    seal,
    site_id,
)
from vector_file import VectorFile

FIELDS = [
    ("version", 0, 7, "malformed"),
    ("kind", 1, 7, "malformed"),
    ("key-id-to-a-held-one", 2, 6, "forged"),
    ("key-id-to-an-unheld-one", 2, 0, "unknown-key"),
    ("rank", 3, 7, "forged"),
    ("issued-at-low", 7, 7, "forged"),
    ("issued-at-to-the-future", 4, 0, "not-yet-valid"),
    ("issued-at-to-an-old-epoch", 4, 1, "unknown-key"),
    ("expires-at-low", 11, 7, "forged"),
    ("expires-at-to-the-past", 8, 1, "expired"),
    ("site-id", 15, 7, "wrong-site"),
    ("cleared-at", 19, 7, "forged"),
    ("id-first", 20, 0, "forged"),
    ("id-last", 35, 7, "forged"),
    ("spend-first", 36, 0, "forged"),
    ("spend-last", 57, 7, "forged"),
    ("action-length", 58, 7, "malformed"),
    ("host-length", 59, 7, "malformed"),
    ("action-first", 60, 7, "forged"),
    ("host-last", 75, 7, "forged"),
    ("tag-first", 76, 0, "forged"),
    ("tag-last", 91, 7, "forged"),
]

FAULTS = {
    "wrong-site": {"site_id": site_id(OTHER_SITE)},
    "expired": {"expires_at": NOW},
    "not-yet-valid": {"issued_at": NOW + 61},
    "unknown-key": {"key_id": 9},
    "forged": {},
}


def response_file():
    out = VectorFile(
        "Response tokens and the verdict on each before its store is asked (docs/wire-format.md, "
        "Response token).",
        "With valid come the contents, the spend's node, boot, epoch and sequence, and what stands "
        "for the attempt.",
    )
    out.add("main", *ring_pairs(), kind="ring")

    def response(**changes):
        base = ResponseToken(
            1, 2, NOW - 5, NOW + 295, site_id(SITE), NOW - 4_000, draw(16),
            (7, 0x0123456789ABCDEF, 3, 0xFEDCBA9876543210), b"login", b"example.org",
        )  # fmt: skip
        return replace(base, **changes)

    def seal_response(r, kind=RESPONSE, site=SITE):
        spend_key = key_for(SPEND, r.key_id, r.issued_at, site)
        return seal(key_for(kind, r.key_id, r.issued_at, site), r.body(spend_key))

    def add(name, text, expect, attempt=b"", r=None):
        more = []
        if r:
            spend_key = key_for(SPEND, r.key_id, r.issued_at)
            more = [
                ("rank", r.rank),
                ("issued_at", r.issued_at),
                ("expires_at", r.expires_at),
                ("cleared_at", r.cleared_at),
                ("action", r.action.decode() or "-"),
                ("host", r.host.decode()),
                ("spend", " ".join(str(n) for n in r.spend)),
                (
                    "attempt_id",
                    (attempt_id(spend_key, r.id, attempt) if attempt else bytes(16)).hex(),
                ),
            ]
        out.add(
            name,
            ("site", SITE.decode()),
            ("now_ms", NOW_MS),
            ("response", text),
            ("attempt", attempt.decode() or "-"),
            ("expect", expect),
            *more,
        )

    base = response()
    text = seal_response(base)
    token = base64url_decode(text)
    add("untouched", text, "valid", r=base)
    add("with-an-attempt", text, "valid", b"0d9f2a52-6b6e-4c0c-9b1c-2f6c4a6f5a10", base)
    add("with-the-shortest-attempt", text, "valid", b"a", base)
    add("with-the-longest-attempt", text, "valid", b"a" * 128, base)
    for name, r in (
        ("no-action", response(action=b"")),
        ("longest-action", response(action=b"Az09_-" * 5 + b"ab")),
        ("shortest-host", response(host=b"x")),
        ("longest-host", response(host=b"a." * 126 + b"a")),
        ("ipv6-host", response(host=b"[2001:db8::1]")),
        ("spend-of-zeros", response(spend=(0, 0, 0, 0))),
        ("spend-of-ones", response(spend=(65535, (1 << 64) - 1, (1 << 32) - 1, (1 << 64) - 1))),
        ("master-3", response(key_id=3)),
        ("issued-60-seconds-ahead", response(issued_at=NOW + 60)),
        ("last-second-before-expiry", response(expires_at=NOW + 1)),
        ("of-another-epoch", response(issued_at=NOW - EPOCH, expires_at=NOW + 1)),
    ):
        add(name, seal_response(r), "valid", r=r)
    add("empty", "", "absent")
    for size in (1, 59, 60, 76, 91, 93):
        add(f"cut-or-filled-to-{size}-bytes", base64url_encode((token + token)[:size]), "malformed")
    add("longer-than-any", "A" * 484, "malformed")
    add("padded", text + "=", "malformed")
    add("slash-in-the-text", text[:40] + "/" + text[41:], "malformed")
    add("version-2", seal_response(response(version=2)), "malformed")
    add("kind-of-a-clearance", seal_response(response(kind=CLEARANCE)), "malformed")
    add("action-of-33-bytes", seal_response(response(action=b"a" * 33)), "malformed")
    add("host-of-0-bytes", seal_response(response(host=b"")), "malformed")
    add("host-of-254-bytes", seal_response(response(host=b"a" * 254)), "malformed")
    add("expires-now", seal_response(response(expires_at=NOW)), "expired")
    add("issued-61-seconds-ahead", seal_response(response(issued_at=NOW + 61)), "not-yet-valid")
    add(
        "of-the-other-site",
        seal_response(response(site_id=site_id(OTHER_SITE)), site=OTHER_SITE),
        "wrong-site",
    )
    add("key-not-held", seal_response(response(key_id=9)), "unknown-key")
    add("key-retired", seal_response(response(key_id=2)), "unknown-key")
    add(
        "epoch-before-the-held-ones",
        seal_response(response(issued_at=NOW - 20 * EPOCH)),
        "unknown-key",
    )
    for kind, name in ((CLEARANCE, "clearance"), (CONTEXT, "context"), (SPEND, "spend")):
        add(f"under-the-{name}-key", seal_response(response(), kind), "forged")
    for name, byte, bit, expect in FIELDS:
        add(f"flipped-{name}", flip(text, byte * 8 + bit), expect)
    for count in (2, 3):
        for faults in combinations(FAULTS, count):
            changes = {}
            for fault in faults:
                changes.update(FAULTS[fault])
            sealed = seal_response(response(**changes))
            add(
                "faults-" + "-and-".join(faults),
                break_tag(sealed) if "forged" in faults else sealed,
                faults[0],
            )
    letters = sweep(lambda t: check_response(RING, SITE, t, b"", NOW_MS)[0], text)
    out.add(
        "every-bit",
        ("site", "main"),
        ("now_ms", NOW_MS),
        ("response", text),
        ("flips", letters),
        kind="sweep",
    )
    return out
