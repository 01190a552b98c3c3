"""The proxies that bench/proxies/run.py measures: each without a check, with a stub that says yes
in the verifier's place, and with Stile, from the files in examples/deploy. A proxy has core 0; what
it talks to is on the other one, with the load."""

import dataclasses
import pathlib
import re
import shutil
import struct
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH / "service"), str(BENCH.parent / "tests" / "integration")]

import haproxy_process  # noqa: E402
import load  # noqa: E402
import servers  # noqa: E402
from haproxy_process import replaced  # noqa: E402
from proxy_process import DEPLOY, patient  # noqa: E402

NO_CHECK, STUB, CLEARED, CHALLENGED = "no check", "stub", "cleared", "challenged"
POLICY = servers.BUDGETS + (DEPLOY / "nginx" / "policy.toml").read_text()
LIMITS = '[limits]\nloops = 1\noverload = "0s"\n'

EMBEDDED = """
[[site]]
name = "main"
hosts = ["*"]
policy = "policy.toml"
[keys]
file = "keys.toml"
"""

NGINX_HTTP = """
    proxy_http_version 1.1;
    proxy_set_header   Connection "";
    upstream origin { server ORIGIN max_fails=0; keepalive 64; keepalive_requests 1000000000; }
"""
NGINX_SERVER = "location / { proxy_pass http://origin; }\n"

HAPROXY = """
defaults
    mode http
    timeout connect 30s
    timeout client 10m
    timeout server 10m
frontend www
    bind 127.0.0.1:PORT
FRONTEND
    default_backend app
backend app
    server origin ORIGIN
BACKENDS
"""

CADDY = "{\n\tadmin off\n\tauto_https off\n}\n"


@dataclasses.dataclass
class Case:
    """What is measured, and what must come of it."""

    name: str                  # NO_CHECK and so on, or what stands for it.
    front: servers.Server
    verifier: object = None    # A StandIn or a Stiled of its own process.
    tells: bool = True         # The origin is told that the clearance is valid.
    challenged: bool = False   # Requests bring no clearance.
    reconnects: bool = False   # The front ends the connection after each answer.

    def asked(self):
        """How often the verifier has been asked, by verdict."""
        return self.verifier.decided() if self.verifier else {}


class StandIn(servers.Server):
    """stile_stand_in in a role: see bench/proxies/stand_in.cc."""

    def __init__(self, programs, folder, role, address):
        self._counts = folder / f"{role}.counts"
        super().__init__([str(programs / "stile_stand_in"), role, address, str(self._counts)],
                         {"at": address}, core=load.CORE)

    def counts(self):
        """Requests answered, and those that came with word of a valid clearance."""
        return struct.unpack("=QQ", self._counts.read_bytes())

    def decided(self):
        return {"valid": self.counts()[0]}


def loopback():
    return f"127.0.0.1:{servers.free_port()}"


def keys_and_policy(programs, folder):
    (folder / "policy.toml").write_text(POLICY)
    keys = subprocess.run([programs / "stile_clearances", "--keys"], capture_output=True,
                          check=True)
    (folder / "keys.toml").write_bytes(keys.stdout)
    (folder / "keys.toml").chmod(0o600)


