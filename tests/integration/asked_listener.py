"""A listener that proxies ask, and the questions that a proxy would ask it."""

import os

from gateway_site import clearance
from raw_http import Stream, request
from stiled_process import StiledProcess

STILED = os.environ.get("STILED", "stiled")
CLIENT = "192.0.2.5"
AGENT = "asked-test/1.0"
NAVIGATION = [("Accept", "text/html"), ("User-Agent", AGENT)]
VERDICT_FIELDS = ("x-stile-verdict", "x-stile-rule", "x-stile-ctx")
POLICY = """
[[rule]]
name = "open"
path = ["/open", "/open/*"]
action = "allow"
[[rule]]
name = "closed"
path = ["/closed", "/closed/*"]
action = "deny"
[[rule]]
name = "strict"
path = ["/strict/*"]
action = "challenge"
level = "standard"
"""
OTHER_SITES = ('[[site]]\nname = "free"\nhosts = ["free.test"]\nmode = "open"\n'
               '[[site]]\nname = "other"\nhosts = ["other.test"]\npolicy = "policy.toml"\n')
TRUSTING = 'client_address = "x-real-ip"\ntrusted_peers = ["127.0.0.0/8"]'


def described(uri="/private", method="GET", host="example.test", proto="http", client=CLIENT,
              agent=AGENT):
    """The fields with which a proxy describes a request; one that is None is left out."""
    fields = [("X-Forwarded-Method", method), ("X-Forwarded-Uri", uri), ("X-Forwarded-Host", host),
              ("X-Forwarded-Proto", proto), ("X-Real-IP", client), ("User-Agent", agent)]
    return [field for field in fields if field[1] is not None]


class AskedListener:
    """stiled with one listener of this mode for each of `listeners`: its keys beside the mode."""

    def __init__(self, mode, listeners=(TRUSTING,), sites=""):
        config = "".join(f'[[listener]]\naddress = "127.0.0.1:0"\nmode = "{mode}"\n{keys}\n'
                         for keys in listeners)
        config += '[[site]]\nname = "main"\nhosts = ["*"]\npolicy = "policy.toml"\n'
        config += f'{sites}\n[metrics]\naddress = "127.0.0.1:0"\n[limits]\nloops = 1\n'
        self.stiled = StiledProcess(STILED, config, {"policy.toml": POLICY})
        self.address = self.stiled.addresses[0]

    def close(self):
        self.stiled.stop()

    def clearance(self, client=CLIENT, agent=AGENT):
        """What a client gets who solves a challenge through the proxy: "name=value"."""
        return clearance(self.address, [("User-Agent", agent), ("X-Real-IP", client)])

    def metrics(self):
        """Every sample by its name and labels, as they are written."""
        return self.stiled.samples()

    def metric(self, name):
        """The sum of a metric over all its labels."""
        return self.stiled.metric(name)

    def refused(self, reason):
        return self.metrics().get(f'stile_descriptions_refused_total{{reason="{reason}"}}', 0)


