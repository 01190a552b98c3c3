"""The load of a drill, in a process of its own: `load.py` reads what to do from standard input.

Open loop: requests are sent when they are due, whatever has become of those before, so that an
outage can't slow down what measures it. Each request is one line of the record: when it was sent,
who sent it, through which door, the status (0: refused, reset or cut; -1: no answer in time), the
milliseconds until the whole answer was there, and the rule that answered, where a door tells.
Beside it stands by how many milliseconds this process itself came late each time it had to send:
nobody but the machine is to blame for that.
"""

import heapq
import json
import pathlib
import selectors
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "integration"))

from visitors import Crowd

PATIENCE = 10.0   # Seconds that a visitor waits.
NO_ANSWER, CUT = -1, 0


class Door:
    """Where requests go: `kind` is gateway or check."""

    def __init__(self, number, kind, address):
        self.number, self.kind = number, kind
        self.address = tuple(address) if isinstance(address, list) else address
        self.idle = []

    def request(self, address, agent, cookie, path):
        lines = [f"X-Real-IP: {address}", f"User-Agent: {agent}"]
        if cookie is not None:
            lines.append(f"Cookie: {cookie}")
        if self.kind == "gateway":
            start = [f"GET {path} HTTP/1.1", "Host: example.test"]
        else:
            start = ["GET /check HTTP/1.1", "Host: check", "X-Forwarded-Method: GET",
                     f"X-Forwarded-Uri: {path}", "X-Forwarded-Host: example.test",
                     "X-Forwarded-Proto: http"]
        return ("\r\n".join(start + lines) + "\r\n\r\n").encode("latin-1")


class Visit:
    """One request on a connection that may serve another one afterwards."""

    def __init__(self, load, door, kind, data):
        self.load, self.door, self.kind = load, door, kind
        self.sent = time.monotonic()
        self.out, self.held, self.need, self.status = data, b"", None, 0
        self.rule, self.open = "", True
        connection = door.idle.pop() if door.idle else None
        self.fresh = connection is None
        if connection is None:
            family = socket.AF_UNIX if isinstance(door.address, str) else socket.AF_INET
            connection = socket.socket(family)
            connection.setblocking(False)
            try:
                connection.connect(door.address)
            except BlockingIOError:
                pass
            except OSError:
                self.connection = connection
                self.end(CUT, keep=False)
                return
            load.selector.register(connection, selectors.EVENT_WRITE, self)
        else:
            load.selector.modify(connection, selectors.EVENT_WRITE, self)
        self.connection = connection

    def ready(self, mask):
        try:
            if mask & selectors.EVENT_WRITE:
                self.out = self.out[self.connection.send(self.out):]
                if not self.out:
                    self.load.selector.modify(self.connection, selectors.EVENT_READ, self)
            if mask & selectors.EVENT_READ:
                data = self.connection.recv(65536)
                if not data:
                    self.end(CUT, keep=False)
                    return
                self.held += data
                self.parse()
        except BlockingIOError:
            pass
        except OSError:
            self.end(CUT, keep=False)

    def parse(self):
        if self.need is None:
            head, mark, rest = self.held.partition(b"\r\n\r\n")
            if not mark:
                return
            self.held, self.need, self.keep = rest, 0, True
            lines = head.decode("latin-1").split("\r\n")
            self.status = int(lines[0].split()[1])
            for line in lines[1:]:
                name, _, value = line.partition(":")
                name = name.lower()
                if name == "content-length":
                    self.need = int(value)
                elif name == "connection" and "close" in value.lower():
                    self.keep = False
                elif name == "x-stile-rule":
                    self.rule = value.strip()
        if len(self.held) >= self.need:
            self.end(self.status, keep=self.keep)

    def end(self, status, keep):
        if not self.open:
            return
        self.open = False
        self.load.note(self, status)
        if keep:
            self.load.selector.modify(self.connection, selectors.EVENT_READ, self.door)
            self.door.idle.append(self.connection)
        else:
            self.load.drop(self.connection)


