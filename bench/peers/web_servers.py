"""What nginx's secure_link and HAProxy's HMAC and JWT converters add to a request, in CPU time.

Each server runs here with one worker and two paths: one that answers at once and one that looks for
the cookie, checks it and answers the same. The Chrome request of tests/vectors/request.txt comes in
over a unix socket, 50 to a write, so that little of what is counted is the kernel's; the CPU time
that the worker took is read from /proc/PID/schedstat. The difference is the row.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import pathlib
import re
import socket
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))

import servers  # noqa: E402

SECRET = "k" * 32
PER_WRITE = 50

NGINX = f"""
    location = /plain {{ return 200; }}
    location = /linked {{
      secure_link $cookie_stile,$cookie_until;
      secure_link_md5 "$secure_link_expires $http_user_agent {SECRET}";
      if ($secure_link = "") {{ return 403; }}
      if ($secure_link = "0") {{ return 410; }}
      return 200;
    }}
"""

HAPROXY = """
global
  nbthread 1
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend one
  bind unix@{folder}/socket
  acl plain path /plain
  acl mac path /hmac
  acl jwt path /jwt
  http-request return status 200 if plain
  http-request set-var(txn.until) req.cook(stile),field(1,.) if mac
  http-request set-var(txn.claimed) req.cook(stile),field(2,.) if mac
  http-request set-var(txn.agent) req.fhdr(user-agent) if mac
  http-request set-var(txn.mac) var(txn.until),concat(|,txn.agent),hmac(sha256,{key}),hex if mac
  http-request deny if mac !{{ var(txn.mac),strcmp(txn.claimed) eq 0 }}
  http-request deny if mac {{ date,sub(txn.until) gt 0 }}
  http-request set-var(txn.token) req.cook(stile) if jwt
  http-request set-var(txn.until) var(txn.token),jwt_payload_query('$.exp','int') if jwt
  http-request deny if jwt !{{ var(txn.token),jwt_verify("HS256","{secret}") 1 }}
  http-request deny if jwt {{ date,sub(txn.until) gt 0 }}
  http-request deny if jwt !{{ var(txn.token),jwt_payload_query('$.sub') -m str {subject} }}
  http-request return status 200
"""


class Mistake(Exception):
    """A server that doesn't run or answers otherwise than it must."""


def read_request(source):
    with open(os.path.join(source, "tests/vectors/request.txt"), newline="") as file:
        return file.read()


def agent_of(request):
    return re.search("\r\nUser-Agent: (.*)\r\n", request).group(1)


def with_cookie(request, path, cookie):
    """Returns the request for `path` with `cookie` in the place of Stile's own."""
    request = request.replace("GET / ", f"GET {path} ", 1)
    return re.sub("stile=[A-Za-z0-9_-]+", lambda _: cookie, request).encode()


def text64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def linked_cookie(request, until):
    digest = hashlib.md5(f"{until} {agent_of(request)} {SECRET}".encode()).digest()
    return f"until={until}; stile={text64(digest)}"


def mac_cookie(request, until):
    mac = hmac.new(SECRET.encode(), f"{until}|{agent_of(request)}".encode(), "sha256")
    return f"stile={until}.{mac.hexdigest().upper()}"


SUBJECT = f"{19851100:032x}"


def jwt_cookie(_, until):
    head = text64(b'{"alg":"HS256","typ":"JWT"}')
    claims = f'{{"exp":{until},"iat":{until - 3600},"jti":"{1:032x}","rank":2,"sub":"{SUBJECT}"}}'
    text = f"{head}.{text64(claims.encode())}"
    return f"stile={text}.{text64(hmac.new(SECRET.encode(), text.encode(), 'sha256').digest())}"


