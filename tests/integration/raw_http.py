"""HTTP/1.1 by hand, for tests that care about bytes."""

import socket

DEADLINE = 30


def connect(address, timeout=DEADLINE):
    if isinstance(address, str):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        connection.connect(address)
        return connection
    return socket.create_connection(address, timeout)


class Head:
    """A start line and fields, names in lower case."""

    def __init__(self, text):
        lines = text.decode("latin-1").split("\r\n")
        self.start = lines[0]
        self.fields = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields.append((name.lower(), value.strip()))

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    def all(self, name):
        return [value for key, value in self.fields if key == name]

    @property
    def status(self):
        return int(self.start.split()[1])


class Stream:
    """A connection that is read by heads and bodies."""

    def __init__(self, connection):
        self.connection = connection
        self.held = b""

    @classmethod
    def to(cls, address, timeout=DEADLINE):
        return cls(connect(address, timeout))

    def send(self, data):
        self.connection.sendall(data)
        return self

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def more(self):
        """Reads once; False at the end."""
        data = self.connection.recv(65536)
        self.held += data
        return bool(data)

    def until(self, mark):
        while mark not in self.held:
            if not self.more():
                raise EOFError(f"ended before {mark!r}: {self.held[:200]!r}")
        found, _, self.held = self.held.partition(mark)
        return found

    def exactly(self, size):
        while len(self.held) < size:
            if not self.more():
                raise EOFError(f"ended {size - len(self.held)} bytes early")
        found, self.held = self.held[:size], self.held[size:]
        return found

    def rest(self):
        while self.more():
            pass
        found, self.held = self.held, b""
        return found

    def head(self):
        return Head(self.until(b"\r\n\r\n"))

    def pieces(self, head):
        """The content behind `head`, as it comes."""
        if head.get("transfer-encoding") == "chunked":
            while size := int(self.until(b"\r\n"), 16):
                while size:
                    if not self.held and not self.more():
                        raise EOFError("ended in a chunk")
                    piece, self.held = self.held[:size], self.held[size:]
                    size -= len(piece)
                    yield piece
                assert self.exactly(2) == b"\r\n"
            assert self.exactly(2) == b"\r\n"
        elif head.get("content-length") is not None:
            left = int(head.get("content-length"))
            while left:
                if not self.held and not self.more():
                    raise EOFError("ended in the content")
                piece, self.held = self.held[:left], self.held[left:]
                left -= len(piece)
                yield piece
        elif not head.start.startswith("HTTP/"):
            return
        else:
            while self.held or self.more():
                piece, self.held = self.held, b""
                yield piece

    def response(self, to_head=False):
        """The next final response: its head and content."""
        head = self.head()
        while head.status < 200:
            head = self.head()
        if to_head or head.status in (204, 304):
            return head, b""
        return head, b"".join(self.pieces(head))


def request(address, target="/", method="GET", fields=(), body=b"", host="example.test"):
    """One request on a connection of its own; returns the response's head and content."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with Stream.to(address) as stream:
        stream.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return stream.response(to_head=method == "HEAD")
