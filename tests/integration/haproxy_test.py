"""HAProxy with the files of examples/deploy/haproxy in front of an origin."""

import concurrent.futures
import contextlib
import json
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from certificates import Authority
from gateway_site import SOLVE
from haproxy_process import SHIPPED, HaproxySite, replaced
from proxy_cases import AGENT, BROWSER, POLICY, ProxyCases
from proxy_process import free_port
from raw_http import Stream, request
from stile_command import stile
from stiled_process import DEADLINE

MACHINE = '''
[[rule]]
name = "machine"
header = { name = "X-Machine", equals = ["yes"] }
path = ["/private/*"]
action = "allow"
'''
PATIENCE = 10  # Seconds that half a second may take on a machine that is busy.
SIZES = (7_000, 13_000, 13_900, 14_500, 15_500, 20_000, 45_000)  # Header bytes.


def padding(size):
    return [(f"X-Padding-{i}", "a" * 1000) for i in range(size // 1000)]


def eventually(site, status, target="/private/echo", fields=BROWSER):
    """Asks until this status comes."""
    end = time.monotonic() + DEADLINE
    while True:
        head, body = request(site.address, target, fields=fields)
        if head.status == status:
            return head, body
        assert time.monotonic() < end, head.start
        time.sleep(0.05)


@contextlib.contextmanager
def standing_still(stiled):
    stiled.pause()
    try:
        yield
    finally:
        stiled.resume()


class HaproxyTest(ProxyCases, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = HaproxySite(policy=MACHINE + POLICY)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_shipped_files_are_what_the_tool_prints(self):
        for part, name in (("frontend", "frontend.cfg"), ("backends", "backends.cfg"),
                           ("spoe", "stile-spoe.conf")):
            _, text, _ = stile("snippet", "haproxy", "--part", part)
            self.assertEqual(text, (SHIPPED / name).read_text())

    def test_tool_prints_the_addresses_of_the_installation(self):
        text = self.site.snippet()
        for port in self.site.ports:
            self.assertIn(f"server stiled 127.0.0.1:{port}", text)
        self.assertNotIn("127.0.0.1:8087", text)

    def test_tool_says_which_listener_is_missing_and_which_parts_there_are(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "stile.toml")
            text = self.site.stiled.config.read_text()
            for mode in ("spop", "check"):
                config.write_text(replaced(text, (rf'mode = "{mode}"\n', 'mode = "public"\n')))
                status, printed, said = stile("snippet", "haproxy", "--config", str(config))
                self.assertEqual((status, printed), (1, ""))
                self.assertIn(f'add one with mode = "{mode}"', said)
        status, printed, said = stile("snippet", "haproxy", "--part", "server")
        self.assertEqual((status, printed), (2, ""))
        self.assertIn("frontend backends spoe", said)

    def test_renewed_clearance_stays_away_from_what_shared_caches_keep(self):
        for says in ({"Cache-Control": "public, max-age=60"}, {"Cache-Control": "max-age=60"},
                     {"Cache-Control": "s-maxage=60"}, {"Cache-Control": "no-cache"},
                     {"Cache-Control": "public, private"}, {"Cache-Control": 'private="X-Foo"'},
                     {"Cache-Control": "must-understand, no-store"},
                     {"CDN-Cache-Control": "max-age=60"}, {"Surrogate-Control": "max-age=60"},
                     {"Expires": "Thu, 01 Jan 2099 00:00:00 GMT"}):
            with self.subTest(says):
                target = "/private/says?" + urllib.parse.urlencode(says)
                head, _ = self.get(target, [*BROWSER, ("Cookie", self.ending_soon())])
                self.assertEqual((head.status, head.all("set-cookie")), (200, []))
                self.assertEqual(head.all("cache-control"),
                                 [says["Cache-Control"]] if "Cache-Control" in says else [])
        for value in ("private", "max-age=60, private", "no-store, no-cache, must-revalidate"):
            with self.subTest(value):
                target = "/private/says?" + urllib.parse.urlencode({"Cache-Control": value})
                head, _ = self.get(target, [*BROWSER, ("Cookie", self.ending_soon())])
                self.assertEqual(len(head.all("set-cookie")), 1)
                self.assertEqual(head.all("cache-control"), [value])

    def test_addresses_of_the_dialect_are_not_for_clients(self):
        for target in ("/check", "/interstitial"):
            self.assertEqual(self.assert_refused(target)[0].status, 403)

    def test_cleared_head_passes_up_to_the_limit_and_gets_431_beyond(self):
        cleared = self.cleared()
        for size, status in ((13_000, 200), (14_500, 431)):
            self.assertEqual(self.get(fields=[*cleared, *padding(size)])[0].status, status, size)
        head, _ = self.get("/open/echo?" + "a" * 7_000, [*BROWSER, *padding(7_500)])
        self.assertEqual(head.status, 431)

    def test_request_that_stiled_can_not_read_is_denied_and_not_an_error(self):
        head, _ = self.assert_refused("/open/" + "a" * 9_000)
        self.assertEqual(head.status, 403)

    def test_websocket_passes_with_a_clearance_alone(self):
        handshake = ("GET /socket HTTP/1.1\r\nHost: example.test\r\nConnection: Upgrade\r\n"
                     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.cleared())
        with Stream.to(self.site.address) as stream:
            stream.send((handshake + fields + "\r\n").encode())
            self.assertEqual(stream.head().status, 101)
            self.assertEqual(stream.exactly(7), b"\x81\x05hello")
        with Stream.to(self.site.address) as stream:
            stream.send((handshake + "\r\n").encode())
            self.assertEqual(stream.response()[0].status, 403)

    def test_rule_that_looks_at_a_field_sees_it(self):
        fields = [("User-Agent", AGENT), ("X-Machine", "yes")]
        self.assertEqual(self.get("/private/echo", fields)[0].status, 200)
        self.assert_refused("/private/echo", [("User-Agent", AGENT), ("X-Machine", "no")])

    def test_refusal_is_no_error_of_the_protocol(self):
        self.assert_refused()
        self.assertEqual(self.site.metric("stile_spop_disconnects_total"), 0)


class HaproxyTlsTest(unittest.TestCase):
    """HTTP/2, as browsers speak it."""

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)
        cls.port = free_port()
        cls.site = HaproxySite(
            policy=POLICY, prepare=cls.write_certificate,
            frontend=f"    bind 127.0.0.1:{cls.port} ssl crt FOLDER/site.pem alpn h2,http/1.1\n")
        cls.addClassCleanup(cls.site.close)

    @classmethod
    def write_certificate(cls, site):
        certificate, key = cls.authority.make("example.test")
        (site.folder / "site.pem").write_bytes(certificate + key)

    def curl(self, target, *arguments):
        """The status, the lines of the head and the content of a request over HTTP/2."""
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--include", "--http2", "--insecure", "--globoff",
             "--path-as-is", "--noproxy", "*", "--max-time", str(DEADLINE), "--connect-to",
             f"example.test:443:127.0.0.1:{self.port}", "--user-agent", AGENT, *arguments,
             f"https://example.test{target}"], capture_output=True, check=True, timeout=DEADLINE)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.assertTrue(lines[0].startswith("HTTP/2 "), lines[0])
        return int(lines[0].split()[1]), lines[1:], body

    def test_client_is_challenged_solves_and_passes_with_a_secure_cookie(self):
        self.assertEqual(self.curl("/private/echo")[0], 403)
        status, _, body = self.curl("/.stile/challenge", "--header", "Accept: application/json")
        self.assertEqual(status, 200)
        challenge = json.loads(body)["challenge"]
        solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                                  timeout=60).stdout.strip()
        status, lines, _ = self.curl(
            "/.stile/redeem", "--json", json.dumps({"challenge": challenge, "solution": solution}))
        self.assertEqual(status, 200)
        cookies = [line.partition(": ")[2] for line in lines if line.startswith("set-cookie: ")]
        self.assertEqual(len(cookies), 1)
        self.assertTrue(cookies[0].startswith("__Host-stile="))
        self.assertIn("Secure", cookies[0])
        status, _, body = self.curl("/private/echo", "--cookie", cookies[0].partition(";")[0])
        self.assertEqual(status, 200, body)

    def test_head_of_any_size_is_refused(self):
        for size in SIZES[:-1]:
            with self.subTest(size):
                before = len(self.site.origin.heads)
                fields = [part for name, value in padding(size)
                          for part in ("--header", f"{name}: {value}")]
                try:
                    self.assertGreaterEqual(self.curl("/private/echo", *fields)[0], 400)
                except subprocess.CalledProcessError:
                    pass  # HAProxy itself has had enough.
                self.assertEqual(len(self.site.origin.heads), before)


