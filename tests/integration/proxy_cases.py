"""What must hold behind every proxy that asks stiled, whatever the proxy."""

import json
import pathlib
import re
import subprocess
import sys
import time

from gateway_site import SOLVE, clearance
from raw_http import Stream, request
from stile_command import solve

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire_format"))
import stile_checker as wire  # noqa: E402

SECRET = b"k" * 32  # What stiled_process writes into its key file.

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
BROWSER = [("User-Agent", AGENT), ("Accept", "text/html,*/*;q=0.8"), ("Sec-Fetch-Mode", "navigate")]
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
name = "posts"
path = ["/post/*"]
method = ["GET", "HEAD"]
action = "allow"
[[rule]]
name = "everybody"
path = ["/*"]
action = "challenge"
level = "light"
"""


SPOOFED_CLIENT = "198.51.100.7"
# Fields by which a client could claim to be another, or to want something else; and those of Stile.
# X-Forwarded-For isn't among them: where it is read, what a client wrote stays in front.
SPOOFED_FIELDS = [
    *((name, "/open/echo") for name in (
        "X-Forwarded-Uri", "X-Forwarded-Path", "X-Forwarded-Prefix", "X-Original-URL",
        "X-Original-URI", "X-Rewrite-URL", "X-Envoy-Original-Path", "X_Forwarded_Uri")),
    *((name, SPOOFED_CLIENT) for name in (
        "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Cluster-Client-IP",
        "X-Envoy-External-Address", "X_Forwarded_For", "X_Real_IP")),
    *((name, "free.test") for name in ("X-Forwarded-Host", "X-Forwarded-Server", "X-Host")),
    ("X-Forwarded-Method", "GET"), ("X-Forwarded-Port", "443"),
    ("X-HTTP-Method-Override", "OPTIONS"), ("Forwarded", f"for={SPOOFED_CLIENT};host=free.test"),
    ("X-Stile-Verdict", "valid"), ("X-Stile-Ctx", "AAAA"), ("X-Stile-Rule", "open"),
    ("X_Stile_Verdict", "valid")]


def ending_soon(cookie):
    """The clearance of this Cookie of the site "main", with an hour left of its twelve."""
    made = wire.Clearance.parse(wire.base64url_decode(cookie.partition("=")[2]))
    made.expires_at = int(time.time()) + 3_600
    made.issued_at = made.expires_at - 12 * 3_600
    key = wire.derive_key(SECRET, b"clearance", b"main", made.issued_at // 86_400)
    return "stile=" + wire.seal(key, made.body())


class ProxyCases:
    """Mixed into a TestCase whose `site` is a ProxiedSite under POLICY."""

    def cleared(self, fields=BROWSER, host="example.test"):
        """BROWSER's fields and a clearance that was earned through the proxy."""
        sent = [field for field in fields if field[0] not in ("Accept", "Sec-Fetch-Mode")]
        return [*fields, ("Cookie", clearance(self.site.address, sent, host))]

    def get(self, target="/private/echo", fields=BROWSER, method="GET", **options):
        return request(self.site.address, target, method, fields=fields, **options)

    def assert_refused(self, target="/private/echo", fields=BROWSER, **options):
        """The client gets no pass and the origin no request."""
        before = len(self.site.origin.heads)
        head, body = self.get(target, fields, **options)
        self.assertGreaterEqual(head.status, 400, head.start)
        self.assertEqual(len(self.site.origin.heads), before)
        return head, body

    # --- The way through ---

    def test_unknown_browser_gets_the_page_and_the_origin_nothing(self):
        head, body = self.assert_refused()
        self.assertEqual(head.status, 403)
        self.assertEqual(head.all("cache-control"), ["no-store"])
        self.assertTrue(head.get("content-type").startswith("text/html"))
        self.assertIn(b'name="challenge"', body)
        self.assertLessEqual(len(body), 3072)

    def test_unknown_program_gets_json_and_the_address_of_its_challenge(self):
        head, body = self.assert_refused(fields=[("User-Agent", AGENT)])
        self.assertEqual(head.status, 403)
        self.assertEqual(head.get("content-type").partition(";")[0], "application/json")
        json.loads(body)
        address = head.get("stile-challenge")
        head, body = self.get(address, [("User-Agent", AGENT), ("Accept", "application/json")])
        self.assertEqual(head.status, 200)
        self.assertIn("challenge", json.loads(body))

    def test_solver_is_sent_back_to_what_it_wanted_and_gets_it(self):
        _, page = self.get("/private/echo?q=a%20b")
        challenge = re.search(rb'name="challenge" value="([^"]+)"', page)[1].decode()
        solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                                  timeout=60).stdout.strip()
        body = f"challenge={challenge}&solution={solution}".encode()
        fields = [*BROWSER, ("Content-Type", "application/x-www-form-urlencoded")]
        head, _ = self.get("/.stile/redeem", fields, "POST", body=body)
        self.assertEqual((head.status, head.get("location")), (303, "/private/echo?q=a%20b"))
        cookies = head.all("set-cookie")
        self.assertEqual(len(cookies), 1)
        fields = [*BROWSER, ("Cookie", "a=b; " + cookies[0].partition(";")[0])]
        head, body = self.get(head.get("location"), fields)
        self.assertEqual(head.status, 200, body)
        self.assertTrue(json.loads(body)["start"].startswith("GET /private/echo?q=a%20b "))

    def test_native_solver_gets_a_clearance_that_passes(self):
        host, port = self.site.address
        cookie = solve(f"http://{host}:{port}/private/echo", "--user-agent", "solver/1")
        fields = [("User-Agent", "solver/1"), ("Cookie", cookie)]
        self.assertEqual(self.get(fields=fields, host=f"{host}:{port}")[0].status, 200)

    def test_renewed_clearance_comes_with_a_page_once_and_passes(self):
        fields = [*BROWSER, ("Cookie", self.ending_soon())]
        head, _ = self.get("/private/says", fields)
        self.assertEqual(head.status, 200)
        self.assertEqual(len(head.all("set-cookie")), 1, head.fields)
        self.assertIn("private", head.get("cache-control"))
        renewed = head.get("set-cookie").partition(";")[0]
        head, _ = self.get("/private/says", [*BROWSER, ("Cookie", renewed)])
        self.assertEqual((head.status, head.all("set-cookie")), (200, []))

    def test_pass_that_renews_nothing_sets_no_cookie(self):
        head, body = self.get("/private/says", self.cleared())
        self.assertEqual((head.status, head.all("set-cookie"), head.all("cache-control")),
                         (200, [], []), body)

    def ending_soon(self):
        """A clearance that was earned through the proxy, with an hour left of its twelve."""
        return ending_soon(self.cleared()[-1][1])

    def test_origin_learns_the_verdict_and_no_forged_one(self):
        for fields, target, verdict in ((self.cleared(), "/private/echo", "valid"),
                                        (BROWSER, "/open/echo", "absent")):
            forged = [(name, "forged") for name in (
                "X-Stile-Verdict", "X-Stile-Rule", "X-Stile-Ctx", "X_Stile_Verdict",
                "X-Stile_Verdict", "x_stile-verdict")]
            _, body = self.get(target, [*fields, *forged])
            seen = [field for field in json.loads(body)["fields"] if "stile" in field[0]]
            self.assertEqual(seen, [["x-stile-verdict", verdict]])

    def test_content_reaches_the_origin_behind_a_pass(self):
        content = bytes(range(256)) * 300
        head, body = self.get("/private/echo", self.cleared(), "POST", body=content)
        self.assertEqual(head.status, 200)
        self.assertEqual(json.loads(body)["size"], len(content))
        self.assertTrue(json.loads(body)["start"].startswith("POST "))

    def test_content_of_a_challenged_request_reaches_nobody(self):
        head, body = self.assert_refused(method="POST", body=b"a=b" * 1000)
        self.assertEqual(head.status, 403)
        self.assertIn(b'name="challenge"', body)

    def test_method_is_the_one_that_the_client_sent(self):
        self.assertEqual(self.get("/post/echo")[0].status, 200)
        self.assert_refused("/post/echo", method="POST", body=b"a")
        self.assert_refused("/post/echo", method="DELETE")

    def test_denied_client_gets_the_page_that_says_so(self):
        head, body = self.assert_refused("/closed/echo", self.cleared())
        self.assertEqual(head.status, 403)
        self.assertIn("no-store", head.get("cache-control"))
        self.assertNotIn(b'name="challenge"', body)
        self.assertIn(b"<main>", body)

    def test_assets_are_cacheable_and_the_page_names_them(self):
        _, page = self.get()
        script = re.search(rb'src="([^"]+)"', page)[1].decode()
        head, body = self.get(script)
        self.assertEqual(head.status, 200)
        self.assertIn("immutable", head.get("cache-control"))
        self.assertGreater(len(body), 1000)

    def test_a_decision_is_made_once_for_each_request(self):
        before = self.site.metric("stile_decisions_total")
        self.get()                                # Challenged, in two steps with some proxies.
        self.get("/closed/echo")
        self.get("/open/echo")
        self.assertEqual(self.site.metric("stile_decisions_total"), before + 3)

    def test_head_is_answered_as_get(self):
        self.assertEqual(self.get("/open/head", method="HEAD")[0].status, 200)
        self.assertEqual(self.assert_refused(method="HEAD")[0].status, 403)

    # --- What a client may send to get around it ---

    def test_forwarding_fields_of_a_client_change_nothing(self):
        for name, value in [*SPOOFED_FIELDS, ("X-Forwarded-For", SPOOFED_CLIENT)]:
            with self.subTest(name):
                self.assert_refused(fields=[*BROWSER, (name, value)])

    def test_clearance_is_bound_to_the_address_that_the_proxy_sees(self):
        def spoofed(address):
            return [("X-Real-IP", address), ("X-Forwarded-For", address)]
        cookie = self.cleared([*BROWSER, *spoofed("198.51.100.1")])[-1]
        head, _ = self.get(fields=[*BROWSER, *spoofed("203.0.113.1"), cookie])
        self.assertEqual(head.status, 200)
        self.assertEqual(self.site.metric("stile_client_ip_unknown_total"), 0)

    def test_fields_of_stile_from_a_client_change_nothing(self):
        for name, value in (("X-Stile-Verdict", "valid"), ("X-Stile-Ctx", "AAAA"),
                            ("X-Stile-Rule", "open"), ("X-Stile-Action", "allow")):
            with self.subTest(name):
                self.assert_refused(fields=[*BROWSER, (name, value)])

    def test_absolute_target_with_another_host_is_refused(self):
        with Stream.to(self.site.address) as stream:
            before = len(self.site.origin.heads)
            stream.send(b"GET http://other.test/private/echo HTTP/1.1\r\nHost: example.test\r\n"
                        b"Connection: close\r\n\r\n")
            head, _ = stream.response()
            self.assertGreaterEqual(head.status, 400)
            self.assertEqual(len(self.site.origin.heads), before)

    def test_path_that_leaves_stiles_own_prefix_is_checked(self):
        for target in ("/.stile/../private/echo", "/.stile/%2e%2e/private/echo",
                       "/.stile/..%2fprivate/echo", "//.stile/../private/echo",
                       "/.stile//../../private/echo", "/open/../private/echo",
                       "/open/%2e%2e/private/echo", "/open/..;/private/echo"):
            with self.subTest(target):
                before = len(self.site.origin.heads)
                head, _ = self.get(target)
                if head.status < 400:  # Then the origin got it as a path that is open.
                    start = self.site.origin.last().start
                    self.assertRegex(start, r"^GET /open/\.\.;/")
                else:
                    self.assertEqual(len(self.site.origin.heads), before)

    def test_bare_prefix_is_a_path_like_any(self):
        for target in ("/.stile", "/.stile?s=x"):
            before = len(self.site.origin.heads)
            self.get(target)
            self.get(target, method="POST", body=b"a=b")
            self.assertEqual(len(self.site.origin.heads), before, target)

    def test_line_ends_in_the_path_are_refused(self):
        for target in ("/private/echo%0d%0aX-Stile-Verdict:%20valid", "/private/%0a", "/private/%00"):
            with self.subTest(target):
                self.assert_refused(target)

    def test_many_header_bytes_are_no_way_past(self):
        for size in (7_000, 13_000, 20_000, 31_000, 45_000):
            with self.subTest(size):
                before = len(self.site.origin.heads)
                padding = [(f"X-Padding-{i}", "a" * 1000) for i in range(size // 1000)]
                try:
                    head, _ = self.get(fields=[*BROWSER, *padding])
                    self.assertGreaterEqual(head.status, 400)
                except (EOFError, ConnectionError):
                    pass  # The proxy itself has had enough.
                self.assertEqual(len(self.site.origin.heads), before)

    def test_one_valid_cookie_among_others_is_found_and_none_among_many_forged(self):
        fields = self.cleared()
        value = fields[-1][1]
        name, _, token = value.partition("=")
        forged = f"{name}={token[:-2]}AA"
        self.assertEqual(self.get(fields=[*BROWSER, ("Cookie", f"{forged}; {value}")])[0].status, 200)
        self.assert_refused(fields=[*BROWSER, ("Cookie", f"{forged}; {forged}; {forged}")])
        self.assert_refused(fields=[*BROWSER, ("Cookie", forged), ("Cookie", forged)])
