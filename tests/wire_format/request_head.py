"""The request of tests/vectors/request.txt, which benches send and parse."""

PLACEHOLDER = "A" * 92  # Benches put a clearance here, in place.
HEAD_SIZE, COOKIE_SIZE, USER_AGENT_SIZE = 736, 394, 113

USER_AGENT = (
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/99.0.4844.51 Safari/537.36"
)


def cookie_field():
    """Seven cookies, ours last; the session's is as long as it takes."""
    others = [
        "_ga=GA1.1.1204837465.1794300000",
        "_ga_7K2L9QXW1M=GS1.1.1799990000.14.1.1800000000.0.0.0",
        "consent=necessary%2Cstatistics",
        "theme=dark",
        "lang=en-GB",
        "session=",
    ]
    ours = "stile=" + PLACEHOLDER
    fill = COOKIE_SIZE - len("; ".join(others + [ours]))
    others[-1] += ("8f3c1d5e7a9b2c4d6e0f" * 20)[:fill]
    return "; ".join(others + [ours])


def request_head():
    lines = [
        "GET / HTTP/1.1",
        "Host: example.org",
        "User-Agent: " + USER_AGENT,
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Sec-Fetch-Mode: navigate",
        "Accept-Encoding: gzip, deflate, br",
        "Accept-Language: en-GB,en;q=0.9",
        "Cookie: " + cookie_field(),
    ]
    head = "\r\n".join(lines) + "\r\n\r\n"
    assert (len(head), len(cookie_field()), len(USER_AGENT)) == (
        HEAD_SIZE,
        COOKIE_SIZE,
        USER_AGENT_SIZE,
    )
    return head
