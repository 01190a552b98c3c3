"""Stile inside nginx, beside what else nginx does."""

import json
import subprocess
import time
import unittest
import urllib.parse

from gateway_site import SOLVE
from nginx_module_site import NginxModuleSite
from proxy_cases import AGENT, BROWSER, POLICY, ProxyCases
from proxy_process import DEPLOY
from raw_http import DEADLINE, Stream, request
from stile_command import stile

REAL_IP = """
[[rule]]
name = "elsewhere"
ip = ["203.0.113.0/24"]
path = ["/real/*"]
action = "deny"
"""
HTTP = """
proxy_cache_path FOLDER/cache keys_zone=pages:1m;
limit_req_zone $binary_remote_addr zone=few:1m rate=1r/m;
"""
SERVER = """
    error_page 403 404 /page-of-the-site.html;
    location = /page-of-the-site.html { root FOLDER; }
    location /any/ {
        satisfy any;
        allow 192.0.2.1;
        deny all;
        auth_basic "staff";
        auth_basic_user_file FOLDER/users;
        proxy_pass ORIGIN;
    }
    location /asked/ { auth_request /_ask; proxy_pass ORIGIN; }
    location = /_ask { internal; if ($http_x_user != ann) { return 401; } return 204; }
    location /ssi/ { ssi on; root FOLDER; }
    location /unchecked/ { stile off; ssi on; alias FOLDER/ssi/; }
    location /mirrored/ { mirror /_mirror; proxy_pass ORIGIN; }
    location = /_mirror { internal; proxy_pass ORIGIN/mirror/echo; }
    location /files/ { root FOLDER; try_files $uri /private/echo; }
    location /named/ { root FOLDER; try_files $uri @origin; }
    location @origin { proxy_pass ORIGIN; }
    location /lost/ { root FOLDER; error_page 404 = @origin; }
    location /gone/ { root FOLDER; }
    location ~ \\.js$ { stile off; root FOLDER; error_page 404 @nowhere; }
    location @nowhere { stile off; return 404; }
    location = /.stile/challenge { expires 30d; }
    location = /.stile/redeem { error_page 400 413 = @origin; }
    location /off/ { stile off; proxy_pass ORIGIN; }
    location /report/ { stile report; proxy_pass ORIGIN; }
    location /if/ { if ($arg_free) { stile off; } proxy_pass ORIGIN; }
    location /limited/ { limit_req zone=few; proxy_pass ORIGIN; }
    location /expires/ { expires 30d; proxy_pass ORIGIN; }
    location /real/ { set_real_ip_from 127.0.0.1; real_ip_header X-Test-Ip; proxy_pass ORIGIN; }
    location /https/ { stile_https https; proxy_pass ORIGIN; }
    location /gzip/ { gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; proxy_pass ORIGIN; }
    location /range/ { proxy_pass ORIGIN; }
    location /socket {
        proxy_pass ORIGIN;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
    }
    location /cached/ {
        proxy_cache pages;
        proxy_cache_valid any 1h;
        proxy_ignore_headers Cache-Control Expires;
        proxy_pass ORIGIN;
    }
"""
FORWARDING = (
    ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Host", "other.test"),
    ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "443"), ("X-Forwarded-Uri", "/open/echo"),
    ("X-Forwarded-Method", "GET"), ("X-Forwarded-Prefix", "/open"), ("X-Forwarded-Server", "a.test"),
    ("X-Forwarded-Ssl", "on"), ("X-Forwarded-Scheme", "https"), ("X-Real-IP", "192.0.2.1"),
    ("Forwarded", 'for=192.0.2.1;host=other.test;proto=https'), ("X-Original-URL", "/open/echo"),
    ("X-Original-URI", "/open/echo"), ("X-Rewrite-URL", "/open/echo"),
    ("X-Original-Method", "GET"), ("X-HTTP-Method-Override", "GET"),
    ("CF-Connecting-IP", "192.0.2.1"), ("True-Client-IP", "192.0.2.1"),
    ("X-Client-IP", "192.0.2.1"), ("X-Cluster-Client-IP", "192.0.2.1"), ("Via", "1.1 other.test"))


def write_files(site):
    (site.folder / "users").write_text("ann:{PLAIN}secret\n")
    (site.folder / "page-of-the-site.html").write_text("The site's own page.\n")
    (site.folder / "ssi").mkdir()
    (site.folder / "ssi" / "a.html").write_text(
        '<!--#include virtual="/private/page" --><!--#include virtual="/closed/page" -->')


