"""Vectors of what tokens are made of: text, keys, bindings, the puzzle, paths."""

from deployment import CHROME, FIREFOX, MASTERS, NOW, draw, ring_pairs
from sha256_compression import state_after_block
from stile_checker import (
    EPOCH,
    CHALLENGE,
    CLEARANCE,
    CONTEXT,
    PURPOSE,
    U64,
    Binding,
    Client,
    Solution,
    base64url_encode,
    derive_key,
    hmac_sha256,
    is_solved,
    part_target,
    sha256_digest,
    sha256_prefix,
    site_id,
    user_agent_class,
)
from vector_file import VectorFile


def base64url_file():
    out = VectorFile(
        "base64url without padding, canonical spelling only. `bytes` is hex; `malformed`: refused."
    )
    for size in list(range(1, 13)) + [53, 69]:
        data = draw(size)
        out.add(f"{size}-bytes", ("text", base64url_encode(data)), ("bytes", data.hex()))
    for name, text, data in (
        ("empty", "", ""),
        ("zeros", "AAAA", "000000"),
        ("ones", "____", "ffffff"),
        ("both-specials", "-_-_", "fbffbf"),
        ("one-byte", "_w", "ff"),
        ("two-bytes", "__8", "ffff"),
    ):
        out.add(name, ("text", text), ("bytes", data))
    for name, text in (
        ("one-character", "A"),
        ("five-characters", "AAAAA"),
        ("padded-1", "AAA="),
        ("padded-2", "AA=="),
        ("padding-alone", "===="),
        ("plus", "AA+A"),
        ("slash", "AA/A"),
        ("space-first", " AAA"),
        ("space-inside", "A AA"),
        ("tab", "A\tAA"),
        ("dot", "AA.A"),
        ("percent", "AA%A"),
        ("tilde", "AA~A"),
        ("at-before-a", "AA@A"),
        ("bracket-behind-z", "AA[A"),
        ("backtick-before-a", "AA`A"),
        ("brace-behind-z", "AA{A"),
        ("colon-behind-9", "AA:A"),
        ("caret-by-underscore", "AA^A"),
        ("not-ascii", "AA\u00e9"),
        ("bits-1-of-two", "AB"),
        ("bits-15-of-two", "AP"),
        ("bits-8-of-two", "AI"),
        ("bits-1-of-three", "AAB"),
        ("bits-2-of-three", "AAC"),
        ("bits-3-of-three", "AAD"),
        ("bits-at-the-end-of-six", "AAAAAB"),
        ("bits-at-the-end-of-seven", "AAAAAAB"),
    ):
        out.add(name, ("text", text), ("bytes", "malformed"))
    return out


