"""The dialect of Caddy's and Traefik's forward auth: the answer is what the client gets."""

import json
import unittest

from asked_listener import CLIENT, NAVIGATION, AskedCase, described
from gateway_site import clearance
from raw_http import Stream, request

PAGE = [NAVIGATION[0]]


class ForwardAuthTest(AskedCase, unittest.TestCase):
    MODE, PATH, CHALLENGED = "forward-auth", "/auth", 403

    def test_challenge_is_the_page_for_a_navigation(self):
        head, body = self.expect(403, described() + PAGE)
        self.assertEqual(head.get("content-type"), "text/html; charset=utf-8")
        self.assertIn("content-security-policy", dict(head.fields))
        self.assertIn(b"challenge", body)

    def test_challenge_is_json_for_a_program(self):
        head, body = self.expect(403, described("/strict/a"))
        answer = json.loads(body)
        self.assertEqual((answer["error"], answer["level"]), ("challenge", "standard"))
        self.assertEqual(head.get("stile-challenge"), answer["challenge"])

    def test_denial_is_its_page_or_json(self):
        head, body = self.expect(403, described("/closed") + PAGE)
        self.assertEqual(head.get("content-type"), "text/html; charset=utf-8")
        self.assertNotIn(b"<form", body)
        self.assertEqual(json.loads(self.expect(403, described("/closed"))[1])["error"], "denied")

    def test_client_that_is_refused_does_not_learn_why(self):
        for uri in ("/private", "/closed", "x"):
            head, _ = self.expect(403, described(uri) + [("Cookie", "stile=x")])
            for name in ("x-stile-verdict", "x-stile-rule", "x-stile-ctx"):
                self.assertEqual(head.get(name), "-")

    def test_any_method_asks(self):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"):
            self.expect(200, described("/open", method), method=method)
            self.expect(403, described("/private", method), method=method)

    def test_content_of_a_question_is_not_waited_for(self):
        text = "".join(f"{name}: {value}\r\n" for name, value in described("/open", "POST"))
        for framing in ("Content-Length: 100000", "Transfer-Encoding: chunked"):
            with Stream.to(self.address) as stream:
                stream.send(f"POST /auth HTTP/1.1\r\nHost: a\r\n{framing}\r\n{text}\r\n".encode())
                head, _ = stream.response()
                self.assertEqual(head.status, 200)
                self.assertEqual(head.get("connection"), "close")

    def test_upgrade_of_the_client_is_no_upgrade_of_the_question(self):
        upgrade = [("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x"),
                   ("Sec-WebSocket-Version", "13")]
        self.expect(200, described("/open") + upgrade)
        self.expect(403, described() + upgrade)

    def test_clearance_flows_through_from_challenge_to_pass(self):
        client = "203.0.113.9"
        fields = described(client=client)
        head, _ = self.expect(403, fields)
        head, body = request(self.address, head.get("stile-challenge"),
                             fields=[("Accept", "application/json"), ("X-Real-IP", client)])
        self.assertEqual(head.status, 200, body)
        cookie = clearance(self.address, [("User-Agent", fields[-1][1]), ("X-Real-IP", client)])
        self.expect(200, fields + [("Cookie", cookie)])

    def test_cookie_is_secure_where_the_proxy_speaks_tls(self):
        fields = [("User-Agent", "a"), ("X-Real-IP", CLIENT), ("X-Forwarded-Proto", "https")]
        cookie = clearance(self.address, fields)
        self.assertTrue(cookie.startswith("__Host-stile="))
        self.expect(200, described(proto="https", agent="a") + [("Cookie", cookie)])
        self.expect(403, described(proto="http", agent="a") + [("Cookie", cookie)])


if __name__ == "__main__":
    unittest.main()
