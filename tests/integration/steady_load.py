"""Cleared visitors that keep asking, each on connections of its own, and remember every failure."""

import collections
import threading
import time

from raw_http import Stream, connect

PAUSE = 0.01  # Seconds between two requests of a visitor: a load that is steady, not heavy.


class Door:
    """Where visitors come in: an address, perhaps with TLS, and their clearance there."""

    def __init__(self, name, address, cookie, context=None):
        self.name, self.address, self.cookie, self.context = name, address, cookie, context

    def open(self):
        connection = connect(self.address)
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_hostname="example.test")
        return Stream(connection)

    def ask(self, keep):
        fields = f"Host: example.test\r\nCookie: {self.cookie}\r\n"
        fields += "" if keep else "Connection: close\r\n"
        return f"GET /private HTTP/1.1\r\n{fields}\r\n".encode()


class SteadyLoad:
    """For each door one visitor that keeps its connection and one that takes a new one each time."""

    def __init__(self, doors):
        self.failures = []
        self.answers = collections.Counter()  # By door and kind.
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._visit, args=(door, keep), daemon=True)
            for door in doors for keep in (True, False)]
        for thread in self._threads:
            thread.start()

    def _visit(self, door, keep):
        kind = f"{door.name} {'kept' if keep else 'fresh'}"
        stream, count = None, 0
        while not self._ending.is_set():
            try:
                if stream is None:
                    stream, count = door.open(), 0
                stream.send(door.ask(keep))
                head, _ = stream.response()
                count += 1
                if head.status != 200:
                    self.failures.append((time.monotonic(), kind, count, head.start))
                self.answers[kind] += 1
                if not keep or head.get("connection") == "close":
                    stream.close()
                    stream = None
            except (OSError, EOFError) as error:
                self.failures.append((time.monotonic(), kind, count, repr(error)))
                if stream is not None:
                    stream.close()
                stream = None
            self._ending.wait(PAUSE)
        if stream is not None:
            stream.close()

    def await_answers(self, more, limit=60):
        """Waits until each visitor has `more` answers than now."""
        goal = {kind: count + more for kind, count in self.answers.items()}
        end = time.monotonic() + limit
        while any(self.answers[kind] < count for kind, count in goal.items()) or \
                len(self.answers) < len(self._threads):
            if time.monotonic() > end:
                raise AssertionError(f"no answers: {self.answers} of {goal}; {self.failures}")
            time.sleep(0.005)

    def end(self):
        self._ending.set()
        for thread in self._threads:
            thread.join(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
