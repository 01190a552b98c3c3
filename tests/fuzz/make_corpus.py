#!/usr/bin/env python3
"""Writes the inputs in corpus/ that hold tokens of fuzz_site.h; leaves every other input alone.

Seals them with the second implementation of docs/wire-format.md, so that they agree with the
library's only if both follow the page.
"""

import pathlib
import sys
from dataclasses import replace

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "wire_format"))

from stile_checker import (
    CHALLENGE,
    CLEARANCE,
    CONTEXT,
    HASHWX,
    PURPOSE,
    REFERENCE_PURPOSE,
    RESPONSE,
    SHA256,
    SPEND,
    WAIT,
    Alternative,
    Binding,  # noqa: E402
    Challenge,
    Clearance,
    Client,
    Context,
    Reference,
    ResponseToken,
    Solution,
    base64url_decode,
    base64url_encode,
    derive_key,
    earned_clearance,
    is_solved,
    part_target,
    reference_tag,
    seal,
    sha256_prefix,
    site_id,
    spell_reference,
)

NOW = 1_800_000_000
SITE = b"main"
SECRET = bytes((i * 7 + 1) % 256 for i in range(32))
BROWSER = b"Mozilla/5.0 (X11; Linux x86_64) Fuzz/1.0"
CLIENT, CLIENT6 = Client("192.0.2.7", BROWSER), Client("2001:db8::7", BROWSER)


