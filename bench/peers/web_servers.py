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
import re
import socket
import statistics
import subprocess
import tempfile
import time

SECRET = "k" * 32
PER_WRITE = 50

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen unix:{folder}/socket;
    location = /plain {{ return 200; }}
    location = /linked {{
      secure_link $cookie_stile,$cookie_until;
      secure_link_md5 "$secure_link_expires $http_user_agent {secret}";
      if ($secure_link = "") {{ return 403; }}
      if ($secure_link = "0") {{ return 410; }}
      return 200;
    }}
  }}
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


def added(folder, pid, plain, checked, repetitions, count):
    """Returns what `checked` costs more than `plain`, in ns of CPU a request, for each repetition."""
    costs = {}
    client = Client(os.path.join(folder, "socket"))
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


@contextlib.contextmanager
def running(command, folder):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(1000):
            with contextlib.suppress(OSError):
                Client(os.path.join(folder, "socket")).close()
                break
            if process.poll() is not None:
                raise Mistake(process.stderr.read().decode())
            time.sleep(0.01)
        else:
            raise Mistake(f"{command[0]} doesn't listen")
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def child_of(pid):
    """The worker of nginx's master."""
    for _ in range(1000):
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise Mistake("nginx has no worker")


def check_refusals(folder, request, path, make, until):
    """A good cookie passes; a spoilt and an expired one don't."""
    client = Client(os.path.join(folder, "socket"))
    good = make(request, until)
    spoilt = good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:]
    for cookie, wanted in ((good, True), (spoilt, False), (make(request, 1_000_000_000), False)):
        if (client.status(with_cookie(request, path, cookie)) == 200) != wanted:
            raise Mistake(f"{path} tells good cookies from bad ones wrongly")
        client.close()  # HAProxy closes after a refusal.
        client = Client(os.path.join(folder, "socket"))
    client.close()


def measure_server(command, folder, worker_of, cases, request, repetitions, count):
    """Yields (path, differences, plain cost) of each case (path, cookie maker)."""
    until = int(time.time()) + 43200
    with running(command, folder) as pid:
        worker = worker_of(pid)
        for path, make in cases:
            check_refusals(folder, request, path, make, until)
            cookie = make(request, until)
            yield path, *added(folder, worker, with_cookie(request, "/plain", cookie),
                               with_cookie(request, path, cookie), repetitions, count)


def version_of(command):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return re.search(r"(?:nginx/|version )([0-9.]+)", done.stdout + done.stderr).group(1)


def measure(source, nginx, haproxy, repetitions, count):
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
    with tempfile.TemporaryDirectory(prefix="stile-peers-") as folder:
        os.chmod(folder, 0o755)  # nginx's worker is another user where root starts it.
        servers = (
            ("nginx", nginx, NGINX, ["-p", folder, "-c"], ["-v"], child_of,
             [("/linked", linked_cookie)]),
            ("HAProxy", haproxy, HAPROXY, ["-db", "-f"], ["-v"], lambda pid: pid,
             [("/hmac", mac_cookie), ("/jwt", jwt_cookie)]),
        )
        for who, program, config, options, version, worker_of, cases in servers:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(folder, "socket"))
            name = os.path.join(folder, f"{who}.conf")
            with open(name, "w") as file:
                file.write(config.format(folder=folder, secret=SECRET, subject=SUBJECT,
                                         key=base64.b64encode(SECRET.encode()).decode()))
            for path, differences, plain in measure_server(
                    [program, *options, name], folder, worker_of, cases, request, repetitions,
                    count):
                rows.append({"group": "recognise", "who": who,
                             "version": version_of([program, *version]), "what": whats[path],
                             "cpu_ns": differences, "without_ns": plain})
    return rows
