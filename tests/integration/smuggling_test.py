"""Every stream of tests/vectors/framing.txt, sent to stiled and through nginx and HAProxy to stiled.

The origin behind writes down what it gets: never more requests than the client made, never others,
and never a byte of their targets and contents changed.
"""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from proxy_process import find_program, free_port
from raw_http import DEADLINE, Stream, connect
from recording_origin import RecordingOrigin
from stiled_process import StiledProcess

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "framing"))
from framing_table import line_of, read_cases  # noqa: E402

STILED = os.environ.get("STILED", "stiled")
CASES = read_cases()
FENCE = b"GET /open/fence HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

CONFIG = """
[[listener]]
address = "127.0.0.1:0"
[[listener]]
address = "127.0.0.1:0"
mode = "check"
client_address = "x-real-ip"
trusted_peers = ["127.0.0.1"]
[[site]]
name = "main"
hosts = ["*"]
upstream = "{upstream}"
policy = "policy.toml"
[metrics]
address = "127.0.0.1:0"
[limits]
loops = 1
"""
POLICY = '[default]\naction = "allow"\n'  # What is asked for is of no matter here.

# Both keep their connections to stiled and use them for whoever comes: where requests would mix.
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream stiled {{ server {host}; keepalive 8; }}
  server {{ listen 127.0.0.1:{port}; location / {{
    proxy_pass http://stiled; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $http_host; proxy_request_buffering off; proxy_next_upstream off;
    proxy_ignore_client_abort on; }} }}
}}
"""
HAPROXY = """
global
  maxconn 256
  nbthread 1
defaults
  mode http
  timeout connect 30s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend f
  bind 127.0.0.1:{port}
  default_backend b
backend b
  server s {host}
