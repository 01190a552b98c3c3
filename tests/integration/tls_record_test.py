"""What clients can do to a TLS listener with records of their own making: nothing that lasts."""

import contextlib
import threading
import time
import unittest

from certificates import Authority
from gateway_site import POLICY, STILED, TCP, config
from raw_http import DEADLINE
from record_client import APPLICATION_DATA, HANDSHAKE, RecordClient
from stiled_process import StiledProcess

LIMITS = 'head_timeout = "1s"\nbody_timeout = "1s"'
CLIENTS = 60             # At once.
KEPT = 24 * 1024         # Bytes that a client which is gone may have left, on average.
HALF_KEY_UPDATE = b"\x18\x00\x00\x01"


class TlsRecordTest(unittest.TestCase):
    def setUp(self):
        self.authority = Authority()
        self.addCleanup(self.authority.close)
        certificate, key = self.authority.make("a.test")
        listener = f'{TCP}\ntls = {{ certificate = "a.pem", key = "a.key" }}'
        self.stiled = StiledProcess(
            STILED, config("http://127.0.0.1:1", [listener], limits=LIMITS),
            {"policy.toml": POLICY, "a.pem": certificate, "a.key": key})
        self.addCleanup(self.stiled.stop)

    def client(self):
        return RecordClient(self.stiled.addresses[0], self.authority, "a.test")

    def test_pieces_of_records_up_to_the_deadline_end_their_connection_alone(self):
        """The last piece is read after the connection was closed for its deadline."""
        def pester():
            with contextlib.suppress(OSError), contextlib.closing(self.client()) as client:
                client.send(APPLICATION_DATA, b"no request\r\n\r\n")  # Refused, and listened to.
                end = time.monotonic() + 2.8
                while time.monotonic() < end:
                    first, second = (client.record(APPLICATION_DATA, b"y") for _ in range(2))
                    client.socket.sendall(first + second[:5])
                    time.sleep(0.0001)
                    client.socket.sendall(second[5:])
                    time.sleep(0.0003)
        for _ in range(2):
            threads = [threading.Thread(target=pester) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(DEADLINE)
            self.assertTrue(self.stiled.running())
        self.client().close()

    def leave_half_a_key_update(self):
        """Clients whose 408 can't be written, since a handshake message of theirs isn't whole."""
        clients = []
        left = 0
        for _ in range(CLIENTS):
            clients.append(self.client())
            # On a machine that stands still for a second the deadline may come first.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                clients[-1].send(APPLICATION_DATA, b"GET / HTTP/1.1\r\nX: " + b"a" * 9000)
                clients[-1].send(HANDSHAKE, HALF_KEY_UPDATE)
                left += 1
        self.assertGreater(left, CLIENTS // 2)
        end = time.monotonic() + DEADLINE
        while self.stiled.metric("stile_connections") > 0:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        for client in clients:
            client.close()

    def test_half_a_key_update_leaves_nothing_behind(self):
        self.leave_half_a_key_update()  # What is kept for the next ones is kept from now on.
        before = self.stiled.peak_memory()
        rounds = 3
        for _ in range(rounds):
            self.leave_half_a_key_update()
        self.assertLess(self.stiled.peak_memory() - before, rounds * CLIENTS * KEPT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
