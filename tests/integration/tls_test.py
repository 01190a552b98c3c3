"""Listeners that speak TLS: their handshakes and certificates, and what plain ones do, through it."""

import contextlib
import hashlib
import json
import os
import pathlib
import select
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
import warnings

from certificates import Authority, expired
from gateway_site import SOLVE, STILED, TCP, Site, config
from origin import BIG, PIECE, Origin
from raw_http import DEADLINE, Stream, request
from stiled_process import StiledProcess, key_file

STILE = os.environ.get("STILE", "stile")
ONE = 'tls = { certificate = "a.pem", key = "a.key" }'
TWO = ('tls = [{ certificate = "a.pem", key = "a.key" }, '
       '{ certificate = "b.pem", key = "b.key" }]')
LOOPBACK = 'trusted_peers = ["127.0.0.0/8"]'
GATEWAY = f"{TCP}\n{TWO}"
PROXY = f'{TCP}\nclient_address = "proxy"\n{LOOPBACK}\n{ONE}'
CHECK = f'{TCP}\nmode = "check"\nclient_address = "x-real-ip"\n{LOOPBACK}\n{ONE}'
FORWARD_AUTH = f'{TCP}\nmode = "forward-auth"\nclient_address = "x-real-ip"\n{LOOPBACK}\n{ONE}'
BIG_DIGEST = hashlib.sha256(PIECE * (BIG // len(PIECE))).hexdigest()
FLAT = 12 * 1024 * 1024   # What 50 MB on their way may add to the process.
IDLE = 200                # Connections whose memory is looked at,
IDLE_BYTES = 100 * 1024   # and the most that each may take.
GET = b"GET /open/echo HTTP/1.1\r\nHost: a\r\n\r\n"


class TlsCase(unittest.TestCase):
    """Starts `LISTENERS` once, with certificates for a.test and for *.b.test."""

    LISTENERS = (GATEWAY,)
    LIMITS = ""

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)
        files = {}
        files["a.pem"], files["a.key"] = cls.authority.make("a.test")
        files["b.pem"], files["b.key"] = cls.authority.make("*.b.test", "b.test", rsa=True)
        cls.site = Site(listeners=cls.LISTENERS, limits=cls.LIMITS, files=files)
        cls.addClassCleanup(cls.site.close)
        cls.stiled, cls.address = cls.site.stiled, cls.site.address

    def connect(self, context=None, name="a.test", address=None, before=b"", session=None,
                whole=False):
        """A stream through TLS. `before` goes ahead of it; `whole`: an end that is cut raises."""
        plain = socket.create_connection(address or self.address, DEADLINE)
        self.addCleanup(plain.close)
        if before:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)  # In one with what follows.
            plain.sendall(before)
        context = context or self.authority.context()
        secure = context.wrap_socket(plain, server_hostname=name, session=session,
                                     suppress_ragged_eofs=not whole)
        if before:
            secure.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        self.addCleanup(secure.close)
        return Stream(secure)

    def ask(self, target="/open/echo", method="GET", fields=(), body=b"", **options):
        lines = [f"{method} {target} HTTP/1.1", "Host: example.test", "Connection: close",
                 *(f"{name}: {value}" for name, value in fields)]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        with self.connect(**options) as stream:
            stream.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            return stream.response()

    def failures(self, reason):
        name = f'stile_tls_handshake_failures_total{{reason="{reason}"}}'
        return self.stiled.samples().get(name, 0.0)

    def refused(self, reason, **options):
        """A handshake fails, and is counted as `reason`. Returns what the client saw."""
        before = self.failures(reason)
        with self.assertRaises((ssl.SSLError, ConnectionError)) as seen:
            self.connect(**options)
        self.assertEqual(self.failures(reason), before + 1)
        return str(seen.exception)

    def serial(self, **options):
        with self.connect(**options) as stream:
            return int(stream.connection.getpeercert()["serialNumber"], 16)

    def replace(self, *names, rsa=False):
        """Puts another certificate in the place of the first."""
        certificate, key = self.authority.make(*names, rsa=rsa)
        (self.stiled.folder / "a.pem").write_bytes(certificate)
        (self.stiled.folder / "a.key").write_bytes(key)

    def reload(self, outcome="reloaded"):
        seen = sum(event["event"] == outcome for event in self.stiled.events)
        self.stiled.signal(signal.SIGHUP)
        return self.stiled.wait_for(outcome, seen + 1)


