"""The website behind the gateway, for tests: does what the path says, and remembers what it got."""

import base64
import hashlib
import json
import pathlib
import socket
import socketserver
import threading
import time
import urllib.parse

from raw_http import DEADLINE, Head, Stream

PIECE = b"0123456789abcdef" * 1024
BIG = 50 * 1024 * 1024


class Origin:
    """Listens on a free loopback port, or on `path`; remembers the heads of all requests.

    The last part of a request's path picks what happens: see _Handler.
    """

    def __init__(self, path=None, port=0, default="echo"):
        self.default = default   # What happens where a path picks nothing.
        self.heads = []          # Of every request, as bytes.
        self.connections = 0
        self.ending = set()      # Connections that it is about to close.
        self.gate = threading.Semaphore(0)   # What /hold and /events wait for.
        self.gone = threading.Event()        # Set when a client of /events has gone.
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"origin": self})
        if path is None:
            self.server = _TcpServer(("127.0.0.1", port), handler)
            self.port = self.server.server_address[1]
            self.url = f"http://127.0.0.1:{self.port}"
        else:
            pathlib.Path(path).unlink(missing_ok=True)
            self.server = _UnixServer(str(path), handler)
            self.url = f"unix:{path}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def note(self, head):
        with self._lock:
            self.heads.append(head)

    def wait_closed(self):
        """Waits until the connections are closed that it was about to close."""
        end = time.monotonic() + DEADLINE
        while self.ending:
            if time.monotonic() > end:
                raise AssertionError(f"{len(self.ending)} connections are still open")
            time.sleep(0.001)

    def last(self):
        return Head(self.heads[-1])

    def stop(self):
        """Closes everything, as a process does that is killed."""
        self.server.shutdown()
        self.server.server_close()
        self.server.cut()
        self._thread.join()


class _Server(socketserver.ThreadingMixIn):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(self, *arguments):
        self._open, self._lock = set(), threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)
        self.RequestHandlerClass.origin.ending.discard(request)

    def cut(self):
        with self._lock:
            for request in self._open:
                try:
                    request.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def handle_error(self, request, client_address):
        pass  # Clients that go are what tests are about.


class _TcpServer(_Server, socketserver.TCPServer):
    pass


