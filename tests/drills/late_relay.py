"""What a drill puts in stiled's place before a proxy, so that every answer comes late."""

import os
import pathlib
import queue
import socket
import threading
import time


def is_path(address):
    return isinstance(address, str)


class LateRelay:
    """Listens on `near` and carries bytes to `far`; answers are held back for `delay` seconds.

    Both are what socket.connect takes: a path, or host and port. `delay` may be set at any time and
    holds for what arrives from then on; answers of one connection keep their order.
    """

    def __init__(self, near, far):
        self.delay, self._far = 0.0, far
        self._open, self._lock = set(), threading.Lock()
        self._path = pathlib.Path(near) if is_path(near) else None
        self._listening = socket.socket(socket.AF_UNIX if self._path else socket.AF_INET)
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind(near)
        if self._path:
            os.chmod(near, 0o666)  # A proxy may run as somebody else.
        self._listening.listen(256)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        far = socket.socket(socket.AF_UNIX if is_path(self._far) else socket.AF_INET)
        with self._lock:
            self._open |= {near, far}
        try:
            far.connect(self._far)
            held = queue.SimpleQueue()
            threads = [threading.Thread(target=work, args=arguments, daemon=True)
                       for work, arguments in ((self._hold, (far, held)), (_release, (held, near)))]
            for thread in threads:
                thread.start()
            while data := near.recv(65536):
                far.sendall(data)
        except OSError:
            pass
        _end(far)
        _end(near)
        with self._lock:
            self._open -= {near, far}

    def _hold(self, far, held):
        try:
            while data := far.recv(65536):
                held.put((time.monotonic() + self.delay, data))
        except OSError:
            pass
        held.put((time.monotonic() + self.delay, b""))

    def stop(self):
        _end(self._listening)
        self._listening.close()
        with self._lock:
            for connection in self._open:
                _end(connection)
        if self._path:
            self._path.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _release(held, near):
    """Sends what is held once its time has come; an empty piece is the end."""
    while True:
        due, data = held.get()
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            if data:
                near.sendall(data)
                continue
        except OSError:
            pass
        _end(near)
        return


def _end(connection):
    """Wakes whoever waits for it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