class HaproxyMinimalTest(unittest.TestCase):
    def test_short_configuration_asks_solves_passes_denies_and_fails_closed(self):
        with HaproxySite(minimal=True, as_shipped=True, policy=POLICY) as site:
            cases = ProxyCases()
            cases.site = site
            self.assertEqual(eventually(site, 403)[0].status, 403)
            self.assertEqual(site.origin.heads, [])
            fields = cases.cleared()
            self.assertEqual(eventually(site, 200, fields=fields)[0].status, 200)
            self.assertEqual(eventually(site, 403, "/closed/echo", fields)[0].status, 403)
            before = len(site.origin.heads)
            site.stiled.stop()
            self.assertEqual(request(site.address, "/open/echo", fields=fields)[0].status, 503)
            self.assertEqual(len(site.origin.heads), before)


class HaproxyShippedPolicyTest(unittest.TestCase):
    def test_shipped_policy_challenges_all_but_what_it_names(self):
        with HaproxySite() as site:
            for target, status in (("/", 403), ("/private/echo", 403), ("/robots.txt", 200),
                                   ("/.well-known/acme-challenge/token", 200)):
                self.assertEqual(request(site.address, target, fields=BROWSER)[0].status, status)


class HaproxyFailsClosedTest(unittest.TestCase):
    def setUp(self):
        self.site = HaproxySite(as_shipped=True, policy=POLICY)
        self.addCleanup(self.site.close)
        eventually(self.site, 403)

    def assert_closed(self):
        begun = time.monotonic()
        head, body = request(self.site.address, "/open/echo", fields=BROWSER)
        self.assertLess(time.monotonic() - begun, PATIENCE)
        self.assertEqual((head.status, head.get("cache-control")), (503, "no-store"))
        self.assertIn(b"does not answer", body)
        self.assertEqual(self.site.origin.heads, [])

    def test_nobody_passes_while_stiled_is_dead_and_all_is_well_when_it_is_back(self):
        self.site.stiled.stop()
        for _ in range(3):
            self.assert_closed()
        self.site.start_stiled(POLICY)
        eventually(self.site, 403)
        eventually(self.site, 200, "/open/echo")

    def test_nobody_passes_while_stiled_hangs_and_all_is_well_when_it_goes_on(self):
        with standing_still(self.site.stiled):
            for _ in range(3):
                self.assert_closed()
        eventually(self.site, 403)
        eventually(self.site, 200, "/open/echo")

    def test_nobody_waits_for_an_answer_that_dies_with_stiled(self):
        with standing_still(self.site.stiled):
            for _ in range(3):
                self.assert_closed()
        for _ in range(3):  # Until the questions go over a connection that has answered some.
            eventually(self.site, 403)
            time.sleep(0.1)
        self.site.stiled.pause()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            asked = pool.submit(self.assert_closed)
            time.sleep(0.2)  # It is asked about by now, or soon.
            self.site.stiled.stop()
            asked.result()
        self.assert_closed()

    def test_own_addresses_of_stile_are_an_error_too(self):
        self.site.stiled.stop()
        head, _ = request(self.site.address, "/.stile/challenge", fields=BROWSER)
        self.assertEqual(head.status, 503)


