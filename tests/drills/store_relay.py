"""The way to a Redis, and all that can go wrong on it."""

import pathlib
import socket
import tempfile
import threading
import time

MODES = ("pass", "refuse", "hole", "slow", "garbage", "closing")


class StoreRelay:
    """Listens on `path`, a unix socket, and does to each connection what `mode` says.

    pass: carries bytes to `target`. refuse: nobody listens. hole: takes everything and answers
    nothing. slow: answers come five seconds late. garbage: answers what is no Redis. closing: takes
    a connection and closes it. `arrivals` are the times of all connections.
    """

    def __init__(self, target):
        self._scratch = tempfile.TemporaryDirectory(prefix="drill-store-")
        self.path = str(pathlib.Path(self._scratch.name) / "store.sock")
        self._target, self.mode, self.arrivals = target, "pass", []
        self._open, self._lock, self._listening = set(), threading.Lock(), None
        self._listen()

    def _listen(self):
        pathlib.Path(self.path).unlink(missing_ok=True)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self.path)
        self._listening.listen(256)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def become(self, mode):
        """From now on; connections that there are end, but in `hole` and `slow` they go on."""
        assert mode in MODES
        before, self.mode = self.mode, mode
        if before == "refuse" and mode != "refuse":
            self._listen()
        if mode == "refuse":
            self._listening.close()
            pathlib.Path(self.path).unlink(missing_ok=True)
        if mode not in ("hole", "slow"):
            with self._lock:
                for connection in self._open:
                    try:
                        connection.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

    def _accept(self, listening):
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            self.arrivals.append(time.monotonic())
            if self.mode == "closing":
                near.close()
                continue
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        try:
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._target)
        except OSError:
            near.close()
            return
        with self._lock:
            self._open |= {near, far}
        threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()
        self._carry(near, far, False)
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()

    def _carry(self, source, to, is_answer):
        try:
            while data := source.recv(65536):
                if self.mode == "hole":
                    continue
                if self.mode == "slow" and is_answer:
                    time.sleep(5)
                if self.mode == "garbage" and is_answer:
                    data = b"HTTP/1.1 200 OK\r\n\r\n" + data[::-1]
                to.sendall(data)
        except OSError:
            pass
        for connection in (source, to):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        if self.mode != "refuse":
            self.become("refuse")
        self._scratch.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