def keys_file():
    out = VectorFile("Site ids, derived keys and tags (docs/wire-format.md, Keys and MAC). Hex.")
    out.add("main", *ring_pairs(), kind="ring")
    for site in ("main", "shop.example", "a", "x" * 64, "Main"):
        out.add(f"site-{site}", ("site", site), ("site_id", f"{site_id(site.encode()):08x}"))
    for master in (MASTERS[0], MASTERS[2]):
        for purpose in (PURPOSE[kind] for kind in (CHALLENGE, CLEARANCE, CONTEXT)):
            for site in (b"main", b"shop.example"):
                for epoch in (NOW // EPOCH, NOW // EPOCH - 7):
                    key = derive_key(master.secret, purpose, site, epoch)
                    body = draw(53)
                    out.add(
                        f"master-{master.id}-{purpose.decode()}-{site.decode()}-{epoch}",
                        ("key_id", master.id),
                        ("purpose", purpose.decode()),
                        ("site", site.decode()),
                        ("epoch", epoch),
                        ("key", key.hex()),
                        ("body", body.hex()),
                        ("tag", hmac_sha256(key, body)[:16].hex()),
                    )
    return out


def user_agent_file():
    out = VectorFile("The user-agent class, version 1. `user_agent` is hex.")

    def add(name, value):
        out.add(name, ("user_agent", value.hex()), ("class", f"{user_agent_class(value):08x}"))

    add("empty", b"")
    add("chrome-131", CHROME)
    add("chrome-132-is-the-same", CHROME.replace(b"131", b"132"))
    add("chrome-99-is-not", CHROME.replace(b"131", b"99"))
    add("firefox", FIREFOX)
    add("curl", b"curl/7.88.1")
    add("one-digit", b"0")
    add("another-digit-is-the-same", b"9")
    add("slash-before-0-is-no-digit", b"/")
    add("colon-behind-9-is-no-digit", b":")
    add("one-zero-byte", b"\0")
    add("two-zero-bytes-are-another", b"\0\0")
    add("trailing-space-counts", b"curl/7.88.1 ")
    add("case-counts", b"CURL/7.88.1")
    text = (CHROME + b" " + FIREFOX) * 4
    for size in (1, 7, 8, 9, 15, 16, 17, 23, 24, 31, 32, 33, 48, 64, 511, 512):
        add(f"{size}-bytes", text[:size])
    add("513-bytes-are-cut-to-512", text[:513])
    add("byte-513-does-not-count", text[:512] + b"~")
    add("4096-bytes", (text * 8)[:4096])
    add("512-digits", b"7" * 512)
    add("600-digits-are-the-same", b"3" * 600)
    add("utf-8", "Mozilla/5.0 (Gerät; Übung) ☃".encode())
    add("byte-80", b"\x80")
    add("bytes-ff", b"\xff" * 16)
    add("every-byte", bytes(range(256)))
    add("digits-across-a-block", b"abcdefghijklmno123456")
    return out


def binding_file():
    out = VectorFile(
        "The binding that a client gets (docs/wire-format.md, Binding): prefix lengths as configured,",
        "then the fields as a token holds them. `prefix` is hex.",
    )

    def add(name, address, v4=24, v6=56, bind_ua=True):
        client = Client(address, CHROME)
        b = Binding.of(client, v4, v6, bind_ua)
        out.add(
            name,
            ("address", address or "-"),
            ("user_agent", CHROME.decode()),
            ("ipv4_prefix", v4),
            ("ipv6_prefix", v6),
            ("bind_user_agent", "yes" if bind_ua else "no"),
            ("parts", b.parts),
            ("prefix_length", b.prefix_length),
            ("prefix", f"{b.prefix:016x}"),
            ("class_version", b.class_version),
            ("class", f"{b.user_agent_class:08x}"),
        )

    add("defaults-ipv4", "203.0.113.77")
    add("defaults-ipv6", "2001:db8:1:2ff:3:4:5:6")
    add("ipv4-mapped", "::ffff:203.0.113.77")
    add("ipv4-mapped-in-hex", "::ffff:cb00:714d")
    add("ipv4-compatible-is-ipv6", "::203.0.113.77")
    add("loopback-ipv6", "::1")
    for length in (1, 7, 8, 9, 16, 23, 25, 31, 32):
        add(f"ipv4-of-{length}-bits", "255.255.255.255", v4=length)
    for length in (1, 31, 32, 33, 48, 55, 57, 63, 64):
        add(f"ipv6-of-{length}-bits", "ffff:ffff:ffff:ffff:ffff::", v6=length)
    add("ipv4-not-bound", "203.0.113.77", v4=0)
    add("ipv6-not-bound", "2001:db8::1", v6=0)
    add("address-unknown", None)
    add("user-agent-not-bound", "203.0.113.77", bind_ua=False)
    add("nothing-bound", None, bind_ua=False)
    return out


def return_path_file():
    out = VectorFile(
        "Return paths: `yes` may be emitted, `no` must be replaced by `/`. `path` is hex."
    )
    good = [
        "/",
        "/a",
        "/a/b",
        "/a//b",
        "/?next=//evil.example",
        "/a?b=c&d=%2F",
        "/%5C",
        "/%2f%2fevil.example",
        "/.//evil.example",
        "/a:b@c",
        "/!$&'()*+,;=:@-._~[]",
        "/" + "a" * 767,
        "/a?" + "b" * 765,
        "/..",
        "/~",
        "/%",
        "/http://evil.example",
    ]
    bad = [
        "",
        "//",
        "//evil.example",
        "/\\evil.example",
        "/\\",
        "\\\\evil.example",
        "a",
        "?a",
        "#",
        "/a#b",
        "http://evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        " /",
        "/a b",
        "/a\tb",
        "/\r\nSet-Cookie:a=b",
        "/a\nb",
        "/a\rb",
        "/\0",
        "/a\0b",
        "/a\x7f",
        "/a\x1f",
        "/\u00e9",
        "/\u2028",
        '/a"b',
        "/a<b",
        "/a>b",
        "/a\\b",
        "/a^b",
        "/a`b",
        "/a{b",
        "/a|b",
        "/a}b",
        "/" + "a" * 768,
        "/" + "a" * 4000,
        "/\t/evil.example",
        "/\n/evil.example",
        "*",
    ]
    for verdict, paths in (("yes", good), ("no", bad)):
        for index, path in enumerate(paths):
            out.add(f"{verdict}-{index}", ("path", path.encode().hex()), ("expect", verdict))
    return out


def solution_file():
    out = VectorFile("Solutions in text form: the index and the nonces (hex), or `malformed`.")
    for name, s in (
        ("wait", Solution(0, [])),
        ("wait-index-3", Solution(3, [])),
        ("index-255", Solution(255, [])),
        ("one", Solution(0, [1])),
        ("four", Solution(2, [0, 1, U64, 1 << 63])),
        ("sixty-four", Solution(0, list(range(64)))),
    ):
        out.add(
            name,
            ("text", s.text()),
            ("index", s.index),
            ("nonces", " ".join(f"{n:016x}" for n in s.nonces)),
        )
    nonce = bytes(8)
    for name, text in (
        ("empty", ""),
        ("one-byte", "AA"),
        ("three-bytes", "AAAA"),
        ("k-1-without-nonce", base64url_encode(b"\0\1")),
        ("k-0-with-nonce", base64url_encode(b"\0\0" + nonce)),
        ("k-2-with-one", base64url_encode(b"\0\2" + nonce)),
        ("k-1-with-two", base64url_encode(b"\0\1" + nonce * 2)),
        ("cut", base64url_encode(b"\0\1" + nonce[1:])),
        ("filled", base64url_encode(b"\0\1" + nonce + b"\0")),
        ("k-65", base64url_encode(b"\0\x41" + nonce * 65)),
        ("k-255", base64url_encode(b"\0\xff" + nonce * 255)),
        ("padded", "AAA="),
        ("trailing-bits", "AAB"),
        ("plus", "A+A"),
        ("a-space", "A A"),
        ("longer-than-any", "A" * 700),
    ):
        out.add(f"malformed-{name}", ("text", text), ("index", "malformed"))
    return out


def puzzle_file():
    out = VectorFile(
        "The puzzle sha256: targets, prefixes, digests (docs/wire-format.md, Puzzle sha256). Hex but for numbers."
    )
    out.section("targets of one part")
    for effort, parts in (
        (1, 1),
        (1, 64),
        (2, 1),
        (3, 1),
        (3, 2),
        (64, 4),
        (65, 4),
        (100, 3),
        (4_000_000, 16),
        (4_000_001, 16),
        (1 << 40, 1),
        (1 << 40, 64),
        ((1 << 40) - 1, 64),
        (U64 >> 24, 7),
    ):
        out.add(
            f"effort-{effort}-parts-{parts}",
            ("effort", effort),
            ("parts", parts),
            ("target", f"{part_target(effort, parts):016x}"),
        )
    out.section("prefixes, and the hash state behind them")
    tag, id_ = draw(16), draw(16)
    for index in range(4):
        prefix = sha256_prefix(tag, id_, index)
        out.add(
            f"alternative-{index}",
            ("tag", tag.hex()),
            ("id", id_.hex()),
            ("index", index),
            ("prefix", prefix.hex()),
            ("state", "".join(f"{w:08x}" for w in state_after_block(prefix))),
        )
    out.section("tries: the digest, and whether it solves the part")
    for number, (effort, parts) in enumerate(
        ((1, 1), (16, 1), (64, 4), (100, 3), (256, 2), (1000, 1))
    ):
        tag, id_ = draw(16), draw(16)
        prefix, target = sha256_prefix(tag, id_, number % 4), part_target(effort, parts)
        for part in range(parts):
            for wanted in (True, False):
                nonce = int.from_bytes(draw(8), "big")
                if effort == 1 and not wanted:
                    continue  # There is none.
                while is_solved(prefix, part, nonce, target) != wanted:
                    nonce = (nonce + 1) & U64
                out.add(
                    f"try-{number}-part-{part}-{'solves' if wanted else 'does-not'}",
                    ("tag", tag.hex()),
                    ("id", id_.hex()),
                    ("index", number % 4),
                    ("effort", effort),
                    ("parts", parts),
                    ("part", part),
                    ("nonce", f"{nonce:016x}"),
                    ("digest", sha256_digest(prefix, part, nonce).hex()),
                    ("expect", "yes" if wanted else "no"),
                )
    return out
