"""The proxies of examples/embed_c and examples/embed_cpp, with Stile inside, in front of an origin."""

import os
import signal
import time
import unittest

from proxy_cases import BROWSER, POLICY, ProxyCases
from proxy_process import ProxiedSite
from raw_http import Stream, request
from stiled_process import DEADLINE, key_file

CONFIG = """
[[site]]
name = "main"
hosts = ["*"]
policy = "policy.toml"
[keys]
file = "keys.toml"
"""


class EmbeddedSite(ProxiedSite):
    """An origin and a proxy that has no stiled beside it."""

    def start_stiled(self, policy=None):
        self.policy = policy or POLICY
        (self.folder / "stile.toml").write_text(CONFIG)
        (self.folder / "policy.toml").write_text(self.policy)
        (self.folder / "keys.toml").write_text(key_file())

    def reload(self, policy):
        """Returns what the proxy says to it."""
        (self.folder / "policy.toml").write_text(policy)
        before = self.errors.stat().st_size
        self.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            said = self.errors.read_text()[before:]
            if self.done in said and said.endswith("\n"):
                return said
            time.sleep(0.01)
        raise AssertionError("the proxy doesn't say what became of its files")


class SiteInC(EmbeddedSite):
    program = os.environ.get("EMBED_C", "proxy")
    done = "configuration: "

    def write_files(self, port):
        return [self.program, str(self.folder), str(port), str(self.origin.port)]


class SiteInCpp(EmbeddedSite):
    program = os.environ.get("EMBED_CPP", "proxy")
    done = "reload: "

    def write_files(self, port):
        return [self.program, str(self.folder / "keys.toml"), str(self.folder / "policy.toml"),
                str(port), str(self.origin.port)]


class EmbeddedCases(ProxyCases):
    kind = None

    @classmethod
    def setUpClass(cls):
        cls.site = cls.kind()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    # It counts in the process alone: tests of the library look at it.
    test_a_decision_is_made_once_for_each_request = None

    def test_clearance_is_bound_to_the_address_that_the_proxy_sees(self):
        fields = [("X-Real-IP", "198.51.100.1"), ("X-Forwarded-For", "198.51.100.1")]
        cookie = self.cleared([*BROWSER, *fields])[-1]
        self.assertEqual(self.get(fields=[*BROWSER, cookie])[0].status, 200)

    def test_origin_does_not_see_the_clearance(self):
        *fields, (_, cookie) = self.cleared()
        self.get(fields=[*fields, ("Cookie", f"a=b; {cookie}; c=d")])
        self.assertEqual(self.site.origin.last().all("cookie"), ["a=b; c=d"])
        self.get(fields=[*fields, ("Cookie", cookie)])
        self.assertEqual(self.site.origin.last().all("cookie"), [])

    def test_what_follows_a_request_is_no_part_of_it(self):
        before = len(self.site.origin.heads)
        with Stream.to(self.site.address) as stream:
            stream.send(b"GET /open/echo HTTP/1.1\r\nHost: example.test\r\n\r\n"
                        b"GET /private/echo HTTP/1.1\r\nHost: example.test\r\n\r\n")
            self.assertEqual(stream.response()[0].status, 200)
        self.assertEqual(len(self.site.origin.heads), before + 1)

    def test_framing_that_hides_a_request_is_refused(self):
        for lines in (b"Transfer-Encoding: chunked\r\n", b"Content-Length: 1\nX: y\r\n",
                      b"Content-Length : 1\r\n", b"Content-Length: +1\r\n",
                      b"X: a\nHost: other.test\r\n", b"X: a\rHost: other.test\r\n",
                      b"Host: other.test\r\n", b"Content-Length: 5\r\nContent-Length: 0\r\n",
                      b"Content-Length: \r\n", b": x\r\n", b"Expect: 100-continue\r\n"):
            with self.subTest(lines):
                before = len(self.site.origin.heads)
                with Stream.to(self.site.address) as stream:
                    stream.send(b"POST /open/echo HTTP/1.1\r\nHost: example.test\r\n" + lines +
                                b"\r\n0\r\n\r\n")
                    self.assertGreaterEqual(stream.response()[0].status, 400)
                self.assertEqual(len(self.site.origin.heads), before)

    def test_request_line_that_others_read_otherwise_is_refused(self):
        for line in (b"GET\t/private/echo\tHTTP/1.1\nX: /open/echo HTTP/1.1",
                     b"GET /open/echo HTTP/1.1\nX-Stile-Verdict: valid",
                     b"GET /open/echo /private/echo HTTP/1.1", b"GET /open/\techo HTTP/1.1",
                     b"GET /open/echo HTTP/1.1\nHost: other.test HTTP/1.1", b"get /open/echo HTTP/1.1",
                     b"GET open/echo HTTP/1.1", b"GET /open/echo HTTP/2.0", b"GET /open/echo",
                     b"GET  HTTP/1.1", b" /open/echo HTTP/1.1"):
            with self.subTest(line):
                before = len(self.site.origin.heads)
                with Stream.to(self.site.address) as stream:
                    stream.send(line + b"\r\nHost: example.test\r\n\r\n")
                    self.assertEqual(stream.response()[0].status, 400)
                self.assertEqual(len(self.site.origin.heads), before)

    def test_reload_takes_effect_and_a_wrong_one_changes_nothing(self):
        with self.kind() as site:
            path = "/private/echo"
            self.assertEqual(request(site.address, path, fields=BROWSER)[0].status, 403)
            open_too = POLICY.replace('"/open", ', '"/open", "/private/*", ')
            self.assertNotIn("error", site.reload(open_too))
            self.assertEqual(request(site.address, path, fields=BROWSER)[0].status, 200)
            self.assertIn("policy.toml:", site.reload(POLICY.replace("action", "axtion")))
            self.assertEqual(request(site.address, path, fields=BROWSER)[0].status, 200)


class EmbedCTest(EmbeddedCases, unittest.TestCase):
    kind = SiteInC


class EmbedCppTest(EmbeddedCases, unittest.TestCase):
    kind = SiteInCpp


if __name__ == "__main__":
    unittest.main(verbosity=2)
