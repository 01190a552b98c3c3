"""A TLS 1.3 client that writes records of its own making once the handshake is done."""

import hashlib
import hmac
import os
import socket
import ssl
import struct
import tempfile

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from raw_http import DEADLINE

APPLICATION_DATA, HANDSHAKE = 23, 22
TAG = 16


def _expand(secret, label, size):
    """HKDF-Expand-Label of RFC 8446 section 7.1 with an empty context."""
    label = b"tls13 " + label
    info = struct.pack(">HB", size, len(label)) + label + b"\0"
    out = block = b""
    number = 1
    while len(out) < size:
        block = hmac.new(secret, block + info + bytes([number]), hashlib.sha384).digest()
        out, number = out + block, number + 1
    return out[:size]


class RecordClient:
    def __init__(self, address, authority, name):
        self.socket = socket.create_connection(address, DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        handle, path = tempfile.mkstemp()
        os.close(handle)
        try:
            context = authority.context(ssl.TLSVersion.TLSv1_3)
            context.keylog_filename = path
            self._shake_hands(context, name)
            with open(path, encoding="ascii") as log:
                secrets = dict(line.split()[0::2] for line in log if not line.startswith("#"))
        finally:
            os.unlink(path)
        secret = bytes.fromhex(secrets["CLIENT_TRAFFIC_SECRET_0"])
        self._key = AESGCM(_expand(secret, b"key", 32))
        self._iv = _expand(secret, b"iv", 12)
        self._sent = 0

    def _shake_hands(self, context, name):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.socket.sendall(outgoing.read())
                received = self.socket.recv(65536)
                assert received, "closed in the handshake"
                incoming.write(received)
        self.socket.sendall(outgoing.read())
        assert tls.cipher()[0] == "TLS_AES_256_GCM_SHA384", tls.cipher()

    def record(self, kind, body):
        """One record of the next number, to be sent whole or in pieces."""
        inner = body + bytes([kind])
        head = b"\x17\x03\x03" + struct.pack(">H", len(inner) + TAG)
        nonce = bytes(a ^ b for a, b in zip(self._iv, self._sent.to_bytes(12, "big")))
        self._sent += 1
        return head + self._key.encrypt(nonce, inner, head)

    def send(self, kind, body):
        self.socket.sendall(self.record(kind, body))

    def close(self):
        self.socket.close()
