"""A link that can be cut: carries bytes between whoever connects to its port and another port."""

import selectors
import socket
import threading


class ByteRelay:
    """While it is cut, nothing passes and nothing is closed: as where a cable was pulled."""

    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        self._flows.clear()

    def heal(self):
        self._flows.set()

    def lead_to(self, port):
        """Where new connections go from here on."""
        self._target = ("127.0.0.1", port)

    def _accept(self):
        while True:
            try:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._target)
            except OSError:
                if self._ended:
                    return
                continue
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near, far):
        with near, far, selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while not self._ended:
                for key, _ in selector.select(0.5):
                    self._flows.wait()
                    try:
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        self._flows.wait()
                        key.data.sendall(data)
                    except OSError:
                        return

    def stop(self):
        self._ended = True
        self._flows.set()
        self._listening.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
