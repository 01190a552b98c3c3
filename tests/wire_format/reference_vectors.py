"""Vectors of references."""

from dataclasses import replace

from deployment import EPOCH, MASTERS, NOW, NOW_MS, OTHER_SITE, RING, SITE, STRANGER, ring_pairs
from stile_checker import (
    REFERENCE_PURPOSE,
    Reference,
    check_reference,
    derive_key,
    parse_reference,
    reference_tag,
    site_id,
    spell_reference,
)
from vector_file import VectorFile

BITS = 140


def reference(**changes):
    return replace(Reference(NOW - 90, 7, site_id(SITE) >> 16, 2, 6, 17), **changes)


def sealed(r, master=MASTERS[0], site=SITE, purpose=REFERENCE_PURPOSE):
    key = derive_key(master.secret, purpose, site, r.issued_at // EPOCH)
    return spell_reference(r, reference_tag(key, r))


def flip(text, bit):
    """Flips one bit of the 140 that `text` spells; bit 0 is the highest."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    symbols = list(text.replace("-", ""))
    symbols[bit // 5] = alphabet[alphabet.index(symbols[bit // 5]) ^ 16 >> bit % 5]
    return "".join(symbols)


def reference_file():
    out = VectorFile(
        "References and the verdict on each (docs/wire-format.md, Reference).",
        "With anything but malformed come the contents; with valid also the one spelling.",
    )
    out.add("main", *ring_pairs(), kind="ring")

    def add(name, text, expect, now_ms=NOW_MS, site=SITE):
        more = []
        if expect != "malformed":
            r, tag = parse_reference(text)
            more = [(key, getattr(r, key)) for key in FIELDS]
            if expect == "valid":
                more.append(("spelling", spell_reference(r, tag)))
        out.add(
            name,
            ("site", site.decode()),
            ("now_ms", now_ms),
            ("reference", text),
            ("expect", expect),
            *more,
        )

    text = sealed(reference())
    add("untouched", text, "valid")
    for name, r in (
        ("no-rule", reference(rule=65535)),
        ("first-rule", reference(rule=0)),
        ("greatest-node", reference(node=65535)),
        ("greatest-action-and-verdict", reference(action=7, verdict=31)),
        ("everything-zero-but-the-site", reference(node=0, action=0, verdict=0, rule=0)),
        ("eight-epochs-ago", reference(issued_at=RING.first_epoch * EPOCH)),
    ):
        add(name, sealed(r), "valid")
    add("master-3", sealed(reference(), MASTERS[2]), "valid")
    add("of-the-other-site", sealed(reference(site=site_id(OTHER_SITE) >> 16), site=OTHER_SITE),
        "valid", site=OTHER_SITE)

    out.section("Other spellings")
    add("lower-case", text.lower(), "valid")
    add("without-dashes", text.replace("-", ""), "valid")
    add("spaces-for-dashes", " " + text.replace("-", " ") + " ", "valid")
    add("dashes-elsewhere", "-".join(text.replace("-", "")[i : i + 2] for i in range(0, 28, 2)),
        "valid")
    confusable = next(
        t for t in (sealed(reference(node=n)) for n in range(1000)) if t.count("0") and t.count("1")
    )
    add("letter-o-for-0", confusable.replace("0", "O"), "valid")
    add("letter-i-for-1", confusable.replace("1", "i"), "valid")
    add("letter-l-for-1", confusable.replace("1", "L"), "valid")

    out.section("Malformed")
    for name, bad in (
        ("empty", ""),
        ("one-character-short", text[:-1]),
        ("one-character-long", text + "0"),
        ("letter-u", text[:-1] + "U"),
        ("other-byte", text[:-1] + "_"),
        ("behind-ascii", text[:-1] + "\u00e9"),
        ("too-many-dashes", text + "-" * 15),
        ("version-0", sealed(reference(version=0))),
        ("version-2", sealed(reference(version=2))),
    ):
        add(name, bad, "malformed")
    add("as-many-dashes-as-may-be", text + "-" * 14, "valid")

    out.section("Refused")
    add("site-of-another", sealed(reference()), "wrong-site", site=OTHER_SITE)
    add("unsigned", spell_reference(reference(), 0), "unsigned")
    add("of-a-master-never-held", sealed(reference(), STRANGER), "forged")
    add("of-a-master-that-is-retired", sealed(reference(), MASTERS[1]), "forged")
    add("of-a-master-before-it-was-retired", sealed(reference(), MASTERS[1]), "valid",
        now_ms=NOW_MS - 3_600_001)
    add("nine-epochs-ago", sealed(reference(issued_at=RING.first_epoch * EPOCH - 1)), "forged")
    add("under-the-context-key", sealed(reference(), purpose=b"context"), "forged")
    for name, bit, expect in (
        ("version", 0, "malformed"),
        ("action", 4, "forged"),
        ("verdict", 11, "forged"),
        ("time", 43, "forged"),
        ("node", 59, "forged"),
        ("site", 75, "wrong-site"),
        ("rule", 91, "forged"),
        ("tag-first", 92, "forged"),
        ("tag-last", 139, "forged"),
    ):
        add(f"flipped-{name}", flip(text, bit), expect)
    for bit in range(BITS):
        assert check_reference(RING, SITE, flip(text, bit), NOW_MS)[0] != "valid"
    return out


FIELDS = ("issued_at", "node", "action", "verdict", "rule")
