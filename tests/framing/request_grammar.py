"""A second reader of what a client sends, from RFC 9112, RFC 9110 and docs/gateway.md.

It reads by grammar where stiled reads by hand, and shares nothing with it but the names of reasons.
`judge` says what judge_streams says, in the same words.
"""

import dataclasses
import ipaddress
import re

STATUS = {"method-refused": 405, "method-unknown": 501, "target-too-long": 414, "version": 505,
          "too-many-fields": 431, "head-too-large": 431, "length-too-large": 413,
          "expectation": 417}

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
METHOD = re.compile(rb"[A-Z][A-Z\-]{0,19}")
TARGET = re.compile(rb"[\x21-\x7e]+")
VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")
FIELD = re.compile(rb"(" + TOKEN + rb"):(.*)", re.DOTALL)
BLANK_BEFORE_COLON = re.compile(TOKEN + rb"[ \t]+:", re.DOTALL)
FIELD_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
ABSOLUTE = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)
HOST = re.compile(rb"(?:\[([^\]]*)\]|((?:[0-9A-Za-z_\-]+\.)*[0-9A-Za-z_\-]+\.?))(?::([1-9][0-9]{0,4}))?")
LENGTH = re.compile(rb"0|[1-9][0-9]*")
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]+")
TRAILER = re.compile(TOKEN + rb":[\t\x20-\x7e\x80-\xff]*")


class Refused(Exception):
    def __init__(self, reason, part="head"):
        status = 413 if reason == "body-too-large" else STATUS.get(reason, 400)
        super().__init__(f"refused {status} {part} {reason}")


class Waits(Exception):
    pass


@dataclasses.dataclass
class Limits:
    head: int = 32 * 1024
    target: int = 8 * 1024
    fields: int = 100
    body: int = 1 << 40
    trailers: int = 8 * 1024


def is_host(text):
    match = HOST.fullmatch(text)
    if len(text) > 255 or not match:
        return False
    address, _, port = match.groups()
    if port and int(port) > 65535:
        return False
    if address is None:
        return True
    try:
        # The RFC's zone identifiers are none of a URI's authority.
        return b"%" not in address and bool(ipaddress.IPv6Address(address.decode("latin-1")))
    except ValueError:
        return False


class Request:
    """A head, line by line."""

    def __init__(self, limits):
        self.limits = limits
        self.fields = []
        self.absolute = None
        self.single = {}     # Fields that may come once: name in lower case, value.
        self.options = set() # What Connection lists, in lower case.

    def take_request_line(self, line):
        method, space, rest = line.partition(b" ")
        if not re.fullmatch(TOKEN, method):
            raise Refused("method-syntax")
        if not METHOD.fullmatch(method):
            raise Refused("method-unknown")
        if method in (b"CONNECT", b"TRACE"):
            raise Refused("method-refused")
        target, second, version = rest.partition(b" ")
        if not space or not target:
            raise Refused("request-line")
        if len(target) > self.limits.target:
            raise Refused("target-too-long")
        if not TARGET.fullmatch(target) or any(byte in target for byte in b'#\\<>"'):
            raise Refused("target-byte")
        if not second:
            raise Refused("request-line")
        numbers = VERSION.fullmatch(version)
        if not numbers:
            raise Refused("version-syntax")
        if numbers.groups() not in ((b"1", b"1"), (b"1", b"0")):
            raise Refused("version")
        self.method, self.version = method, b".".join(numbers.groups())
        self.target = self.origin_form(target)

    def origin_form(self, target):
        if target.startswith(b"/") or (target == b"*" and self.method == b"OPTIONS"):
            return target
        parts = ABSOLUTE.fullmatch(target)
        if not parts or parts[2].startswith(b"?"):
            raise Refused("target-form")
        self.absolute = parts[1]
        return parts[2] or (b"*" if self.method == b"OPTIONS" else b"/")

    def take_field_line(self, line):
        if line[:1] in (b" ", b"\t"):
            raise Refused("folded-line")
        if len(self.fields) == self.limits.fields:
            raise Refused("too-many-fields")
        field = FIELD.fullmatch(line)
        if not field:
            raise Refused("space-before-colon" if BLANK_BEFORE_COLON.match(line) else "field-name")
        name, value = field[1], field[2].strip(b" \t")
        if not FIELD_VALUE.fullmatch(value):
            raise Refused("field-value")
        self.fields.append((name, value))
        self.take_known_field(name.lower(), value)

    def take_once(self, name, value, reason):
        if name in self.single:
            raise Refused(reason)
        self.single[name] = value

    def take_known_field(self, name, value):
        if name == b"host":
            self.take_once(name, value, "host-repeated")
            if not is_host(value):
                raise Refused("host-syntax")
        elif name == b"expect":
            self.take_once(name, value, "expectation")
            if value.lower() != b"100-continue":
                raise Refused("expectation")
        elif name == b"upgrade":
            self.take_once(name, value, "upgrade-repeated")
        elif name == b"connection":
            for option in value.split(b","):
                option = option.strip(b" \t")
                if option and not re.fullmatch(TOKEN, option):
                    raise Refused("connection-syntax")
                self.options.add(option.lower())
        elif name == b"content-length":
            self.take_once(name, value, "length-repeated")
            if not LENGTH.fullmatch(value):
                raise Refused("length-syntax")
            if int(value) > self.limits.body:
                raise Refused("length-too-large")
        elif name == b"transfer-encoding":
            self.take_once(name, value, "transfer-repeated")
            if value.lower() != b"chunked":
                raise Refused("transfer-coding")
        elif re.sub(rb"[_.]", b"-", name) in (b"content-length", b"transfer-encoding"):
            raise Refused("field-alias")

    def finish(self):
        host, length = self.single.get(b"host"), self.single.get(b"content-length")
        chunked = b"transfer-encoding" in self.single
        if host is None:
            raise Refused("host-missing")
        if self.absolute is not None and self.absolute.lower() != host.lower():
            raise Refused("target-authority")
        if chunked and length is not None:
            raise Refused("length-and-transfer")
        if chunked and self.version == b"1.0":
            raise Refused("transfer-on-http10")
        self.host = host
        self.framing = "chunked" if chunked else "none" if length is None else "length"
        self.length = int(length or 0)
        empty = not chunked and self.length == 0
        modern = self.version == b"1.1"
        self.websocket = (modern and self.method == b"GET" and b"upgrade" in self.options
                          and self.single.get(b"upgrade", b"").lower() == b"websocket")
        if self.websocket and not empty:
            raise Refused("upgrade-with-body")
        self.expects = modern and not empty and b"expect" in self.single
        self.keep_alive = (b"close" not in self.options
                           and (modern or b"keep-alive" in self.options))

    def line(self, content):
        flags = ("e" if self.expects else "") + ("w" if self.websocket else "") or "-"
        texts = (self.method, self.target, self.host)
        words = [text.hex() or "-" for text in texts]
        words += [self.version.decode(), self.framing, content.hex() or "-", flags]
        words.append(",".join(f"{name.hex()}={value.hex() or '-'}" for name, value in self.fields))
        return " ".join(words)