class _UnixServer(_Server, socketserver.UnixStreamServer):
    pass


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.origin.connections += 1
        self.stream = Stream(self.request)
        try:
            while self.serve():
                pass
        except (EOFError, OSError):
            pass

    def serve(self):
        """Answers one request; False closes the connection."""
        text = self.stream.until(b"\r\n\r\n")
        self.origin.note(text)
        self.head = Head(text)
        self.method, target, _ = self.head.start.split(" ")
        action = target.partition("?")[0].rpartition("/")[2].replace("-", "_")
        if not hasattr(self, "do_" + action):
            action = self.origin.default
        goes_on = getattr(self, "do_" + action)() is not False
        return goes_on and self.head.get("connection") != "close"

    def content(self):
        return self.stream.pieces(self.head)

    def reply(self, status="200 OK", fields=(), body=b"", length=True):
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields)]
        if length:
            lines.append(f"Content-Length: {len(body)}")
        self.request.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def do_echo(self):
        digest, size = hashlib.sha256(), 0
        for piece in self.content():
            digest.update(piece)
            size += len(piece)
        body = json.dumps({"start": self.head.start, "fields": self.head.fields, "size": size,
                           "sha256": digest.hexdigest()}).encode()
        self.reply(fields=[("Content-Type", "application/json"), ("X-Origin", "yes")],
                   body=b"" if self.method == "HEAD" else body)

    def do_page(self):
        """A page for browsers, cacheable by nobody's word."""
        self.reply(fields=[("Content-Type", "text/html; charset=utf-8")],
                   body=b"<!doctype html><title>Over the stile</title><h1>Over the stile</h1>\n")

    def do_head(self):
        self.reply(fields=[("Content-Length", "12345")], length=False)

    def do_empty(self):
        self.request.sendall(b"HTTP/1.1 204 No Content\r\nX-Origin: yes\r\n\r\n")

    def do_unchanged(self):
        self.request.sendall(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 9\r\n\r\n')

    def do_fields(self):
        self.reply(fields=[("Connection", "X-Private, keep-alive"), ("X-Private", "1"),
                           ("Keep-Alive", "timeout=5"), ("Set-Cookie", "a=b"),
                           ("Set-Cookie", "c=d"), ("Server", "origin"), ("X-Public", "2")],
                   body=b"ok")

    def do_says(self):
        """Answers with the fields that the query names."""
        query = self.head.start.split(" ")[1].partition("?")[2]
        self.reply(fields=urllib.parse.parse_qsl(query), body=b"said")

    def do_big(self):
        self.reply(fields=[("Content-Length", str(BIG))], length=False)
        self.send_big(lambda piece: piece)

    def do_big_chunked(self):
        self.reply(fields=[("Transfer-Encoding", "chunked")], length=False)
        self.send_big(lambda piece: b"%x;ext=1\r\n%s\r\n" % (len(piece), piece))
        self.request.sendall(b"0\r\nX-Trailer: 1\r\n\r\n")

    def do_until_close(self):
        self.request.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + PIECE)
        return False

    def send_big(self, frame):
        for _ in range(BIG // len(PIECE)):
            self.request.sendall(frame(PIECE))

    def do_events(self):
        """One event for each permit of the gate."""
        self.reply(fields=[("Content-Type", "text/event-stream")], length=False)
        number = 0
        while True:
            self.request.sendall(b"data: %d\n\n" % number)
            number += 1
            if not self.origin.gate.acquire(timeout=10):
                return False

    def do_hold(self):
        self.origin.gate.acquire(timeout=10)
        self.reply(body=b"held")

    def do_silence(self):
        self.stream.rest()

    def do_cut(self):
        self.reply(fields=[("Content-Length", "100")], length=False)
        self.request.sendall(b"ten bytes.")
        return False

    def do_cut_chunked(self):
        self.reply(fields=[("Transfer-Encoding", "chunked")], length=False)
        self.request.sendall(b"a\r\nten bytes.\r\n")
        return False

    def do_broken(self):
        self.reply("500 Internal Server Error", body=b"broken")

    def do_hang_up(self):
        return False

    def do_once(self):
        """Answers, and closes though it did not say so."""
        self.origin.ending.add(self.request)
        self.reply(body=b"once")
        return False

    def do_once_held(self):
        """As do_once, but closes when the test says so."""
        self.do_once()
        self.origin.gate.acquire()
        return False

    def do_early(self):
        """Answers before it has read the content, and reads no more."""
        self.reply("413 Content Too Large", fields=[("Connection", "close")], body=b"too much")
        self.request.shutdown(socket.SHUT_WR)
        self.stream.rest()
        return False

    def do_hints(self):
        self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"
                             b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
        self.reply(body=b"hinted")

    def do_two_lengths(self):
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")

    def do_length_and_chunks(self):
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")

    def do_no_http(self):
        self.request.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

    def do_huge_head(self):
        self.reply(fields=[("X-Huge", "a" * 70_000)], body=b"x")

    def do_folded(self):
        self.request.sendall(b"HTTP/1.1 200 OK\nX-Folded: a\n  b\nContent-Length: 2\n\nok")

    def do_switch(self):
        self.request.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             b"Connection: Upgrade\r\n\r\n")

    def do_socket(self):
        """A WebSocket that sends back what it gets."""
        key = self.head.get("sec-websocket-key") or ""
        accept = base64.b64encode(hashlib.sha1(
            (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        if self.head.get("upgrade") != "websocket":
            self.reply("426 Upgrade Required")
            return
        self.request.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
                             .encode() + b"\x81\x05hello")
        while True:
            if not self.stream.held and not self.stream.more():
                return False
            data, self.stream.held = self.stream.held, b""
            self.request.sendall(data)
