"""A clearance in use is renewed where a response may carry a cookie, and nowhere else."""

import pathlib
import sys
import time
import unittest
import urllib.parse

from gateway_site import Site, clearance
from raw_http import Stream, request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire_format"))
import stile_checker as wire  # noqa: E402

SECRET = b"k" * 32  # What stiled_process writes into its key file.
HOUR = 3_600
LIFE = 12 * HOUR  # Of the built-in level `light`.


class RenewalTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.address = cls.site.address
        cookie = clearance(cls.address)
        cls.token = wire.base64url_decode(cookie.partition("=")[2])

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def ending_in(self, left, age=LIFE):
        """A cookie of this deployment's keys that is `left` seconds from its end."""
        made = wire.Clearance.parse(self.token)
        made.expires_at = int(time.time()) + left
        made.issued_at = made.expires_at - age
        key = wire.derive_key(SECRET, b"clearance", b"main", made.issued_at // 86_400)
        return "stile=" + wire.seal(key, made.body()), made

    def get(self, target="/private/says", left=HOUR, method="GET", says=(), age=LIFE):
        cookie, _ = self.ending_in(left, age)
        if says:
            target += "?" + urllib.parse.urlencode(says)
        head, _ = request(self.address, target, method, fields=[("Cookie", cookie)])
        self.assertLess(head.status, 400, head.start)
        return head

    def expect_renewal(self, head):
        self.assertEqual(len(head.all("set-cookie")), 1, head.start)
        return head.get("set-cookie")

    def expect_none(self, head):
        self.assertEqual(head.all("set-cookie"), [], head.start)

    def test_renewed_clearance_has_the_same_id_and_a_whole_life(self):
        cookie, old = self.ending_in(HOUR)
        before = int(time.time())
        head, _ = request(self.address, "/private/says", fields=[("Cookie", cookie)])
        after = int(time.time())
        field = self.expect_renewal(head)
        pair, _, attributes = field.partition("; ")
        new = wire.Clearance.parse(wire.base64url_decode(pair.partition("=")[2]))
        # stiled's clock is up to a tick behind, and so may be a second back.
        self.assertIn(new.expires_at, range(before - 1 + LIFE, after + LIFE + 1))
        self.assertIn("HttpOnly; SameSite=Lax", attributes)
        new.expires_at = old.expires_at
        self.assertEqual(new, old)
        head, _ = request(self.address, "/private/says", fields=[("Cookie", pair)])
        self.assertEqual(head.status, 200)
        self.expect_none(head)

    def test_half_of_a_life_is_not_renewed(self):
        self.expect_none(self.get(left=LIFE // 2))

    def test_seven_days_from_its_issue_are_the_end(self):
        self.expect_none(self.get(left=60, age=7 * 86_400))

    def test_open_path_renews_nothing(self):
        self.expect_none(self.get("/open/says"))

    def test_response_that_says_nothing_becomes_private(self):
        head = self.get()
        self.expect_renewal(head)
        self.assertEqual(head.all("cache-control"), ["private"])

    def test_private_response_stays_as_it_is(self):
        for value in ("private", "no-store", "private, max-age=600"):
            head = self.get(says=[("Cache-Control", value)])
            self.expect_renewal(head)
            self.assertEqual(head.all("cache-control"), [value])

    def test_response_that_is_asked_for_again_becomes_private(self):
        head = self.get(says=[("Cache-Control", "no-cache")])
        self.expect_renewal(head)
        self.assertEqual(head.all("cache-control"), ["no-cache", "private"])

    def test_response_for_shared_caches_carries_no_cookie(self):
        for says in ([("Cache-Control", "public")], [("Cache-Control", "s-maxage=60")],
                     [("Cache-Control", "max-age=60")],
                     [("Expires", "Sun, 01 Mar 2099 12:00:00 GMT")],
                     [("Surrogate-Control", "max-age=60"), ("Cache-Control", "private")]):
            head = self.get(says=says)
            self.expect_none(head)
            self.assertEqual(head.get("cache-control"), dict(says).get("Cache-Control"))

    def test_cookies_of_the_origin_stay(self):
        head = self.get(says=[("Set-Cookie", "a=b"), ("Cache-Control", "no-store")])
        self.assertEqual(head.all("set-cookie")[0], "a=b")
        self.assertTrue(head.all("set-cookie")[1].startswith("stile="))

    def test_head_and_304_carry_no_cookie(self):
        self.expect_none(self.get("/private/head", method="HEAD"))
        self.expect_none(self.get("/private/unchanged"))

    def test_post_is_renewed(self):
        self.expect_renewal(self.get(method="POST"))

    def test_early_hints_carry_no_cookie_and_the_response_does(self):
        cookie, _ = self.ending_in(HOUR)
        with Stream.to(self.address) as stream:
            stream.send(f"GET /private/hints HTTP/1.1\r\nHost: example.test\r\n"
                        f"Cookie: {cookie}\r\n\r\n".encode())
            hints = stream.head()
            self.assertEqual(hints.status, 103)
            self.expect_none(hints)
            self.assertIsNone(hints.get("cache-control"))
            self.expect_renewal(stream.head())

    def test_upgrade_carries_no_cookie(self):
        cookie, _ = self.ending_in(HOUR)
        with Stream.to(self.address) as stream:
            stream.send(f"GET /private/socket HTTP/1.1\r\nHost: example.test\r\n"
                        f"Cookie: {cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        f"Sec-WebSocket-Version: 13\r\n"
                        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
            head = stream.head()
            self.assertEqual(head.status, 101)
            self.expect_none(head)

    def test_next_request_of_a_connection_has_none_of_it(self):
        due, _ = self.ending_in(HOUR)
        fresh, _ = self.ending_in(LIFE // 2)
        with Stream.to(self.address) as stream:
            for cookie, renewals in ((due, 1), (fresh, 0), (due, 1)):
                stream.send(f"GET /private/says HTTP/1.1\r\nHost: example.test\r\n"
                            f"Cookie: {cookie}\r\n\r\n".encode())
                head, _ = stream.response()
                self.assertEqual(len(head.all("set-cookie")), renewals)

    def test_renewals_are_counted(self):
        before = self.site.metric("stile_clearances_renewed_total")
        self.get()
        self.assertEqual(self.site.metric("stile_clearances_renewed_total"), before + 1)


class RenewalOffTest(unittest.TestCase):
    def test_nothing_is_renewed_where_it_is_switched_off(self):
        with Site(sites="[site.cookie]\nrenew = false") as site:
            cookie = clearance(site.address)
            made = wire.Clearance.parse(wire.base64url_decode(cookie.partition("=")[2]))
            made.expires_at = int(time.time()) + HOUR
            made.issued_at = made.expires_at - LIFE
            key = wire.derive_key(SECRET, b"clearance", b"main", made.issued_at // 86_400)
            head, _ = request(site.address, "/private/says",
                              fields=[("Cookie", "stile=" + wire.seal(key, made.body()))])
            self.assertEqual(head.status, 200)
            self.assertEqual(head.all("set-cookie"), [])


if __name__ == "__main__":
    unittest.main()
