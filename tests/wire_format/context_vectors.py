"""Vectors of contexts."""

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
    flip,
    key_for,
    ring_pairs,
    sweep,
)
from stile_checker import (
    CHALLENGE,
    CLEARANCE,
    CONTEXT,
    Context,
    base64url_decode,
    base64url_encode,
    check_context,
    seal,
    site_id,
)
from vector_file import VectorFile

CONTEXT_FIELDS = [
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
    ("action", 16, 7, "forged"),
    ("verdict", 17, 7, "forged"),
    ("roams", 18, 7, "forged"),
    ("reserved", 19, 7, "malformed"),
    ("rule", 21, 7, "forged"),
    ("path-length", 23, 7, "malformed"),
    ("path-first", 24, 7, "forged"),
    ("path-last", 34, 7, "forged"),
    ("tag-first", 35, 0, "forged"),
    ("tag-last", 50, 7, "forged"),
]

CONTEXT_FAULTS = {
    "malformed": {"reserved": 1},
    "wrong-site": {"site_id": site_id(OTHER_SITE)},
    "expired": {"expires_at": NOW},
    "not-yet-valid": {"issued_at": NOW + 61},
    "unknown-key": {"key_id": 9},
    "forged": {},
}


def context_file():
    out = VectorFile(
        "Contexts and the verdict on each (docs/wire-format.md, Context).",
        "With valid come the contents.",
    )
    out.add("main", *ring_pairs(), kind="ring")

    def context(**changes):
        return replace(
            Context(1, 2, NOW - 5, NOW + 295, site_id(SITE), 2, 5, 1, 17, b"/docs/a?b=c"), **changes
        )

    def seal_context(c, kind=CONTEXT, site=SITE):
        return seal(key_for(kind, c.key_id, c.issued_at, site), c.body())

    def add(name, text, expect, now_ms=NOW_MS, site=SITE, c=None):
        more = []
        if c:
            more = [
                ("rank", c.rank),
                ("action", c.action),
                ("verdict", c.verdict),
                ("roams", c.roams),
                ("rule", c.rule),
                ("return_path", c.return_path.decode()),
            ]
        out.add(
            name,
            ("site", site.decode()),
            ("now_ms", now_ms),
            ("context", text),
            ("expect", expect),
            *more,
        )

    base = context()
    text = seal_context(base)
    token = base64url_decode(text)
    add("untouched", text, "valid", c=base)
    for name, c in (
        ("deny", context(action=3, verdict=6)),
        ("no-rule", context(rule=65535)),
        ("shortest-path", context(return_path=b"/")),
        ("longest-path", context(return_path=b"/" + b"a" * 767)),
        ("master-3", context(key_id=3)),
        ("issued-60-seconds-ahead", context(issued_at=NOW + 60)),
        ("last-second-before-expiry", context(expires_at=NOW + 1)),
        ("one-hour", context(issued_at=NOW - 3_599, expires_at=NOW + 1)),
    ):
        add(name, seal_context(c), "valid", c=c)
    add("empty", "", "absent")
    add("no-tag", base64url_encode(token[:-16]), "malformed")
    for size in (1, 24, 40, 50, 52):
        add(f"cut-or-filled-to-{size}-bytes", base64url_encode((token + token)[:size]), "malformed")
    add("longer-than-any", "A" * 1080, "malformed")
    add("padded", text + "=", "malformed")
    add("slash-in-the-text", text[:40] + "/" + text[41:], "malformed")
    add("version-2", seal_context(context(version=2)), "malformed")
    add("kind-of-a-clearance", seal_context(context(kind=CLEARANCE)), "malformed")
    add("path-of-0-bytes", seal_context(context(return_path=b"")), "malformed")
    add("path-of-769-bytes", seal_context(context(return_path=b"/" + b"a" * 768)), "malformed")
    add("expires-now", seal_context(context(expires_at=NOW)), "expired")
    add("issued-61-seconds-ahead", seal_context(context(issued_at=NOW + 61)), "not-yet-valid")
    add(
        "of-the-other-site",
        seal_context(context(site_id=site_id(OTHER_SITE)), site=OTHER_SITE),
        "wrong-site",
    )
    add("key-not-held", seal_context(context(key_id=9)), "unknown-key")
    add("key-retired", seal_context(context(key_id=2)), "unknown-key")
    add(
        "epoch-before-the-held-ones",
        seal_context(context(issued_at=NOW - 20 * EPOCH)),
        "unknown-key",
    )
    add("under-the-clearance-key", seal_context(context(), CLEARANCE), "forged")
    add("under-the-challenge-key", seal_context(context(), CHALLENGE), "forged")
    for name, byte, bit, expect in CONTEXT_FIELDS:
        add(f"flipped-{name}", flip(text, byte * 8 + bit), expect)
    for count in (2, 3):
        for faults in combinations(CONTEXT_FAULTS, count):
            changes = {}
            for fault in faults:
                changes.update(CONTEXT_FAULTS[fault])
            sealed = seal_context(context(**changes))
            add(
                "faults-" + "-and-".join(faults),
                break_tag(sealed) if "forged" in faults else sealed,
                faults[0],
            )
    letters = sweep(lambda t: check_context(RING, SITE, t, NOW_MS)[0], text)
    out.add(
        "every-bit",
        ("site", "main"),
        ("now_ms", NOW_MS),
        ("context", text),
        ("flips", letters),
        kind="sweep",
    )
    return out
