"""The same bytes to stiled and to other proxies, each in front of an origin that counts.

stiled must never forward a request that all the others refuse, nor see more requests in a stream than
the most trusting of them. Skipped where neither nginx nor HAProxy is installed.
"""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from gateway_site import Site
from origin import Origin
from raw_http import Stream, connect

HIDDEN = b"GET /open/hidden HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /open/a HTTP/1.1\r\nHost: a\r\n"
GET = b"GET /open/a HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

# Name, bytes.
STREAMS = [
    ("plain", GET + b"\r\n"),
    ("pipelined", GET + b"\r\n" + HIDDEN),
    ("length", POST + b"Content-Length: 5\r\n\r\nhello" + HIDDEN),
    ("chunks", POST + CHUNKED + b"\r\n5\r\nhello\r\n0\r\n\r\n" + HIDDEN),
    ("length and transfer", POST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN),
    ("transfer and length", POST + CHUNKED + b"Content-Length: 40\r\n\r\n0\r\n\r\n" + HIDDEN),
    ("two lengths", POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + HIDDEN),
    ("equal lengths", POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" + HIDDEN),
    ("length list", POST + b"Content-Length: 5, 5\r\n\r\nhello" + HIDDEN),
    ("length with plus", POST + b"Content-Length: +5\r\n\r\nhello" + HIDDEN),
    ("length with minus", POST + b"Content-Length: -5\r\n\r\nhello" + HIDDEN),
    ("length in hex", POST + b"Content-Length: 0x5\r\n\r\nhello" + HIDDEN),
    ("length with space before colon", POST + b"Content-Length : 5\r\n\r\nhello" + HIDDEN),
    ("length with underscore", POST + b"Content_Length: 40\r\n\r\n" + HIDDEN),
    ("length with NUL", POST + b"Content-Length\x00: 5\r\n\r\nhello" + HIDDEN),
    ("length over 64 bits", POST + b"Content-Length: 18446744073709551621\r\n\r\nhello" + HIDDEN),
    ("transfer identity", POST + b"Transfer-Encoding: identity\r\n\r\n" + HIDDEN),
    ("transfer gzip, chunked", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    ("transfer chunked, identity",
     POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN),
    ("transfer xchunked", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    ("transfer twice", POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN),
    ("transfer with vertical tab",
     POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    ("transfer folded", POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + HIDDEN),
    ("transfer behind bare LF", POST + b"A: b\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN),
    ("transfer behind bare CR", POST + b"A: b\r" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN),
    ("transfer on HTTP/1.0",
     b"POST /open/a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n" + CHUNKED +
     b"\r\n0\r\n\r\n" + HIDDEN),
    ("chunk size overflows", POST + CHUNKED + b"\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("chunk size in hex notation", POST + CHUNKED + b"\r\n0x5\r\nhello\r\n0\r\n\r\n" + HIDDEN),
    ("chunk size empty", POST + CHUNKED + b"\r\n\r\nhello\r\n0\r\n\r\n" + HIDDEN),
    ("chunk ends with LF", POST + CHUNKED + b"\r\n5\r\nhello\n0\r\n\r\n" + HIDDEN),
    ("chunk longer than its size", POST + CHUNKED + b"\r\n5\r\nhelloX\r\n0\r\n\r\n" + HIDDEN),
    ("chunk extension", POST + CHUNKED + b"\r\n5;a=b\r\nhello\r\n0\r\n\r\n" + HIDDEN),
    ("chunk extension with LF", POST + CHUNKED + b"\r\n5;a\nhello\r\n0\r\n\r\n" + HIDDEN),
    ("trailers", POST + CHUNKED + b"\r\n0\r\nContent-Length: 9\r\n\r\n" + HIDDEN),
    ("no host", b"GET /open/a HTTP/1.1\r\n\r\n"),
    ("two hosts", GET + b"Host: b\r\n\r\n"),
    ("host with two values", b"GET /open/a HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    ("other authority", b"GET http://b/open/a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("space before colon", GET + b"A : b\r\n\r\n"),
    ("folded", GET + b"A: b\r\n c\r\n\r\n"),
    ("field without colon", GET + b"A\r\n\r\n"),
    ("field without name", GET + b": a\r\n\r\n"),
    ("NUL in value", GET + b"A: \x00\r\n\r\n"),
    ("NUL in target", b"GET /open/\x00 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("space in target", b"GET /open/a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("high byte in target", b"GET /open/\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("HTTP/0.9", b"GET /open/a\r\n\r\n"),
    ("HTTP/1.2", b"GET /open/a HTTP/1.2\r\nHost: a\r\n\r\n"),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("connect", b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
    ("method in lower case", b"get /open/a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("empty line first", b"\r\n" + GET + b"\r\n"),
    ("upgrade h2c", GET + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
    ("websocket with content",
     GET + b"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 40\r\n\r\n" + HIDDEN),
]

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; location / {{
    proxy_pass {upstream}; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_request_buffering off; proxy_ignore_client_abort on; proxy_read_timeout 5s; }} }}
}}
"""
HAPROXY = """
global
  maxconn 64
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend f
  bind 127.0.0.1:{port}
  default_backend b
backend b
  server s {host}
"""


class Peer:
    """Another proxy in front of an origin of its own."""

    def __init__(self, program, template, arguments):
        self.origin = Origin()
        self.folder = tempfile.TemporaryDirectory(prefix="stile-peer-")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.address = probe.getsockname()
        text = template.format(folder=self.folder.name, port=self.address[1],
                               upstream=self.origin.url,
                               host=self.origin.url.removeprefix("http://"))
        path = pathlib.Path(self.folder.name) / "peer.conf"
        path.write_text(text)
        self.process = subprocess.Popen([program, *arguments(str(path), self.folder.name)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while True:
            try:
                connect(self.address, 1).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.close()
                    raise
                time.sleep(0.02)

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.origin.stop()
        self.folder.cleanup()


def peers():
    found = {}
    if nginx := shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin"):
        found["nginx"] = Peer(nginx, NGINX, lambda path, folder: ["-c", path, "-p", folder])
    if haproxy := shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin"):
        found["haproxy"] = Peer(haproxy, HAPROXY, lambda path, _: ["-db", "-f", path])
    return found


def forwarded(address, origin, data):
    """How many requests the origin gets of `data`."""
    before = len(origin.heads)
    with Stream.to(address, timeout=5) as stream:
        try:
            stream.send(data)
            # The end of what we send ends the connection once all that is answered.
            stream.connection.shutdown(socket.SHUT_WR)
            stream.rest()
        except (OSError, EOFError):
            pass
    return len(origin.heads) - before


class SmugglingTest(unittest.TestCase):
    def test_stiled_forwards_nothing_that_the_others_refuse(self):
        others = peers()
        if not others:
            self.skipTest("neither nginx nor haproxy is installed")
        try:
            with Site() as site:
                for name, data in STREAMS:
                    with self.subTest(name):
                        ours = forwarded(site.address, site.origin, data)
                        theirs = {peer: forwarded(other.address, other.origin, data)
                                  for peer, other in others.items()}
                        self.assertLessEqual(ours, max(theirs.values()), theirs)
                # Not by refusing everything.
                for name, count in (("plain", 1), ("pipelined", 2), ("length", 2), ("chunks", 2)):
                    self.assertEqual(forwarded(site.address, site.origin, dict(STREAMS)[name]),
                                     count, name)
        finally:
            for other in others.values():
                other.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
