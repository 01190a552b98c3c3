"""An origin that writes down exactly what it gets, request by request.

One thread serves every connection in turn, so that what has been sent to it is noted before what is
sent later. It reads the plain HTTP that a gateway writes, and nothing else.
"""

import dataclasses
import selectors
import socket
import threading


@dataclasses.dataclass
class Request:
    method: bytes
    target: bytes
    fields: list      # Name in lower case, value.
    framing: bytes = b"none"
    content: bytes = b""
    whole: bool = False

    def all(self, name):
        return [value for key, value in self.fields if key == name]


class NoHttp(Exception):
    pass


def read_head(text):
    start, *lines = text.split(b"\r\n")
    words = start.split(b" ")
    if len(words) != 3 or words[2] != b"HTTP/1.1" or b"\n" in text.replace(b"\r\n", b""):
        raise NoHttp(text)
    request = Request(words[0], words[1], [])
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name.strip() != name:
            raise NoHttp(text)
        request.fields.append((name.lower().decode("latin-1"), value.strip(b" \t")))
    return request


class _Reader:
    """Takes requests from the bytes of one connection."""

    def __init__(self):
        self.held = b""
        self.request = None
        self.left = None   # Of a content with a length.

    def feed(self, data):
        """Yields the requests that end with `data`."""
        self.held += data
        while self._advance():
            done, self.request = self.request, None
            done.whole = True
            yield done

    def _line(self):
        line, mark, rest = self.held.partition(b"\r\n")
        if not mark:
            return None
        self.held = rest
        return line

    def _advance(self):
        """True once the request has ended."""
        if self.request is None:
            text, mark, rest = self.held.partition(b"\r\n\r\n")
            if not mark:
                return False
            self.held, self.request = rest, read_head(text)
            lengths, codings = (self.request.all(name)
                                for name in ("content-length", "transfer-encoding"))
            if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]):
                raise NoHttp(text)
            if lengths:
                self.request.framing, self.left = b"length", int(lengths[0])
            elif codings:
                self.request.framing = b"chunked"
        if self.request.framing == b"none":
            return True
        if self.request.framing == b"length":
            piece, self.held = self.held[:self.left], self.held[self.left:]
            self.request.content += piece
            self.left -= len(piece)
            return self.left == 0
        return self._chunks()

    def _chunks(self):
        while True:
            size, mark, rest = self.held.partition(b"\r\n")
            if not mark:
                return False
            length = int(size, 16)
            if len(rest) < length + 2:
                return False
            if rest[length:length + 2] != b"\r\n":
                raise NoHttp(self.held)
            self.request.content += rest[:length]
            self.held = rest[length + 2:]
            if length == 0:
                return True


class RecordingOrigin:
    """Answers every request with 200 and "ok"."""

    def __init__(self):
        self.requests = []   # Those that came whole, in order.
        self.parts = []      # Those whose connection ended in their middle.
        self.broken = []     # What was no HTTP.
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listener.setblocking(False)
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._wake.send(b"x")
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._wake.close()
        self._selector.close()

    def take(self):
        """What has come since the last call: requests, parts, and what was no HTTP."""
        taken = self.requests, self.parts, self.broken
        self.requests, self.parts, self.broken = [], [], []
        return taken

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    return
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    self._selector.register(connection, selectors.EVENT_READ, _Reader())
                else:
                    self._serve(key.fileobj, key.data)

    def _serve(self, connection, reader):
        try:
            data = connection.recv(65536)
            for request in reader.feed(data):
                self.requests.append(request)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                                   + (b"" if request.method == b"HEAD" else b"ok"))
        except NoHttp as error:
            self.broken.append(error.args[0])
            data = b""
        except OSError:
            data = b""
        if not data:
            if reader.request is not None:
                self.parts.append(reader.request)
            elif reader.held:
                self.broken.append(reader.held)
            self._selector.unregister(connection)
            connection.close()