class Client:
    """A connection that sends the same request many times and reads as many equal answers."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(path)

    def status(self, request):
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.I)
        while len(body) < (int(length.group(1)) if length else 0):
            body += self._more()
        self._size = len(head) + 4 + len(body)
        self._line = head.split(b"\r\n")[0]
        return int(head.split()[1])

    def repeat(self, request, count):
        """Sends `count` requests, each of which must be answered as the last one was."""
        block = request * PER_WRITE
        for _ in range(count // PER_WRITE):
            self._socket.sendall(block)
            answers = bytearray()
            while len(answers) < self._size * PER_WRITE:
                answers += self._more()
            if answers.count(self._line) != PER_WRITE:
                raise Mistake(f"not {PER_WRITE} times {self._line.decode()}")

    def close(self):
        self._socket.close()

    def _more(self):
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise Mistake("the server has closed the connection")
        return piece


def cpu_ns(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0])


def added(address, pid, plain, checked, repetitions, count):
    """Returns what `checked` costs more than `plain`, in ns of CPU a request, for each repetition."""
    costs = {}
    client = Client(address)
    for request in [plain, checked] * (repetitions + 1):
        if client.status(request) != 200:
            raise Mistake("a good request was refused")
        client.status(request)
        before = cpu_ns(pid)
        client.repeat(request, count)
        costs.setdefault(request, []).append((cpu_ns(pid) - before) / count)
    client.close()
    # The first of each has warmed caches.
    differences = [b - a for a, b in zip(costs[plain][1:], costs[checked][1:])]
    return differences, statistics.median(costs[plain][1:])


def check_refusals(address, request, path, make, until):
    """A good cookie passes; a spoilt and an expired one don't."""
    client = Client(address)
    good = make(request, until)
    spoilt = good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:]
    for cookie, wanted in ((good, True), (spoilt, False), (make(request, 1_000_000_000), False)):
        if (client.status(with_cookie(request, path, cookie)) == 200) != wanted:
            raise Mistake(f"{path} tells good cookies from bad ones wrongly")
        client.close()  # HAProxy closes after a refusal.
        client = Client(address)
    client.close()


def measure_server(server, cases, request, repetitions, count):
    """Yields (path, differences, plain cost) of each case (path, cookie maker)."""
    until = int(time.time()) + 43200
    address = server.addresses["unix"].removeprefix("unix:")
    for path, make in cases:
        check_refusals(address, request, path, make, until)
        cookie = make(request, until)
        yield path, *added(address, server.worker(), with_cookie(request, "/plain", cookie),
                           with_cookie(request, path, cookie), repetitions, count)


def nginx(folder):
    return servers.nginx(folder, "nginx", NGINX, core=None)


def haproxy(folder):
    path = folder / "haproxy.conf"
    path.write_text(HAPROXY.format(folder=folder, secret=SECRET, subject=SUBJECT,
                                   key=base64.b64encode(SECRET.encode()).decode()))
    return servers.Server([servers.program("haproxy"), "-db", "-f", str(path)],
                          {"unix": f"unix:{folder}/socket"}, core=None)


def measure(source, repetitions, count):
    """Returns the rows of both servers; raises Mistake where one answers wrongly."""
    request = read_request(source)
    whats = {
        "/linked": "secure_link_md5 in a location, CPU that it adds: two cookies found, MD5 over expiry, "
                   "user agent and secret",
        "/hmac": "hmac(sha256) in http-request rules, CPU that they add: cookie found, expiry and user "
                 "agent",
        "/jwt": "jwt_verify HS256 in http-request rules, CPU that they add: cookie found, exp and sub",
    }
    rows = []
    for who, start, cases in (("nginx", nginx, [("/linked", linked_cookie)]),
                              ("HAProxy", haproxy, [("/hmac", mac_cookie), ("/jwt", jwt_cookie)])):
        with tempfile.TemporaryDirectory(prefix="stile-peers-") as folder, \
                contextlib.closing(start(pathlib.Path(folder))) as server:
            for path, differences, plain in measure_server(server, cases, request, repetitions,
                                                           count):
                rows.append({"group": "recognise", "who": who,
                             "version": servers.version(who.lower()), "what": whats[path],
                             "cpu_ns": differences, "without_ns": plain})
    return rows
