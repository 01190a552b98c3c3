"""nginx with the files of examples/deploy/nginx in front of an origin."""

import json
import signal
import unittest
import urllib.parse

from proxy_cases import BROWSER, POLICY, ProxyCases
from proxy_process import DEPLOY, NginxSite
from raw_http import Stream, request
from stile_command import stile

SERVER = """
    location /basic/ {
        auth_basic "staff";
        auth_basic_user_file FOLDER/users;
        proxy_pass ORIGIN;
    }
    location /forbidden/ { deny all; }
    location /files/ { root FOLDER; try_files $uri /open/echo; }
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


def write_users(site):
    (site.folder / "users").write_text("ann:{PLAIN}secret\n")


class NginxTest(ProxyCases, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = NginxSite(policy=POLICY, server=SERVER, prepare=write_users,
                             http="proxy_cache_path FOLDER/cache keys_zone=pages:1m;\n"
                                  "add_header Strict-Transport-Security max-age=1;\n"
                                  "proxy_set_header X-Forwarded-Proto https;")

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_shipped_files_are_what_the_tool_prints(self):
        for part, name in (("http", "http.conf"), ("server", "server.conf")):
            _, text, _ = stile("snippet", "nginx", "--part", part)
            self.assertEqual(text, (DEPLOY / "nginx" / name).read_text())

    def test_locations_of_the_snippet_are_not_for_clients(self):
        for target in ("/_stile_check", "/_stile_answer", "/check", "/interstitial"):
            head, _ = self.assert_refused(target)
            self.assertIn(head.status, (403, 404), target)

    def test_password_is_still_asked_for(self):
        cleared = self.cleared()
        head, _ = self.assert_refused("/basic/echo", cleared)
        self.assertEqual((head.status, head.get("www-authenticate")), (401, 'Basic realm="staff"'))
        password = ("Authorization", "Basic YW5uOnNlY3JldA==")
        self.assertEqual(self.get("/basic/echo", [*cleared, password])[0].status, 200)
        head, body = self.assert_refused("/basic/echo", [*BROWSER, password])
        self.assertEqual(head.status, 403)
        self.assertIn(b'name="challenge"', body)

    def test_refusal_of_nginx_itself_is_its_own(self):
        head, body = self.assert_refused("/forbidden/a", self.cleared())
        self.assertEqual(head.status, 403)
        self.assertIn(b"nginx", body)

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

    def test_renewed_clearance_stays_away_from_what_shared_caches_keep(self):
        for says, kept in (({"Cache-Control": "public, max-age=60"}, ["public, max-age=60"]),
                           ({"Cache-Control": "max-age=60"}, ["max-age=60"]),
                           ({"Cache-Control": "s-maxage=60"}, ["s-maxage=60"]),
                           ({"Cache-Control": "no-cache"}, ["no-cache"]),
                           ({"Cache-Control": "max-age=0, must-revalidate"},
                            ["max-age=0, must-revalidate"]),
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

    def test_renewed_clearance_is_not_in_the_cache_of_nginx(self):
        fields = [*BROWSER, ("Cookie", self.ending_soon())]
        head, _ = self.get("/cached/says", fields)
        self.assertEqual(len(head.all("set-cookie")), 1)
        head, _ = self.get("/cached/says", self.cleared())
        self.assertEqual((head.status, head.all("set-cookie")), (200, []))

    def test_head_that_is_too_much_for_stiled_is_403_and_no_error(self):
        padding = [(f"X-Padding-{i}", "a" * 1000) for i in range(45)]
        head, _ = self.assert_refused(fields=[*BROWSER, *padding])
        self.assertEqual(head.status, 403)

    def test_page_that_says_nothing_about_caches_is_made_private(self):
        head, _ = self.get("/private/says", [*BROWSER, ("Cookie", self.ending_soon())])
        self.assertEqual(head.all("cache-control"), ["private"])

    def test_settings_around_the_server_still_hold(self):
        head, body = self.get("/private/echo", self.cleared())
        self.assertEqual(head.get("strict-transport-security"), "max-age=1")
        self.assertEqual(dict(json.loads(body)["fields"])["x-forwarded-proto"], "https")

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

    def test_connections_to_stiled_are_kept(self):
        self.get("/open/echo")
        before = self.site.metric("stile_connections_accepted_total")
        cleared = self.cleared()
        for _ in range(20):
            self.assertEqual(self.get(fields=cleared)[0].status, 200)
        self.assertLess(self.site.metric("stile_connections_accepted_total") - before, 5)

    def test_reload_of_nginx_loses_nothing(self):
        cleared = self.cleared()
        for _ in range(3):
            self.site.process.send_signal(signal.SIGHUP)
            for _ in range(10):
                self.assertEqual(self.get(fields=cleared)[0].status, 200)


class NginxShippedPolicyTest(unittest.TestCase):
    def test_shipped_policy_challenges_all_but_what_it_names(self):
        with NginxSite() as site:
            for target, status in (("/", 403), ("/private/echo", 403), ("/robots.txt", 200),
                                   ("/.well-known/acme-challenge/token", 200)):
                self.assertEqual(request(site.address, target, fields=BROWSER)[0].status, status)


class NginxWithoutStiledTest(unittest.TestCase):
    def test_visitors_pass_while_stiled_is_dead_and_not_when_it_is_back(self):
        with NginxSite(policy=POLICY) as site:
            self.assertEqual(request(site.address, "/private/echo", fields=BROWSER)[0].status, 403)
            site.stiled.stop()
            head, body = request(site.address, "/private/echo",
                                 fields=[*BROWSER, ("X-Stile-Verdict", "valid")])
            self.assertEqual(head.status, 200)
            self.assertNotIn("x-stile-verdict", dict(json.loads(body)["fields"]))
            self.assertEqual(request(site.address, "/closed/echo", fields=BROWSER)[0].status, 200)
            site.start_stiled(POLICY)
            self.assertEqual(request(site.address, "/private/echo", fields=BROWSER)[0].status, 403)

    def test_visitors_pass_while_stiled_hangs(self):
        with NginxSite(as_shipped=True, policy=POLICY) as site:
            site.stiled.pause()
            try:
                head, _ = request(site.address, "/private/echo", fields=BROWSER)
            finally:
                site.stiled.resume()
            self.assertEqual(head.status, 200)

    def test_nobody_passes_while_stiled_is_dead_where_that_is_wanted(self):
        with NginxSite(fail="closed", policy=POLICY) as site:
            site.stiled.stop()
            head, body = request(site.address, "/private/echo", fields=BROWSER)
            self.assertEqual(head.status, 503)
            self.assertEqual(head.get("cache-control"), "no-store")
            self.assertIn(b"does not answer", body)
            self.assertEqual(site.origin.heads, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
