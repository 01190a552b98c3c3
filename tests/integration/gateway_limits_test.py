"""What the gateway refuses, and what it does when one of the sides fails."""

import json
import os
import pathlib
import resource
import signal
import socket
import threading
import time
import unittest

from gateway_site import Site
from origin import Origin
from raw_http import Stream, request

LIMITS = """
max_head = 4096
max_body = 1000
max_connections = 40
head_timeout = "500ms"
idle_timeout = "1s"
body_timeout = "500ms"
upstream_timeout = "700ms"
upstream_connect_timeout = "1s"
"""
HEAD = b"GET /open/fields HTTP/1.1\r\nHost: a\r\n"


class LimitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(limits=LIMITS)
        cls.origin, cls.address = cls.site.origin, cls.site.address

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def refused(self, data, status):
        """Sends `data`; expects the status, the end, and nothing at the origin."""
        before = len(self.origin.heads)
        with Stream.to(self.address) as stream:
            stream.send(data)
            head, body = stream.response()
            self.assertEqual((head.status, head.get("connection")), (status, "close"))
            self.assertLess(len(body), 200)
            self.assertEqual(stream.rest(), b"")
        self.assertEqual(len(self.origin.heads), before)

    def test_bad_heads_are_refused_with_their_status(self):
        for data, status in (
                (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 400),
                (b"GET /open HTTP/1.1\r\n\r\n", 400),
                (HEAD + b"Content_Length: 5\r\n\r\nhello", 400),
                (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                (HEAD + b"A: b\r\n c\r\n\r\n", 400),
                (HEAD + b"A: b\n\r\n", 400),
                (b"TRACE /open HTTP/1.1\r\nHost: a\r\n\r\n", 405),
                (HEAD + b"Content-Length: 1001\r\n\r\n", 413),
                (HEAD + b"Expect: miracles\r\n\r\n", 417),
                (HEAD + b"A: " + b"a" * 4096, 431),
                (HEAD + b"A: b\r\n" * 101 + b"\r\n", 431),
                (b"get /open HTTP/1.1\r\nHost: a\r\n\r\n", 501),
                (b"GET /open HTTP/2.0\r\nHost: a\r\n\r\n", 505)):
            with self.subTest(data[:60]):
                self.refused(data, status)

    def test_long_target_is_414(self):
        with Site(limits="max_head = 65535") as site, Stream.to(site.address) as stream:
            stream.send(b"GET /open/" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(stream.response()[0].status, 414)
            self.assertEqual(site.origin.heads, [])

    def test_good_request_before_a_bad_one_is_answered_first(self):
        with Stream.to(self.address) as stream:
            stream.send(HEAD + b"\r\n" + HEAD + b"A\r\n\r\n")
            self.assertEqual(stream.response()[1], b"ok")
            self.assertEqual(stream.response()[0].status, 400)
            self.assertEqual(stream.rest(), b"")

    def test_chunks_beyond_the_limit_are_413(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + b"100\r\n" + b"a" * 256 + b"\r\n3e8\r\n")
            head, _ = stream.response()
            self.assertEqual((head.status, head.get("connection")), (413, "close"))

    def test_broken_chunks_are_400(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        b"5;a=b\r\nhello\r\n")
            head, _ = stream.response()
            self.assertEqual((head.status, head.get("connection")), (400, "close"))

    def test_slow_head_is_cut_off_though_bytes_come(self):
        begin = time.monotonic()
        with Stream.to(self.address) as stream:
            stream.send(HEAD + b"A: ")
            stopped = threading.Event()

            def drip():
                while not stopped.wait(0.1):
                    try:
                        stream.send(b"a")
                    except OSError:
                        return
            dripper = threading.Thread(target=drip)
            dripper.start()
            try:
                head, _ = stream.response()
                self.assertEqual((head.status, head.get("connection")), (408, "close"))
            finally:
                stopped.set()
                dripper.join()
        self.assertGreater(time.monotonic() - begin, 0.4)

    def test_connection_that_says_nothing_is_closed(self):
        with Stream.to(self.address) as stream:
            self.assertEqual(stream.rest(), b"")

    def test_idle_connection_is_closed_without_a_word(self):
        with Stream.to(self.address) as stream:
            stream.send(HEAD + b"\r\n").response()
            self.assertEqual(stream.rest(), b"")

    def test_content_that_does_not_come_is_408(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            self.assertEqual(stream.response()[0].status, 408)

    def test_silent_origin_is_504(self):
        head, body = request(self.address, "/open/silence")
        self.assertEqual(head.status, 504)
        self.assertEqual(head.get("cache-control"), "no-store")
        self.assertIn(b"504", body)
        self.assertEqual(request(self.address, "/open/fields")[1], b"ok")

    def test_clients_over_the_limit_get_503_and_later_ones_are_served(self):
        streams = [Stream.to(self.address) for _ in range(60)]
        try:
            statuses = []
            for stream in streams:
                try:
                    statuses.append(stream.send(HEAD + b"\r\n").response()[0].status)
                except (EOFError, OSError):
                    statuses.append(0)
            self.assertGreaterEqual(statuses.count(200), 30)
            self.assertLessEqual(statuses.count(200), 40)
        finally:
            for stream in streams:
                stream.close()
        for _ in range(200):  # Until the gateway has seen them go.
            try:
                if request(self.address, "/open/fields")[0].status == 200:
                    break
            except (EOFError, OSError):
                pass
        else:
            self.fail("still full")

    def test_refusals_and_timeouts_are_counted(self):
        self.refused(HEAD + b"A\r\n\r\n", 400)
        self.assertEqual(request(self.address, "/open/silence")[0].status, 504)
        _, text = request(self.site.stiled.metrics, "/metrics")
        self.assertIn("field-name", text.decode())


class FailureTest(unittest.TestCase):
    def test_killed_upstream_is_502_and_nothing_else_changes(self):
        with Site() as site, Stream.to(site.address) as stream:
            port = site.origin.port
            self.assertEqual(stream.send(HEAD + b"\r\n").response()[1], b"ok")
            site.origin.stop()
            for _ in range(3):
                head, body = stream.send(HEAD + b"\r\n").response()
                self.assertEqual(head.status, 502)
                self.assertIsNone(head.get("connection"))
                self.assertTrue(head.get("content-type").startswith("text/html"))
                self.assertIn(b"502 Bad Gateway", body)
            # The gate doesn't need the origin.
            self.assertEqual(request(site.address, "/private")[0].status, 403)
            self.assertEqual(request(site.address, "/.stile/challenge")[0].status, 200)
            site.origin = Origin(port=port)
            self.assertEqual(stream.send(HEAD + b"\r\n").response()[1], b"ok")

    def test_upstream_killed_in_the_middle_cuts_the_response(self):
        with Site() as site, Stream.to(site.address) as stream:
            stream.send(b"GET /open/events HTTP/1.1\r\nHost: a\r\n\r\n")
            pieces = stream.pieces(stream.head())
            next(pieces)
            site.origin.stop()
            # It has no length: its end by an orderly close is its end.
            self.assertEqual(list(pieces), [])

    def test_unreachable_upstream_with_content_is_502(self):
        with Site() as site:
            site.origin.stop()
            head, _ = request(site.address, "/open/echo", "POST", body=b"hello")
            self.assertEqual(head.status, 502)

    @unittest.skipIf("undefined" in os.environ.get("STILE_SANITIZE", ""),
                     "the sanitizer needs descriptors of its own to look at memory")
    def test_running_out_of_descriptors_passes(self):
        with Site() as site:
            used = len(list(pathlib.Path(f"/proc/{site.stiled.pid}/fd").iterdir()))
            _, hard = resource.prlimit(site.stiled.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(site.stiled.pid, resource.RLIMIT_NOFILE, (used + 8, hard))
            streams = [Stream.to(site.address) for _ in range(40)]
            for stream in streams:
                stream.send(b"GET /private HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            # Some are served at once; each that leaves makes room for one that waits.
            for stream in streams:
                self.assertEqual(stream.response()[0].status, 403)
                stream.close()
            resource.prlimit(site.stiled.pid, resource.RLIMIT_NOFILE, (hard, hard))
            self.assertEqual(request(site.address, "/open/fields")[1], b"ok")

    def test_drain_finishes_what_is_under_way_and_takes_nothing_new(self):
        with Site() as site:
            busy, idle = Stream.to(site.address), Stream.to(site.address)
            with busy, idle:
                idle.send(HEAD + b"\r\n").response()
                busy.send(b"GET /open/hold HTTP/1.1\r\nHost: a\r\n\r\n")
                while len(site.origin.heads) < 2:
                    time.sleep(0.01)
                site.stiled.signal(signal.SIGTERM)
                site.stiled.wait_for("draining")
                self.assertEqual(idle.rest(), b"")
                site.origin.gate.release()
                head, body = busy.response()
                self.assertEqual((head.get("connection"), body), ("close", b"held"))
                self.assertEqual(busy.rest(), b"")
            self.assertEqual(site.stiled.wait(), 0)
            with self.assertRaises(OSError):
                socket.create_connection(site.address, 5)

    def test_reload_moves_new_requests_to_another_upstream(self):
        with Site() as site, Stream.to(site.address) as stream:
            self.assertEqual(stream.send(HEAD + b"\r\n").response()[1], b"ok")
            other = Origin()
            try:
                text = site.stiled.config.read_text()
                site.stiled.config.write_text(text.replace(site.origin.url, other.url))
                site.stiled.signal(signal.SIGHUP)
                site.stiled.wait_for("reloaded")
                for _ in range(100):
                    stream.send(b"GET /open/echo HTTP/1.1\r\nHost: a\r\n\r\n")
                    json.loads(stream.response()[1])
                    if other.heads:
                        break
                self.assertGreater(len(other.heads), 0)
            finally:
                other.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
