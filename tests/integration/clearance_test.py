"""Which clearances pass the gateway: the one that was earned, and no other; with a verdict each."""

import pathlib
import re
import sys
import time
import unittest

from gateway_site import Site, clearance
from raw_http import Stream, request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire_format"))
import stile_checker as wire  # noqa: E402

SECRET = b"k" * 32  # What stiled_process writes into its key file.
AGENT = "clearance-test/1.0"
CLIENT = "192.0.2.5"
FORWARDED = ('address = "127.0.0.1:0"\nclient_address = "x-forwarded-for"\n'
             'trusted_peers = ["127.0.0.0/8"]')
TWO_SITES = '[[site]]\nname = "other"\nhosts = ["other.test"]\nupstream = "http://127.0.0.1:9"\n'


class ClearanceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(listeners=(FORWARDED,), sites=TWO_SITES)
        cls.address = cls.site.stiled.addresses[0]
        cookie = clearance(cls.address, [("User-Agent", AGENT), ("X-Forwarded-For", CLIENT)])
        cls.token = wire.base64url_decode(cookie.partition("=")[2])

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def fields(self, token, address=CLIENT):
        text = token if isinstance(token, str) else wire.base64url_encode(token)
        return [("User-Agent", AGENT), ("Cookie", f"stile={text}"), ("X-Forwarded-For", address)]

    def get(self, token, address=CLIENT):
        return request(self.address, "/private", fields=self.fields(token, address))[0]

    def count(self, action, verdict, site="main"):
        _, text = request(self.site.stiled.metrics, "/metrics")
        total = 0
        for line in text.decode().splitlines():
            match = re.fullmatch(r"stile_decisions_total\{([^}]*)\} ([0-9.e+]+)", line)
            if match:
                labels = dict(re.findall(r'(\w+)="([^"]*)"', match.group(1)))
                if labels == {"site": site, "action": action, "verdict": verdict}:
                    total += float(match.group(2))
        return total

    def sealed(self, site=b"main", **changes):
        """A clearance of this deployment's keys that differs from the earned one."""
        made = wire.Clearance.parse(self.token)
        for name, value in changes.items():
            setattr(made, name, value)
        key = wire.derive_key(SECRET, b"clearance", site, made.issued_at // 86400)
        return wire.seal(key, made.body())

    def expect_challenge(self, verdict, token, **options):
        before = self.count("challenge", verdict)
        origin = len(self.site.origin.heads)
        head = self.get(token, **options)
        self.assertEqual(head.status, 403)
        self.assertEqual(head.get("cache-control"), "no-store")
        self.assertEqual(self.count("challenge", verdict), before + 1)
        self.assertEqual(len(self.site.origin.heads), origin)

    def test_earned_clearance_passes(self):
        before = self.count("allow", "valid")
        self.assertEqual(self.get(self.token).status, 200)
        self.assertEqual(self.count("allow", "valid"), before + 1)

    def test_clearance_made_with_the_keys_passes(self):
        # Otherwise the refusals below could be this test's own mistake.
        self.assertEqual(self.get(self.sealed()).status, 200)

    def test_any_single_bit_flipped_is_challenged(self):
        with Stream.to(self.address) as stream:
            for bit in range(len(self.token) * 8):
                flipped = bytearray(self.token)
                flipped[bit // 8] ^= 1 << bit % 8
                fields = self.fields(bytes(flipped))
                text = "".join(f"{name}: {value}\r\n" for name, value in fields)
                stream.send(f"GET /private HTTP/1.1\r\nHost: example.test\r\n{text}\r\n".encode())
                head, _ = stream.response()
                self.assertEqual(head.status, 403, f"bit {bit}")

    def test_forged_is_challenged_as_forged(self):
        tag = bytes([self.token[53] ^ 1])
        self.expect_challenge("forged", self.token[:53] + tag + self.token[54:])

    def test_unsigned_is_challenged_as_unsigned(self):
        self.expect_challenge("unsigned", self.token[:53])

    def test_truncated_is_challenged_as_malformed(self):
        self.expect_challenge("malformed", wire.base64url_encode(self.token)[:-1])

    def test_other_sites_clearance_is_challenged_as_wrong_site(self):
        other = wire.site_id(b"other")
        self.expect_challenge("wrong-site", self.sealed(site=b"other", site_id=other))

    def test_clearance_from_another_prefix_is_challenged_as_wrong_client(self):
        self.expect_challenge("wrong-client", self.token, address="198.51.100.7")

    def test_expired_is_challenged_as_expired(self):
        past = int(time.time()) - 10
        self.expect_challenge("expired", self.sealed(issued_at=past - 60, expires_at=past))

    def test_clearance_of_the_future_is_challenged_as_not_yet_valid(self):
        future = int(time.time()) + 600
        self.expect_challenge("not-yet-valid", self.sealed(issued_at=future,
                                                           expires_at=future + 60))

    def test_unknown_key_is_challenged_as_unknown_key(self):
        self.expect_challenge("unknown-key", self.sealed(key_id=9))

    def test_nothing_is_challenged_as_absent(self):
        self.expect_challenge("absent", "")


if __name__ == "__main__":
    unittest.main()