class AskedCase:
    """What both dialects do, for a TestCase whose class names `MODE`, `PATH` and what a challenge
    gets: `CHALLENGED`. Its listeners: one that trusts loopback, and one that trusts another range.
    """

    @classmethod
    def setUpClass(cls):
        stranger = 'client_address = "x-real-ip"\ntrusted_peers = ["192.0.2.0/24"]'
        cls.stile = AskedListener(cls.MODE, (TRUSTING, stranger), OTHER_SITES)
        cls.address, cls.untrusting = cls.stile.stiled.addresses
        cls.cookie = cls.stile.clearance()

    @classmethod
    def tearDownClass(cls):
        cls.stile.close()

    def ask(self, fields, method="GET", target=None, address=None):
        return request(address or self.address, target or self.PATH, method, fields,
                       host="stile.internal")

    def expect(self, status, fields, **options):
        """Asks; the answer has this status and each verdict field once. Returns its head, body."""
        head, body = self.ask(fields, **options)
        self.assertEqual(head.status, status, (head.fields, body[:200]))
        for name in VERDICT_FIELDS:
            self.assertEqual(len(head.all(name)), 1, (name, head.fields))
            self.assertNotEqual(head.get(name), "")
        self.assertEqual(head.all("cache-control"), ["no-store"])
        return head, body

    def expect_refused(self, reason, fields, **options):
        before = self.stile.refused(reason)
        decisions = self.stile.metric("stile_decisions_total")
        head, _ = self.expect(403, fields, **options)
        self.assertEqual(head.all("set-cookie"), [])
        self.assertEqual(self.stile.refused(reason), before + 1, reason)
        self.assertEqual(self.stile.metric("stile_decisions_total"), decisions)

    def test_rule_that_allows_passes(self):
        head, body = self.expect(200, described("/open/a?b"))
        self.assertEqual((head.get("content-length"), body), ("0", b""))
        self.assertEqual(head.get("x-stile-verdict"), "absent")
        self.assertEqual(head.get("x-stile-rule"), "open")
        self.assertEqual(head.get("x-stile-ctx"), "-")

    def test_clearance_that_was_earned_through_the_proxy_passes(self):
        head, _ = self.expect(200, described() + [("Cookie", self.cookie)])
        self.assertEqual(head.get("x-stile-verdict"), "valid")
        self.assertEqual(head.get("x-stile-rule"), "_default")
        self.assertLessEqual(len(head.all("set-cookie")), 1)

    def test_clearance_of_another_client_does_not(self):
        self.expect(self.CHALLENGED, described(client="198.51.100.7") + [("Cookie", self.cookie)])
        self.expect(self.CHALLENGED, described(agent="other/1.0") + [("Cookie", self.cookie)])

    def test_nothing_and_a_forgery_are_challenged(self):
        self.expect(self.CHALLENGED, described())
        flipped = self.cookie[:-5] + ("A" if self.cookie[-5] != "A" else "B") + self.cookie[-4:]
        self.expect(self.CHALLENGED, described() + [("Cookie", flipped)])

    def test_duplicated_cookies_pass_if_one_of_them_is_good(self):
        forged = self.cookie[:-8] + "AAAAAAAA"
        self.expect(200, described() + [("Cookie", forged), ("Cookie", f"a=1; {self.cookie}")])
        self.expect(200, described() + [("Cookie", f"{forged}; {self.cookie}; {self.cookie}")])
        self.expect(self.CHALLENGED, described() + [("Cookie", f"{forged}; {forged}")] * 2)

    def test_method_host_and_path_are_those_described(self):
        for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PROPFIND"):
            self.expect(200, described("/open", method))
            self.expect(403, described("/closed", method))
        self.expect(200, described("/private", host="free.test:8443"))
        self.expect(self.CHALLENGED, described("/private", host="other.test"))

    def test_query_of_the_question_is_ignored(self):
        self.expect(self.CHALLENGED, described(), target=self.PATH + "?uri=/open&mode=open")
        self.expect(200, described("/open"), target=self.PATH + "?uri=/closed")

    def test_verdict_fields_of_the_client_are_ignored(self):
        forged = [("X-Stile-Verdict", "valid"), ("X-Stile-Rule", "open"), ("X-Stile-Ctx", "x"),
                  ("Stile-Challenge", "x"), ("X-Stile-Proto", "HTTP/2.0")]
        head, _ = self.expect(self.CHALLENGED, described() + forged)
        self.assertNotEqual(head.get("x-stile-verdict"), "valid")
        self.expect(200, described("/open") + forged)

    def test_other_fields_that_name_a_path_are_ignored(self):
        for name in ("X-Original-URI", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix",
                     "X-Forwarded-Path", "X_Forwarded_Uri", "X.Forwarded.Uri", "Forwarded"):
            self.expect(self.CHALLENGED, described() + [(name, "/open")])

    def test_untrusted_peer_is_refused(self):
        for uri in ("/open", "/private"):
            self.expect_refused("untrusted-peer", described(uri) + [("Cookie", self.cookie)],
                                address=self.untrusting)

    def test_field_that_is_missing_is_refused_and_no_other_takes_its_place(self):
        for name, index in (("method", 0), ("uri", 1), ("host", 2)):
            fields = described("/open")
            del fields[index]
            self.expect_refused(f"{name}-missing", fields + [("X-Original-URI", "/open")])

    def test_field_that_came_twice_is_refused(self):
        for field in described("/open")[:4]:
            reason = field[0].rpartition("-")[2].lower() + "-repeated"
            self.expect_refused(reason, described("/open") + [field])
        self.expect_refused("uri-repeated", described("/private") + [("x-forwarded-uri", "/open")])

    def test_target_that_is_no_path_is_refused(self):
        for uri in ("http://evil.test/open", "http://example.test/open", "https://x", "open", "*"):
            self.expect_refused("uri-form", described(uri))
        for uri in ("/open /x", "/open#x", "/open\\..\\private", '/"', "/caf\xe9"):
            self.expect_refused("uri-byte", described(uri))
        self.expect_refused("uri-too-long", described("/open/" + "a" * 8192))

    def test_method_and_host_that_are_none_are_refused(self):
        for method in ("get", "GET, POST", "TRACE", "CONNECT", "GET HTTP/1.1"):
            self.expect_refused("method-syntax", described("/open", method))
        for host in ("free.test, example.test", "free.test/x", "a b", "free.test:0", "http://a"):
            self.expect_refused("host-syntax", described("/open", host=host))
        for proto in ("https, http", "gopher"):
            self.expect_refused("proto-syntax", described("/open", proto=proto))

    def test_line_end_in_a_field_is_no_second_field(self):
        with Stream.to(self.address) as stream:
            text = "".join(f"{name}: {value}\r\n" for name, value in described("/private\n/open"))
            stream.send(f"GET {self.PATH} HTTP/1.1\r\nHost: a\r\n{text}\r\n".encode())
            self.assertEqual(stream.response()[0].status, 403 if self.MODE == "check" else 400)

    def test_encoded_line_ends_in_a_path_get_into_no_field(self):
        for uri in ("/%0d%0aSet-Cookie:%20a=1", "/a?b=%0D%0A%0D%0Ac", "/open%0d%0a"):
            head, _ = self.expect(self.CHALLENGED, described(uri) + NAVIGATION[:1])
            self.assertEqual(head.all("set-cookie"), [])

    def test_path_that_has_two_readings_passes_no_rule_that_allows(self):
        for uri in ("/open/../private", "//open", "/open//x", "/open/%2fx"):
            self.expect(self.CHALLENGED, described(uri))

    def test_path_that_is_tangled_is_denied(self):
        for uri in ("/open/%2e%2e/private", "/open/..;/private", "/open/..//private"):
            self.expect(403, described(uri))

    def test_thirteen_kilobytes_of_fields_are_read(self):
        fields = [(f"X-Filler-{i}", "f" * 1000) for i in range(8)]
        cookie = f"filler={'c' * 5000}; {self.cookie}"
        self.expect(200, described() + fields + [("Cookie", cookie)])
        self.expect(self.CHALLENGED, described() + fields)

    def test_connection_is_kept_over_all_answers(self):
        accepted = self.stile.metric("stile_connections_accepted_total")
        with Stream.to(self.address) as stream:
            for uri, status in (("/open", 200), ("/private", self.CHALLENGED), ("/closed", 403),
                                ("x", 403), ("/open", 200)):
                text = "".join(f"{name}: {value}\r\n" for name, value in described(uri))
                stream.send(f"GET {self.PATH} HTTP/1.1\r\nHost: a\r\n{text}\r\n".encode())
                head, _ = stream.response()
                self.assertEqual(head.status, status)
                self.assertIsNone(head.get("connection"))
        self.assertEqual(self.stile.metric("stile_connections_accepted_total"), accepted + 1)

    def test_own_endpoints_may_be_asked_about(self):
        head, _ = self.expect(200, described("/.stile/challenge"))
        self.assertEqual(head.get("x-stile-rule"), "-")
        self.expect(self.CHALLENGED, described("/.stile/../private"))

    def test_every_other_path_is_not_found(self):
        for target in ("/", "/open", "/checks", "/authx", "/metrics", self.PATH + "/"):
            self.assertEqual(self.ask(described("/open"), target=target)[0].status, 404, target)

    def test_head_is_answered_as_get_without_content(self):
        self.expect(200, described("/open"), method="HEAD")
        self.expect(self.CHALLENGED, described(), method="HEAD")

    def test_own_endpoints_belong_to_the_client_that_the_proxy_names(self):
        # The clearance above was earned here. From a peer that isn't trusted the client is the peer
        # itself, so what it says of an address binds nothing.
        cookie = clearance(self.untrusting, [("User-Agent", AGENT), ("X-Real-IP", CLIENT)])
        self.expect(self.CHALLENGED, described() + [("Cookie", cookie)])

    def test_site_of_the_described_host_decides(self):
        self.expect(self.CHALLENGED, described(host="example.test"))
        self.expect(200, described(host="free.test"))