class HaproxyFailsOpenTest(unittest.TestCase):
    def setUp(self):
        self.site = HaproxySite(fail="open", as_shipped=self.SHIPPED_TIMES, policy=POLICY)
        self.addCleanup(self.site.close)
        eventually(self.site, 403)

    SHIPPED_TIMES = True

    def assert_open(self, **options):
        begun = time.monotonic()
        head, body = request(self.site.address, "/closed/echo",
                             fields=[*BROWSER, ("X-Stile-Verdict", "valid")], **options)
        self.assertLess(time.monotonic() - begun, PATIENCE)
        self.assertEqual(head.status, 200)
        self.assertNotIn("x-stile-verdict", dict(json.loads(body)["fields"]))
        return json.loads(body)

    def test_visitors_pass_while_stiled_is_dead_and_not_when_it_is_back(self):
        self.site.stiled.stop()
        for _ in range(3):
            self.assert_open()
        self.assertEqual(self.assert_open(method="POST", body=b"a" * 9_000)["size"], 9_000)
        self.site.start_stiled(POLICY)
        eventually(self.site, 403)

    def test_visitors_pass_while_stiled_hangs_and_not_when_it_goes_on(self):
        with standing_still(self.site.stiled):
            for _ in range(3):
                self.assert_open()
        eventually(self.site, 403)

    def test_too_many_header_bytes_are_refused_even_then(self):
        self.site.stiled.stop()
        for size in SIZES[3:]:
            with self.subTest(size):
                head, _ = request(self.site.address, "/open/echo", fields=padding(size))
                self.assertGreaterEqual(head.status, 400)
        self.assertEqual(self.site.origin.heads, [])