class Fronts:
    """Starts them. What it starts ends with `stack`."""

    def __init__(self, build, folder, stack):
        self._build, self._programs = build, build / "bin"
        self._folder, self._stack = folder, stack
        self._origin_folder = self._new_folder()
        self.origin = self._keep(StandIn(self._programs, self._origin_folder, "origin", loopback()))
        self._origin = self.origin.addresses["at"]

    # {title: (method, programs that it needs)}.
    KINDS = {
        "embedded C++": ("embed_cpp", ()),
        "embedded C": ("embed_c", ()),
        "nginx module": ("nginx_module", ("nginx",)),
        "nginx auth_request, unix": ("nginx_unix", ("nginx",)),
        "nginx auth_request, TCP": ("nginx_tcp", ("nginx",)),
        "HAProxy SPOP": ("haproxy", ("haproxy",)),
        "Caddy forward_auth": ("caddy", ("caddy",)),
    }

    def missing(self, title):
        """Why there is no such proxy here; an empty text if there is one."""
        method, programs = self.KINDS[title]
        for name in programs:
            if shutil.which(name) is None and shutil.which(name, path="/usr/sbin") is None:
                return f"{name} is not installed"
        if method == "nginx_module" and not self._module().exists():
            return "the module is not built"
        return ""

    def cases(self, title):
        return getattr(self, self.KINDS[title][0])()

    def _new_folder(self):
        folder = self._folder / str(len(list(self._folder.iterdir())))
        folder.mkdir()
        return folder

    def _keep(self, server):
        self._stack.callback(server.stop)
        return server

    def _start(self, command, address, **options):
        return self._keep(servers.Server(list(map(str, command)), {"tcp": address}, **options))

    def _snippet(self, name, folder, *arguments):
        """What `stile snippet` says to the stile.toml in `folder`."""
        return subprocess.run([self._programs / "stile", "snippet", name, "--config",
                               folder / "stile.toml", *arguments],
                              capture_output=True, text=True, check=True).stdout

    def _stand_in(self, role, address):
        return self._keep(StandIn(self._programs, self._new_folder(), role, address))

    def _stiled(self, name, folder, *changes, **addresses):
        """stiled with the shipped stile.toml, changed for this machine."""
        metrics = servers.free_port()
        text = (DEPLOY / name / "stile.toml").read_text()
        text = re.sub(r"(?m)^socket_group.*\n", "", text)
        text = replaced(text, *changes, (r"/run/stile/control", f"{folder}/control"),
                        (r"/var/lib/stile", str(folder)),
                        (r"127\.0\.0\.1:9464", f"127.0.0.1:{metrics}"))
        (folder / "policy.toml").write_text(POLICY)
        return self._keep(servers.Stiled(self._programs, folder, text + LIMITS, addresses, metrics,
                                         core=load.CORE))

    # --- With Stile inside ---

    def _embedded(self, unchecked, checked, command):
        port = {name: servers.free_port() for name in (unchecked, checked)}
        folder = self._new_folder()
        keys_and_policy(self._programs, folder)
        (folder / "stile.toml").write_text(EMBEDDED)
        ends = self._origin.rpartition(":")[2]
        base, front = (
            self._start([self._programs / name, *command(folder), port[name], ends],
                        f"127.0.0.1:{port[name]}") for name in (unchecked, checked))
        return [Case(NO_CHECK, base, reconnects=True), Case(CLEARED, front, reconnects=True),
                Case(CHALLENGED, front, challenged=True, reconnects=True)]

    def embed_c(self):
        return self._embedded("embed_c_unchecked", "tests/embed_c_proxy", lambda folder: [folder])

    def embed_cpp(self):
        return self._embedded("embed_cpp_unchecked", "tests/embed_cpp_proxy",
                              lambda folder: [folder / "keys.toml", folder / "policy.toml"])

    def _module(self):
        return (self._build / "lib" / "ngx_http_stile_module.so").resolve()

    def nginx_module(self):
        folder = self._new_folder()
        keys_and_policy(self._programs, folder)
        shipped = DEPLOY / "nginx-module"
        shutil.copy(shipped / "stile.toml", folder)
        http = replaced((shipped / "http.conf").read_text(), (r"/etc/stile", str(folder)))
        main = f"load_module {self._module()};"
        off = self._nginx(http, "", main=main)
        on = self._nginx(http, (shipped / "server.conf").read_text(), main=main)
        return [Case(NO_CHECK, self._nginx("", ""), tells=False),
                Case("module off", off, tells=False), Case(CLEARED, on),
                Case(CHALLENGED, on, challenged=True)]

    # --- With Stile beside them ---

    def _nginx(self, http, server, **options):
        http = servers.filled(NGINX_HTTP, {"ORIGIN": self._origin}) + http
        return self._keep(servers.nginx(self._new_folder(), "front", server + NGINX_SERVER, http,
                                        **options))

    def _nginx_asking(self, folder, address, asked):
        """nginx with the shipped files, whose questions go to `asked` and not to `address`."""
        http, server = (self._snippet("nginx", folder, "--part", part)
                        for part in ("http", "server"))
        return self._nginx(replaced(http, (re.escape(f"server {address} "), f"server {asked} ")),
                           patient(server))

    def _auth_request(self, address, stub_address, *changes):
        folder = self._new_folder()
        at = address.replace("FOLDER", str(folder))
        stub_at = stub_address.replace("FOLDER", str(folder))
        stiled = self._stiled("nginx", folder, (r"unix:/run/stile/check\.sock", at), *changes,
                              at=at)
        stub = self._stand_in("http", stub_at)
        front = self._nginx_asking(folder, at, at)
        return [Case(NO_CHECK, self._nginx("", ""), tells=False),
                Case(STUB, self._nginx_asking(folder, at, stub_at), stub),
                Case(CLEARED, front, stiled), Case(CHALLENGED, front, stiled, challenged=True)]

    def nginx_unix(self):
        return self._auth_request("unix:FOLDER/check.sock", "unix:FOLDER/stub.sock")

    def nginx_tcp(self):
        peers = (r'trusted_peers = \["unix"\]', 'trusted_peers = ["127.0.0.0/8"]')
        return self._auth_request(loopback(), loopback(), peers)

    def _haproxy(self, frontend="", backends=""):
        folder, address = self._new_folder(), loopback()
        (folder / "haproxy.cfg").write_text(servers.filled(HAPROXY, {
            "FRONTEND": frontend, "BACKENDS": backends, "PORT": address.rpartition(":")[2],
            "ORIGIN": self._origin}))
        return self._start([servers.program("haproxy"), "-db", "-f", folder / "haproxy.cfg"],
                           address)

    def haproxy(self):
        folder, spop, http, stub_at = self._new_folder(), loopback(), loopback(), loopback()
        stiled = self._stiled("haproxy", folder, (r"127\.0\.0\.1:8087", spop),
                              (r"127\.0\.0\.1:8088", http), spop=spop, http=http)
        stub = self._stand_in("spop", stub_at)
        frontend, backends, spoe = (self._snippet("haproxy", folder, "--part", part)
                                    for part in ("frontend", "backends", "spoe"))
        (folder / "stile-spoe.conf").write_text(haproxy_process.patient(spoe))
        frontend = replaced(frontend, (r"/etc/haproxy", str(folder)))
        backends = haproxy_process.patient(backends)
        front = self._haproxy(frontend, backends)
        asking_stub = self._haproxy(frontend, replaced(backends, (re.escape(spop), stub_at)))
        return [Case(NO_CHECK, self._haproxy(), tells=False), Case(STUB, asking_stub, stub),
                Case(CLEARED, front, stiled), Case(CHALLENGED, front, stiled, challenged=True)]

    def _caddy(self, snippet):
        folder, address = self._new_folder(), loopback()
        site = replaced((DEPLOY / "caddy" / "Caddyfile").read_text(),
                        (r"(?m)^example\.org \{",
                         f"http://:{address.rpartition(':')[2]} {{\n\tbind 127.0.0.1"),
                        (r"127\.0\.0\.1:3000", self._origin))
        if snippet is None:
            site = replaced(site, (r"(?m)^\s*import stile.*\n", ""))
        else:
            (folder / "stile.caddy").write_text(snippet)
        (folder / "Caddyfile").write_text(CADDY + site)
        return self._start([servers.program("caddy"), "run", "--adapter", "caddyfile", "--config",
                            folder / "Caddyfile"], address)

    def caddy(self):
        folder = self._new_folder()
        socket, stub_socket = folder / "auth.sock", folder / "stub.sock"
        stiled = self._stiled("caddy", folder, (r"/run/stile/auth\.sock", str(socket)),
                              at=f"unix:{socket}")
        stub = self._stand_in("http", f"unix:{stub_socket}")
        snippet = patient(self._snippet("caddy", folder))
        front = self._caddy(snippet)
        asking_stub = self._caddy(replaced(snippet, (re.escape(str(socket)), str(stub_socket))))
        return [Case(NO_CHECK, self._caddy(None), tells=False), Case(STUB, asking_stub, stub),
                Case(CLEARED, front, stiled), Case(CHALLENGED, front, stiled, challenged=True)]
