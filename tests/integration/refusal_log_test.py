"""The log's lines about refused requests: sampled, bounded, and without anything of the client's
that could be used against it."""

import json
import signal
import unittest

from gateway_site import POLICY, STILED, TCP, clearance, config
from origin import Origin
from raw_http import Stream, request
from stiled_process import StiledProcess

DENY = '[[rule]]\nname = "no"\npath = ["/no", "/no/*"]\naction = "deny"\n'
PEER = TCP + '\nclient_address = "x-real-ip"\ntrusted_peers = ["127.0.0.0/8"]'


class RefusalLogTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)

    def start(self, log="", listener=TCP, policy=DENY + POLICY):
        stiled = StiledProcess(
            STILED, config(self.origin.url, [listener]) + f"[log]\n{log}\n", {"policy.toml": policy})
        self.addCleanup(stiled.stop)
        return stiled

    def lines(self, stiled):
        """Ends stiled; returns its lines about refusals."""
        stiled.signal(signal.SIGTERM)
        self.assertEqual(stiled.wait(), 0)
        return [event for event in stiled.events if event["event"] == "refused"]

    def test_line_says_what_was_refused_and_why(self):
        stiled = self.start("refusals = 1000")
        _, body = request(stiled.addresses[0], "/private/x?q=1", "POST", host="Example.test")
        request(stiled.addresses[0], "/no/y")
        first, second = self.lines(stiled)
        first.pop("time")
        self.assertEqual(first.pop("reference"), json.loads(body)["reference"])
        self.assertEqual(first, {
            "event": "refused", "site": "main", "action": "challenge", "verdict": "absent",
            "rule": "_default", "method": "POST", "host": "Example.test", "path": "/private/x",
            "suppressed": 0, "level": "info"})
        self.assertEqual((second["action"], second["rule"], second["path"]),
                         ("deny", "no", "/no/y"))

    def test_question_of_a_proxy_has_no_reference_and_its_page_no_line(self):
        peer = PEER + '\nmode = "check"'
        stiled = self.start("refusals = 1000", listener=peer)
        with Stream.to(stiled.addresses[0]) as stream:
            def ask(target, path, context):
                stream.send(f"GET {target} HTTP/1.1\r\nHost: a\r\nX-Real-IP: 192.0.2.5\r\n"
                            f"X-Forwarded-Method: GET\r\nX-Forwarded-Host: a.test\r\n"
                            f"X-Forwarded-Uri: {path}\r\nX-Stile-Ctx: {context}\r\n\r\n".encode())
                return stream.response()[0]
            for path in ("/private/1", "/private/2"):
                ask("/interstitial", path, ask("/check", path, "-").get("x-stile-ctx"))
        lines = self.lines(stiled)
        self.assertEqual([line["path"] for line in lines], ["/private/1", "/private/2"])
        self.assertEqual([line.get("reference") for line in lines], [None, None])

    def test_flood_becomes_a_few_lines_that_count_the_rest(self):
        stiled = self.start()
        stream = Stream.to(stiled.addresses[0])
        self.addCleanup(stream.close)
        for _ in range(500):
            stream.send(b"GET /private HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(stream.response()[0].status, 403)
        lines = self.lines(stiled)
        seconds = {line["time"][:19] for line in lines}
        # The line's time is taken a moment after its second was.
        self.assertLessEqual(len(lines), len(seconds) + 2)
        self.assertLess(len(lines), 250)
        self.assertLessEqual(sum(line["suppressed"] + 1 for line in lines), 500)
        if len(lines) > 1:
            self.assertGreater(sum(line["suppressed"] for line in lines), 0)

    def test_none_are_written_where_none_are_wanted(self):
        stiled = self.start("refusals = 0")
        request(stiled.addresses[0], "/private")
        self.assertEqual(self.lines(stiled), [])

    def test_reload_changes_what_is_written(self):
        stiled = self.start("refusals = 0")
        text = stiled.config.read_text()
        stiled.config.write_text(text.replace("refusals = 0", "refusals = 1000"))
        stiled.signal(signal.SIGHUP)
        stiled.wait_for("reloaded")
        # A loop takes over its new limits before it serves what comes later.
        for _ in range(8):
            request(stiled.addresses[0], "/private")
        self.assertGreater(len(self.lines(stiled)), 0)

    def test_what_passes_is_not_written(self):
        stiled = self.start("refusals = 1000")
        cookie = clearance(stiled.addresses[0])
        request(stiled.addresses[0], "/open/echo")
        request(stiled.addresses[0], "/private/echo", fields=[("Cookie", cookie)])
        self.assertEqual(self.lines(stiled), [])

    def test_nothing_that_could_be_a_secret_is_written(self):
        stiled = self.start("refusals = 1000\naddresses = \"full\"\nlevel = \"debug\"")
        cookie = clearance(stiled.addresses[0])
        name, _, value = cookie.partition("=")
        for fields in ([("Cookie", f"{name}={value[:-3]}AAA")], [("Cookie", f"s=sesame; {name}=x")],
                       [("Authorization", "Bearer sesame")], [("Referer", "http://a/?sesame")],
                       [("User-Agent", "sesame")], [("X-Forwarded-For", "203.0.113.7")]):
            head, body = request(stiled.addresses[0], "/private?token=sesame", fields=fields)
            self.assertEqual(head.status, 403)
            context = head.get("stile-challenge").partition("c=")[2]
            challenge = request(stiled.addresses[0], f"/.stile/challenge?c={context}",
                                fields=[("Accept", "application/json")])[1]
            token = json.loads(challenge)["challenge"]
            request(stiled.addresses[0], "/.stile/redeem", "POST", body=json.dumps(
                {"challenge": token, "solution": "sesame"}).encode(),
                fields=[("Content-Type", "application/json")])
        self.assertEqual(len(self.lines(stiled)), 6)
        text = json.dumps(stiled.events)
        for secret in ("sesame", value[:24], token[:24], context[:24], "203.0.113", "token="):
            self.assertNotIn(secret, text)

    def test_addresses_are_written_only_where_asked(self):
        for wanted, v4, v6 in (("none", None, None), ("prefix", "203.0.113.0/24", "2001:db8:1:200::/56"),
                               ("full", "203.0.113.77", "2001:db8:1:2ff::1")):
            with self.subTest(addresses=wanted):
                stiled = self.start(f'refusals = 1000\naddresses = "{wanted}"', PEER)
                for address in ("203.0.113.77", "2001:db8:1:2ff::1"):
                    request(stiled.addresses[0], "/private", fields=[("X-Real-IP", address)])
                lines = self.lines(stiled)
                self.assertEqual([line.get("address") for line in lines], [v4, v6])
                if wanted != "full":
                    self.assertNotIn("203.0.113.77", json.dumps(stiled.events))

    def test_what_a_client_writes_is_cut_and_cannot_break_a_line(self):
        stiled = self.start("refusals = 1000")
        target = '/p"\\{}%v' + "x" * 4000
        with Stream.to(stiled.addresses[0]) as stream:
            stream.send(f"GET {target} HTTP/1.1\r\nHost: {'h' * 200}\r\n\r\n".encode())
            status = stream.response()[0].status
        lines = self.lines(stiled)
        self.assertEqual([e for e in stiled.events if e["event"] == "text"], [])
        if status == 403:  # Strict HTTP may refuse such a target before anybody decides.
            self.assertEqual(lines[0]["path"], target[:256])
            self.assertEqual(len(lines[0]["host"]), 128)


if __name__ == "__main__":
    unittest.main()