def read_head(data, limits):
    """A head and how many bytes it takes."""
    if data[:1] in (b"\r", b"\n"):
        raise Refused("empty-line")
    if not re.match(TOKEN, data):
        raise Refused("method-syntax")
    request, begin = Request(limits), 0
    while True:
        end = data.find(b"\n", begin, limits.head) + 1
        # A request line is a method of 20 bytes at the most, a target and "HTTP/1.1".
        if begin == 0 and (end or min(len(data), limits.head)) > limits.target + 20 + 12:
            raise Refused("target-too-long")
        if not end:
            if len(data) >= limits.head:
                raise Refused("head-too-large")
            raise Waits
        line = data[begin:end]
        if not line.endswith(b"\r\n"):
            raise Refused("bare-lf")
        line = line[:-2]
        try:
            if begin == 0:
                request.take_request_line(line)
            elif line:
                request.take_field_line(line)
            else:
                request.finish()
                return request, end
        except Refused:
            if b"\r" in line:
                raise Refused("bare-cr") from None
            raise
        begin = end


class Chunks:
    """A chunked body: the bytes are looked at one by one only to say which comes first."""

    def __init__(self, data, limits):
        self.data, self.limits, self.at = data, limits, 0
        self.content = b""

    def refuse(self, reason):
        raise Refused(reason, "body")

    def byte(self):
        """The next byte, not taken."""
        if self.at == len(self.data):
            raise Waits
        return self.data[self.at:self.at + 1]

    def take_line_end(self):
        for wanted in (b"\r", b"\n"):
            if self.byte() != wanted:
                self.refuse("line-end")
            self.at += 1

    def take_size(self):
        self.byte()
        digits = CHUNK_SIZE.match(self.data, self.at)
        if not digits:
            self.refuse("size-syntax")
        text = digits[0]
        if len(text) > 16 or int(text[:16], 16) >= 1 << 63:
            self.refuse("size-too-long")
        self.at += len(text)
        behind = self.byte()
        if behind == b";":
            self.refuse("extension")
        if behind not in (b"\r", b"\n"):
            self.refuse("size-syntax")
        self.take_line_end()
        if len(self.content) + int(text, 16) > self.limits.body:
            self.refuse("body-too-large")
        return int(text, 16)

    def take_trailers(self):
        begin = self.at
        while True:
            if self.byte() == b"\r":
                self.take_line_end()
                return
            room = self.data[:begin + self.limits.trailers + 1]
            end = re.compile(rb"[\r\n]").search(self.data, self.at)
            line = self.data[self.at:end.start() if end else None]
            good = TRAILER.match(line) or re.match(rb"(?:" + TOKEN + rb")?", line)
            stop = self.at + good.end()
            # What comes first: the end of the room for trailers, or a byte that is none of theirs.
            if stop >= len(room) and len(self.data) > begin + self.limits.trailers:
                self.refuse("trailers-too-large")
            if stop < len(self.data) and (stop < self.at + len(line) or not TRAILER.fullmatch(line)):
                bare = self.data[stop:stop + 1] == b"\n" and not line
                self.refuse("line-end" if bare else "trailer-syntax")
            if not end:
                raise Waits
            self.at = end.start()
            if self.at + 1 >= begin + self.limits.trailers + (self.byte() == b"\n"):
                if self.byte() == b"\r" and len(self.data) > self.at + 1:
                    self.refuse("trailers-too-large")
            self.take_line_end()

    def take(self):
        while size := self.take_size():
            piece = self.data[self.at:self.at + size]
            self.content += piece
            self.at += len(piece)
            if len(piece) < size:
                raise Waits
            self.take_line_end()
        self.take_trailers()


def judge(data, limits):
    words = []
    try:
        while data:
            request, size = read_head(data, limits)
            data = data[size:]
            content = b""
            if request.framing == "length":
                if len(data) < request.length:
                    raise Waits
                content, data = data[:request.length], data[request.length:]
            elif request.framing == "chunked":
                chunks = Chunks(data, limits)
                chunks.take()
                content, data = chunks.content, data[chunks.at:]
            words.append(request.line(content))
            if not request.keep_alive:
                return " | ".join([*words, "close"])
    except Waits:
        return " | ".join([*words, "waits"])
    except Refused as refused:
        return " | ".join([*words, str(refused)])
    return " | ".join([*words, "open"])
