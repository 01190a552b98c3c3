"""Vectors of clearances and of the cookies that carry them."""

from dataclasses import replace
from itertools import combinations

from deployment import (
    CHROME,
    CLIENT,
    CLIENT6,
    CREATED,
    EPOCH,
    FIREFOX,
    HORIZON_DAYS,
    MASTERS,
    NOW,
    NOW_MS,
    OTHER_SITE,
    RING,
    SITE,
    STRANGE_CLIENT,
    USER_AGENT_ONLY,
    break_tag,
    clearance,
    client_pairs,
    flip,
    key_for,
    ring_pairs,
    seal_clearance,
    sweep,
)
from stile_checker import (
    CHALLENGE,
    CONTEXT,
    WAIT,
    Binding,
    Client,
    base64url_decode,
    base64url_encode,
    check_clearance,
    seal,
    site_id,
)
from vector_file import VectorFile

FIELDS = [  # name, byte, bit flipped (0 is the highest), what must come of it
    ("version", 0, 7, "malformed"),
    ("kind", 1, 7, "malformed"),
    ("key-id-to-a-held-one", 2, 6, "forged"),
    ("key-id-to-an-unheld-one", 2, 0, "unknown-key"),
    ("binds-address", 3, 7, "forged"),
    ("binds-user-agent", 3, 6, "forged"),
    ("is-ipv6", 3, 5, "forged"),
    ("unknown-part-3", 3, 4, "malformed"),
    ("unknown-part-7", 3, 0, "malformed"),
    ("id-first", 4, 0, "forged"),
    ("id-last", 19, 7, "forged"),
    ("issued-at-low", 23, 7, "forged"),
    ("issued-at-to-the-future", 20, 0, "not-yet-valid"),
    ("issued-at-to-an-old-epoch", 20, 1, "unknown-key"),
    ("expires-at-low", 27, 7, "forged"),
    ("expires-at-to-the-past", 24, 1, "expired"),
    ("expires-at-to-later", 24, 0, "forged"),
    ("site-id-first", 28, 0, "wrong-site"),
    ("site-id-last", 31, 7, "wrong-site"),
    ("rank", 32, 5, "forged"),
    ("puzzle", 33, 6, "forged"),
    ("effort", 34, 7, "forged"),
    ("budget-class", 35, 7, "forged"),
    ("prefix-length", 36, 7, "forged"),
    ("prefix-first", 37, 0, "forged"),
    ("prefix-last", 44, 7, "forged"),
    ("class-version", 45, 7, "forged"),
    ("class-first", 46, 0, "forged"),
    ("class-last", 49, 7, "forged"),
    ("roams", 50, 7, "forged"),
    ("reserved-first", 51, 0, "malformed"),
    ("reserved-last", 52, 7, "malformed"),
    ("tag-first", 53, 0, "forged"),
    ("tag-middle", 60, 3, "forged"),
    ("tag-last", 68, 7, "forged"),
]

# One way to earn each verdict, in the order of the table.
FAULTS = {
    "malformed": {"reserved": 1},
    "wrong-site": {"site_id": site_id(OTHER_SITE)},
    "expired": {"expires_at": NOW},
    "not-yet-valid": {"issued_at": NOW + 61},
    "unknown-key": {"key_id": 9},
    "forged": {},
    "wrong-client": {"binding": Binding.of(STRANGE_CLIENT)},
}


def faulty(faults):
    changes = {}
    for fault in faults:
        changes.update(FAULTS[fault])
    text = seal_clearance(clearance(**changes))
    return break_tag(text) if "forged" in faults else text


