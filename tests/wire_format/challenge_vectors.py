"""Vectors of challenges, solutions and their redemption."""

from dataclasses import replace
from itertools import combinations

from challenge_fixture import (
    LIGHT,
    ONE,
    PATIENT,
    STANDARD,
    challenge,
    minted,
    seal_challenge,
    search,
    solve,
)
from deployment import (
    CHROME,
    CLIENT,
    CLIENT6,
    CREATED,
    EPOCH,
    FIREFOX,
    HORIZON_DAYS,
    NOW,
    NOW_MS,
    OTHER_SITE,
    RING,
    SITE,
    STRANGE_CLIENT,
    break_tag,
    client_pairs,
    flip,
    key_for,
    ring_pairs,
    sweep,
)
from stile_checker import (
    CHALLENGE,
    CLEARANCE,
    CONTEXT,
    SHA256,
    U64,
    Alternative,
    Binding,
    Client,
    Solution,
    base64url_decode,
    base64url_encode,
    redeem,
    seal,
    site_id,
)
from vector_file import VectorFile

FIELDS = [  # name, byte, bit flipped (0 is the highest), what must come of it
    ("version", 0, 7, "malformed"),
    ("kind", 1, 7, "malformed"),
    ("key-id-to-a-held-one", 2, 6, "forged"),
    ("key-id-to-an-unheld-one", 2, 0, "unknown-key"),
    ("count", 3, 7, "malformed"),
    ("id-first", 4, 0, "forged"),
    ("id-last", 19, 7, "forged"),
    ("issued-at-low", 27, 7, "forged"),
    ("issued-at-highest", 20, 0, "not-yet-valid"),
    ("issued-at-to-the-future", 22, 0, "not-yet-valid"),
    ("issued-at-to-an-old-epoch", 22, 7, "unknown-key"),
    ("expires-at-low", 31, 7, "forged"),
    ("expires-at-to-the-past", 28, 1, "expired"),
    ("site-id-first", 32, 0, "wrong-site"),
    ("site-id-last", 35, 7, "wrong-site"),
    ("binds-address", 36, 7, "forged"),
    ("binds-user-agent", 36, 6, "forged"),
    ("is-ipv6", 36, 5, "forged"),
    ("unknown-part-3", 36, 4, "malformed"),
    ("unknown-part-7", 36, 0, "malformed"),
    ("prefix-length", 37, 7, "forged"),
    ("prefix-first", 38, 0, "forged"),
    ("prefix-last", 45, 7, "forged"),
    ("class-version", 46, 7, "forged"),
    ("class", 47, 0, "forged"),
    ("mint-key-id-to-a-held-one", 51, 6, "forged"),
    ("mint-key-id-to-an-unheld-one", 51, 0, "unknown-key"),
    ("roams", 52, 7, "forged"),
    ("reserved", 53, 7, "malformed"),
    ("puzzle-to-another", 54, 6, "forged"),
    ("puzzle-to-an-unknown-one", 54, 5, "malformed"),
    ("rank", 55, 7, "forged"),
    ("parts", 56, 7, "malformed"),
    ("alternatives-budget-class", 57, 7, "forged"),
    ("effort-low", 65, 7, "forged"),
    ("effort-beyond-its-limit", 58, 0, "forged"),
    ("lifetime", 69, 7, "forged"),
    ("lifetime-beyond-its-limit", 66, 0, "forged"),
    ("other-alternatives-rank", 71, 6, "forged"),
    ("other-alternatives-effort", 81, 7, "forged"),
    ("path-length", 87, 7, "malformed"),
    ("path-first", 88, 7, "forged"),
    ("path-last", 98, 7, "forged"),
    ("tag-first", 99, 0, "forged"),
    ("tag-last", 114, 7, "forged"),
]

FAULTS = {
    "malformed": {"reserved": 1},
    "wrong-site": {"site_id": site_id(OTHER_SITE)},
    "expired": {"expires_at": NOW},
    "not-yet-valid": {"issued_at_ms": NOW_MS + 60_001},
    "unknown-key": {"key_id": 9},
    "forged": {},
    "wrong-client": {"binding": Binding.of(STRANGE_CLIENT)},
    "too-early": {},
    "unsolved": {},
}


