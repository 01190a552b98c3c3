"""tests/vectors/framing.txt, which says itself how it is written."""

import dataclasses
import pathlib
import re

TABLE = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "framing.txt"
HIDDEN = b"GET /open/hidden HTTP/1.1\r\nHost: a\r\n\r\n"
# What a test sends behind a stream that doesn't wait for more.
LAST_REQUEST = b"GET /open/end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
LAST_LINE = b"GET /open/end none"
FRONTS = ("nginx", "haproxy")

_ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


def unescaped(text):
    def byte(match):
        if match[1].startswith("x"):
            return bytes([int(match[1][1:], 16)]).decode("latin-1")
        return _ESCAPES[match[1]].decode("latin-1")
    return re.sub(r"\\(x[0-9a-f]{2}|.)", byte, text).encode("latin-1")


@dataclasses.dataclass
class Case:
    name: str
    stream: bytes = b""
    requests: list = dataclasses.field(default_factory=list)  # b"POST /open/a length hello"
    kept: list = dataclasses.field(default_factory=list)      # Index of the request, name, value.
    lost: list = dataclasses.field(default_factory=list)      # Index, name.
    lost_here: list = dataclasses.field(default_factory=list)
    end: str = ""
    fronts: dict = dataclasses.field(default_factory=dict)    # Lines by front.

    def sent(self):
        return self.stream if self.end == "waits" else self.stream + LAST_REQUEST

    def served(self):
        """What is read of sent()."""
        return self.requests + ([LAST_LINE] if self.end == "open" else [])

    def refused(self):
        """Status, "head" or "body", and reason, or None."""
        word, *rest = self.end.split(" ")
        return (int(rest[0]), rest[1], rest[2]) if word == "refused" else None

    def may_pass(self, front):
        """The requests that `front` may read, and whether all of them must come through."""
        lines = self.fronts.get(front)
        if lines is None:
            return self.served(), True
        return (self.served() if lines == [b"stops"] else lines), False


def line_of(method, target, framing, content):
    """A request as the table writes it."""
    if len(target) >= 1000:
        target = b"(%d)" % len(target)
    line = b" ".join((method, target, framing))
    return line + b" " + content if content else line


def read_cases():
    cases = []
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if key == "stream":
            cases.append(Case(value))
            continue
        case = cases[-1]
        if key == "send":
            case.stream += unescaped(value)
        elif key == "repeat":
            count, _, piece = value.partition(" ")
            case.stream += int(count) * unescaped(piece)
        elif key == "hidden":
            case.stream += HIDDEN
        elif key == "request":
            case.requests.append(unescaped(value))
        elif key == "kept":
            name, _, content = value.partition(":")
            case.kept.append((len(case.requests) - 1, name,
                              unescaped(content.removeprefix(" "))))
        elif key == "lost":
            case.lost.append((len(case.requests) - 1, value))
        elif key == "lost-here":
            case.lost_here.append((len(case.requests) - 1, value))
        elif key == "end":
            case.end = value
        elif key in FRONTS:
            case.fronts.setdefault(key, []).append(unescaped(value))
        else:
            raise ValueError(f"{TABLE}:{number}: {key}")
    return cases