class Load:
    def __init__(self, spec):
        self.selector = selectors.DefaultSelector()
        self.doors = [Door(i, kind, address) for i, (kind, address) in enumerate(spec["doors"])]
        self.crowd = Crowd(bytes.fromhex(spec["secret"]), spec["seed"], **spec["minted"])
        self.path, self.rate = spec["path"], spec["rate"]
        self.records, self.waiting, self.late, self.count = [], [], [], 0
        self.begun = time.monotonic()

    def note(self, visit, status):
        now = time.monotonic()
        self.records.append((round(visit.sent, 4), visit.kind, visit.door.number, status,
                             round((now - visit.sent) * 1e3, 2), visit.rule))

    def drop(self, connection):
        try:
            self.selector.unregister(connection)
        except (KeyError, ValueError):
            pass
        connection.close()

    def send(self):
        door = self.doors[self.count % len(self.doors)]
        kind, address, agent, cookie = self.crowd.next()
        visit = Visit(self, door, kind, door.request(address, agent, cookie, self.path))
        self.count += 1
        heapq.heappush(self.waiting, (visit.sent + PATIENCE, self.count, visit))

    def run(self, told):
        """Until `told` (standard input) says that it is over."""
        self.selector.register(told, selectors.EVENT_READ, None)
        due, paused, told_so = time.monotonic(), False, True
        while True:
            now = time.monotonic()
            if not paused and due <= now:
                self.late.append((round(now, 4), round((now - due) * 1e3, 2)))
            while not paused and due <= now:
                self.send()
                due += 1 / self.rate
            while self.waiting and (not self.waiting[0][2].open or self.waiting[0][0] <= now):
                heapq.heappop(self.waiting)[2].end(NO_ANSWER, keep=False)
            if paused and not told_so and not any(visit.open for _, _, visit in self.waiting):
                print("paused", flush=True)
                told_so = True
            for key, mask in self.selector.select(0.05 if paused else max(0.0, due - now)):
                if key.data is None:
                    word = told.readline().strip()
                    if word == b"pause":
                        paused, told_so = True, False
                    elif word == b"go":
                        paused, due = False, time.monotonic()
                    elif word.startswith(b"{"):
                        self.doors = [Door(i, kind, address) for i, (kind, address) in
                                      enumerate(json.loads(word)["doors"])]
                    else:
                        return
                elif isinstance(key.data, Door):
                    # An idle connection that the server closes, as it may.
                    if key.fileobj in key.data.idle:
                        key.data.idle.remove(key.fileobj)
                    self.drop(key.fileobj)
                else:
                    key.data.ready(mask)

    def finish(self):
        """Waits for what is under way."""
        end = time.monotonic() + PATIENCE
        while any(entry[2].open for entry in self.waiting) and time.monotonic() < end:
            for key, mask in self.selector.select(0.05):
                if isinstance(key.data, Visit):
                    key.data.ready(mask)
                elif isinstance(key.data, Door):
                    if key.fileobj in key.data.idle:
                        key.data.idle.remove(key.fileobj)
                    self.drop(key.fileobj)
                else:
                    self.selector.unregister(key.fileobj)
        for entry in self.waiting:
            entry[2].end(NO_ANSWER, keep=False)


def serve_origin():
    """The website behind the gateway, until standard input ends."""
    from origin import Origin

    origin = Origin(default="page")
    print(origin.port, flush=True)
    sys.stdin.read()


def main():
    if sys.argv[1:] == ["origin"]:
        serve_origin()
        return
    told = open(0, "rb", buffering=0)
    load = Load(json.loads(told.readline()))
    print("ready", flush=True)
    load.run(told)
    load.finish()
    json.dump({"records": load.records, "late": load.late}, sys.stdout)


if __name__ == "__main__":
    main()