"""


def exchange(address, data, ends=False):
    """Sends `data`; returns the final answers until the end, as head and content.

    Where the last request asks for the end, that is the server's; else our own, with `ends`.
    """
    answers = []
    with Stream.to(address) as stream:
        try:
            stream.send(data)
            if ends:
                stream.connection.shutdown(socket.SHUT_WR)
            while True:
                answers.append(stream.response())
        except (EOFError, OSError):
            pass
    return answers


def exchange_case(address, case):
    # Of a length that is too large, a front waits for all.
    return exchange(address, case.sent(), ends=case.end == "waits" or "too-large" in case.end)


def line_of_request(request):
    return line_of(request.method, request.target, request.framing, request.content)


def without_framing(line):
    return line.split(b" ", 3)[:2] + line.split(b" ", 3)[3:]


def holds_in_order(all_of_them, some):
    rest = iter(all_of_them)
    return all(one in rest for one in some)


class Chain:
    """stiled in front of an origin that writes down what it gets."""

    def __init__(self):
        self.origin = RecordingOrigin()
        try:
            self.stiled = StiledProcess(STILED, CONFIG.format(upstream=self.origin.url),
                                        {"policy.toml": POLICY})
        except BaseException:
            self.origin.stop()
            raise
        self.gateway, self.check = self.stiled.addresses
        self._refusals = self.refusals()

    def close(self):
        self.stiled.stop()
        self.origin.stop()

    def refusals(self):
        return {name: value for name, value in self.stiled.samples().items()
                if "_refused_total{" in name and ("heads_" in name or "bodies_" in name)}

    def new_refusals(self):
        """The samples that have grown since the last call."""
        before, self._refusals = self._refusals, self.refusals()
        return {name: value - before.get(name, 0) for name, value in self._refusals.items()
                if value != before.get(name, 0)}


def start_front(name, host, folder):
    """Starts nginx or HAProxy in front of `host`; returns its process and address."""
    port = free_port()
    text = {"nginx": NGINX, "haproxy": HAPROXY}[name].format(folder=folder, port=port, host=host)
    path = pathlib.Path(folder) / f"{name}.conf"
    path.write_text(text)
    options = {"nginx": ["-p", folder, "-c", str(path), "-e", f"{folder}/error.log"],
               "haproxy": ["-db", "-f", str(path)]}[name]
    process = subprocess.Popen([find_program(name), *options], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    end = time.monotonic() + DEADLINE
    while True:
        try:
            connect(("127.0.0.1", port), 1).close()
            return process, ("127.0.0.1", port)
        except OSError:
            if time.monotonic() > end or process.poll() is not None:
                process.kill()
                process.wait()
                raise
            time.sleep(0.01)


class ChainCases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain = Chain()
        cls.addClassCleanup(cls.chain.close)
        cls.origin = cls.chain.origin

    def pass_fence(self, address):
        """Returns once the origin has noted all that was sent through `address` before."""
        answers = exchange(address, FENCE)
        self.assertEqual([head.status for head, _ in answers], [200])

    def arrived(self, address):
        """What the origin got since the last call: whole requests, and parts of others."""
        self.pass_fence(address)
        requests, parts, broken = self.origin.take()
        self.assertEqual(broken, [])
        return [request for request in requests if request.target != b"/open/fence"], parts

    def assert_lines(self, requests, expected):
        self.assertEqual([line_of_request(request) for request in requests], expected)

    def assert_parts(self, case, parts):
        """The origin may have seen the beginning of the one request whose end never came."""
        cut = case.end == "waits" or " body " in case.end
        self.assertLessEqual(len(parts), 1 if cut else 0, parts)
        for part in parts:
            self.assertEqual(part.target, b"/open/a")


class DirectTest(ChainCases):
    def test_gateway_forwards_what_the_table_says_and_nothing_else(self):
        for case in CASES:
            with self.subTest(case.name):
                answers = exchange_case(self.chain.gateway, case)
                requests, parts = self.arrived(self.chain.gateway)
                self.assert_lines(requests, case.served())
                self.assert_parts(case, parts)
                self.assert_answers(case, [head for head, _ in answers])
                self.assert_fields(case, requests)

    def assert_answers(self, case, heads):
        refused = case.refused()
        statuses = [200] * len(case.served()) + ([refused[0]] if refused else [])
        self.assertEqual([head.status for head in heads], statuses)
        if refused:
            status, part, reason = refused
            self.assertEqual(heads[-1].get("connection"), "close")
            family = "heads" if part == "head" else "bodies"
            self.assertEqual(self.chain.new_refusals(),
                             {f'stile_{family}_refused_total{{reason="{reason}"}}': 1})
        elif heads and case.end == "close":
            self.assertEqual(heads[-1].get("connection"), "close")

    def assert_fields(self, case, requests):
        for index, name, value in case.kept:
            self.assertEqual(requests[index].all(name), [value], name)
        for index, name in case.lost + case.lost_here:
            self.assertEqual(requests[index].all(name), [], name)

    def test_check_listener_answers_what_the_table_says_and_forwards_nothing(self):
        for case in CASES:
            with self.subTest(case.name):
                heads = [head for head, _ in exchange_case(self.chain.check, case)]
                requests, parts = self.arrived(self.chain.gateway)
                self.assertEqual((requests, parts), ([], []))
                self.assert_check_answers(case, heads)

    def assert_check_answers(self, case, heads):
        served, refused = case.served(), case.refused()
        # No such listener reads content that is not there yet: it answers the head, and closes.
        at_once = [b" chunked" in line for line in served] + [True]
        first_chunked = at_once.index(True)
        self.assertTrue(all(head.status in (403, 404, 405) for head in heads), heads)
        if first_chunked < len(served):
            self.assertEqual(len(heads), first_chunked + 1)
            return
        if case.end == "waits" or (refused and refused[1] == "body"):
            self.assertLessEqual(len(heads), len(served) + 1)
            return
        self.assertEqual(len(heads), len(served) + (1 if refused else 0))
        if refused:
            self.assertEqual((heads[-1].status, heads[-1].get("connection")), (403, "close"))
            self.assertEqual(self.chain.new_refusals(),
                             {f'stile_heads_refused_total{{reason="{refused[2]}"}}': 1})


class FrontCases(ChainCases):
    front = None

    @classmethod
    def setUpClass(cls):
        if not find_program(cls.front):
            raise unittest.SkipTest(f"{cls.front} is not installed")
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="stile-front-")
        cls.addClassCleanup(folder.cleanup)
        host, port = cls.chain.gateway
        process, cls.address = start_front(cls.front, f"{host}:{port}", folder.name)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)

    def test_origin_gets_one_request_for_each_of_the_client(self):
        for case in CASES:
            with self.subTest(case.name):
                answers = exchange_case(self.address, case)
                requests, parts = self.arrived(self.address)
                allowed, all_of_it = case.may_pass(self.front)
                # How content is framed is the front's to choose.
                allowed = [without_framing(line) for line in allowed]
                lines = [without_framing(line_of_request(request)) for request in requests]
                if all_of_it:
                    self.assertEqual(lines, allowed)
                self.assertTrue(holds_in_order(allowed, lines), (lines, allowed))
                self.assert_parts(case, parts)
                good = [head for head, _ in answers if head.status == 200]
                self.assertLessEqual(len(good), len(requests))
                for index, name in case.lost:
                    if index < len(requests):
                        self.assertEqual(requests[index].all(name), [], name)


class NginxFrontTest(FrontCases):
    front = "nginx"


class HaproxyFrontTest(FrontCases):
    front = "haproxy"


del ChainCases, FrontCases

if __name__ == "__main__":
    unittest.main(verbosity=2)
