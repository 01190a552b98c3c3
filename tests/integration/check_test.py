"""The dialect of nginx's auth_request: a status alone, and the page in a second question."""

import json
import re
import signal
import subprocess
import unittest

from asked_listener import NAVIGATION, AskedCase, AskedListener, described
from gateway_site import SOLVE, clearance
from raw_http import Stream, request

PAGE = [NAVIGATION[0]]


class CheckTest(AskedCase, unittest.TestCase):
    MODE, PATH, CHALLENGED = "check", "/check", 401

    def context_of(self, status, **description):
        return self.expect(status, described(**description))[0].get("x-stile-ctx")

    def interstitial(self, fields, method="GET", target="/interstitial", address=None):
        return self.ask(fields, method, target, address)

    def expect_page(self, fields, **options):
        """The challenge page; returns its challenge."""
        head, body = self.interstitial(fields + PAGE, **options)
        self.assertEqual(head.status, 403)
        self.assertEqual(head.get("content-type"), "text/html; charset=utf-8")
        self.assertEqual(head.get("cache-control"), "no-store")
        return re.search(rb'name="?challenge"? value="?([^" >]+)', body).group(1)

    def test_challenge_and_denial_have_no_content_and_a_context(self):
        for uri, status, rule in (("/private", 401, "_default"), ("/closed", 403, "closed"),
                                  ("/strict/a", 401, "strict")):
            head, body = self.expect(status, described(uri))
            self.assertEqual((head.get("content-length"), body), ("0", b""))
            self.assertEqual(head.get("x-stile-rule"), rule)
            self.assertRegex(head.get("x-stile-ctx"), r"^[A-Za-z0-9_-]{55,1078}$")
            self.assertEqual(head.get("x-stile-verdict"), "absent")

    def test_refused_description_says_error(self):
        head, _ = self.expect(403, described("x"))
        self.assertEqual([head.get(name) for name in
                          ("x-stile-verdict", "x-stile-rule", "x-stile-ctx")], ["error", "-", "-"])

    def test_other_methods_are_not_allowed(self):
        for method in ("POST", "PUT", "OPTIONS"):
            for target in ("/check", "/interstitial"):
                head, _ = self.ask(described("/open"), method, target)
                self.assertEqual((head.status, head.get("allow")), (405, "GET, HEAD"))

    def test_interstitial_shows_the_page_of_the_decision(self):
        context = self.context_of(401, uri="/private?a=b")
        self.expect_page(described("/private?a=b") + [("X-Stile-Ctx", context)])

    def test_interstitial_is_json_for_a_program_and_leads_to_the_level_that_was_decided(self):
        context = self.context_of(401, uri="/strict/a")
        fields = described("/strict/a") + [("X-Stile-Ctx", context)]
        head, body = self.interstitial(fields)
        self.assertEqual(head.status, 403)
        answer = json.loads(body)
        self.assertEqual((answer["error"], answer["level"]), ("challenge", "standard"))
        self.assertEqual(head.get("stile-challenge"), answer["challenge"])
        head, body = request(self.address, answer["challenge"],
                             fields=[("X-Real-IP", "192.0.2.5"), ("Accept", "application/json")])
        self.assertEqual(json.loads(body)["alternatives"][0]["level"], "standard")

    def test_head_that_cannot_be_read_is_403_as_all_else(self):
        for text in (b"GET /check HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
                     b"GET /check HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                     b"GET /check HTTP/1.1\r\nHost : a\r\n\r\n", b"GET /check HTTP/9.9\r\n\r\n"):
            with self.subTest(text[:40]), Stream.to(self.address) as stream:
                head, body = stream.send(text).response()
                self.assertEqual((head.status, head.get("x-stile-verdict"), body),
                                 (403, "error", b""))

    def test_interstitial_denies_what_was_denied(self):
        context = self.context_of(403, uri="/closed")
        fields = described("/closed") + [("X-Stile-Ctx", context)]
        head, body = self.interstitial(fields + PAGE)
        self.assertEqual(head.status, 403)
        self.assertNotIn(b"challenge", body)
        self.assertEqual(json.loads(self.interstitial(fields)[1])["error"], "denied")

    def test_interstitial_of_a_form_shows_the_page(self):
        context = self.context_of(401, method="POST")
        fields = described(method="POST") + [("X-Stile-Ctx", context)]
        self.expect_page(fields + [("Sec-Fetch-Mode", "navigate")])

    def test_interstitial_evaluates_and_counts_nothing_a_second_time(self):
        context = self.context_of(401)
        before = self.stile.metrics()
        self.expect_page(described() + [("X-Stile-Ctx", context)])
        after = self.stile.metrics()
        for name in set(before) | set(after):
            if re.match(r"stile_(decisions|rule_matches|redeems|check_duration)", name):
                self.assertEqual(after.get(name), before.get(name), name)
        issued = "stile_challenges_issued_total"
        self.assertEqual(after[issued], before[issued] + 1)

    def test_interstitial_with_a_context_that_cannot_be_believed_challenges(self):
        # One that could would deny.
        good = self.context_of(403, uri="/closed")
        _, body = self.interstitial(described() + [("X-Stile-Ctx", good)])
        self.assertEqual(json.loads(body)["error"], "denied")
        flipped = good[:-1] + ("A" if good[-1] != "A" else "B")
        other = self.context_of(403, uri="/closed", host="other.test")
        for contexts in ([], [""], ["-"], ["x"], [flipped], [good[:-1]], [good + "A"], [other],
                         [good, good], ["A" * 1078], ["A" * 4000],
                         [self.cookie.partition("=")[2]]):
            self.expect_page(described() + [("X-Stile-Ctx", text) for text in contexts])

    def test_interstitial_never_passes(self):
        # Whatever the rule of the request says: who is sent here was refused.
        for uri in ("/open", "/private", "/.stile/challenge"):
            self.expect_page(described(uri) + [("Cookie", self.cookie)])
        self.expect_page(described("/open", host="free.test"))

    def test_interstitial_without_a_description_is_refused(self):
        context = self.context_of(401)
        for fields in ([], described(None), described("http://evil.test/"),
                       described() + described()[1:2]):
            head, body = self.interstitial(fields + [("X-Stile-Ctx", context)] + PAGE)
            self.assertEqual(head.status, 403)
            self.assertNotIn(b"challenge", body)
        self.assertEqual(self.interstitial(described() + PAGE, address=self.untrusting)[0].status,
                         403)

    def test_interstitial_for_head_has_no_content(self):
        head, body = self.interstitial(described() + PAGE, "HEAD")
        self.assertEqual((head.status, body), (403, b""))
        self.assertNotEqual(head.get("content-length"), "0")

    def test_interstitial_ignores_its_query(self):
        self.expect_page(described(), target="/interstitial?c=x&X-Stile-Ctx=y")

    def test_context_leads_back_to_where_the_client_was(self):
        context = self.context_of(401, uri="/private?a=b")
        page = self.expect_page(described("/elsewhere") + [("X-Stile-Ctx", context)]).decode()
        solution = subprocess.run([SOLVE, page], capture_output=True, text=True, check=True,
                                  timeout=60).stdout.strip()
        form = [("Content-Type", "application/x-www-form-urlencoded"), *described()[-2:]]
        head, _ = request(self.address, "/.stile/redeem", "POST", form,
                          f"challenge={page}&solution={solution}".encode())
        self.assertEqual((head.status, head.get("location")), (303, "/private?a=b"))

    def test_clearance_flows_through_from_challenge_to_pass(self):
        client = "203.0.113.9"
        head, _ = self.expect(401, described(client=client))
        self.expect_page(described(client=client) + [("X-Stile-Ctx", head.get("x-stile-ctx"))])
        fields = described(client=client)
        cookie = clearance(self.address, [("User-Agent", fields[-1][1]), ("X-Real-IP", client)])
        self.expect(200, fields + [("Cookie", cookie)])

    def test_first_refusal_of_a_kind_is_logged_and_the_second_is_not(self):
        stile = AskedListener("check")
        try:
            for fields in (described("x"), described("x"), []):
                self.assertEqual(request(stile.address, "/check", fields=fields)[0].status, 403)
            stile.stiled.signal(signal.SIGHUP)  # So that it looks around.
            stile.stiled.wait_for("question-refused", count=2)
            stile.stiled.signal(signal.SIGTERM)
            self.assertEqual(stile.stiled.wait(), 0)
            reasons = [event["reason"] for event in stile.stiled.events
                       if event["event"] == "question-refused"]
            self.assertEqual(sorted(reasons), ["method-missing", "uri-form"])
        finally:
            stile.close()

    def test_answers_are_never_a_server_error(self):
        for fields in (described(), described("/open"), described("/closed"), [], described("x"),
                       described() * 2, described() + [("Cookie", "stile=" + "x" * 9000)]):
            head, _ = self.ask(fields)
            self.assertIn(head.status, (200, 401, 403))


if __name__ == "__main__":
    unittest.main()