def sealed(kind, token, issued_at):
    return seal(derive_key(SECRET, PURPOSE[kind], SITE, issued_at // 86_400), token.body())


def clearance(client, rank, number, **changes):
    fields = dict(
        key_id=1,
        id=bytes([number]) * 16,
        issued_at=NOW - 3_600,
        expires_at=NOW + 3_600,
        site_id=site_id(SITE),
        rank=rank,
        puzzle=SHA256,
        effort_log2=21,
        binding=Binding.of(client),
    )
    made = Clearance(**{**fields, **changes})
    return sealed(CLEARANCE, made, made.issued_at)


def flip(text, bit):
    data = bytearray(base64url_decode(text))
    data[bit // 8] ^= 0x80 >> bit % 8
    return base64url_encode(bytes(data))


def token_inputs():
    good = clearance(CLIENT, 2, 1)
    asked = Challenge(
        1,
        bytes([7]) * 16,
        NOW * 1000 - 10_000,
        NOW + 100,
        site_id(SITE),
        Binding.of(CLIENT),
        1,
        [
            Alternative(SHA256, 2, 1, 1, 3_600),
            Alternative(SHA256, 3, 4, 64, 3_600),
            Alternative(WAIT, 1, 0, 5_000, 600),
            Alternative(HASHWX, 1, 2, 2, 3_600),
        ],
        0,
        b"/docs/a?b=c",
    )
    challenge = sealed(CHALLENGE, asked, asked.issued_at_ms // 1000)
    prefix = sha256_prefix(base64url_decode(challenge)[-16:], asked.id, 1)
    nonces = []
    for part in range(4):
        nonces.append(
            next(n for n in range(10_000) if is_solved(prefix, part, n, part_target(64, 4)))
        )
    solved = Solution(1, nonces)
    context = sealed(
        CONTEXT,
        Context(1, 2, NOW - 5, NOW + 295, site_id(SITE), 2, 5, 0, 17, b"/docs/a?b=c"),
        NOW - 5,
    )
    raw = base64url_decode
    yield "clearance-valid", good
    yield "clearance-higher-rank", clearance(CLIENT, 3, 2)
    yield "clearance-of-the-other-family", clearance(CLIENT6, 2, 3)
    yield "clearance-minted-by-the-challenge", sealed(
        CLEARANCE, earned_clearance(asked, 0), NOW - 10
    )
    yield "clearance-as-bytes", raw(good)
    yield "clearance-forged-in-its-last-bit", flip(good, 551)
    yield "clearance-forged-in-its-rank", flip(good, 32 * 8 + 6)
    yield "clearance-unsigned", base64url_encode(raw(good)[:53])
    yield "clearance-unsigned-bytes", raw(good)[:53]
    yield "clearance-expired-in-grace", clearance(CLIENT, 2, 1, expires_at=NOW - 5)
    yield "clearance-cut", good[:-1]
    yield "clearance-padded", good + "="
    yield "clearance-with-a-trailing-bit", flip(good, 551)[:-1] + "B"
    yield "clearance-of-an-unknown-key", clearance(CLIENT, 2, 1, key_id=9)
    yield "clearance-of-another-site", clearance(CLIENT, 2, 1, site_id=7)
    yield "clearance-of-the-future", clearance(CLIENT, 2, 1, issued_at=NOW + 3_600)
    yield "challenge-solved-without-effort", f"{challenge}\n{Solution(0, [0]).text()}"
    yield "challenge-solved-in-four-parts", f"{challenge}\n{solved.text()}"
    yield "challenge-waited-for", f"{challenge}\n{Solution(2, []).text()}"
    yield "challenge-unsolved", f"{challenge}\n{Solution(1, [0, 0, 0, 0]).text()}"
    yield "challenge-solved-by-hashwx", f"{challenge}\n{Solution(3, [0, 0]).text()}"
    yield "challenge-index-too-great", f"{challenge}\n{Solution(4, []).text()}"
    yield "challenge-count-too-great", f"{challenge}\n{Solution(1, [0] * 64).text()}"
    yield "challenge-forged", f"{flip(challenge, 600)}\n{solved.text()}"
    yield "challenge-without-solution", challenge
    yield "challenge-as-bytes", raw(challenge)
    yield "challenge-cut-in-its-path", base64url_encode(raw(challenge)[:-20])
    lied = bytearray(raw(challenge))
    lied[102:104] = b"\xff\xff"
    yield "challenge-path-length-too-great", bytes(lied)
    yield "solution-as-bytes", raw(solved.text())
    yield "solution-longest", Solution(3, list(range(64))).text()
    yield "solution-count-without-nonces", bytes([0, 64])
    yield "context-valid", context
    yield "context-as-bytes", raw(context)
    yield "context-forged", flip(context, 30)
    yield "context-path-length-too-great", raw(context)[:22] + b"\xff\xff" + raw(context)[24:]
    yield "empty-line", "\n"
    yield "text-of-one-character", "A"


def reference_inputs():
    said = Reference(NOW - 5, 7, site_id(SITE) >> 16, 2, 6, 17)
    key = derive_key(SECRET, REFERENCE_PURPOSE, SITE, said.issued_at // 86_400)
    good = spell_reference(said, reference_tag(key, said))
    yield "valid", good
    yield "valid-in-lower-case", good.lower()
    yield "valid-without-dashes", good.replace("-", "")
    yield "valid-with-spaces", good.replace("-", " ")
    yield "valid-with-dashes-at-its-end", good + "-" * 14
    yield "forged-in-its-last-bit", good[:-1] + ("0" if good[-1] != "0" else "1")
    yield "unsigned", spell_reference(said, 0)
    yield "of-another-version", "4" + good[1:]
    yield "cut", good[:-1]
    yield "one-more-character", good + "0"
    yield "too-many-dashes", good + "-" * 15
    yield "letter-u", good[:-1] + "U"
    yield "letters-o-i-l", "2OIL-oil0-" + good[10:]
    yield "bytes-behind-ascii", b"\xff\x80" + good.encode()
    yield "nul", b"\0" + good.encode()
    yield "dashes-alone", "-" * 48
    yield "empty", ""


def cookie_inputs():
    good, high, six = clearance(CLIENT, 2, 1), clearance(CLIENT, 3, 2), clearance(CLIENT6, 2, 3)
    yield "ours-alone", f"stile={good}"
    yield "ours-last-of-seven", f"_ga=GA1.1.12; sid=8f3c1d; theme=dark; lang=en; a=b; c=d; stile={good}"
    yield "ours-in-the-second-field", f"sid=1\nstile={good}"
    yield "two-ranks", f"stile={good}; stile={high}"
    yield "both-families", f"stile={good}.{six}"
    yield "other-family-alone", f"stile={six}"
    yield "three-tokens", f"stile={six}.{good}.{high}"
    yield "dots-alone", "stile=..."
    yield "valid-as-the-fifth", "stile=a; stile=b; stile=c; stile=d; stile=" + good
    yield "valid-as-the-fifth-over-fields", f"stile=a;stile=b\nstile=c;stile=d\nstile={good}"
    yield "empty-values", "stile=; stile=; stile=" + good
    yield "quoted", f'stile="{good}"'
    yield "no-spaces", f"a=b;stile={good};c=d"
    yield "tabs-and-spaces", f" \t stile={good} \t ; a=b"
    yield "space-before-equals", f"stile ={good}"
    yield "name-without-equals", f"stile; stile; stile={good}"
    yield "other-names", f"xstile={good}; stile2={good}; Stile={good}; __Host-stile={good}"
    yield "forged-before-valid", f"stile={flip(good, 551)}; stile={good}"
    yield "in-grace", f"stile={clearance(CLIENT, 2, 1, expires_at=NOW - 5)}"
    yield "semicolons-alone", ";;;;;;;;"
    yield "nine-fields", "\n".join(["a=b"] * 8 + [f"stile={good}"])
    yield "long-value", "stile=" + "A" * 4000
    yield "bytes-behind-ascii", b"stile=\xff\x80\x00; stile=" + good.encode()


def redeem_body_inputs():
    challenge = base64url_encode(bytes(range(90)))
    solution = Solution(0, [1, 2]).text()
    yield "form", f"challenge={challenge}&solution={solution}"
    yield "form-solution-first", f"solution={solution}&challenge={challenge}"
    yield "form-percent-encoded", f"challenge=%41%5f{challenge}&solution=%2D{solution}"
    yield "form-plus", "challenge=a+b&solution=c+d"
    yield "form-challenge-twice", f"challenge={challenge}&challenge={challenge}&solution={solution}"
    yield "form-third-field", f"challenge={challenge}&solution={solution}&next=%2F"
    yield "form-percent-cut", "challenge=%4&solution=%"
    yield "form-percent-not-hex", "challenge=%zz&solution=a"
    yield "form-without-equals", "challenge&solution"
    yield "form-empty-values", "challenge=&solution="
    yield "form-empty-pair", "challenge=a&&solution=b"
    yield "form-name-encoded", "%63hallenge=a&solution=b"
    yield "json", f'{{"challenge":"{challenge}","solution":"{solution}"}}'
    yield "json-with-spaces", f' {{ "solution" : "{solution}" ,\r\n\t"challenge" : "{challenge}" }} \n'
    yield "json-escaped-quote", '{"challenge":"a\\"b","solution":"c"}'
    yield "json-escaped-name", '{"\\u0063hallenge":"a","solution":"c"}'
    yield "json-name-twice", '{"challenge":"a","challenge":"b","solution":"c"}'
    yield "json-number", '{"challenge":1,"solution":"c"}'
    yield "json-nested", '{"challenge":{"a":"b"},"solution":["c"]}'
    yield "json-array", '[{"challenge":"a","solution":"b"}]'
    yield "json-comma-at-the-end", '{"challenge":"a","solution":"b",}'
    yield "json-behind-the-end", '{"challenge":"a","solution":"b"}{}'
    yield "json-cut", '{"challenge":"a","solution":"b'
    yield "json-deep", "[" * 500
    yield "json-bytes-behind-ascii", b'{"challenge":"\xc3\xa9\xff","solution":"b"}'
    yield "json-nul", b'{"challenge":"a\0","solution":"b"}'
    yield "content-type-form", "application/x-www-form-urlencoded; charset=utf-8"
    yield "content-type-json", "Application/JSON ;a=b"


def response_token(**changes):
    token = ResponseToken(
        1, 2, NOW - 5, NOW + 295, site_id(SITE), NOW - 600, bytes([9]) * 16,
        (7, 0x0123456789ABCDEF, 3, 0xFEDCBA9876543210), b"login", b"example.org",
    )  # fmt: skip
    return replace(token, **changes)


def seal_response(token):
    keys = [
        derive_key(SECRET, PURPOSE[purpose], SITE, token.issued_at // 86_400)
        for purpose in (RESPONSE, SPEND)
    ]
    return seal(keys[0], token.body(keys[1]))


def siteverify_inputs():
    good = seal_response(response_token())
    yield "token", good

    def forged(**changes):
        text = seal_response(response_token(**changes))
        return flip(text, len(base64url_decode(text)) * 8 - 1)

    yield "token-forged", forged()
    yield "token-expired", seal_response(response_token(expires_at=NOW))
    yield "token-of-the-future", seal_response(response_token(issued_at=NOW + 61))
    yield "token-of-another-site", seal_response(response_token(site_id=1))
    yield "token-forged-without-action", forged(action=b"")
    yield "token-forged-longest", forged(action=b"a" * 32, host=b"h" * 253)
    yield "token-cut", good[:-4]
    yield "token-dummy", "XXXX.DUMMY.TOKEN.XXXX"
    yield "form", f"secret=s&response={good}&remoteip=127.0.0.1&idempotency_key=a"
    yield "form-percent", "response=%41%5f&secret=a+b"
    yield "form-percent-cut", "response=%4"
    yield "form-twice", "response=a&response=b"
    yield "form-empty-pairs", "&&response=a&&secret&"
    yield "json", f'{{"secret":"s","response":"{good}","idempotency_key":"a"}}'
    yield "json-escapes", '{"response":"a\\/\\u0041\\ud83d\\ude00","secret":"\\"\\\\\\n"}'
    yield "json-lone-surrogate", '{"response":"\\ud83d"}'
    yield "json-nested", '{"x":{"a":[1,-2.5e+3,{"b":null}]},"response":"r"}'
    yield "json-deep", '{"x":' + "[" * 17 + "]" * 17 + "}"
    yield "json-null", '{"secret":null,"response":"r"}'
    yield "json-number", '{"response":1}'
    yield "json-cut", '{"response":"a\\'
    part = "--b\r\nContent-Disposition: form-data; name="
    yield "multipart", f'{part}"secret"\r\n\r\ns\r\n{part}response\r\n\r\nr\r\n--b--\r\n'
    yield "multipart-empty-value", f'{part}"response"\r\n\r\n\r\n--b--'
    yield "multipart-no-blank-line", f"{part}response\r\n--b--"
    yield "multipart-unclosed", f"{part}response\r\n\r\nr"
    yield "multipart-quote-open", f'{part}"response\r\n\r\nr\r\n--b--'
    yield "type-multipart", "multipart/form-data; boundary="


def challenge_and_solutions():
    asked = Challenge(
        1, bytes([7]) * 16, NOW * 1000 - 10_000, NOW + 100, site_id(SITE), Binding.of(CLIENT), 1,
        [
            Alternative(SHA256, 2, 1, 1, 3_600),
            Alternative(SHA256, 3, 4, 64, 3_600),
            Alternative(WAIT, 1, 0, 5_000, 600),
        ],
        0, b"/docs/a?b=c",
    )  # fmt: skip
    challenge = sealed(CHALLENGE, asked, asked.issued_at_ms // 1000)
    return challenge, Solution(0, [0]).text(), Solution(2, []).text()


def embedded_request_inputs():
    agent = f"User-Agent:{BROWSER.decode()}\n"
    good, high, six = clearance(CLIENT, 2, 1), clearance(CLIENT, 3, 2), clearance(CLIENT6, 2, 3)
    challenge, solution, wait = challenge_and_solutions()
    form = "Content-Type:application/x-www-form-urlencoded\n"
    page = agent + "Accept:text/html\n"
    yield "stranger", f"0 GET / example.org\n{page}"
    yield "stranger-over-https", f"1 GET /docs?a=1&b=2 example.org:443\n{page}"
    yield "program", f"0 GET /data example.org\n{agent}Accept:application/json\n"
    yield "allowed", f"0 GET /open/a example.org\n{page}"
    yield "denied", f"0 GET /closed example.org\n{page}"
    yield "exempt", f"0 GET /robots.txt example.org\n{page}"
    yield "header-rule", f"0 GET /a?q=x example.org\n{page}X-Api:yes\n"
    yield "cleared", f"0 GET / example.org\n{page}Cookie:a=b; stile={good}; c=d\n"
    yield "cleared-over-https", f"1 GET / example.org\n{page}Cookie:__Host-stile={good}\n"
    yield "cleared-at-the-highest-level", f"0 GET /strict example.org\n{page}Cookie:stile={high}\n"
    yield "cleared-over-ipv6", f"2 GET / example.org\n{page}Cookie:stile={six}\n"
    yield "clearance-of-the-other-family", f"0 GET / example.org\n{page}Cookie:stile={six}\n"
    yield "clearance-forged", f"0 GET / example.org\n{page}Cookie:stile={flip(good, 551)}\n"
    yield "clearance-at-another-site", f"4 GET / example.org\n{page}Cookie:stile={good}\n"
    yield "other-site", f"0 GET / shop.example\n{page}"
    redeem = "/.stile/redeem example.org\n"
    yield "redeemed-by-waiting", (
        f"0 POST {redeem}{page}{form}\nchallenge={challenge}&solution={wait}")
    yield "redeemed-by-work", (
        f"0 POST {redeem}{page}{form}\nchallenge={challenge}&solution={solution}")
    yield "redeemed-in-json", (
        f"0 POST {redeem}{agent}Content-Type:application/json\n\n"
        f'{{"challenge":"{challenge}","solution":"{solution}"}}')
    yield "redeemed-by-another-client", (
        f"2 POST {redeem}{page}{form}\nchallenge={challenge}&solution={solution}")
    yield "redeemed-nothing", f"0 POST {redeem}{page}{form}\n"
    yield "redeemed-by-get", f"0 GET {redeem}{page}"
    yield "token-wanted", (
        f"0 POST /.stile/token example.org\n{agent}Content-Type:application/json\n"
        f'Cookie:stile={good}\n\n{{"action":"vote"}}')
    yield "challenge-endpoint", f"0 GET /.stile/challenge?c=abc example.org\n{page}"
    yield "asset", f"0 GET /.stile/assets/client.js example.org\n{agent}"
    yield "no-such-endpoint", f"0 DELETE /.stile/x example.org\n{agent}"
    yield "preflight", (
        f"0 OPTIONS /a example.org\n{agent}Origin:https://a.example\n"
        "Access-Control-Request-Method:POST\n")
    yield "fields-without-end", "0 GET /open example.org\n" + "a:\n" * 600
    yield "as-many-fields-as-may-be", "0 GET /open example.org\n" + "a:\n" * 512
    yield "path-without-end", "0 GET /" + "a" * 8_000 + " example.org\n"
    yield "path-with-traps", f"0 GET //a/../%2e%2e/open/%00\\..;x=%zz example.org\n{page}"
    yield "target-in-absolute-form", f"0 GET http://other.example/open example.org\n{page}"
    yield "target-asterisk", f"0 OPTIONS * example.org\n{page}"
    yield "host-with-brackets", f"0 GET / [2001:db8::1]:80\n{page}"
    yield "host-with-an-open-bracket", f"0 GET / [::1\n{page}"
    yield "host-empty", "0 GET / \n"
    yield "bytes-behind-ascii", b"0 \xff\x80 /\xff\0 \xff\nUser-Agent:\xff\0\nCookie:stile=\xff\n\n\xff"
    yield "field-without-name", "0 GET / example.org\n:\n:x\nCookie:\n"
    yield "no-method", "0"
    yield "family-that-is-none", "0x GET / example.org\n"


def main():
    for target, inputs in (
        ("token", token_inputs),
        ("reference", reference_inputs),
        ("cookie", cookie_inputs),
        ("redeem_body", redeem_body_inputs),
        ("siteverify", siteverify_inputs),
        ("embedded_request", embedded_request_inputs),
    ):
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in inputs():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


if __name__ == "__main__":
    main()
