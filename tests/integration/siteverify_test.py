"""What a clearance buys, and what the site's backend is told about it, through a whole stiled."""

import concurrent.futures
import json
import signal
import unittest
from collections import Counter
from datetime import datetime, timezone

from gateway_site import TCP, Site, clearance
from raw_http import Stream, request

SECRET = "0123456789abcdefghijklmnopqrstuv"
NEWER = "vutsrqponmlkjihgfedcba9876543210"
ASKED = 'address = "127.0.0.1:0"\nmode = "siteverify"'
SELLS = '[site.siteverify]\nsecrets_file = "secrets"\n'
OK = {"secret": SECRET}


def refused(*codes):
    return {"success": False, "error-codes": list(codes)}


class SiteverifyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(listeners=(TCP, ASKED), sites=SELLS,
                        files={"secrets": f"# ours\n{SECRET}\n"})
        cls.gateway, cls.backend = cls.site.stiled.addresses
        cls.cookie = clearance(cls.gateway)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def buy(self, fields=(), body=b'{"action":"login"}', cookie=None):
        fields = [("Content-Type", "application/json"), ("Cookie", cookie or self.cookie), *fields]
        head, body = request(self.gateway, "/.stile/token", "POST", fields, body)
        return head, json.loads(body)

    def token(self):
        head, reply = self.buy([("Origin", "http://example.test"),
                                ("Sec-Fetch-Site", "same-origin")])
        self.assertEqual(head.status, 200, reply)
        return reply["token"]

    def ask(self, body, content_type="application/json", target="/siteverify", method="POST"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = [("Content-Type", content_type)]
        head, reply = request(self.backend, target, method, fields, body)
        self.assertEqual(head.status, 200, reply)
        self.assertEqual(head.get("content-type"), "application/json")
        return json.loads(reply)

    def test_token_is_a_yes_once_and_a_duplicate_afterwards(self):
        token = self.token()
        reply = self.ask({**OK, "response": token})
        self.assertIs(reply["success"], True)
        self.assertEqual(reply["error-codes"], [])
        self.assertEqual(reply["action"], "login")
        self.assertEqual(reply["hostname"], "example.test")
        age = datetime.now(timezone.utc) - datetime.fromisoformat(
            reply["challenge_ts"].replace("Z", "+00:00"))
        self.assertLess(abs(age.total_seconds()), 300)
        self.assertEqual(self.ask({**OK, "response": token}), refused("timeout-or-duplicate"))

    def test_idempotency_key_repeats_its_verdict_and_no_other(self):
        token = self.token()
        asked = {**OK, "response": token, "idempotency_key": "8b0b1d2c-0b1f-4f0e-9e3e-1f2a3b4c5d6e"}
        first = self.ask(asked)
        self.assertIs(first["success"], True)
        self.assertEqual(self.ask(asked), first)
        self.assertEqual(self.ask({**asked, "idempotency_key": "other"}),
                         refused("timeout-or-duplicate"))

    def test_of_many_at_once_one_hears_yes(self):
        tokens = [self.token() for _ in range(20)]

        def submit(_):
            heard = []
            with Stream.to(self.backend) as stream:
                for token in tokens:
                    body = json.dumps({**OK, "response": token}).encode()
                    head, reply = stream.send(
                        b"POST /siteverify HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)).response()
                    heard.append(json.loads(reply)["success"])
            return heard

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            heard = list(pool.map(submit, range(16)))
        for i in range(len(tokens)):
            self.assertEqual(Counter(one[i] for one in heard), Counter({False: 15, True: 1}))

    def test_every_encoding_and_the_path_of_another_service_are_taken(self):
        form = f"secret={SECRET}&response={self.token()}&remoteip=127.0.0.1".encode()
        self.assertIs(self.ask(form, "application/x-www-form-urlencoded")["success"], True)
        parts = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (("secret", SECRET), ("response", self.token()))) + "--b--\r\n"
        self.assertIs(self.ask(parts.encode(), "multipart/form-data; boundary=b",
                               "/turnstile/v0/siteverify")["success"], True)

    def test_whatever_is_wrong_is_told_with_status_200(self):
        token = self.token()
        for asked, reply in (
                ({}, refused("missing-input-secret", "missing-input-response")),
                ({"secret": "x", "response": token}, refused("invalid-input-secret")),
                (OK, refused("missing-input-response")),
                ({**OK, "response": "XXXX.DUMMY.TOKEN.XXXX"}, refused("invalid-input-response")),
                (b"{", refused("bad-request")),
                (b" " * 10_000, refused("bad-request"))):
            self.assertEqual(self.ask(asked), reply)
        self.assertEqual(self.ask(b"", method="GET"), refused("bad-request"))

    def test_what_cannot_be_read_or_is_too_long_is_told_with_status_200(self):
        chunks = b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n%b\r\n" % (b" " * 4096) * 3
        for text in (b"POST /siteverify HTTP/1.1\r\nHost: a\r\n" + chunks + b"0\r\n\r\n",
                     b"POST /siteverify HTTP/1.1\r\nHost: a\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
                     b"POST /siteverify HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                     b"POST /siteverify HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n"):
            with self.subTest(text[:60]), Stream.to(self.backend) as stream:
                self.expect_bad_request(stream.send(text))

    def expect_bad_request(self, stream):
        head, body = stream.response()
        self.assertEqual((head.status, head.get("content-type"), head.get("connection")),
                         (200, "application/json", "close"))
        self.assertEqual(json.loads(body), refused("bad-request"))

    def test_what_comes_too_slowly_is_told_with_status_200(self):
        limits = 'head_timeout = "500ms"\nbody_timeout = "500ms"'
        with Site(listeners=(TCP, ASKED), sites=SELLS, limits=limits,
                  files={"secrets": SECRET + "\n"}) as site:
            head = b"POST /siteverify HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
            for text in (head, head + b"\r\n{"):
                with self.subTest(text), Stream.to(site.stiled.addresses[1]) as stream:
                    self.expect_bad_request(stream.send(text))

    def test_nothing_else_is_served_there(self):
        for target in ("/", "/.stile/challenge", "/siteverify/"):
            self.assertEqual(request(self.backend, target)[0].status, 404)

    def test_no_clearance_and_no_other_origin_buys(self):
        head, reply = self.buy(cookie="stile=x")
        self.assertEqual((head.status, reply["error"]), (403, "not-cleared"))
        self.assertTrue(head.get("stile-challenge").startswith("/.stile/challenge?c="))
        for fields in ([("Origin", "http://evil.test")], [("Sec-Fetch-Site", "cross-site")]):
            head, reply = self.buy(fields)
            self.assertEqual((head.status, reply["error"]), (403, "cross-origin"))

    def test_counts_what_it_says(self):
        before = self.site.stiled.samples()
        token = self.token()
        self.ask({**OK, "response": token})
        self.ask({**OK, "response": token})
        after = self.site.stiled.samples()
        for name in ('stile_token_requests_total{result="sold"}',
                     'stile_spends_total{result="fresh"}', 'stile_spends_total{result="spent"}',
                     'stile_siteverify_total{reply="success"}',
                     'stile_siteverify_total{reply="timeout-or-duplicate"}'):
            self.assertEqual(after[name] - before[name], 1, name)


class SecretsTest(unittest.TestCase):
    def ask(self, site, secret, token="x"):
        body = json.dumps({"secret": secret, "response": token}).encode()
        _, reply = request(site.stiled.addresses[1], "/siteverify", "POST",
                           [("Content-Type", "application/json")], body)
        return json.loads(reply)["error-codes"]

    def test_secrets_are_reloaded_warned_of_and_never_logged(self):
        with Site(listeners=(TCP, ASKED), sites=SELLS, files={"secrets": SECRET + "\n"}) as site:
            self.assertIn("secrets", site.stiled.wait_for("key-file")["message"])
            self.assertEqual(self.ask(site, SECRET), ["invalid-input-response"])
            self.assertEqual(self.ask(site, NEWER), ["invalid-input-secret"])
            path = site.stiled.folder / "secrets"
            path.write_text(f"{SECRET}\n{NEWER}\n")
            path.chmod(0o600)
            site.stiled.signal(signal.SIGHUP)
            site.stiled.wait_for("reloaded")
            self.assertEqual(self.ask(site, NEWER), ["invalid-input-response"])
            # A file that can't be used changes nothing.
            path.write_text("short-secret\n")
            site.stiled.signal(signal.SIGHUP)
            rejected = site.stiled.wait_for("reload-rejected")
            self.assertIn("secrets:1:1", json.dumps(rejected))
            self.assertEqual(self.ask(site, SECRET), ["invalid-input-response"])
            said = json.dumps(site.stiled.events)
            for secret in (SECRET, NEWER, "short-secret"):
                self.assertNotIn(secret, said)

    def test_listener_of_a_site_that_a_reload_has_taken_away_takes_no_other_sites_secret(self):
        with Site(listeners=(TCP, ASKED + '\nsite = "main"'), sites=SELLS,
                  files={"secrets": SECRET + "\n"}) as site:
            self.assertEqual(self.ask(site, SECRET), ["invalid-input-response"])
            config = site.stiled.config
            config.write_text(config.read_text().replace('"main"', '"shop"'))
            site.stiled.signal(signal.SIGHUP)
            site.stiled.wait_for("reloaded")
            self.assertEqual(self.ask(site, SECRET), ["invalid-input-secret"])

    def test_tokens_outlive_a_reload_and_not_a_restart(self):
        files = {"secrets": SECRET + "\n"}
        with Site(listeners=(TCP, ASKED), sites=SELLS, files=files) as site:
            gateway, backend = site.stiled.addresses
            fields = [("Content-Type", "application/json"), ("Cookie", clearance(gateway))]

            def buy():
                _, body = request(gateway, "/.stile/token", "POST", fields, b"{}")
                return json.loads(body)["token"]

            first, second, third = buy(), buy(), buy()
            self.assertEqual(self.ask(site, SECRET, first), [])
            site.stiled.signal(signal.SIGHUP)
            site.stiled.wait_for("reloaded")
            self.assertEqual(self.ask(site, SECRET, first), ["timeout-or-duplicate"])
            self.assertEqual(self.ask(site, SECRET, second), [])
        with Site(listeners=(TCP, ASKED), sites=SELLS, files=files) as site:
            self.assertEqual(self.ask(site, SECRET, first), ["timeout-or-duplicate"])
            self.assertEqual(self.ask(site, SECRET, third), ["timeout-or-duplicate"])


if __name__ == "__main__":
    unittest.main()
