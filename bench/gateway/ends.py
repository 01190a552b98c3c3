"""Both ends of a gateway for what takes long: an upstream of big contents, clients that hold
connections, and clients that stream. Nothing here trusts a count: contents are numbered and hashed.
"""

import hashlib
import json
import socket
import socketserver
import ssl
import threading

BLOCK = 256 * 1024
_BASE = bytes((i * 131 + (i >> 8) * 17) & 0xFF for i in range(BLOCK))


def blocks(size):
    """`size` bytes, a multiple of BLOCK, in pieces no two of which are the same."""
    piece = bytearray(_BASE)
    for number in range(size // BLOCK):
        piece[:8] = number.to_bytes(8, "big")
        yield piece


def digest_of(size):
    digest = hashlib.sha256()
    for piece in blocks(size):
        digest.update(piece)
    return digest.hexdigest()


def _head(connection, held=b""):
    """The next head, and what came behind it."""
    while b"\r\n\r\n" not in held:
        piece = connection.recv(65536)
        if not piece:
            raise EOFError("no head")
        held += piece
    head, _, rest = held.partition(b"\r\n\r\n")
    return head.decode("latin-1"), rest


def _length(head):
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


def _swallow(connection, held, size):
    """Reads `size` bytes of content of which some are held; its digest."""
    digest, buffer = hashlib.sha256(held), bytearray(1 << 20)
    left, view = size - len(held), memoryview(buffer)
    while left:
        got = connection.recv_into(view[:min(left, len(buffer))])
        if not got:
            raise EOFError(f"{left} bytes are missing")
        digest.update(view[:got])
        left -= got
    return digest.hexdigest()


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        held = b""
        try:
            while True:
                head, held = _head(self.request, held)
                target = head.split(" ")[1]
                size = int(target.rpartition("/")[2])
                if head.startswith("POST"):
                    body = json.dumps({"sha256": _swallow(self.request, held, size)}).encode()
                    held = b""
                    self._say(len(body), body)
                else:
                    self._say(size, b"")
                    for piece in blocks(size):
                        self.request.sendall(piece)
        except (EOFError, OSError):
            pass

    def _say(self, length, body):
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + body)


class Upstream(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """GET /open/SIZE answers that much; POST /open/SIZE answers the digest of that much."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.at = f"127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self):
        self.shutdown()
        self.server_close()


def _connect(address, context):
    host, _, port = address.rpartition(":")
    connection = socket.create_connection((host, int(port)), 120)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(connection) if context else connection


def trusting():
    """A client's TLS that takes any certificate: the peer is ourselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def hold(address, count, secure):
    """`count` connections, each of which has had an answer."""
    context = trusting() if secure else None
    connections = []
    for _ in range(count):
        connection = _connect(address, context)
        connection.sendall(b"GET /open/0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head, rest = _head(connection)
        if not head.startswith("HTTP/1.1 200") or rest or _length(head) != 0:
            raise SystemExit(f"an idle client got {head!r}")
        connections.append(connection)
    return connections


def download(address, size, secure):
    with _connect(address, trusting() if secure else None) as connection:
        connection.sendall(b"GET /open/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % size)
        head, held = _head(connection)
        if _length(head) != size:
            raise SystemExit(f"a download got {head!r}")
        return _swallow(connection, held, size)


def upload(address, size, secure):
    with _connect(address, trusting() if secure else None) as connection:
        connection.sendall(b"POST /open/%d HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Length: %d\r\n\r\n" % (size, size))
        for piece in blocks(size):
            connection.sendall(piece)
        head, held = _head(connection)
        if not head.startswith("HTTP/1.1 200"):
            raise SystemExit(f"an upload got {head!r}")
        while len(held) < _length(head):
            held += connection.recv(65536)
        return json.loads(held)["sha256"]