class HaproxyOpenIsNoWayPastTest(HaproxyFailsOpenTest):
    """While stiled is well nobody gets past it, in a variant that would let them."""

    SHIPPED_TIMES = False
    test_visitors_pass_while_stiled_is_dead_and_not_when_it_is_back = None
    test_visitors_pass_while_stiled_hangs_and_not_when_it_goes_on = None
    test_too_many_header_bytes_are_refused_even_then = None

    def assert_none_passed(self):
        self.assertEqual(self.site.origin.heads, [])

    def test_head_of_any_size_is_refused(self):
        for size in SIZES:
            with self.subTest(size):
                head, _ = request(self.site.address, "/private/echo",
                                  fields=[*BROWSER, *padding(size)])
                self.assertGreaterEqual(head.status, 400)
        for size in (8_000, 9_000, 13_000, 15_000):
            with self.subTest(path=size):
                head, _ = request(self.site.address, "/private/" + "a" * size, fields=BROWSER)
                self.assertGreaterEqual(head.status, 400)
        self.assert_none_passed()

    def test_request_that_is_hard_to_describe_is_refused(self):
        for method in ("get", "X_Y", "TRACE", "CONNECT", "A" * 40):
            with self.subTest(method):
                head, _ = request(self.site.address, "/private/echo", method, fields=BROWSER)
                self.assertGreaterEqual(head.status, 400)
        for field in ("X-A: \x7f", "X-A: \x01", "Content_Length: 5", "X-A: \xff\xfe", "X.A: b"):
            with self.subTest(field), Stream.to(self.site.address) as stream:
                stream.send(f"GET /private/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                            f"{field}\r\n\r\n".encode("latin-1"))
                self.assertGreaterEqual(stream.response()[0].status, 400)
        self.assert_none_passed()

    def test_flood_opens_nothing(self):
        statuses = []

        def ask():
            for _ in range(25):
                statuses.append(request(self.site.address, "/private/echo",
                                        fields=BROWSER)[0].status)
        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * DEADLINE)
        self.assertEqual(set(statuses), {403})
        self.assert_none_passed()


class HaproxyFullHouseTest(unittest.TestCase):
    def test_clients_that_take_all_connections_open_nothing(self):
        with HaproxySite(fail="open", policy=POLICY, limits="[limits]\nmax_connections = 16\n") as site:
            crowd = [Stream.to(("127.0.0.1", site.ports[1])) for _ in range(64)]
            try:
                end = time.monotonic() + DEADLINE
                while site.metric("stile_connections_refused_total") == 0:
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.05)
                for _ in range(3):
                    head, _ = request(site.address, "/private/echo", fields=BROWSER)
                    self.assertEqual(head.status, 403)
                self.assertEqual(site.origin.heads, [])
                self.assertEqual(request(site.address, "/open/echo")[0].status, 200)
            finally:
                for stream in crowd:
                    stream.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
