"""A listener that requires a PROXY header: who the client is, and what becomes of everyone else."""

import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from gateway_site import Site, clearance
from raw_http import DEADLINE, Stream, request

PROXY = 'address = "127.0.0.1:0"\nclient_address = "proxy"\ntrusted_peers = ["127.0.0.0/8"]'
STRANGER = 'address = "127.0.0.1:0"\nclient_address = "proxy"\ntrusted_peers = ["192.0.2.0/24"]'
UNIX = 'address = "unix:{}/proxy.sock"\nclient_address = "proxy"\ntrusted_peers = ["unix"]'
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
GET = b"GET /open HTTP/1.1\r\nHost: example.test\r\nX-Forwarded-For: 6.6.6.6\r\n" \
      b"X-Real-IP: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n\r\n"
HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")


def text_header(client="192.0.2.7"):
    family = "TCP6" if ":" in client else "TCP4"
    return f"PROXY {family} {client} {'::1' if ':' in client else '198.51.100.1'} 4660 80\r\n".encode()


def binary_header(client="192.0.2.7", extensions=b"", command=0x21):
    if ":" in client:
        family, addresses = 0x21, socket.inet_pton(socket.AF_INET6, client) + b"\0" * 15 + b"\1"
    else:
        family, addresses = 0x11, socket.inet_aton(client) + bytes([198, 51, 100, 1])
    body = addresses + struct.pack("!HH", 4660, 80) + extensions
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


