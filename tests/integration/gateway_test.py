"""The gateway between a client and an origin: what passes, and what it looks like on the other side."""

import grp
import hashlib
import json
import os
import socket
import stat
import tempfile
import threading
import unittest

from gateway_site import TCP, Site, clearance
from origin import BIG, PIECE, Origin
from raw_http import Stream, request

BIG_DIGEST = hashlib.sha256(PIECE * (BIG // len(PIECE))).hexdigest()
FLAT = 8 * 1024 * 1024  # What 50 MB on their way may add to the process.


class GatewayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.origin, cls.address = cls.site.origin, cls.site.address

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def echo(self, target="/open/echo", **options):
        head, body = request(self.address, target, **options)
        self.assertEqual(head.status, 200, body)
        return json.loads(body)

    # --- The gate ---

    def test_unknown_client_gets_the_page_and_the_origin_nothing(self):
        before = len(self.origin.heads)
        head, body = request(self.address, "/private",
                             fields=[("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")])
        self.assertEqual(head.status, 403)
        self.assertEqual(head.get("cache-control"), "no-store")
        self.assertTrue(head.get("content-type").startswith("text/html"))
        self.assertLessEqual(len(body), 3 * 1024)
        self.assertEqual(len(self.origin.heads), before)

    def test_unknown_program_gets_json_of_at_most_512_bytes(self):
        head, body = request(self.address, "/private")
        self.assertEqual(head.status, 403)
        self.assertLessEqual(len(body), 512)
        json.loads(body)
        self.assertTrue(head.get("stile-challenge").startswith("/.stile/challenge?c="))

    def test_cleared_client_reaches_the_origin_and_its_cookie_does_not(self):
        cookie = clearance(self.address)
        head, body = request(self.address, "/private/echo",
                             fields=[("Cookie", f"a=b; {cookie}; c=d")])
        self.assertEqual(head.status, 200)
        fields = dict(json.loads(body)["fields"])
        self.assertEqual(fields["cookie"], "a=b; c=d")

    def test_cookie_field_that_is_only_the_clearance_is_left_out(self):
        cookie = clearance(self.address)
        _, body = request(self.address, "/private/echo", fields=[("Cookie", cookie)])
        self.assertNotIn("cookie", dict(json.loads(body)["fields"]))

    def test_changed_clearance_is_challenged(self):
        name, _, value = clearance(self.address).partition("=")
        value = value[:40] + ("A" if value[40] != "A" else "B") + value[41:]
        head, _ = request(self.address, "/private", fields=[("Cookie", f"{name}={value}")])
        self.assertEqual(head.status, 403)

    def test_challenged_post_whose_content_is_there_keeps_the_connection(self):
        with Stream.to(self.address) as stream:
            for _ in range(2):
                stream.send(b"POST /private HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
                head, _ = stream.response()
                self.assertEqual(head.status, 403)
                self.assertIsNone(head.get("connection"))

    def test_challenged_post_whose_content_is_not_there_is_closed(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /private HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nhello")
            head, _ = stream.response()
            self.assertEqual((head.status, head.get("connection")), (403, "close"))
            stream.send(b"GET /open/echo HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(stream.rest(), b"")

    def test_redeem_content_in_chunks_is_read(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /.stile/redeem HTTP/1.1\r\nHost: a\r\n"
                        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                        b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
            head, _ = stream.response()
            self.assertIn(head.status, range(400, 404))
            self.assertIsNone(head.get("connection"))

    def test_redeem_content_over_its_limit_is_413(self):
        for framing in (b"Content-Length: 8193\r\n\r\n",
                        b"Transfer-Encoding: chunked\r\n\r\n2001\r\n"):
            with Stream.to(self.address) as stream:
                stream.send(b"POST /.stile/redeem HTTP/1.1\r\nHost: a\r\n" + framing)
                head, _ = stream.response()
                self.assertEqual((head.status, head.get("connection")), (413, "close"))

    def test_redeem_waits_for_100_continue(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /.stile/redeem HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                        b"Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(stream.head().status, 100)
            head, _ = stream.send(b"{}").response()
            self.assertIn(head.status, range(400, 404))

    # --- What the origin sees ---

    def test_forwarding_fields_of_a_client_are_overwritten(self):
        spoofed = ["X-Forwarded-For", "x_forwarded_for", "X.Forwarded.For", "X-Real-IP",
                   "X_Real_IP", "X-Forwarded-Proto", "X-Forwarded-Host", "X_FORWARDED_HOST",
                   "Forwarded", "X-Forwarded-Prefix", "Stile-Verdict", "X-Stile-Verdict",
                   "stile_level"]
        fields = self.echo(fields=[(name, "9.9.9.9") for name in spoofed])["fields"]
        self.assertNotIn("9.9.9.9", [value for _, value in fields])
        fields = [field for field in fields if field[0].startswith("x-") or "stile" in field[0]]
        self.assertEqual(sorted(map(tuple, fields)), [
            ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-host", "example.test"),
            ("x-forwarded-proto", "http"), ("x-real-ip", "127.0.0.1")])

    def test_hop_by_hop_fields_stay_here(self):
        fields = dict(self.echo(fields=[
            ("Connection", "close, X-Custom, Cookie, X-Real-IP"), ("X-Custom", "1"),
            ("Keep-Alive", "5"), ("TE", "trailers"), ("Proxy-Connection", "close"),
            ("Upgrade", "h2c"), ("HTTP2-Settings", "AA"), ("Cookie", "a=b"),
            ("X-Kept", "2")])["fields"])
        for name in ("connection", "keep-alive", "te", "proxy-connection", "upgrade",
                     "http2-settings"):
            self.assertNotIn(name, fields)
        self.assertEqual(fields["cookie"], "a=b")
        self.assertEqual(fields["x-real-ip"], "127.0.0.1")
        self.assertEqual(fields["x-kept"], "2")

    def test_host_and_target_reach_the_origin_as_sent(self):
        echo = self.echo("/open/a%20b?b=c&d", host="Shop.Example:8080")
        self.assertEqual(echo["start"], "GET /open/a%20b?b=c&d HTTP/1.1")
        self.assertEqual(dict(echo["fields"])["host"], "Shop.Example:8080")

    def test_absolute_target_reaches_the_origin_in_origin_form(self):
        echo = self.echo("http://example.test/open/a")
        self.assertEqual(echo["start"], "GET /open/a HTTP/1.1")

    def test_http_1_0_request_reaches_the_origin_as_http_1_1(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/echo HTTP/1.0\r\nHost: a\r\n\r\n")
            head, body = stream.response()
            self.assertEqual(json.loads(body)["start"], "GET /open/echo HTTP/1.1")
            self.assertEqual(head.get("connection"), "close")
            self.assertEqual(stream.rest(), b"")

    # --- What the client sees ---

    def test_response_fields_pass_but_those_of_the_connection(self):
        head, body = request(self.address, "/open/fields")
        self.assertEqual(body, b"ok")
        self.assertEqual(head.all("set-cookie"), ["a=b", "c=d"])
        self.assertEqual((head.get("server"), head.get("x-public")), ("origin", "2"))
        for name in ("keep-alive", "x-private"):
            self.assertIsNone(head.get(name))
        self.assertEqual(head.all("connection"), ["close"])

    def test_head_has_the_length_and_no_content(self):
        with Stream.to(self.address) as stream:
            for _ in range(2):
                stream.send(b"HEAD /open/head HTTP/1.1\r\nHost: a\r\n\r\n")
                head, _ = stream.response(to_head=True)
                self.assertEqual((head.status, head.get("content-length")), (200, "12345"))

    def test_204_and_304_have_no_content(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/empty HTTP/1.1\r\nHost: a\r\n\r\n"
                        b"GET /open/unchanged HTTP/1.1\r\nHost: a\r\n\r\n"
                        b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(stream.response()[0].status, 204)
            head, _ = stream.response()
            self.assertEqual((head.status, head.get("content-length")), (304, "9"))
            self.assertEqual(stream.response()[1], b"ok")

    def test_early_hints_pass_and_100_does_not(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/hints HTTP/1.1\r\nHost: a\r\n\r\n")
            head = stream.head()
            self.assertEqual((head.status, head.get("link")), (103, "</a.css>"))
            self.assertEqual(stream.response()[1], b"hinted")

    def test_content_until_close_comes_in_chunks_on_http_1_1(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/until-close HTTP/1.1\r\nHost: a\r\n\r\n")
            head, body = stream.response()
            self.assertEqual(head.get("transfer-encoding"), "chunked")
            self.assertEqual(body, PIECE)
            stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(stream.response()[1], b"ok")

    def test_chunks_come_until_close_on_http_1_0(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/big-chunked HTTP/1.0\r\nHost: a\r\n"
                        b"Connection: keep-alive\r\n\r\n")
            head, body = stream.response()
            self.assertIsNone(head.get("transfer-encoding"))
            self.assertEqual(head.get("connection"), "close")
            self.assertEqual(hashlib.sha256(body).hexdigest(), BIG_DIGEST)

    def test_http_1_0_client_is_kept_where_it_asks(self):
        with Stream.to(self.address) as stream:
            for _ in range(2):
                stream.send(b"GET /open/fields HTTP/1.0\r\nHost: a\r\n"
                            b"Connection: keep-alive\r\n\r\n")
                head, body = stream.response()
                self.assertEqual((head.get("connection"), body), ("keep-alive", b"ok"))

    def test_folded_lines_and_bare_line_feeds_of_an_origin_are_put_right(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/folded HTTP/1.1\r\nHost: a\r\n\r\n")
            head, body = stream.response()
            self.assertEqual(head.get("x-folded").split(), ["a", "b"])
            self.assertEqual(body, b"ok")

    def test_framing_of_an_origin_that_is_ambiguous_is_502(self):
        for action in ("two-lengths", "length-and-chunks", "no-http", "huge-head"):
            with self.subTest(action):
                self.assertEqual(request(self.address, f"/open/{action}")[0].status, 502)

    def test_content_cut_by_the_origin_is_cut_for_the_client(self):
        for action in ("cut", "cut-chunked"):
            with self.subTest(action), Stream.to(self.address) as stream:
                stream.send(b"GET /open/%s HTTP/1.1\r\nHost: a\r\n\r\n" % action.encode())
                with self.assertRaises((EOFError, ConnectionError)):
                    stream.response()

    def test_origin_that_hangs_up_is_a_plain_502(self):
        head, body = request(self.address, "/open/hang-up")
        self.assertEqual(head.status, 502)
        self.assertEqual(head.get("cache-control"), "no-store")
        self.assertIn(b"502", body)

    # --- Streams ---

    def test_50_megabytes_come_down_with_flat_memory(self):
        for action in ("big", "big-chunked"):
            with self.subTest(action), Stream.to(self.address) as stream:
                stream.send(f"GET /open/{action} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                before = self.site.stiled.peak_memory()
                head, digest, size = stream.head(), hashlib.sha256(), 0
                for piece in stream.pieces(head):
                    digest.update(piece)
                    size += len(piece)
                self.assertEqual((size, digest.hexdigest()), (BIG, BIG_DIGEST))
                self.assertLess(self.site.stiled.peak_memory() - before, FLAT)

    def test_50_megabytes_go_up_with_flat_memory(self):
        for framing in ("length", "chunks"):
            with self.subTest(framing), Stream.to(self.address) as stream:
                field = (f"Content-Length: {BIG}" if framing == "length"
                         else "Transfer-Encoding: chunked")
                stream.send(f"POST /open/echo HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n".encode())
                before = self.site.stiled.peak_memory()
                for _ in range(BIG // len(PIECE)):
                    stream.send(PIECE if framing == "length"
                                else b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
                if framing == "chunks":
                    stream.send(b"0\r\nX-Trailer: 1\r\n\r\n")
                _, body = stream.response()
                echo = json.loads(body)
                self.assertEqual((echo["size"], echo["sha256"]), (BIG, BIG_DIGEST))
                self.assertNotIn("x-trailer", dict(echo["fields"]))
                self.assertLess(self.site.stiled.peak_memory() - before, FLAT)

    def test_client_that_does_not_read_holds_the_origin_back(self):
        with Stream.to(self.address) as stream:
            before = self.site.stiled.peak_memory()
            stream.send(b"GET /open/big HTTP/1.1\r\nHost: a\r\n\r\n")
            stream.head()
            # Another client is served meanwhile, and nothing piles up.
            for _ in range(20):
                self.assertEqual(request(self.address, "/open/fields")[1], b"ok")
            self.assertLess(self.site.stiled.peak_memory() - before, FLAT)

    def test_server_sent_events_arrive_one_by_one(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/events HTTP/1.1\r\nHost: a\r\n\r\n")
            pieces = stream.pieces(stream.head())
            for number in range(3):
                # The origin sends the next one only now.
                self.assertEqual(next(pieces), b"data: %d\n\n" % number)
                self.origin.gate.release()

    def test_content_and_response_flow_at_once(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /open/early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            head, body = stream.response()
            self.assertEqual((head.status, body), (413, b"too much"))
            # Half of a request is left: nothing more can be said on this connection.
            self.assertEqual(stream.rest(), b"")

    def test_client_waits_for_100_continue_and_the_origin_does_not_see_it(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                        b"Expect: 100-continue\r\n\r\n")
            self.assertEqual(stream.head().status, 100)
            _, body = stream.send(b"hello").response()
            echo = json.loads(body)
            self.assertEqual(echo["size"], 5)
            self.assertNotIn("expect", dict(echo["fields"]))

    def test_pipelined_requests_are_answered_in_order(self):
        with Stream.to(self.address) as stream:
            stream.send(b"".join(b"GET /open/echo?%d HTTP/1.1\r\nHost: a\r\n\r\n" % i
                                 for i in range(100)))
            for i in range(100):
                _, body = stream.response()
                self.assertIn(f"/open/echo?{i} ", json.loads(body)["start"])

    def test_request_behind_content_is_read_from_where_it_begins(self):
        with Stream.to(self.address) as stream:
            stream.send(b"POST /open/echo?1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                        b"POST /open/echo?2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        b"\r\n3\r\nabc\r\n0\r\n\r\n"
                        b"GET /open/echo?3 HTTP/1.1\r\nHost: a\r\n\r\n")
            for i, size in ((1, 5), (2, 3), (3, 0)):
                echo = json.loads(stream.response()[1])
                self.assertIn(f"?{i} ", echo["start"])
                self.assertEqual(echo["size"], size)

    def test_client_that_ends_its_side_still_gets_the_response(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n")
            stream.connection.shutdown(socket.SHUT_WR)
            self.assertEqual(stream.response()[1], b"ok")
            self.assertEqual(stream.rest(), b"")

    def test_requests_share_upstream_connections(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n").response()
            before = self.origin.connections
            for _ in range(20):
                stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n").response()
            self.assertEqual(self.origin.connections, before)

    def test_connection_that_the_origin_closes_while_idle_costs_no_request(self):
        with Stream.to(self.address) as stream:
            for _ in range(20):
                stream.send(b"GET /open/once HTTP/1.1\r\nHost: a\r\n\r\n")
                head, body = stream.response()
                self.assertEqual((head.status, body), (200, b"once"))
        # A request that can't be sent again must not meet the last of them half closed.
        self.origin.wait_closed()

    def test_request_that_cannot_be_sent_again_goes_over_no_connection_that_closes(self):
        with Stream.to(self.address) as stream:
            for _ in range(5):
                stream.send(b"GET /open/once-held HTTP/1.1\r\nHost: a\r\n\r\n").response()
                # The request and then the close wait for the process when it goes on.
                self.site.stiled.pause()
                stream.send(b"POST /open/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
                self.origin.gate.release()
                self.origin.wait_closed()
                self.site.stiled.resume()
                self.assertEqual(stream.response()[0].status, 200)

    def test_request_on_a_stale_connection_is_sent_again_once_if_that_is_safe(self):
        for method, content, times in (("GET", b"", 2), ("HEAD", b"", 2), ("DELETE", b"", 2),
                                       ("POST", b"", 1), ("PUT", b"hello", 1), ("LOCK", b"", 1)):
            with self.subTest(method), Stream.to(self.address) as stream:
                # Leaves a connection to the origin behind, which then closes on the request.
                stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n").response()
                before = len(self.origin.heads)
                stream.send(b"%s /open/hang-up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
                            % (method.encode(), len(content), content))
                head, _ = stream.response(to_head=method == "HEAD")
                self.assertEqual(head.status, 502)
                self.assertEqual(len(self.origin.heads) - before, times)

    # --- WebSocket ---

    HANDSHAKE = (b"GET /open/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                 b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")

    def test_websocket_is_a_tunnel_both_ways(self):
        with Stream.to(self.address) as stream:
            stream.send(self.HANDSHAKE + b"sent ahead")
            head = stream.head()
            self.assertEqual(head.status, 101)
            self.assertEqual(head.get("upgrade").lower(), "websocket")
            self.assertEqual(head.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            self.assertEqual(stream.exactly(7), b"\x81\x05hello")
            self.assertEqual(stream.exactly(10), b"sent ahead")
            for size in (1, 1000, 300_000):
                data = bytes(range(256)) * (size // 256 + 1)
                sender = threading.Thread(target=stream.send, args=(data,))
                sender.start()
                self.assertEqual(stream.exactly(len(data)), data)
                sender.join()

    def test_end_of_a_websocket_is_passed_on(self):
        with Stream.to(self.address) as stream:
            stream.send(self.HANDSHAKE)
            stream.head()
            stream.exactly(7)
            stream.connection.shutdown(socket.SHUT_WR)
            self.assertEqual(stream.rest(), b"")

    def test_websocket_that_the_origin_refuses_stays_http(self):
        with Stream.to(self.address) as stream:
            stream.send(self.HANDSHAKE.replace(b"/open/socket", b"/open/fields"))
            self.assertEqual(stream.response()[1], b"ok")
            stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(stream.response()[1], b"ok")

    def test_websocket_without_clearance_is_challenged(self):
        with Stream.to(self.address) as stream:
            stream.send(self.HANDSHAKE.replace(b"/open/socket", b"/private/socket"))
            self.assertEqual(stream.response()[0].status, 403)

    def test_switch_that_nobody_asked_for_is_502(self):
        self.assertEqual(request(self.address, "/open/switch")[0].status, 502)

    def test_upgrade_without_its_connection_option_is_not_passed_on(self):
        with Stream.to(self.address) as stream:
            stream.send(b"GET /open/socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")
            self.assertEqual(stream.response()[0].status, 426)


class ListenerTest(unittest.TestCase):
    def test_unix_sockets_serve_and_are_served(self):
        with Site(listeners=[TCP]) as outer:
            folder = outer.stiled.folder
            origin = Origin(path=folder / "origin.sock")
            with Site(listeners=[f'address = "unix:{folder}/gateway.sock"'], origin=origin) as site:
                head, body = request(site.address, "/open/echo")
                self.assertEqual(head.status, 200)
                fields = dict(json.loads(body)["fields"])
                self.assertNotIn("x-forwarded-for", fields)
                self.assertNotIn("x-real-ip", fields)
                self.assertGreater(site.metric("stile_client_ip_unknown_total"), 0)

    def test_unix_socket_has_the_mode_and_group_of_its_listener(self):
        group = grp.getgrgid(os.getgroups()[0] if os.getgroups() else os.getgid())
        with tempfile.TemporaryDirectory() as folder:
            listeners = [f'address = "unix:{folder}/default.sock"',
                         f'address = "unix:{folder}/open.sock"\nsocket_mode = "0606"\n'
                         f'socket_group = "{group.gr_name}"']
            with Site(listeners=listeners):
                default, opened = (os.stat(f"{folder}/{name}.sock") for name in ("default", "open"))
                self.assertEqual(stat.S_IMODE(default.st_mode), 0o660)
                self.assertEqual(stat.S_IMODE(opened.st_mode), 0o606)
                self.assertEqual(opened.st_gid, group.gr_gid)

    def test_unix_socket_of_an_unknown_group_is_not_listened_on(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(AssertionError, "there is no group nobody-has-this"):
                Site(listeners=[f'address = "unix:{folder}/a.sock"\n'
                                'socket_group = "nobody-has-this"'])

    def test_client_address_is_read_from_the_right_past_trusted_peers(self):
        listener = (TCP + '\nclient_address = "x-forwarded-for"\n'
                    'trusted_peers = ["127.0.0.0/8", "10.0.0.0/8"]')
        with Site(listeners=[listener]) as site:
            def seen(*values, extra=()):
                fields = [("X-Forwarded-For", value) for value in values]
                _, body = request(site.address, "/open/echo", fields=[*fields, *extra])
                return dict(json.loads(body)["fields"])
            self.assertEqual(seen("6.6.6.6, 192.0.2.1, 10.1.1.1")["x-forwarded-for"], "192.0.2.1")
            self.assertEqual(seen("192.0.2.1", "10.1.1.1")["x-real-ip"], "192.0.2.1")
            self.assertEqual(seen("10.2.2.2, 10.1.1.1")["x-real-ip"], "10.2.2.2")
            self.assertEqual(seen("2001:db8::1")["x-real-ip"], "2001:db8::1")
            for value in ("unknown", "1.2.3.4:80", "01.2.3.4", "", "192.0.2.1,"):
                self.assertNotIn("x-real-ip", seen(value), value)
            self.assertNotIn("x-real-ip", seen())
            proto = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/app")]
            fields = seen("192.0.2.1", extra=proto)
            self.assertEqual(fields["x-forwarded-proto"], "https")
            self.assertEqual(fields["x-forwarded-prefix"], "/app")

    def test_real_ip_of_a_trusted_peer_counts_once(self):
        listener = TCP + '\nclient_address = "x-real-ip"\ntrusted_peers = ["127.0.0.1/32"]'
        with Site(listeners=[listener]) as site:
            def seen(*values):
                _, body = request(site.address, "/open/echo",
                                  fields=[("X-Real-IP", value) for value in values])
                return dict(json.loads(body)["fields"]).get("x-real-ip")
            self.assertEqual(seen("192.0.2.7"), "192.0.2.7")
            self.assertIsNone(seen("192.0.2.7", "192.0.2.8"))

    def test_peer_that_is_not_trusted_is_itself(self):
        listener = (TCP + '\nclient_address = "x-forwarded-for"\n'
                    'trusted_peers = ["10.0.0.0/8"]')
        with Site(listeners=[listener]) as site:
            _, body = request(site.address, "/open/echo", fields=[
                ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https")])
            fields = dict(json.loads(body)["fields"])
            self.assertEqual((fields["x-real-ip"], fields["x-forwarded-proto"]),
                             ("127.0.0.1", "http"))

    def test_public_listener_serves_its_own_endpoints_alone(self):
        with Site(listeners=[TCP + '\nmode = "public"']) as site:
            head, _ = request(site.address, "/.stile/challenge",
                              fields=[("Accept", "application/json")])
            self.assertEqual(head.status, 200)
            for target in ("/", "/open/echo", "/private", "/robots.txt"):
                self.assertEqual(request(site.address, target)[0].status, 404)
            self.assertEqual(site.origin.heads, [])

    def test_many_clients_at_once_are_all_answered(self):
        with Site() as site:
            failures = []

            def client():
                try:
                    with Stream.to(site.address) as stream:
                        for _ in range(50):
                            stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n")
                            if stream.response()[1] != b"ok":
                                failures.append("other content")
                except (OSError, EOFError) as failure:
                    failures.append(failure)
            threads = [threading.Thread(target=client) for _ in range(32)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