def clearance_file():
    out = VectorFile(
        "Clearances and the verdict on each (docs/wire-format.md, Clearance).",
        "`rank` comes with valid; `grace` with expired: yes if unsafe methods still pass.",
        "`revoked` is an id in hex that an operator took back.",
    )
    out.add("main", *ring_pairs(), kind="ring")

    def add(name, token, expect, client=CLIENT, now_ms=NOW_MS, site=SITE, **more):
        if expect == "expired":
            more.setdefault("grace", "no")
        out.add(
            name,
            ("site", site.decode()),
            ("now_ms", now_ms),
            *client_pairs(client),
            ("token", token),
            ("expect", expect),
            *more.items(),
        )

    valid = clearance()
    text = seal_clearance(valid)
    token = base64url_decode(text)

    out.section("valid")
    add("untouched", text, "valid", rank=2)
    add("other-host-of-the-prefix", text, "valid", replace(CLIENT, address="192.0.2.250"), rank=2)
    add(
        "ipv4-mapped-address-is-ipv4",
        text,
        "valid",
        replace(CLIENT, address="::ffff:192.0.2.9"),
        rank=2,
    )
    add(
        "newer-browser-of-the-same-class",
        text,
        "valid",
        replace(CLIENT, user_agent=CHROME.replace(b"131", b"132")),
        rank=2,
    )
    add("ipv6", seal_clearance(clearance(binding=Binding.of(CLIENT6))), "valid", CLIENT6, rank=2)
    add(
        "ipv6-other-host-of-the-prefix",
        seal_clearance(clearance(binding=Binding.of(CLIENT6))),
        "valid",
        replace(CLIENT6, address="2001:db8:77:55ff::1"),
        rank=2,
    )
    add(
        "ipv6-prefix-of-64-bits",
        seal_clearance(clearance(binding=Binding.of(CLIENT6, ipv6_prefix=64))),
        "valid",
        replace(CLIENT6, address="2001:db8:77:5500::2"),
        rank=2,
    )
    add(
        "ipv4-prefix-of-32-bits",
        seal_clearance(clearance(binding=Binding.of(CLIENT, ipv4_prefix=32))),
        "valid",
        rank=2,
    )
    add(
        "nothing-bound-any-client",
        seal_clearance(clearance(binding=Binding())),
        "valid",
        Client(None, b""),
        rank=2,
    )
    add(
        "user-agent-bound-address-unknown",
        seal_clearance(clearance(binding=USER_AGENT_ONLY)),
        "valid",
        Client(None, CHROME),
        rank=2,
    )
    add(
        "address-bound-user-agent-free",
        seal_clearance(clearance(binding=Binding.of(CLIENT, user_agent=False))),
        "valid",
        replace(CLIENT, user_agent=FIREFOX),
        rank=2,
    )
    add(
        "empty-user-agent-bound",
        seal_clearance(clearance(binding=Binding.of(Client("192.0.2.7")))),
        "valid",
        Client("192.0.2.7"),
        rank=2,
    )
    add("master-3", seal_clearance(clearance(key_id=3)), "valid", rank=2)
    add(
        "earned-by-waiting",
        seal_clearance(clearance(puzzle=WAIT, effort_log2=0, rank=1)),
        "valid",
        rank=1,
    )
    add(
        "highest-rank",
        seal_clearance(clearance(rank=255, roams=255, budget_class=255)),
        "valid",
        rank=255,
    )
    add("last-second-before-expiry", seal_clearance(clearance(expires_at=NOW + 1)), "valid", rank=2)
    add("issued-60-seconds-ahead", seal_clearance(clearance(issued_at=NOW + 60)), "valid", rank=2)
    add(
        "issued-seven-days-ago",
        seal_clearance(clearance(issued_at=NOW - 604_799, expires_at=NOW + 1)),
        "valid",
        rank=2,
    )
    add(
        "expires-at-the-end-of-time",
        seal_clearance(clearance(expires_at=0xFFFFFFFF)),
        "valid",
        rank=2,
    )
    add(
        "issued-before-a-key-tick",
        seal_clearance(clearance(issued_at=NOW // EPOCH * EPOCH - 1)),
        "valid",
        rank=2,
    )
    add(
        "issued-at-a-key-tick",
        seal_clearance(clearance(issued_at=NOW // EPOCH * EPOCH)),
        "valid",
        rank=2,
    )

    out.section("absent, unsigned, malformed")
    unsigned = base64url_encode(token[:53])
    add("empty", "", "absent")
    add("no-tag", unsigned, "unsigned")
    for name, byte, bit, expect in FIELDS:
        if byte < 53:
            add(
                f"no-tag-and-{name}",
                flip(unsigned, byte * 8 + bit),
                "malformed" if expect == "malformed" else "unsigned",
            )
    add("no-tag-and-a-trailing-bit", unsigned[:-1] + "B", "malformed")
    for size in (1, 2, 52, 54, 61, 68, 70, 85):
        add(f"cut-or-filled-to-{size}-bytes", base64url_encode((token + token)[:size]), "malformed")
    for size in (1, 70, 72, 90, 91, 93, 96):
        add(f"cut-or-filled-to-{size}-characters", (text + text)[:size], "malformed")
    add("long", "A" * 4096, "malformed")
    add("ninety-two-a", "A" * 92, "malformed")
    for name, characters in (
        ("plus", "+"),
        ("slash", "/"),
        ("equals", "="),
        ("dot", "."),
        ("space", " "),
        ("tab", "\t"),
        ("percent", "%"),
        ("quote", '"'),
        ("delete", "\x7f"),
    ):
        add(f"{name}-in-the-text", text[:40] + characters + text[41:], "malformed")
    add("padded", text + "=", "malformed")
    add("quoted", f'"{text}"', "malformed")
    add("two-joined", text + "." + text, "malformed")
    add("trailing-space", text + " .", "malformed")
    for kind, name in ((CHALLENGE, "challenge"), (CONTEXT, "context")):
        add(f"kind-of-a-{name}", seal_clearance(clearance(kind=kind)), "malformed")
    add("version-0", seal_clearance(clearance(version=0)), "malformed")
    add("version-2", seal_clearance(clearance(version=2)), "malformed")
    add(
        "unknown-binding-bit-under-a-right-tag",
        seal_clearance(clearance(binding=replace(valid.binding, parts=0x0B))),
        "malformed",
    )
    add("reserved-byte-under-a-right-tag", seal_clearance(clearance(reserved=0x0100)), "malformed")

    out.section("one bit of each field flipped in the token `untouched`")
    for name, byte, bit, expect in FIELDS:
        add(f"flipped-{name}", flip(text, byte * 8 + bit), expect)

    out.section("other sites")
    other = clearance(site_id=site_id(OTHER_SITE))
    add("of-the-other-site", seal_clearance(other, OTHER_SITE), "wrong-site")
    add("of-this-site-shown-to-the-other", text, "wrong-site", site=OTHER_SITE)
    add(
        "valid-at-the-other-site",
        seal_clearance(other, OTHER_SITE),
        "valid",
        site=OTHER_SITE,
        rank=2,
    )
    add("other-site-id-under-this-sites-key", seal_clearance(other), "forged", site=OTHER_SITE)
    add("this-site-id-under-the-other-sites-key", seal_clearance(clearance(), OTHER_SITE), "forged")

    out.section("times")
    add("expires-now", seal_clearance(clearance(expires_at=NOW)), "expired", grace="yes")
    add(
        "expires-now-at-the-seconds-last-millisecond",
        seal_clearance(clearance(expires_at=NOW + 1)),
        "valid",
        now_ms=NOW * 1000 + 999,
        rank=2,
    )
    add(
        "expired-599-seconds-ago",
        seal_clearance(clearance(expires_at=NOW - 599)),
        "expired",
        grace="yes",
    )
    add("expired-600-seconds-ago", seal_clearance(clearance(expires_at=NOW - 600)), "expired")
    add(
        "expired-long-ago",
        seal_clearance(clearance(issued_at=NOW - 700_000, expires_at=NOW - 95_200)),
        "expired",
    )
    add("expired-and-forged", break_tag(seal_clearance(clearance(expires_at=NOW))), "expired")
    add("expired-of-an-unknown-key", seal_clearance(clearance(expires_at=NOW, key_id=9)), "expired")
    add(
        "expired-of-another-client",
        seal_clearance(clearance(expires_at=NOW)),
        "expired",
        STRANGE_CLIENT,
    )
    add("expires-at-0", seal_clearance(clearance(expires_at=0)), "expired")
    add("issued-61-seconds-ahead", seal_clearance(clearance(issued_at=NOW + 61)), "not-yet-valid")
    add(
        "issued-at-the-end-of-time",
        seal_clearance(clearance(issued_at=0xFFFFFFFF)),
        "not-yet-valid",
    )

    out.section("keys: not held, retired, outside the held epochs; other keys of the same master")
    add("key-not-held", seal_clearance(clearance(key_id=9)), "unknown-key")
    add("key-0", seal_clearance(clearance(key_id=0)), "unknown-key")
    add("key-255", seal_clearance(clearance(key_id=255)), "unknown-key")
    retired = clearance(key_id=2, issued_at=NOW - 7_200)
    until = MASTERS[1].verify_until_ms
    add("key-retired", seal_clearance(retired), "unknown-key")
    add("key-in-its-last-millisecond", seal_clearance(retired), "valid", now_ms=until - 1, rank=2)
    add("key-retired-this-millisecond", seal_clearance(retired), "unknown-key", now_ms=until)
    add(
        "epoch-before-the-held-ones",
        seal_clearance(clearance(issued_at=NOW - 20 * EPOCH)),
        "unknown-key",
    )
    add("epoch-of-1970", seal_clearance(clearance(issued_at=0)), "unknown-key")
    later = CREATED + (HORIZON_DAYS + 5) * EPOCH
    add(
        "epoch-behind-the-horizon",
        seal_clearance(clearance(issued_at=later, expires_at=later + 3_600)),
        "unknown-key",
        now_ms=later * 1000,
    )
    for kind, name in ((CHALLENGE, "challenge"), (CONTEXT, "context")):
        c = clearance()
        add(f"under-the-{name}-key", seal(key_for(kind, 1, c.issued_at), c.body()), "forged")
    c = clearance()
    add(
        "under-the-key-of-the-day-before",
        seal(key_for(2, 1, c.issued_at - EPOCH), c.body()),
        "forged",
    )
    add("under-the-key-of-master-3", seal(key_for(2, 3, c.issued_at), c.body()), "forged")
    add("under-the-bare-master", seal(MASTERS[0].secret, c.body()), "forged")
    add("tag-of-zeros", base64url_encode(token[:53] + bytes(16)), "forged")
    add(
        "tag-of-another-clearance",
        base64url_encode(token[:53] + base64url_decode(seal_clearance(clearance()))[53:]),
        "forged",
    )

    out.section("clients")
    add(
        "nothing-bound-but-ipv6-noted-any-client",
        seal_clearance(clearance(binding=replace(Binding(), parts=4))),
        "valid",
        rank=2,
    )
    add(
        "unbound-parts-are-not-looked-at",
        seal_clearance(clearance(binding=Binding(0, 200, 12345, 9, 7))),
        "valid",
        rank=2,
    )
    add(
        "prefix-of-0-bits-bound-same-family",
        seal_clearance(clearance(binding=Binding(1))),
        "valid",
        rank=2,
    )
    add(
        "prefix-of-0-bits-bound-other-family",
        seal_clearance(clearance(binding=Binding(1))),
        "wrong-client",
        CLIENT6,
    )
    add(
        "ipv4-prefix-of-33-bits",
        seal_clearance(clearance(binding=replace(valid.binding, prefix_length=33))),
        "wrong-client",
    )
    add(
        "ipv6-prefix-of-65-bits",
        seal_clearance(clearance(binding=replace(Binding.of(CLIENT6), prefix_length=65))),
        "wrong-client",
        CLIENT6,
    )
    add(
        "prefix-of-255-bits",
        seal_clearance(clearance(binding=replace(valid.binding, prefix_length=255))),
        "wrong-client",
    )
    add("other-prefix", text, "wrong-client", replace(CLIENT, address="192.0.3.7"))
    add("other-family", text, "wrong-client", CLIENT6)
    add("address-unknown", text, "wrong-client", replace(CLIENT, address=None))
    add("other-browser", text, "wrong-client", replace(CLIENT, user_agent=FIREFOX))
    add("no-browser", text, "wrong-client", replace(CLIENT, user_agent=b""))
    add("both-other", text, "wrong-client", Client("203.0.113.9", FIREFOX))
    add(
        "user-agent-alone-bound-other-browser",
        seal_clearance(clearance(binding=USER_AGENT_ONLY)),
        "wrong-client",
        replace(CLIENT, user_agent=FIREFOX),
    )
    six = seal_clearance(clearance(binding=Binding.of(CLIENT6)))
    add("ipv6-other-prefix", six, "wrong-client", replace(CLIENT6, address="2001:db8:77:5600::1"))
    add("ipv6-shown-over-ipv4", six, "wrong-client", CLIENT)
    add(
        "ipv6-prefix-of-64-bits-other-net",
        seal_clearance(clearance(binding=Binding.of(CLIENT6, ipv6_prefix=64))),
        "wrong-client",
        replace(CLIENT6, address="2001:db8:77:5501::9"),
    )
    add(
        "ipv4-prefix-of-32-bits-other-host",
        seal_clearance(clearance(binding=Binding.of(CLIENT, ipv4_prefix=32))),
        "wrong-client",
        replace(CLIENT, address="192.0.2.8"),
    )
    add(
        "prefix-with-bits-past-its-length",
        seal_clearance(
            clearance(binding=replace(valid.binding, prefix=valid.binding.prefix | 1 << 32))
        ),
        "wrong-client",
    )
    add(
        "ipv4-with-bytes-past-the-address",
        seal_clearance(clearance(binding=replace(valid.binding, prefix=valid.binding.prefix | 1))),
        "wrong-client",
    )
    add(
        "class-of-version-0",
        seal_clearance(clearance(binding=replace(valid.binding, class_version=0))),
        "wrong-client",
    )
    add(
        "class-of-version-2",
        seal_clearance(clearance(binding=replace(valid.binding, class_version=2))),
        "wrong-client",
    )

    out.section("revoked: checked last, and an expired one is in grace no more")
    taken_back = valid.id.hex()
    late = replace(valid, id=bytes(range(16)), expires_at=NOW - 5)
    stranger = replace(CLIENT, address="198.51.100.7")
    add("its-id-is-revoked", text, "revoked", revoked=taken_back)
    add("another-id-is-revoked", text, "valid", rank=2, revoked=late.id.hex())
    add("revoked-with-a-broken-tag", break_tag(text), "forged", revoked=taken_back)
    add("revoked-at-another-client", text, "wrong-client", stranger, revoked=taken_back)
    add("late-and-not-revoked", seal_clearance(late), "expired", grace="yes", revoked=taken_back)
    add("late-and-revoked", seal_clearance(late), "expired", revoked=late.id.hex())

    out.section("precedence: two and three faults at once; the first in the table wins")
    order = list(FAULTS)
    for count in (2, 3):
        for faults in combinations(order, count):
            add("faults-" + "-and-".join(faults), faulty(faults), faults[0])

    out.section(
        "every single bit of `untouched` flipped: one letter each, highest bit of byte 0 first;\n"
        "# a absent, s unsigned, m malformed, w wrong-site, e expired, n not-yet-valid,\n"
        "# u unknown-key, f forged, c wrong-client, x unsolved"
    )
    letters = sweep(lambda t: check_clearance(RING, SITE, t, CLIENT, NOW_MS).verdict, text)
    out.add(
        "every-bit",
        ("site", "main"),
        ("now_ms", NOW_MS),
        *client_pairs(CLIENT),
        ("token", text),
        ("flips", letters),
        kind="sweep",
    )
    return out