def extension(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


class ProxyProtocolTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(listeners=(PROXY, STRANGER), limits='head_timeout = "1s"')
        cls.address, cls.untrusting = cls.site.stiled.addresses

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def refused(self, reason):
        _, text = request(self.site.stiled.metrics, "/metrics")
        for line in text.decode().splitlines():
            if line.startswith(f'stile_proxy_headers_refused_total{{reason="{reason}"}} '):
                return float(line.rpartition(" ")[2])
        return 0.0

    def seen(self, header, address=None):
        """What the origin learns of the client behind `header`: its address and scheme."""
        with Stream.to(address or self.address) as stream:
            stream.send(header + GET)
            self.assertEqual(stream.response()[0].status, 200)
        head = self.site.origin.last()
        return head.get("x-forwarded-for"), head.get("x-forwarded-proto")

    def expect_closed(self, data, reason, address=None):
        before = self.refused(reason)
        with Stream.to(address or self.address) as stream:
            try:
                stream.send(data)
                self.assertEqual(stream.rest(), b"")
            except (ConnectionResetError, BrokenPipeError):
                pass
        self.assertEqual(self.refused(reason), before + 1, reason)

    def test_client_is_the_one_that_the_header_names_and_no_field_changes_it(self):
        for header in (text_header, binary_header):
            for client in ("192.0.2.7", "2001:db8::7"):
                self.assertEqual(self.seen(header(client)), (client, "http"))

    def test_header_and_request_may_come_byte_by_byte(self):
        for header in (text_header(), binary_header(extensions=extension(1, b"h2"))):
            with Stream.to(self.address) as stream:
                stream.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in header + GET:
                    stream.send(bytes([byte]))
                self.assertEqual(stream.response()[0].status, 200)
            self.assertEqual(self.site.origin.last().get("x-forwarded-for"), "192.0.2.7")

    def test_client_that_the_proxy_does_not_know_is_unknown(self):
        before = self.site.metric("stile_client_ip_unknown_total")
        unknown = SIGNATURE + struct.pack("!BBH", 0x21, 0, 0)
        for header in (b"PROXY UNKNOWN\r\n", unknown):
            self.assertEqual(self.seen(header), (None, "http"))
        self.assertEqual(self.site.metric("stile_client_ip_unknown_total"), before + 2)

    def test_proxy_that_speaks_for_itself_is_its_own_client(self):
        self.assertEqual(self.seen(binary_header(command=0x20)), ("127.0.0.1", "http"))

    def test_tls_that_the_client_spoke_is_known(self):
        tls = extension(0x20, b"\x01\0\0\0\0" + extension(0x21, b"TLSv1.3"))
        self.assertEqual(self.seen(binary_header(extensions=tls)), ("192.0.2.7", "https"))

    def test_whole_connection_is_the_clients(self):
        with Stream.to(self.address) as stream:
            stream.send(text_header() + GET + GET)
            for _ in range(2):
                self.assertEqual(stream.response()[0].status, 200)
            # A second header is no request.
            stream.send(text_header("192.0.2.8") + GET)
            self.assertEqual(stream.response()[0].status, 400)

    def test_clearance_is_bound_to_the_client_of_the_header(self):
        fields = [("Accept", "text/html"), ("User-Agent", "proxy-test/1.0")]

        def ask(client, cookie):
            text = "".join(f"{name}: {value}\r\n" for name, value in
                           [*fields, ("Cookie", cookie)])
            with Stream.to(self.address) as stream:
                stream.send(text_header(client) +
                            f"GET /private HTTP/1.1\r\nHost: a.test\r\n{text}\r\n".encode())
                return stream.response()[0].status

        with Relay(self.address, text_header("192.0.2.7")) as relay:
            cookie = clearance(relay.address, fields[1:])
        self.assertEqual(ask("192.0.2.8", cookie), 200)  # Of the same prefix.
        self.assertEqual(ask("198.51.100.7", cookie), 403)

    def test_plain_http_is_closed_without_a_word(self):
        self.expect_closed(GET, "signature")
        self.expect_closed(b"\x16\x03\x01\x02\x00", "signature")

    def test_header_of_an_untrusted_peer_is_not_read(self):
        self.expect_closed(text_header() + GET, "untrusted-peer", self.untrusting)
        self.expect_closed(GET, "untrusted-peer", self.untrusting)

    def test_malformed_header_is_closed(self):
        self.expect_closed(b"PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n" + GET, "address")
        self.expect_closed(b"PROXY TCP9 192.0.2.7 198.51.100.1 1 2\r\n" + GET, "family")
        self.expect_closed(b"PROXY UNKNOWN " + b"x" * 200, "too-long")
        self.expect_closed(SIGNATURE + b"\x31\x11\0\x0c" + b"\0" * 12 + GET, "version")
        self.expect_closed(SIGNATURE + b"\x2f\x11\0\x0c" + b"\0" * 12 + GET, "command")
        self.expect_closed(SIGNATURE + b"\x21\x11\xff\xff" + b"\0" * 12, "too-long")
        self.expect_closed(binary_header(extensions=b"\x01\x00\x09h2") + GET, "extension")

    def test_header_that_does_not_come_in_time_is_closed(self):
        timeouts = self.site.metric("stile_timeouts_total")
        self.expect_closed(b"PROXY TCP4 192.0", "incomplete")
        self.expect_closed(b"", "incomplete")
        self.assertEqual(self.site.metric("stile_timeouts_total"), timeouts + 2)

    def test_header_cut_short_is_closed(self):
        before = self.refused("incomplete")
        with Stream.to(self.address) as stream:
            stream.send(binary_header()[:20])
            stream.connection.shutdown(socket.SHUT_WR)
            self.assertEqual(stream.rest(), b"")
        self.assertEqual(self.refused("incomplete"), before + 1)

    def test_connection_that_says_nothing_counts_as_no_refusal(self):
        before = self.site.metric("stile_proxy_headers_refused_total")
        with Stream.to(self.address) as stream:
            stream.connection.shutdown(socket.SHUT_WR)
            self.assertEqual(stream.rest(), b"")
        self.assertEqual(self.site.metric("stile_proxy_headers_refused_total"), before)

    def test_connections_are_all_given_back(self):
        for data in (GET, text_header() + GET, b"PROXY TCP4 x"):
            with Stream.to(self.address) as stream:
                stream.send(data)
        end = time.monotonic() + DEADLINE
        while self.site.metric("stile_connections") != 0:
            self.assertLess(time.monotonic(), end, "connections stay open")
            time.sleep(0.01)

    def test_unix_socket_takes_headers_too(self):
        with tempfile.TemporaryDirectory() as folder, \
                Site(listeners=(UNIX.format(folder),)) as site:
            with Stream.to(site.address) as stream:
                stream.send(text_header() + GET)
                self.assertEqual(stream.response()[0].status, 200)
            self.assertEqual(site.origin.last().get("x-forwarded-for"), "192.0.2.7")


class Relay:
    """Puts a PROXY header before whatever a client says, one connection after the other."""

    def __init__(self, target, header):
        self._target, self._header = target, header
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = self._server.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client, socket.create_connection(self._target, DEADLINE) as upstream:
                upstream.sendall(self._header)
                back = threading.Thread(target=self._copy, args=(upstream, client), daemon=True)
                back.start()
                self._copy(client, upstream)
                back.join(DEADLINE)

    @staticmethod
    def _copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(DEADLINE)


@unittest.skipIf(HAPROXY is None, "haproxy is not installed")
class HaproxyTest(unittest.TestCase):
    """The real one in front, in TCP mode, as a load balancer would be."""

    def expect_client(self, option):
        with Site(listeners=(PROXY,)) as site, tempfile.TemporaryDirectory() as folder:
            host, port = site.address
            front = os.path.join(folder, "front.sock")
            config = pathlib.Path(folder, "haproxy.cfg")
            config.write_text(
                "global\n maxconn 50\ndefaults\n mode tcp\n timeout connect 5s\n timeout client 30s\n"
                f" timeout server 30s\nfrontend f\n bind {front} accept-proxy\n default_backend b\n"
                f"backend b\n server s {host}:{port} {option}\n")
            haproxy = subprocess.Popen([HAPROXY, "-db", "-f", str(config)],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                end = time.monotonic() + DEADLINE
                while not os.path.exists(front):
                    self.assertIsNone(haproxy.poll(), "haproxy ended")
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.01)
                with Stream.to(front) as stream:
                    stream.send(text_header("203.0.113.77") + GET)
                    self.assertEqual(stream.response()[0].status, 200)
                self.assertEqual(site.origin.last().get("x-forwarded-for"), "203.0.113.77")
                self.assertEqual(site.origin.last().get("x-forwarded-proto"), "http")
            finally:
                haproxy.kill()
                haproxy.wait(DEADLINE)

    def test_version_1_of_haproxy_names_the_client(self):
        self.expect_client("send-proxy")

    def test_version_2_of_haproxy_names_the_client(self):
        self.expect_client("send-proxy-v2 proxy-v2-options unique-id,crc32c,authority")


if __name__ == "__main__":
    unittest.main()
