"""Clients that keep a server waiting, many at once, on one thread."""

import pathlib
import selectors
import socket
import threading
import time

from raw_http import request

HEAD = b"GET /open/fields HTTP/1.1\r\nHost: a\r\nX-Slow: "
BODY = b"POST /open/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
READ = b"GET /open/big HTTP/1.1\r\nHost: a\r\n\r\n"
KINDS = {"head": HEAD, "body": BODY, "reader": READ}


def resident(pid):
    """Bytes of physical memory."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


class SlowClients:
    """`count` clients of one kind: each sends the beginning of a request, then a byte now and then,
    or none where it is the answer that it is slow to read.

    `cut_after` has the seconds after which each was noticed to be cut.
    """

    def __init__(self, address, kind, count):
        self.kind, self.begun, self.cut_after = kind, time.monotonic(), []
        self._selector = selectors.DefaultSelector()
        for _ in range(count):
            client = socket.socket()
            if kind == "reader":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect(address)
            client.sendall(KINDS[kind])
            client.setblocking(False)
            self._selector.register(client, selectors.EVENT_READ)

    def left(self):
        return len(self._selector.get_map())

    def drip(self):
        """One byte of each that is left, to the server or from it."""
        for key in list(self._selector.get_map().values()):
            try:
                if self.kind != "reader":
                    key.fileobj.send(b"a")
                elif key.fileobj.recv(1):
                    continue
                else:
                    self._end(key.fileobj)
            except BlockingIOError:
                pass
            except OSError:
                self._end(key.fileobj)
        if self.kind == "reader":
            return
        for key, _ in self._selector.select(0):
            try:
                if not key.fileobj.recv(4096):
                    self._end(key.fileobj)
            except OSError:
                self._end(key.fileobj)

    def _end(self, client):
        self.cut_after.append(time.monotonic() - self.begun)
        self._selector.unregister(client)
        client.close()

    def close(self):
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()


class HonestClient:
    """One request after the other until told to stop."""

    def __init__(self, address):
        self.seconds, self.failed = [], []
        self._address, self._stopped = address, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stopped.is_set():
            begin = time.monotonic()
            try:
                head, body = request(self._address, "/open/fields")
                if (head.status, body) != (200, b"ok"):
                    self.failed.append(head.start)
            except (OSError, EOFError) as error:
                self.failed.append(repr(error))
            self.seconds.append(time.monotonic() - begin)

    def stop(self):
        self._stopped.set()
        self._thread.join()