class HandshakeTest(TlsCase):
    LIMITS = 'head_timeout = "1s"'

    def test_tls_1_3_and_1_2_are_spoken(self):
        for version, name in ((ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
                              (ssl.TLSVersion.TLSv1_2, "TLSv1.2")):
            with self.connect(self.authority.context(version)) as stream:
                self.assertEqual(stream.connection.version(), name)
                head, _ = stream.send(GET).response()
                self.assertEqual(head.status, 200)

    def test_tls_1_1_is_refused(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context = self.authority.context(ssl.TLSVersion.TLSv1_1)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        self.assertIn("ALERT_PROTOCOL_VERSION", self.refused("version", context=context))

    def test_ciphers_without_forward_secrecy_are_refused(self):
        context = self.authority.context(ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("AES128-GCM-SHA256")
        self.assertIn("HANDSHAKE_FAILURE", self.refused("cipher", context=context))

    def test_certificate_is_that_of_the_name_that_the_client_asks_for(self):
        for asked, has in (("a.test", "a.test"), ("b.test", "*.b.test"), ("B.TEST", "*.b.test"),
                           ("www.b.test", "*.b.test")):
            with self.connect(name=asked) as stream:
                names = stream.connection.getpeercert()["subjectAltName"]
                self.assertIn(("DNS", has), names)

    def test_a_name_that_no_certificate_has_gets_the_first(self):
        context = self.authority.context()
        context.check_hostname = False
        for name in ("unknown.test", "deep.www.b.test", None):
            with self.connect(context, name=name) as stream:
                names = stream.connection.getpeercert()["subjectAltName"]
                self.assertEqual(names, (("DNS", "a.test"),))

    def test_http_1_1_is_the_protocol_of_whoever_offers_it(self):
        for offered, spoken in ((["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"),
                                (None, None)):
            context = self.authority.context(protocols=offered)
            for name in ("a.test", "www.b.test"):
                with self.connect(context, name=name) as stream:
                    self.assertEqual(stream.connection.selected_alpn_protocol(), spoken)

    def test_client_of_other_protocols_alone_is_refused(self):
        context = self.authority.context(protocols=["h2"])
        self.assertIn("alert no application protocol", self.refused("protocol", context=context))

    def test_client_that_does_not_trust_us_is_counted(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # Trusts nobody.
        before = self.failures("alert")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.connect(context)
        self.await_failure("alert", before)

    def await_failure(self, reason, before):
        """Waits until the service has counted what the client has seen already."""
        end = threading.Event()
        for _ in range(DEADLINE * 20):
            if self.failures(reason) == before + 1:
                return
            end.wait(0.05)
        self.fail(f"no failure was counted as {reason}")

    def test_half_a_handshake_is_closed_after_the_head_timeout(self):
        before = self.failures("timeout")
        with Stream.to(self.address) as stream:
            stream.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            self.assertEqual(stream.rest(), b"")
        self.assertEqual(self.failures("timeout"), before + 1)

    def test_garbage_is_counted_and_closed(self):
        before = self.failures("malformed")
        with Stream.to(self.address) as stream:
            stream.send(b"\0" * 600)
            try:
                self.assertNotIn(b"HTTP", stream.rest())
            except ConnectionResetError:
                pass
        self.assertEqual(self.failures("malformed"), before + 1)

    def test_client_that_goes_in_the_middle_is_counted(self):
        before = self.failures("closed")
        with Stream.to(self.address) as stream:
            stream.send(b"\x16\x03\x01\x02\x00\x01\x00")
            stream.connection.shutdown(socket.SHUT_WR)
            stream.rest()
        self.assertEqual(self.failures("closed"), before + 1)

    def test_client_that_says_nothing_is_not_counted(self):
        before = self.stiled.metric("stile_tls_handshake_failures_total")
        with Stream.to(self.address) as stream:
            stream.connection.shutdown(socket.SHUT_WR)
            stream.rest()
        self.assertEqual(self.stiled.metric("stile_tls_handshake_failures_total"), before)

    def test_plain_http_is_told_to_speak_tls(self):
        before = self.failures("plain-http")
        head, body = request(self.address, "/open/echo")
        self.assertEqual((head.status, head.get("connection")), (400, "close"))
        self.assertIn(b"this port speaks TLS", body)
        self.assertEqual(self.failures("plain-http"), before + 1)

    def test_renegotiation_is_refused(self):
        host, port = self.address
        run = subprocess.run(
            ["openssl", "s_client", "-tls1_2", "-connect", f"{host}:{port}", "-CAfile",
             self.authority.folder / "ca.pem"], input=b"R\n", capture_output=True, timeout=DEADLINE)
        self.assertIn(b"RENEGOTIATING", run.stdout + run.stderr)
        self.assertIn(b"no renegotiation", run.stdout + run.stderr)

    def test_session_is_resumed_also_by_the_next_certificate(self):
        for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            context = self.authority.context(version)
            with self.connect(context) as stream:
                stream.send(GET).response()
                session = stream.connection.session
            self.replace("a.test")
            self.reload()
            before = self.stiled.metric("stile_tls_resumed_total")
            with self.connect(context, session=session) as stream:
                self.assertTrue(stream.connection.session_reused)
                head, _ = stream.send(GET).response()
                self.assertEqual(head.status, 200)
            self.assertEqual(self.stiled.metric("stile_tls_resumed_total"), before + 1)


class ThroughTlsTest(TlsCase):
    LISTENERS = (GATEWAY, PROXY, CHECK, FORWARD_AUTH)

    def test_requests_are_https(self):
        _, body = self.ask()
        self.assertEqual(dict(json.loads(body)["fields"])["x-forwarded-proto"], "https")
        _, body = self.ask(fields=[("X-Forwarded-Proto", "http")])
        self.assertEqual(dict(json.loads(body)["fields"])["x-forwarded-proto"], "https")

    def test_clearance_is_a_secure_cookie_and_clears(self):
        _, body = self.ask("/.stile/challenge", fields=[("Accept", "application/json")])
        challenge = json.loads(body)["challenge"]
        solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                                  timeout=60).stdout.strip()
        answer = json.dumps({"challenge": challenge, "solution": solution}).encode()
        head, _ = self.ask("/.stile/redeem", "POST", [("Content-Type", "application/json")], answer)
        cookie, *attributes = head.get("set-cookie").split("; ")
        self.assertTrue(cookie.startswith("__Host-stile="), cookie)
        self.assertIn("Secure", attributes)
        head, _ = self.ask("/private/echo")
        self.assertEqual(head.status, 403)
        head, _ = self.ask("/private/echo", fields=[("Cookie", cookie)])
        self.assertEqual(head.status, 200)

    def test_requests_follow_one_another_and_may_be_sent_ahead(self):
        with self.connect() as stream:
            for _ in range(3):
                self.assertEqual(stream.send(GET).response()[0].status, 200)
            stream.send(GET * 20)
            for _ in range(20):
                self.assertEqual(stream.response()[0].status, 200)

    def test_request_that_comes_byte_by_byte_is_answered(self):
        with self.connect() as stream:
            for at in range(len(GET)):
                stream.send(GET[at:at + 1])
            self.assertEqual(stream.response()[0].status, 200)

    def test_50_mb_pass_both_ways_whole_in_flat_memory(self):
        self.ask()
        before = self.stiled.peak_memory()
        with self.connect() as stream:
            stream.send(b"GET /open/big HTTP/1.1\r\nHost: a\r\n\r\n")
            digest = hashlib.sha256()
            head = stream.head()
            for piece in stream.pieces(head):
                digest.update(piece)
            self.assertEqual(digest.hexdigest(), BIG_DIGEST)
            stream.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % BIG)
            for _ in range(BIG // len(PIECE)):
                stream.send(PIECE)
            _, body = stream.response()
            self.assertEqual(json.loads(body)["sha256"], BIG_DIGEST)
        self.assertLess(self.stiled.peak_memory() - before, FLAT)

    def test_slow_reader_gets_all_of_it(self):
        with self.connect() as stream:
            stream.send(b"GET /open/big-chunked HTTP/1.1\r\nHost: a\r\n\r\n")
            head = stream.head()
            digest, pieces = hashlib.sha256(), stream.pieces(head)
            digest.update(next(pieces))
            # Nothing is read until the origin can't send any more.
            self.ask()
            for piece in pieces:
                digest.update(piece)
            self.assertEqual(digest.hexdigest(), BIG_DIGEST)

    def test_end_of_a_response_is_said(self):
        with self.connect(whole=True) as stream:
            stream.send(b"GET /open/until-close HTTP/1.0\r\nHost: a\r\n\r\n")
            stream.head()
            self.assertEqual(stream.rest(), PIECE)  # Raises if it is cut.
        with self.connect(whole=True) as stream:
            stream.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).response()
            self.assertEqual(stream.rest(), b"")

    def test_response_that_the_origin_cuts_is_cut(self):
        for target in (b"cut", b"cut-chunked"):
            with self.connect(whole=True) as stream:
                stream.send(b"GET /open/%s HTTP/1.0\r\nHost: a\r\n\r\n" % target)
                with self.assertRaises((ssl.SSLEOFError, ConnectionResetError)):
                    stream.rest()

    def test_client_that_says_its_end_still_gets_its_answer(self):
        with self.connect() as stream:
            stream.send(b"GET /open/hold HTTP/1.1\r\nHost: a\r\n\r\n")
            secure = stream.connection
            secure.settimeout(0)
            try:
                secure.unwrap()  # Sends close_notify, and would wait for ours.
            except (ssl.SSLWantReadError, BlockingIOError):
                pass
            self.site.origin.gate.release()
            # Python reads nothing after it. That the service writes without a failure is enough.
        self.assertEqual(self.ask()[0].status, 200)

    def test_websocket_is_a_tunnel_both_ways(self):
        with self.connect() as stream:
            stream.send(b"GET /open/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            head = stream.head()
            self.assertEqual(head.status, 101)
            self.assertEqual(stream.exactly(7), b"\x81\x05hello")
            left, sent = memoryview(PIECE * 200), stream.held
            connection = stream.connection  # One thread: an SSL object doesn't stand two at once.
            connection.setblocking(False)
            while len(sent) < len(PIECE) * 200:
                select.select([connection], [connection] if left else [], [], DEADLINE)
                with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    if left:
                        left = left[connection.send(left[:len(PIECE)]):]
                with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    while data := connection.recv(65536):
                        sent += data
                    self.fail(f"ended after {len(sent)} bytes")
            self.assertEqual(sent, PIECE * 200)

    def test_proxy_header_comes_before_the_handshake(self):
        before = b"PROXY TCP4 192.0.2.7 198.51.100.1 4660 443\r\n"
        _, body = self.ask(address=self.stiled.addresses[1], before=before)
        fields = dict(json.loads(body)["fields"])
        self.assertEqual((fields["x-real-ip"], fields["x-forwarded-proto"]), ("192.0.2.7", "https"))

    def test_handshake_without_its_proxy_header_is_closed(self):
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(address=self.stiled.addresses[1])

    def test_questions_of_proxies_are_answered(self):
        for index, target in ((2, "/check"), (3, "/auth")):
            for path, status in (("/open", 200), ("/private", 401 if index == 2 else 403)):
                for proto in ("https", "http"):
                    fields = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", path),
                              ("X-Forwarded-Host", "example.test"), ("X-Forwarded-Proto", proto),
                              ("X-Real-IP", "192.0.2.5")]
                    head, _ = self.ask(target, fields=fields, address=self.stiled.addresses[index])
                    self.assertEqual(head.status, status)

    def test_session_of_one_listener_is_none_of_another(self):
        context = self.authority.context()
        with self.connect(context) as stream:
            stream.send(GET).response()
            session = stream.connection.session
        with self.connect(context, address=self.stiled.addresses[2], session=session) as stream:
            self.assertFalse(stream.connection.session_reused)

    def test_idle_connections_are_small(self):
        def resident():
            status = pathlib.Path(f"/proc/{self.stiled.pid}/status").read_text()
            return int(status.partition("VmRSS:")[2].split()[0]) * 1024

        self.ask()
        before, context, idle = resident(), self.authority.context(), []
        for _ in range(IDLE):
            stream = self.connect(context)
            stream.send(GET).response()
            idle.append(stream)
        each = (resident() - before) // IDLE
        print(f"an idle TLS connection takes {each // 1024} KiB", flush=True)
        self.assertLess(each, IDLE_BYTES)


class ReloadTest(TlsCase):
    def test_reload_swaps_certificates_and_drops_nobody(self):
        old = self.serial()
        with self.connect() as stream:
            stream.send(b"GET /open/events HTTP/1.1\r\nHost: a\r\n\r\n")
            events = stream.pieces(stream.head())
            self.assertEqual(next(events), b"data: 0\n\n")
            self.replace("a.test")
            self.reload()
            new = self.serial()
            self.assertNotEqual(new, old)
            self.site.origin.gate.release()
            self.assertEqual(next(events), b"data: 1\n\n")
            self.assertEqual(int(stream.connection.getpeercert()["serialNumber"], 16), old)

    def test_thousands_of_requests_see_no_failure_while_certificates_change(self):
        failed, done, stop = [], [], threading.Event()

        def visit(reconnects):
            context = self.authority.context()
            stream = None
            while not stop.is_set():
                try:
                    if stream is None or reconnects:
                        stream = self.connect(context)
                    head, _ = stream.send(GET).response()
                    (done if head.status == 200 else failed).append(head.status)
                    if reconnects:
                        stream.close()
                except (OSError, EOFError) as error:
                    failed.append(repr(error))
                    stream = None

        visitors = [threading.Thread(target=visit, args=(number % 2 == 0,)) for number in range(4)]
        for visitor in visitors:
            visitor.start()
        swaps = 0
        while len(done) < 3000 and not failed or swaps < 8:
            self.replace("a.test", rsa=swaps % 2 == 0)
            self.reload()
            swaps += 1
        stop.set()
        for visitor in visitors:
            visitor.join()
        self.assertEqual(failed, [])
        self.assertGreaterEqual(len(done), 3000)

    def test_bad_certificate_keeps_the_old_one_and_is_told(self):
        self.replace("a.test")
        self.reload()
        good = self.serial()
        for name, content, message in (
                ("a.key", self.authority.make("a.test")[1], "the key doesn't fit"),
                ("a.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                 "is damaged"),
                ("a.pem", b"", "it holds no certificate"),
                ("a.key", b"x", "it holds no private key")):
            path = self.stiled.folder / name
            kept = path.read_bytes()
            path.write_bytes(content)
            before = self.rejected()
            event = self.reload("reload-rejected")
            path.write_bytes(kept)
            self.assertIn(message, " ".join(event["errors"]))
            self.assertIn("stile.toml:", event["errors"][0])
            self.assertEqual(self.serial(), good)
            self.assertEqual(self.rejected(), before + 1)
        self.reload()

    def rejected(self):
        return self.stiled.samples()['stile_policy_rejected_total{reason="certificates"}']

    def test_expiry_is_told(self):
        samples = self.stiled.samples()
        found = {name: value for name, value in samples.items()
                 if name.startswith("stile_certificate_expiry_timestamp_seconds")}
        self.assertEqual(len(found), 2, found)
        for value in found.values():
            self.assertGreater(value, samples["stile_start_time_seconds"] + 86_400)

    def test_start_without_a_usable_certificate_serves_the_rest_until_a_reload(self):
        origin = Origin()
        self.addCleanup(origin.stop)
        certificate, key = self.authority.make("a.test")
        text = config(origin.url, (f"{TCP}\n{ONE}", TCP))
        policy = '[[rule]]\nname = "open"\npath = ["/open/*"]\naction = "allow"\n'
        files = {"policy.toml": policy, "a.pem": certificate, "a.key": b""}
        with StiledProcess(STILED, text, files) as stiled:
            event = stiled.wait_for("degraded")
            self.assertEqual(event["reasons"], ["certificates"])
            self.assertEqual(request(stiled.addresses[1], "/open/echo")[0].status, 200)
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.connect(address=stiled.addresses[0])
            self.assertEqual(stiled.samples()['stile_degraded{reason="certificates"}'], 1)
            (stiled.folder / "a.key").write_bytes(key)
            stiled.signal(signal.SIGHUP)
            stiled.wait_for("reloaded")
            head, _ = self.ask(address=stiled.addresses[0])
            self.assertEqual(head.status, 200)
            self.assertEqual(stiled.samples()['stile_degraded{reason="certificates"}'], 0)


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.authority = Authority()
        self.addCleanup(self.authority.close)
        folder = tempfile.TemporaryDirectory(prefix="stile-check-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.write("keys.toml", key_file().encode())
        self.write("stile.toml", f'[[listener]]\n{TCP}\n{ONE}\n[[site]]\nname = "main"\n'
                   'hosts = ["*"]\nupstream = "http://127.0.0.1:9"\n[keys]\nfile = "keys.toml"\n'
                   .encode())
        self.certificate, self.key = self.authority.make("a.test")
        self.write("a.pem", self.certificate)
        self.write("a.key", self.key)

    def write(self, name, content, mode=0o600):
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(mode)

    def check(self, status):
        run = subprocess.run([STILE, "check", self.folder / "stile.toml"], capture_output=True,
                             text=True, timeout=DEADLINE)
        self.assertEqual(run.returncode, status, run.stderr)
        return run.stderr

    def test_good_files_pass_without_a_word(self):
        self.assertEqual(self.check(0), "")

    def test_mistakes_name_the_place_and_the_file(self):
        encrypted = self.folder / "encrypted.key"
        subprocess.run(["openssl", "pkey", "-in", self.folder / "a.key", "-aes128", "-passout",
                        "pass:secret", "-out", encrypted], check=True, timeout=DEADLINE)
        late = self.authority.make("a.test")
        for name, content, place, message in (
                ("a.key", late[1], "3:38", "the key doesn't fit the certificate"),
                ("a.key", self.certificate, "3:38", "it holds no private key"),
                ("a.key", encrypted.read_bytes(), "3:38", "it has a passphrase"),
                ("a.key", self.key[:100] + b"\n-----END PRIVATE KEY-----\n", "3:38", "is damaged"),
                ("a.key", b"x" * 70_000, "3:38", "use at most 65536"),
                ("a.pem", self.key, "3:23", "it holds no certificate"),
                ("a.pem", self.certificate + self.certificate[:200], "3:23", "of its chain is dama"),
                ("a.pem", self.certificate * 9, "3:23", "more than 16 certificates"),
                ("a.pem", b"x" * 300_000, "3:23", "use at most 262144")):
            with self.subTest(name=name, message=message):
                kept = (self.folder / name).read_bytes()
                self.write(name, content)
                said = self.check(1)
                self.write(name, kept)
                self.assertIn(f"stile.toml:{place}: ", said)
                self.assertIn(name, said)
                self.assertIn(message, said)
        (self.folder / "a.pem").unlink()
        self.assertIn("a.pem: it can't be opened", self.check(1))

    def test_key_that_is_too_short_is_refused(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout",
                        self.folder / "a.key", "-out", self.folder / "a.pem", "-days", "2", "-subj",
                        "/CN=a.test"], check=True, capture_output=True, timeout=DEADLINE)
        self.assertIn("key too small", self.check(1))

    def test_warnings_are_no_mistakes(self):
        certificate, key = expired("a.test", self.folder)
        self.write("a.pem", certificate)
        self.write("a.key", key, 0o644)
        said = self.check(0)
        self.assertIn("the certificate expired on ", said)
        self.assertIn("others than its owner may read the private key: chmod 600", said)

    def test_chain_with_a_gap_is_warned_of(self):
        other = self.authority.make("b.test")[0]
        self.write("a.pem", self.certificate + other)
        self.assertIn("is not issued by the one behind it", self.check(0))


if __name__ == "__main__":
    unittest.main()