def faulty(faults):
    changes = {}
    for fault in faults:
        changes.update(FAULTS[fault])
    if "too-early" in faults and "not-yet-valid" not in faults:
        changes["issued_at_ms"] = NOW_MS - 4_999
    c = challenge(**changes)
    text = seal_challenge(c)
    if "forged" in faults:
        text = break_tag(text)
    if "too-early" in faults:
        return text, Solution(1, []).text()
    return text, Solution(0, search(text, c, 0, solved="unsolved" not in faults)).text()


def challenge_file():
    out = VectorFile(
        "Redemptions, each by a process that remembers nothing (docs/wire-format.md, Challenge).",
        "`clearance` comes with valid: the text that must be minted.",
    )
    out.add("main", *ring_pairs(), kind="ring")

    def add(name, text, solution, expect, client=CLIENT, now_ms=NOW_MS, site=SITE, **more):
        out.add(
            name,
            ("site", site.decode()),
            ("now_ms", now_ms),
            *client_pairs(client),
            ("challenge", text),
            ("solution", solution),
            ("expect", expect),
            *more.items(),
        )

    def add_valid(name, c, index=0, client=CLIENT, now_ms=NOW_MS, start=0):
        text = seal_challenge(c)
        add(
            name,
            text,
            solve(text, c, index, start),
            "valid",
            client,
            now_ms,
            clearance=minted(c, index),
        )

    def add_sealed(
        name, c, expect, client=CLIENT, now_ms=NOW_MS, index=0, site=SITE, key_site=SITE
    ):
        text = seal_challenge(c, key_site)
        add(name, text, solve(text, c, index), expect, client, now_ms, site)

    base = challenge()
    text = seal_challenge(base)
    solution = solve(text, base)
    token = base64url_decode(text)

    out.section("valid")
    add("untouched", text, solution, "valid", clearance=minted(base))
    add(
        "a-second-solution-earns-the-same",
        text,
        solve(text, base, start=1_000_000),
        "valid",
        clearance=minted(base),
    )
    add(
        "nonces-at-the-end-of-their-range",
        text,
        solve(text, base, start=U64 - 5_000),
        "valid",
        clearance=minted(base),
    )
    add(
        "later-earns-the-same",
        text,
        solution,
        "valid",
        now_ms=NOW_MS + 60_000,
        clearance=minted(base),
    )
    add(
        "other-host-of-the-prefix",
        text,
        solution,
        "valid",
        replace(CLIENT, address="192.0.2.99"),
        clearance=minted(base),
    )
    add("waited", text, Solution(1, []).text(), "valid", clearance=minted(base, 1))
    add_valid("waited-to-the-millisecond", challenge(issued_at_ms=NOW_MS - 5_000), 1)
    add_valid("ipv6", challenge(binding=Binding.of(CLIENT6)), client=CLIENT6)
    add_valid("nothing-bound", challenge(binding=Binding()), client=Client(None))
    add_valid("one-alternative", challenge(alternatives=[STANDARD]))
    for index in range(4):
        add_valid(
            f"alternative-{index}-of-4",
            challenge(alternatives=[LIGHT, STANDARD, PATIENT, ONE]),
            index,
        )
    add_valid("mint-key-differs", challenge(mint_key_id=3, key_id=1))
    add_valid("sealed-by-master-3", challenge(mint_key_id=1, key_id=3))
    add_valid("roams-and-classes-are-carried", challenge(roams=7))
    add_valid("shortest-path", challenge(return_path=b"/"))
    add_valid("longest-path", challenge(return_path=b"/" + b"a" * 767))
    add_valid("64-parts", challenge(alternatives=[Alternative(SHA256, 2, 64, 640, 43_200)]))
    add_valid("effort-1", challenge(alternatives=[ONE]))
    add_valid("effort-below-parts", challenge(alternatives=[Alternative(SHA256, 2, 8, 3, 60)]))
    add_valid(
        "effort-not-a-multiple-of-parts",
        challenge(alternatives=[Alternative(SHA256, 2, 3, 64, 60)]),
    )
    add_valid(
        "longest-life", challenge(alternatives=[Alternative(SHA256, 255, 1, 1, 604_800, 255)])
    )
    add_valid("issued-60-seconds-ahead", challenge(issued_at_ms=NOW_MS + 60_000))
    add_valid("last-second-before-expiry", challenge(expires_at=NOW + 1), now_ms=NOW * 1000 + 999)
    tick = NOW // EPOCH * EPOCH * 1000
    add_valid(
        "issued-in-the-last-millisecond-of-an-epoch",
        challenge(issued_at_ms=tick - 1, expires_at=tick // 1000 + 100),
        now_ms=tick + 10_000,
    )
    add_valid(
        "issued-in-the-first-millisecond-of-an-epoch",
        challenge(issued_at_ms=tick, expires_at=tick // 1000 + 100),
        now_ms=tick + 10_000,
    )

    out.section("absent and malformed: the challenge's text")
    add("empty", "", solution, "absent")
    add("both-empty", "", "", "absent")
    add("empty-and-a-bad-solution", "", "!", "absent")
    for size in (1, 16, 53, 54, 88, 99, len(token) - 1, len(token) + 1):
        add(
            f"cut-or-filled-to-{size}-bytes",
            base64url_encode((token + token)[:size]),
            solution,
            "malformed",
        )
    add("longer-than-any", text + "A" * 1200, solution, "malformed")
    add("padded", text + "=", solution, "malformed")
    add("plus-in-the-text", text[:40] + "+" + text[41:], solution, "malformed")
    add("trailing-bit", text[:-1] + chr(ord(text[-1]) + 1), solution, "malformed")
    add("version-2", seal_challenge(challenge(version=2)), solution, "malformed")
    add("kind-of-a-clearance", seal_challenge(challenge(kind=CLEARANCE)), solution, "malformed")
    add("no-alternative", seal_challenge(challenge(alternatives=[])), solution, "malformed")
    add_sealed("five-alternatives", challenge(alternatives=[ONE] * 5), "malformed")
    add_sealed("path-of-0-bytes", challenge(return_path=b""), "malformed")
    add_sealed(
        "path-of-769-bytes",
        challenge(return_path=b"/" + b"a" * 768, alternatives=[ONE]),
        "malformed",
    )
    add_sealed(
        "unknown-binding-bit-under-a-right-tag",
        challenge(binding=replace(base.binding, parts=0x0B)),
        "malformed",
    )
    lied = bytearray(token)
    lied[86:88] = (768).to_bytes(2, "big")
    add("path-length-beyond-the-text", base64url_encode(bytes(lied)), solution, "malformed")

    out.section("malformed: an alternative outside its limits, under a right tag")
    one = Solution(0, [0])
    for name, alternative, answer in (
        ("puzzle-0", replace(ONE, puzzle=0), one),
        ("puzzle-4", replace(ONE, puzzle=4), one),
        ("puzzle-255", replace(ONE, puzzle=255), one),
        ("rank-0", replace(ONE, rank=0), one),
        ("effort-0", replace(ONE, effort=0), one),
        ("effort-2-to-the-40-and-1", replace(ONE, effort=(1 << 40) + 1), one),
        ("effort-at-its-greatest", replace(ONE, effort=U64), one),
        ("lifetime-0", replace(ONE, lifetime=0), one),
        ("lifetime-604801", replace(ONE, lifetime=604_801), one),
        ("parts-0", replace(ONE, parts=0), Solution(0, [])),
        ("parts-65", replace(ONE, parts=65), Solution(0, [0] * 65)),
        ("wait-of-0", replace(PATIENT, effort=0), Solution(0, [])),
        ("wait-of-3600001", replace(PATIENT, effort=3_600_001), Solution(0, [])),
        ("wait-with-a-part", replace(PATIENT, parts=1), one),
    ):
        add(
            f"alternative-{name}",
            seal_challenge(challenge(alternatives=[alternative])),
            answer.text(),
            "malformed",
        )

    out.section("limits are looked at between the tag and the client")
    boundless = replace(ONE, effort=0)
    for name, changes, expect in (
        ("wrong-client", {"binding": Binding.of(STRANGE_CLIENT)}, "malformed"),
        ("unknown-key", {"key_id": 9}, "unknown-key"),
        ("expired", {"expires_at": NOW}, "expired"),
    ):
        broken = challenge(alternatives=[boundless], **changes)
        add(f"limits-broken-and-{name}", seal_challenge(broken), one.text(), expect)
    broken = break_tag(seal_challenge(challenge(alternatives=[boundless])))
    add("limits-broken-and-forged", broken, one.text(), "forged")

    out.section("malformed: the solution")
    nonces = search(text, base, 0)
    raw = base64url_decode(solution)
    for name, answer in (
        ("empty", ""),
        ("of-one-byte", base64url_encode(b"\0")),
        ("no-nonces", Solution(0, []).text()),
        ("one-nonce-less", Solution(0, nonces[:3]).text()),
        ("one-nonce-more", Solution(0, nonces + [0]).text()),
        ("index-2-of-2", Solution(2, nonces).text()),
        ("index-255", Solution(255, nonces).text()),
        ("wait-with-nonces", Solution(1, nonces).text()),
        ("cut", base64url_encode(raw[:-1])),
        ("filled", base64url_encode(raw + b"\0")),
        ("count-too-small", base64url_encode(b"\0\3" + raw[2:])),
        ("count-too-great", base64url_encode(b"\0\5" + raw[2:])),
        ("padded", solution + "="),
        ("trailing-bit", solution[:-1] + chr(ord(solution[-1]) + 1)),
        ("not-base64url", "!" * len(solution)),
        ("longer-than-any", "A" * 687),
        ("of-65-nonces", Solution(0, [0] * 65).text()),
    ):
        add(f"solution-{name}", text, answer, "malformed")

    out.section("one bit of each field flipped; the solution is that of `untouched`")
    for name, byte, bit, expect in FIELDS:
        add(f"flipped-{name}", flip(text, byte * 8 + bit), solution, expect)

    out.section("sites, times, keys")
    other = challenge(site_id=site_id(OTHER_SITE))
    add_sealed("of-the-other-site", other, "wrong-site", key_site=OTHER_SITE)
    add("of-this-site-shown-to-the-other", text, solution, "wrong-site", site=OTHER_SITE)
    add_sealed("other-site-id-under-this-sites-key", other, "forged", site=OTHER_SITE)
    add_sealed("expires-now", challenge(expires_at=NOW), "expired")
    add_sealed("expires-at-0", challenge(expires_at=0), "expired")
    add_sealed(
        "issued-60001-milliseconds-ahead", challenge(issued_at_ms=NOW_MS + 60_001), "not-yet-valid"
    )
    add_sealed("issued-at-2-to-the-63", challenge(issued_at_ms=1 << 63), "not-yet-valid")
    add_sealed("issued-at-the-end-of-time", challenge(issued_at_ms=U64), "not-yet-valid")
    add_sealed("key-not-held", challenge(key_id=9), "unknown-key")
    add_sealed("key-0", challenge(key_id=0), "unknown-key")
    add_sealed("key-retired", challenge(key_id=2), "unknown-key")
    add_sealed("mint-key-not-held", challenge(mint_key_id=9), "unknown-key")
    add_sealed("mint-key-0", challenge(mint_key_id=0), "unknown-key")
    add_sealed("mint-key-retired", challenge(mint_key_id=2), "unknown-key")
    add_sealed(
        "epoch-before-the-held-ones",
        challenge(issued_at_ms=NOW_MS - 20 * EPOCH * 1000),
        "unknown-key",
    )
    later = CREATED + (HORIZON_DAYS + 5) * EPOCH
    add_sealed(
        "epoch-behind-the-horizon",
        challenge(issued_at_ms=later * 1000, expires_at=later + 100),
        "unknown-key",
        now_ms=later * 1000 + 10_000,
    )

    out.section("forged")
    for kind, name in ((CLEARANCE, "clearance"), (CONTEXT, "context")):
        c = challenge()
        sealed = seal(key_for(kind, 1, c.issued_at_ms // 1000), c.body())
        add(f"under-the-{name}-key", sealed, solve(sealed, c), "forged")
    c = challenge()
    sealed = seal(key_for(CHALLENGE, 1, c.issued_at_ms // 1000 - EPOCH), c.body())
    add("under-the-key-of-the-day-before", sealed, solve(sealed, c), "forged")
    sealed = break_tag(text)
    add("broken-tag-with-a-solution-of-its-own", sealed, solve(sealed, base), "forged")
    cheaper = replace(base, alternatives=[replace(LIGHT, effort=4), PATIENT])
    sealed = base64url_encode(cheaper.body() + token[-16:])
    add("cheaper-than-it-was-sealed", sealed, solve(sealed, cheaper), "forged")
    sealed = base64url_encode(replace(base, return_path=b"//evil/?b=c").body() + token[-16:])
    add("path-that-leaves-the-origin", sealed, solution, "forged")

    out.section("clients")
    for name, client in (
        ("other-prefix", STRANGE_CLIENT),
        ("other-family", CLIENT6),
        ("address-unknown", Client(None, CHROME)),
        ("other-browser", replace(CLIENT, user_agent=FIREFOX)),
    ):
        add(name, text, solution, "wrong-client", client)
        add(f"{name}-waiting", text, Solution(1, []).text(), "wrong-client", client)

    out.section("too early, unsolved")
    add_sealed(
        "one-millisecond-early", challenge(issued_at_ms=NOW_MS - 4_999), "too-early", index=1
    )
    add_sealed(
        "wait-for-a-challenge-of-the-future",
        challenge(issued_at_ms=NOW_MS + 30_000),
        "too-early",
        index=1,
    )
    for part in range(4):
        wrong = list(nonces)
        wrong[part] = search(text, base, 0, solved=False)[part]
        add(f"part-{part}-unsolved", text, Solution(0, wrong).text(), "unsolved")
    add("no-part-solved", text, Solution(0, search(text, base, 0, solved=False)).text(), "unsolved")
    add("one-nonce-for-all-parts", text, Solution(0, [nonces[0]] * 4).text(), "unsolved")
    add("solution-of-another-challenge", seal_challenge(challenge()), solution, "unsolved")
    twins = challenge(alternatives=[LIGHT, LIGHT])
    sealed = seal_challenge(twins)
    add(
        "solution-of-another-alternative",
        sealed,
        Solution(1, search(sealed, twins, 0)).text(),
        "unsolved",
    )
    little = b"".join(n.to_bytes(8, "little") for n in search(text, base, 0, start=1 << 40))
    add("nonces-in-the-other-byte-order", text, base64url_encode(b"\0\4" + little), "unsolved")

    out.section("precedence: two and three faults at once; the first in the table wins")
    for count in (2, 3):
        for faults in combinations(FAULTS, count):
            if {"too-early", "unsolved"} <= set(faults):
                continue  # They belong to different puzzles.
            add("faults-" + "-and-".join(faults), *faulty(faults), faults[0])
    early = challenge(issued_at_ms=NOW_MS - 1, expires_at=NOW)
    sealed = seal_challenge(early)
    add("bad-solution-text-of-an-expired-challenge", sealed, "!", "malformed")
    add(
        "bad-solution-index-of-a-forged-challenge",
        break_tag(text),
        Solution(9, []).text(),
        "malformed",
    )

    out.section(
        "every single bit of `untouched` flipped, with its solution; letters as in clearance.txt"
    )
    letters = sweep(lambda t: redeem(RING, SITE, t, solution, CLIENT, NOW_MS)[0], text)
    out.add(
        "every-bit",
        ("site", "main"),
        ("now_ms", NOW_MS),
        *client_pairs(CLIENT),
        ("challenge", text),
        ("solution", solution),
        ("flips", letters),
        kind="sweep",
    )
    return out
