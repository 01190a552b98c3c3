"""A name server for tests: says what it is told to, over UDP on loopback, and counts the questions."""

import ipaddress
import socket
import struct
import threading

_TYPES = {1: "A", 12: "PTR", 28: "AAAA"}
NXDOMAIN, SERVFAIL = 3, 2


def _encode(name):
    labels = name.rstrip(".").split(".")
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def reverse(address):
    return ipaddress.ip_address(address).reverse_pointer


class DnsServer:
    """`answers` maps (name in lower case, type) to a list of texts, or to a response code.

    What isn't there does not exist. While `silent` is set nothing is answered.
    """

    def __init__(self):
        self.answers, self.asked, self.silent = {}, [], False
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def tell(self, address, names, forward=None):
        """`address` has `names`; `forward` maps names to the addresses that they have."""
        self.answers[(reverse(address), "PTR")] = names
        for name, addresses in (forward or {}).items():
            for kind, version in (("A", 4), ("AAAA", 6)):
                known = [a for a in addresses if ipaddress.ip_address(a).version == version]
                if known:
                    self.answers[(name.rstrip(".").lower(), kind)] = known

    def count(self, name, kind):
        with self._lock:
            return self.asked.count((name.rstrip(".").lower(), kind))

    def stop(self):
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(2048)
            if not query:
                return
            at, labels = 12, []
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
                at += 1 + query[at]
            kind, _ = struct.unpack(">HH", query[at + 1:at + 5])
            key = (".".join(labels), _TYPES.get(kind))
            with self._lock:
                self.asked.append(key)
            if not self.silent:
                self._socket.sendto(self._reply(query, query[12:at + 5], key, kind), client)

    def _reply(self, query, question, key, kind):
        found = self.answers.get(key, NXDOMAIN)
        code = found if isinstance(found, int) else 0
        texts = [] if isinstance(found, int) else found
        records = b""
        for text in texts:
            data = _encode(text) if kind == 12 else ipaddress.ip_address(text).packed
            records += struct.pack(">HHHIH", 0xC00C, kind, 1, 60, len(data)) + data
        flags = 0x8180 | code
        return query[:2] + struct.pack(">HHHHH", flags, 1, len(texts), 0, 0) + question + records
