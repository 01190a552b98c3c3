"""Vectors of cookie fields."""

from dataclasses import replace

from deployment import (
    CLIENT,
    CLIENT6,
    FIREFOX,
    NOW,
    NOW_MS,
    OTHER_SITE,
    SITE,
    STRANGE_CLIENT,
    USER_AGENT_ONLY,
    break_tag,
    clearance,
    client_pairs,
    ring_pairs,
    seal_clearance,
)
from stile_checker import Binding, base64url_decode, base64url_encode, site_id
from vector_file import VectorFile


def cookie_file():
    out = VectorFile(
        "Cookie fields and the best finding in each (docs/wire-format.md, Cookie).",
        "Each `cookie` is the value of one Cookie field. `other_family` is the token that a",
        "new cookie keeps, or `-`. `revoked` is an id in hex that an operator took back.",
    )
    out.add("main", *ring_pairs(), kind="ring")

    def add(
        name,
        cookies,
        expect,
        client=CLIENT,
        cookie_name="stile",
        other_family="-",
        method="GET",
        **more,
    ):
        cookies = [cookies] if isinstance(cookies, str) else cookies
        out.add(
            name,
            ("site", SITE.decode()),
            ("now_ms", NOW_MS),
            *client_pairs(client),
            ("method", method),
            ("cookie_name", cookie_name),
            *(("cookie", c) for c in cookies),
            ("expect", expect),
            *more.items(),
            ("other_family", other_family),
        )

    plain = clearance()
    good = seal_clearance(plain)
    better = seal_clearance(clearance(rank=3))
    best = seal_clearance(clearance(rank=200))
    six = seal_clearance(clearance(binding=Binding.of(CLIENT6)))
    six_rank_3 = seal_clearance(clearance(binding=Binding.of(CLIENT6), rank=3))
    six_too = seal_clearance(clearance(binding=Binding.of(CLIENT6)))
    bad = {
        "absent": "",
        "unsigned": base64url_encode(base64url_decode(good)[:53]),
        "malformed": good[:-1],
        "wrong-site": seal_clearance(clearance(site_id=site_id(OTHER_SITE)), OTHER_SITE),
        "expired": seal_clearance(clearance(expires_at=NOW - 5)),
        "not-yet-valid": seal_clearance(clearance(issued_at=NOW + 3_600)),
        "unknown-key": seal_clearance(clearance(key_id=9)),
        "forged": break_tag(good),
        "wrong-client": seal_clearance(clearance(binding=Binding.of(STRANGE_CLIENT))),
    }

    out.section("finding the cookie")
    add("no-cookie-field", [], "absent")
    add("empty-field", "", "absent")
    add("other-cookies-only", "sid=1; theme=dark; lang=en", "absent")
    add("ours-alone", f"stile={good}", "valid", rank=2)
    add("ours-first", f"stile={good}; sid=1; theme=dark", "valid", rank=2)
    add("ours-in-the-middle", f"sid=1; stile={good}; theme=dark", "valid", rank=2)
    add("ours-last", f"sid=1; theme=dark; stile={good}", "valid", rank=2)
    add("no-space-after-the-semicolon", f"sid=1;stile={good};theme=dark", "valid", rank=2)
    add("more-spaces-and-tabs", f"sid=1;  \t stile={good} \t; theme=dark", "valid", rank=2)
    add("empty-pairs", f";; ;stile={good};;", "valid", rank=2)
    add("pair-without-equals", f"flag; stile={good}", "valid", rank=2)
    add("pair-without-equals-of-our-name", f"stile; stile={good}", "valid", rank=2)
    add("second-field", ["sid=1", f"stile={good}"], "valid", rank=2)
    add("host-prefix", f"__Host-stile={good}", "valid", cookie_name="__Host-stile", rank=2)
    add("secure-prefix", f"__Secure-stile={good}", "valid", cookie_name="__Secure-stile", rank=2)
    add("plain-name-does-not-count-on-https", f"stile={good}", "absent", cookie_name="__Host-stile")
    add("host-name-does-not-count-on-http", f"__Host-stile={good}", "absent")
    add("name-in-capitals", f"STILE={good}", "absent")
    add("name-with-another-case", f"__host-stile={good}", "absent", cookie_name="__Host-stile")
    add("name-is-a-suffix", f"xstile={good}", "absent")
    add("name-is-a-prefix", f"stile2={good}", "absent")
    add("name-in-another-value", f"sid=stile={good}", "absent")
    add("name-in-a-quoted-value", f'sid="a stile={good}"', "absent")
    add("space-before-equals", f"stile ={good}", "absent")
    add("space-behind-equals", f"stile= {good}", "malformed")
    add("equals-in-the-value", f"stile={good}=", "malformed")
    add("quoted-value", f'stile="{good}"', "malformed")
    add("comma-does-not-separate", f"stile={good}, stile={good}", "malformed")
    add("empty-value", "stile=", "absent")

    out.section("each verdict alone")
    for verdict, token in bad.items():
        add(f"alone-{verdict}", f"stile={token}", verdict)

    out.section("the best finding: valid before all, else the one furthest down the table")
    order = list(bad)
    for worse, verdict in zip(order, order[1:]):
        add(f"{verdict}-beats-{worse}", f"stile={bad[worse]}; stile={bad[verdict]}", verdict)
        add(
            f"{verdict}-beats-a-later-{worse}", f"stile={bad[verdict]}; stile={bad[worse]}", verdict
        )
    for verdict, token in bad.items():
        add(f"valid-beats-{verdict}", f"stile={token}; stile={good}", "valid", rank=2)
        add(f"valid-beats-a-later-{verdict}", f"stile={good}; stile={token}", "valid", rank=2)
    add("highest-rank-last", f"stile={good}; stile={better}; stile={best}", "valid", rank=200)
    add("highest-rank-first", f"stile={best}; stile={better}; stile={good}", "valid", rank=200)
    add("best-over-two-fields", [f"stile={good}", f"stile={best}"], "valid", rank=200)
    add(
        "forged-higher-rank-does-not-count",
        f"stile={good}; stile={break_tag(best)}",
        "valid",
        rank=2,
    )

    out.section("unsafe methods: one in grace comes right after a valid one")
    for method in ("POST", "PUT", "DELETE", "PATCH", "get"):
        add(
            f"{method}-in-grace-beats-wrong-client",
            f"stile={bad['expired']}; stile={bad['wrong-client']}",
            "expired",
            method=method,
        )
    for method in ("GET", "HEAD", "OPTIONS", "TRACE"):
        add(
            f"{method}-in-grace-does-not",
            f"stile={bad['expired']}; stile={bad['wrong-client']}",
            "wrong-client",
            method=method,
        )
    add(
        "valid-beats-in-grace",
        f"stile={bad['expired']}; stile={good}",
        "valid",
        method="POST",
        rank=2,
    )
    late = seal_clearance(clearance(expires_at=NOW - 600))
    add("grace-over", f"stile={late}; stile={bad['forged']}", "forged", method="POST")

    out.section("revoked: furthest down the table but for valid")
    lost = replace(plain, id=bytes(range(16)), rank=200)
    revoked = {"revoked": lost.id.hex()}
    taken_back = seal_clearance(lost)
    late_too = seal_clearance(replace(lost, expires_at=NOW - 5))
    add("revoked-alone", f"stile={taken_back}", "revoked", **revoked)
    add("revoked-beats-wrong-client", f"stile={bad['wrong-client']}; stile={taken_back}", "revoked",
        **revoked)
    add("valid-beats-revoked", f"stile={taken_back}.{good}", "valid", rank=2, **revoked)
    add("in-grace-beats-revoked", f"stile={taken_back}.{bad['expired']}", "expired", method="POST",
        **revoked)
    add("revoked-is-in-no-grace", f"stile={late_too}.{bad['forged']}", "forged", method="POST",
        **revoked)

    out.section("four cookies are read, the fifth is not")
    four = "; ".join([f"stile={bad['forged']}"] * 4)
    three = "; ".join([f"stile={bad['forged']}"] * 3)
    add("valid-as-the-fourth", f"{three}; stile={good}", "valid", rank=2)
    add("valid-as-the-fifth", f"{four}; stile={good}", "forged")
    add("valid-as-the-fifth-in-a-second-field", [four, f"stile={good}"], "forged")
    add("empty-values-count", "; ".join(["stile="] * 4) + f"; stile={good}", "absent")
    add("other-names-do-not-count", "; ".join(["sid=1"] * 40) + f"; stile={good}", "valid", rank=2)
    add(
        "better-rank-as-the-fifth",
        "; ".join([f"stile={good}"] * 4) + f"; stile={best}",
        "valid",
        rank=2,
    )

    out.section("two tokens joined by a dot")
    add("both-families-over-ipv4", f"stile={good}.{six}", "valid", rank=2, other_family=six)
    add(
        "both-families-over-ipv4-other-order",
        f"stile={six}.{good}",
        "valid",
        rank=2,
        other_family=six,
    )
    add(
        "both-families-over-ipv6",
        f"stile={good}.{six}",
        "valid",
        CLIENT6,
        rank=2,
        other_family=good,
    )
    add(
        "both-families-different-ranks",
        f"stile={good}.{six_rank_3}",
        "valid",
        rank=2,
        other_family=six_rank_3,
    )
    add("other-family-alone", f"stile={six}", "wrong-client", other_family=six)
    add(
        "other-family-in-another-cookie",
        f"stile={good}; stile={six}",
        "valid",
        rank=2,
        other_family=six,
    )
    add(
        "other-family-beside-an-expired-one",
        f"stile={bad['expired']}.{six}",
        "wrong-client",
        other_family=six,
    )
    add(
        "other-family-of-the-higher-rank-is-kept",
        f"stile={six}.{six_rank_3}",
        "wrong-client",
        other_family=six_rank_3,
    )
    add(
        "first-other-family-of-the-same-rank-is-kept",
        f"stile={six}.{six_too}",
        "wrong-client",
        other_family=six,
    )
    add(
        "other-family-expired-is-not-kept",
        f"stile={good}.{seal_clearance(clearance(binding=Binding.of(CLIENT6), expires_at=NOW))}",
        "valid",
        rank=2,
    )
    add("other-family-forged-is-not-kept", f"stile={good}.{break_tag(six)}", "valid", rank=2)
    add(
        "other-family-of-another-browser-is-not-kept",
        f"stile={good}."
        + seal_clearance(clearance(binding=Binding.of(replace(CLIENT6, user_agent=FIREFOX)))),
        "valid",
        rank=2,
    )
    add(
        "other-prefix-of-the-same-family-is-not-kept",
        f"stile={good}.{bad['wrong-client']}",
        "valid",
        rank=2,
    )
    add(
        "nothing-is-kept-without-an-address",
        f"stile={good}.{six}",
        "wrong-client",
        replace(CLIENT, address=None),
    )
    add(
        "without-bound-address-there-is-no-other-family",
        f"stile={good}.{seal_clearance(clearance(binding=USER_AGENT_ONLY))}",
        "valid",
        rank=2,
    )
    add("same-token-twice", f"stile={good}.{good}", "valid", rank=2)
    add("second-token-better", f"stile={good}.{best}", "valid", rank=200)
    add("second-token-malformed", f"stile={good}.{good[:-1]}", "valid", rank=2)
    add("first-token-malformed", f"stile={good[:-1]}.{good}", "valid", rank=2)
    add("second-token-behind-one-of-93-characters", f"stile={good}A.{best}", "malformed")
    add("second-token-behind-one-of-91-characters", f"stile={good[:-1]}.{best}", "valid", rank=200)
    add("second-token-of-93-characters", f"stile={good}.{best}A", "valid", rank=2)
    add("dot-at-the-end", f"stile={good}.", "valid", rank=2)
    add("dot-at-the-start", f"stile=.{good}", "valid", rank=2)
    add("dot-alone", "stile=.", "absent")
    add(
        "three-tokens-valid-first", f"stile={good}.{bad['forged']}.{bad['forged']}", "valid", rank=2
    )
    add(
        "three-tokens-valid-last",
        f"stile={bad['malformed']}.{bad['malformed']}.{good}",
        "malformed",
    )
    add(
        "three-tokens-valid-second",
        f"stile={bad['forged']}.{good}.{bad['forged']}",
        "valid",
        rank=2,
    )
    add(
        "eight-tokens-in-four-cookies",
        "; ".join(
            [f"stile={bad['forged']}.{bad['forged']}"] * 3 + [f"stile={bad['forged']}.{good}"]
        ),
        "valid",
        rank=2,
    )
    return out