class NginxModuleTest(ProxyCases, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = NginxModuleSite(policy=POLICY.replace("\n[[rule]]", REAL_IP + "[[rule]]", 1),
                                   http=HTTP, server=SERVER, prepare=write_files)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def decided(self):
        return self.site.metric("stile_decisions_total")

    def assert_decided_once(self, target, fields, status=200):
        before = self.decided()
        head, body = self.get(target, fields)
        self.assertEqual(head.status, status, body)
        self.assertEqual(self.decided(), before + 1)
        return head, body

    def test_shipped_files_are_what_the_tool_prints(self):
        for part, name in (("http", "http.conf"), ("server", "server.conf"),
                           ("hardened", "hardened.conf")):
            _, text, _ = stile("snippet", "nginx-module", "--part", part)
            self.assertEqual(text, (DEPLOY / "nginx-module" / name).read_text())

    # --- Beside other checks ---

    def test_pass_is_no_password_where_any_check_will_do(self):
        cleared = self.cleared()
        head, _ = self.assert_refused("/any/echo", cleared)
        self.assertEqual((head.status, head.get("www-authenticate")), (401, 'Basic realm="staff"'))
        password = ("Authorization", "Basic YW5uOnNlY3JldA==")
        self.assertEqual(self.get("/any/echo", [*cleared, password])[0].status, 200)
        head, body = self.assert_refused("/any/echo", [*BROWSER, password])
        self.assertEqual(head.status, 403)
        self.assertIn(b'name="challenge"', body)

    def test_auth_request_is_still_asked(self):
        cleared = self.cleared()
        self.assertEqual(self.assert_refused("/asked/echo", cleared)[0].status, 401)
        self.assert_decided_once("/asked/echo", [*cleared, ("X-User", "ann")])
        head, body = self.assert_refused("/asked/echo", [*BROWSER, ("X-User", "ann")])
        self.assertEqual(head.status, 403)
        self.assertIn(b'name="challenge"', body)

    def test_request_over_the_limit_of_nginx_is_refused_by_nginx(self):
        cleared = self.cleared()
        self.assertEqual(self.get("/limited/echo", cleared)[0].status, 200)
        before = self.decided()
        self.assertEqual(self.get("/limited/echo", cleared)[0].status, 503)
        self.assertEqual(self.decided(), before)

    def test_address_is_the_one_that_realip_makes_of_it_in_a_location(self):
        cleared = self.cleared()
        self.assertEqual(self.get("/real/echo", cleared)[0].status, 200)
        head, body = self.assert_refused("/real/echo", [*cleared, ("X-Test-Ip", "203.0.113.9")])
        self.assertEqual(head.status, 403)
        self.assertNotIn(b'name="challenge"', body)

    # --- Once for each request ---

    def test_subrequests_are_not_decided_about(self):
        _, body = self.assert_decided_once("/ssi/a.html", self.cleared())
        self.assertEqual(body.count(b"Over the stile</title>"), 2)
        before = self.decided()
        _, body = self.get("/unchecked/a.html")
        self.assertEqual(body.count(b"Over the stile</title>"), 2)
        self.assertEqual(self.decided(), before)

    def test_mirrored_request_is_decided_about_once(self):
        self.assert_decided_once("/mirrored/echo", self.cleared())
        end = time.monotonic() + DEADLINE
        while b"GET /mirror/echo HTTP" not in b"".join(self.site.origin.heads):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_internal_redirects_are_not_decided_about_again(self):
        cleared = self.cleared()
        for target in ("/files/none", "/named/echo", "/lost/echo"):
            with self.subTest(target):
                self.assert_decided_once(target, cleared)

    def test_challenged_request_gets_nowhere_by_an_internal_redirect(self):
        for target in ("/files/none", "/named/echo", "/lost/echo"):
            with self.subTest(target):
                self.assertEqual(self.assert_refused(target)[0].status, 403)

    # --- Stile's own answers ---

    def test_error_page_of_the_site_is_not_for_answers_of_stile(self):
        _, body = self.assert_refused()
        self.assertIn(b'name="challenge"', body)
        head, body = self.get("/gone/a", self.cleared())
        self.assertEqual((head.status, body), (404, b"The site's own page.\n"))

    def test_own_endpoints_answer_where_a_location_switches_the_check_off(self):
        _, page = self.get()
        script = page.partition(b'src="')[2].partition(b'"')[0].decode()
        self.assertTrue(script.endswith(".js"), script)
        head, _ = self.get(script)
        self.assertEqual(head.status, 200)

    def test_expires_of_a_location_is_not_for_answers_of_stile(self):
        head, _ = self.get("/.stile/challenge", [("Accept", "application/json")])
        self.assertEqual((head.status, head.all("cache-control"), head.all("expires")),
                         (200, ["no-store"], []))

    def test_answers_keep_the_connection(self):
        body = b"a=b" * 1000
        fields = "".join(f"{name}: {value}\r\n" for name, value in BROWSER)
        post = (f"POST /private/echo HTTP/1.1\r\nHost: example.test\r\n{fields}"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        chunked = (f"POST /private/echo HTTP/1.1\r\nHost: example.test\r\n{fields}"
                   "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n").encode()
        head_only = f"HEAD /private/echo HTTP/1.1\r\nHost: example.test\r\n{fields}\r\n".encode()
        get = f"GET /open/echo HTTP/1.1\r\nHost: example.test\r\n{fields}\r\n".encode()
        with Stream.to(self.site.address) as stream:
            stream.send(post + head_only + chunked + get)  # All at once.
            self.assertEqual(stream.response()[0].status, 403)
            head, _ = stream.response(to_head=True)
            self.assertEqual(head.status, 403)
            self.assertGreater(int(head.get("content-length")), 1000)
            self.assertEqual(stream.response()[0].status, 403)
            head, body = stream.response()
            self.assertEqual(head.status, 200)
            self.assertTrue(json.loads(body)["start"].startswith("GET /open/echo "))

    def redeem_fields(self, media_type="application/json"):
        return [("User-Agent", AGENT), ("Content-Type", media_type)]

    def test_solution_in_pieces_is_redeemed(self):
        _, body = self.get("/.stile/challenge",
                           [("User-Agent", AGENT), ("Accept", "application/json")])
        challenge = json.loads(body)["challenge"]
        solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                                  timeout=60).stdout.strip()
        body = json.dumps({"challenge": challenge, "solution": solution}).encode()
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.redeem_fields())
        with Stream.to(self.site.address) as stream:
            stream.send((f"POST /.stile/redeem HTTP/1.1\r\nHost: example.test\r\n{fields}"
                         "Transfer-Encoding: chunked\r\n\r\n").encode())
            for start in range(0, len(body), 100):
                piece = body[start:start + 100]
                stream.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            stream.send(b"0\r\n\r\n")
            head, answer = stream.response()
            self.assertEqual(head.status, 200, answer)
            cookie = head.get("set-cookie").partition(";")[0]
            # The same connection goes on.
            stream.send((f"GET /private/echo HTTP/1.1\r\nHost: example.test\r\nUser-Agent: {AGENT}\r\n"
                         f"Cookie: {cookie}\r\n\r\n").encode())
            self.assertEqual(stream.response()[0].status, 200)

    def test_solution_that_is_too_long_is_refused_and_never_kept(self):
        size = 200_000
        for framing in ("length", "chunked"):
            with self.subTest(framing), Stream.to(self.site.address) as stream:
                before = len(self.site.origin.heads)
                how = f"Content-Length: {size}" if framing == "length" else "Transfer-Encoding: chunked"
                fields = "".join(f"{name}: {value}\r\n" for name, value in self.redeem_fields())
                stream.send((f"POST /.stile/redeem HTTP/1.1\r\nHost: example.test\r\n{fields}"
                             f"{how}\r\n\r\n").encode())
                piece = b"a" * 1000
                for _ in range(size // 1000):
                    stream.send(piece if framing == "length" else b"3e8\r\n" + piece + b"\r\n")
                if framing == "chunked":
                    stream.send(b"0\r\n\r\n")
                head, body = stream.response()
                self.assertEqual(head.status, 413)
                self.assertNotIn(b"nginx", body)
                stream.send(b"GET /open/echo HTTP/1.1\r\nHost: example.test\r\n\r\n")
                self.assertEqual(stream.response()[0].status, 200)
                self.assertEqual(len(self.site.origin.heads), before + 1)
        self.assertEqual(list((self.site.folder / "client_body").iterdir()), [])

    def test_error_page_behind_a_refused_solution_is_no_way_to_the_origin(self):
        before = len(self.site.origin.heads)
        with Stream.to(self.site.address) as stream:
            fields = "".join(f"{name}: {value}\r\n" for name, value in self.redeem_fields())
            stream.send((f"POST /.stile/redeem HTTP/1.1\r\nHost: example.test\r\n{fields}"
                         "Transfer-Encoding: chunked\r\n\r\nno chunk at all\r\n").encode())
            self.assertEqual(stream.response()[0].status, 403)
        self.assertEqual(len(self.site.origin.heads), before)

    # --- Switches ---

    def test_location_without_the_check_lets_everything_pass(self):
        before = self.decided()
        self.assertEqual(self.get("/off/echo")[0].status, 200)
        self.assertEqual(self.decided(), before)
        self.assertEqual(self.get("/if/echo?free=1")[0].status, 200)
        self.assertEqual(self.assert_refused("/if/echo")[0].status, 403)

    def test_location_that_reports_lets_everything_pass_and_counts(self):
        challenged = 'stile_decisions_total{action="challenge"}'
        before = self.site.samples()[challenged]
        head, body = self.get("/report/echo")
        self.assertEqual(head.status, 200)
        self.assertEqual(dict(json.loads(body)["fields"])["x-stile-verdict"], "absent")
        self.assertEqual(self.site.samples()[challenged], before + 1)

    def test_scheme_that_the_operator_names_makes_the_cookie_secure(self):
        _, page = self.get("/private/echo")
        self.assertEqual(self.assert_refused("/https/echo")[0].status, 403)
        # A clearance of the plain site has another name than one of the secure site.
        cleared = self.cleared()
        self.assertTrue(cleared[-1][1].startswith("stile="))
        self.assertEqual(self.assert_refused("/https/echo", cleared)[0].status, 403)

    # --- What the origin sees ---

    def test_clearance_is_not_for_the_origin(self):
        cookie = self.cleared()[-1][1]
        for sent, seen in (([f"a=b; {cookie}; c=d"], ["a=b; c=d"]), ([cookie], []),
                           (["a=b", cookie, "c=d"], ["a=b; c=d"])):
            with self.subTest(sent):
                fields = [*BROWSER, *(("Cookie", value) for value in sent)]
                head, body = self.get("/private/echo", fields)
                self.assertEqual(head.status, 200)
                got = [value for name, value in json.loads(body)["fields"] if name == "cookie"]
                self.assertEqual("; ".join(got), "; ".join(seen))
                self.assertNotIn("stile=", body.decode())

    def test_fields_of_the_client_reach_the_origin_in_order(self):
        sent = [*BROWSER, *((f"X-Field-{i}", str(i)) for i in range(40)), ("X-Stile-Verdict", "a"),
                ("X-Last", "z")]
        _, body = self.get("/open/echo", sent)
        got = [(name, value) for name, value in json.loads(body)["fields"]
               if name.startswith("x-") and "stile" not in name]
        self.assertEqual(got, [(name.lower(), value) for name, value in sent
                               if name.startswith("X-") and "Stile" not in name])

    # --- What a client may send ---

    def test_twenty_forwarding_fields_change_nothing(self):
        self.assertGreaterEqual(len(FORWARDING), 20)
        for name, value in FORWARDING:
            with self.subTest(name):
                self.assertEqual(self.assert_refused(fields=[*BROWSER, (name, value)])[0].status, 403)
        self.assertEqual(self.assert_refused(fields=[*BROWSER, *FORWARDING])[0].status, 403)

    def test_two_hosts_are_one_too_many(self):
        for start, host, status in (
                ("GET http://example.test/open/echo HTTP/1.1", "example.test", 200),
                ("GET http://EXAMPLE.test:80/open/echo HTTP/1.1", "example.test:81", 200),
                ("GET http://example.test/open/echo HTTP/1.1", "other.test", 400),
                ("GET http://example.test/open/echo HTTP/1.1", "example.tester", 400)):
            with self.subTest(start=start, host=host), Stream.to(self.site.address) as stream:
                before = len(self.site.origin.heads)
                stream.send(f"{start}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                self.assertEqual(stream.response()[0].status, status)
                self.assertEqual(len(self.site.origin.heads), before + (status == 200))

    def test_more_fields_than_stile_reads_are_refused(self):
        padding = [(f"X-{i}", "") for i in range(600)]
        self.assertEqual(self.get("/open/echo", [*BROWSER, *padding[:400]])[0].status, 200)
        self.assertEqual(self.assert_refused("/open/echo", [*self.cleared(), *padding])[0].status, 431)

    # --- Caches ---

    def test_challenge_is_never_cached(self):
        self.assert_refused("/cached/echo")
        cleared = self.cleared()
        head, body = self.get("/cached/echo", cleared)
        self.assertEqual(head.status, 200)
        cached = len(self.site.origin.heads)
        self.assertEqual(self.get("/cached/echo", cleared)[1], body)
        self.assertEqual(len(self.site.origin.heads), cached)  # It came from the cache,
        head, body = self.assert_refused("/cached/echo")       # which opens it to nobody else.
        self.assertIn(b'name="challenge"', body)
        self.assertEqual(head.get("cache-control"), "no-store")

    def test_renewed_clearance_is_not_in_the_cache_of_nginx(self):
        head, _ = self.get("/cached/says", [*BROWSER, ("Cookie", self.ending_soon())])
        self.assertEqual(len(head.all("set-cookie")), 1)
        head, _ = self.get("/cached/says", self.cleared())
        self.assertEqual((head.status, head.all("set-cookie")), (200, []))

    def test_renewed_clearance_stays_away_from_what_shared_caches_keep(self):
        for says, kept in (({"Cache-Control": "public, max-age=60"}, ["public, max-age=60"]),
                           ({"Cache-Control": "max-age=60"}, ["max-age=60"]),
                           ({"Cache-Control": "s-maxage=60"}, ["s-maxage=60"]),
                           ({"Cache-Control": "no-cache"}, ["no-cache"]),
                           ({"Cache-Control": "public, private"}, ["public, private"]),
                           ({"Cache-Control": 'private="X-Foo"'}, ['private="X-Foo"']),
                           ({"Cache-Control": "must-understand, no-store"},
                            ["must-understand, no-store"]),
                           ({"CDN-Cache-Control": "max-age=60"}, []),
                           ({"Surrogate-Control": "max-age=60"}, []),
                           ({"Expires": "Thu, 01 Jan 2099 00:00:00 GMT"}, [])):
            with self.subTest(says):
                target = "/private/says?" + urllib.parse.urlencode(says)
                head, _ = self.get(target, [*BROWSER, ("Cookie", self.ending_soon())])
                self.assertEqual(head.status, 200)
                self.assertEqual((head.all("set-cookie"), head.all("cache-control")), ([], kept))
        for value in ("private", "max-age=60, private", "no-store, no-cache, must-revalidate"):
            with self.subTest(value):
                target = "/private/says?" + urllib.parse.urlencode({"Cache-Control": value})
                head, _ = self.get(target, [*BROWSER, ("Cookie", self.ending_soon())])
                self.assertEqual(len(head.all("set-cookie")), 1)
                self.assertEqual(head.all("cache-control"), [value])

    def test_renewed_clearance_stays_away_from_what_a_location_lets_caches_keep(self):
        head, _ = self.get("/expires/says", [*BROWSER, ("Cookie", self.ending_soon())])
        self.assertEqual((head.status, head.all("set-cookie")), (200, []))
        self.assertEqual(head.all("cache-control"), ["max-age=2592000"])

    def test_page_that_says_nothing_about_caches_is_made_private(self):
        head, _ = self.get("/private/says", [*BROWSER, ("Cookie", self.ending_soon())])
        self.assertEqual(head.all("cache-control"), ["private"])

    # --- Other ways to talk ---

    def test_websocket_passes_with_a_clearance_alone_and_untouched(self):
        handshake = ("GET /socket HTTP/1.1\r\nHost: example.test\r\nConnection: Upgrade\r\n"
                     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        for cookie in (self.cleared()[-1], ("Cookie", self.ending_soon())):
            fields = "".join(f"{name}: {value}\r\n" for name, value in [*BROWSER, cookie])
            with Stream.to(self.site.address) as stream:
                stream.send((handshake + fields + "\r\n").encode())
                head = stream.head()
                self.assertEqual((head.status, head.all("set-cookie"), head.all("cache-control")),
                                 (101, [], []))
                self.assertEqual(stream.exactly(7), b"\x81\x05hello")
        with Stream.to(self.site.address) as stream:
            stream.send((handshake + "\r\n").encode())
            self.assertEqual(stream.response()[0].status, 403)

    def curl(self, target, *arguments, body=None):
        sends = [] if body is None else ["--data-binary", "@-"]
        return subprocess.run(
            ["curl", "-s", "-i", "--http2-prior-knowledge", "--max-time", "30", *arguments, *sends,
             f"http://127.0.0.1:{self.site.http2_port}{target}"], input=(body or "").encode(),
            capture_output=True, timeout=60, check=False)

    def http2(self, target, *arguments, body=None):
        """One request over HTTP/2; returns its status, its fields and its content."""
        done = self.curl(target, *arguments, body=body)
        self.assertEqual(done.returncode, 0)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.assertTrue(lines[0].startswith("HTTP/2 "), lines[0])
        fields = {line.partition(": ")[0]: line.partition(": ")[2] for line in lines[1:]}
        return int(lines[0].split()[1]), fields, body

    def test_browser_gets_through_over_http_2(self):
        agent = ("-A", AGENT)
        status, fields, body = self.http2("/private/echo", *agent, "-H", "Accept: text/html", "-H",
                                          "Sec-Fetch-Mode: navigate")
        self.assertEqual((status, fields["cache-control"]), (403, "no-store"))
        self.assertEqual(int(fields["content-length"]), len(body))
        challenge = body.partition(b'name="challenge" value="')[2].partition(b'"')[0].decode()
        solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                                  timeout=60).stdout.strip()
        status, fields, body = self.http2("/.stile/redeem", *agent,
                                          body=f"challenge={challenge}&solution={solution}")
        self.assertEqual((status, fields["location"]), (303, "/private/echo"), body)
        cookie = fields["set-cookie"].partition(";")[0]
        status, _, body = self.http2("/private/echo", *agent, "-H", f"Cookie: a=b; {cookie}; c=d",
                                     body="x" * 50_000)
        self.assertEqual(status, 200, body)
        seen = json.loads(body)
        self.assertEqual(seen["size"], 50_000)
        self.assertEqual(dict(seen["fields"])["cookie"], "a=b; c=d")

    def test_content_that_nobody_wants_is_refused_over_http_2(self):
        # curl gives up on an answer that comes before it has sent everything, whoever's it is.
        self.curl("/.stile/redeem", body="a" * 200_000)
        self.curl("/private/echo", body="a" * 200_000)
        for told in ("/.stile/redeem 413 serve ", "/private/echo 403 challenge absent "):
            self.assertTrue(any(line.startswith(told)
                                for line in self.site.accesses(2, "HTTP/2.0")), told)

    def test_page_may_be_compressed(self):
        head, body = self.get("/gzip/echo", [*BROWSER, ("Accept-Encoding", "gzip")])
        self.assertEqual((head.status, head.get("content-encoding")), (403, "gzip"))
        self.assertLess(len(body), 3072)

    def test_range_of_a_page_is_the_page(self):
        head, body = self.get("/range/echo", [*BROWSER, ("Range", "bytes=0-9"),
                                              ("If-Unmodified-Since", "Thu, 01 Jan 2015 00:00:00 GMT")])
        self.assertEqual(head.status, 403)
        self.assertIn(b'name="challenge"', body)

    # --- What is told ---

    def test_log_tells_what_came_of_each_request(self):
        self.get("/private/told")
        self.get("/closed/told", self.cleared())
        self.get("/open/told")
        lines = self.site.accesses(3, "/told ")
        told = [line.split()[:6] for line in lines]
        self.assertEqual(told[0], ["/private/told", "403", "challenge", "absent", "everybody", "light"])
        self.assertEqual(told[1][:5], ["/closed/told", "403", "deny", "valid", "closed"])
        self.assertEqual(told[2][:5], ["/open/told", "200", "allow", "absent", "open"])
        self.assertTrue(any(line.startswith("/.stile/redeem 200 serve ")
                            for line in self.site.accesses(1, "/.stile/redeem")))
        reference = lines[0].split()[6]
        self.assertRegex(reference, r"^[A-Za-z0-9-]{8,}$")


class NginxModuleShippedPolicyTest(unittest.TestCase):
    def test_shipped_files_challenge_all_but_what_they_name(self):
        for part in ("server", "hardened"):
            with self.subTest(part), NginxModuleSite(part=part) as site:
                for target, status in (("/", 403), ("/private/echo", 403), ("/robots.txt", 200),
                                       ("/.well-known/acme-challenge/token", 200)):
                    head, _ = request(site.address, target, fields=BROWSER)
                    self.assertEqual(head.status, status, target)
                self.assertEqual(site.metric("stile_decisions_total"), 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
