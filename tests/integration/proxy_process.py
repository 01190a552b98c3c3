"""The shipped configurations of examples/deploy, run: a real proxy, stiled beside it, an origin behind."""

import grp
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from origin import Origin
from stile_command import stile
from stiled_process import DEADLINE, StiledProcess

STILED = os.environ.get("STILED", "stiled")
DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "examples" / "deploy"


def find_program(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")


def free_port():
    """A port that nobody listens on, and that the kernel gives to nobody who asks for any."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_240, max(first, 20_480))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def patient(snippet):
    """A snippet with time for a machine that is busy: where stiled is late, nginx lets visitors pass."""
    text, count = re.subn(r"(timeout +)(?:500ms|1s|5s)\b", r"\g<1>30s", snippet)
    assert count, snippet
    return text


def shipped_config(name, folder, keys=False):
    """examples/deploy/<name>/stile.toml for this machine: other folders, a free port, our own group.

    Without its [keys], which StiledProcess writes itself, unless `keys`.
    """
    text = (DEPLOY / name / "stile.toml").read_text()
    group = grp.getgrgid(os.getgid()).gr_name
    for pattern, value in ((r"/run/stile/", f"{folder}/"), (r"/var/lib/stile", f"{folder}/state"),
                           (r"127\.0\.0\.1:9464", "127.0.0.1:0"),
                           (r'socket_group = "[a-z-]+" ', f'socket_group = "{group}" '),
                           (r'\[keys\]\nfile = "keys\.toml"\n', "")):
        if keys and value == "":
            continue
        text, count = re.subn(pattern, lambda _, value=value: value, text)
        assert count, pattern
    return text


class ProxiedSite:
    """An origin, stiled, and a proxy that asks it. A subclass writes the proxy's files."""

    name = None      # The folder under examples/deploy.
    program = None

    def __init__(self, policy=None, prepare=None, origin=None):
        self._folder = tempfile.TemporaryDirectory(prefix="stile-proxy-")
        self.folder = pathlib.Path(self._folder.name)
        (self.folder / "state").mkdir()
        self.process = None
        self.origin = origin or Origin()
        self.stiled = None
        try:
            self.start_stiled(policy)
            if prepare is not None:
                prepare(self)
            self._start_proxy()
        except BaseException:
            self.close()
            raise

    def start_stiled(self, policy=None):
        self.policy = policy or (DEPLOY / self.name / "policy.toml").read_text()
        self.stiled = StiledProcess(STILED, shipped_config(self.name, self.folder),
                                    {"policy.toml": self.policy})

    def snippet(self, *arguments):
        """What `stile snippet` says to this installation."""
        status, text, said = stile("snippet", self.name, "--config", str(self.stiled.config),
                                       *arguments)
        assert status == 0, said
        return text

    def write_files(self, port):
        """Writes what the proxy reads, to listen on `port`; returns its command line."""
        raise NotImplementedError

    def _start_proxy(self):
        for _ in range(5):  # A free port may be gone by the time that it is listened on.
            self.address = ("127.0.0.1", free_port())
            self.errors = self.folder / "errors.txt"
            with open(self.errors, "wb") as errors:
                self.process = subprocess.Popen(self.write_files(self.address[1]), stdout=errors,
                                                stderr=errors, cwd=self.folder,
                                                env={**os.environ, "HOME": str(self.folder),
                                                     "XDG_CONFIG_HOME": str(self.folder),
                                                     "XDG_DATA_HOME": str(self.folder)})
            if self._answers():
                return
        raise AssertionError(f"{self.program} does not start: {self.errors.read_text()}")

    def _answers(self):
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(self.address, 5).close()
                return True
            except OSError:
                time.sleep(0.01)
        return False

    def metric(self, name):
        """The sum of a metric over all its labels."""
        return self.stiled.metric(name)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(DEADLINE)
        if self.stiled is not None:
            self.stiled.stop()
        self.origin.stop()
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class NginxSite(ProxiedSite):
    name = "nginx"
    program = find_program("nginx")

    def __init__(self, fail="open", http="", server="", as_shipped=False, **options):
        self.fail, self.http, self.server, self.as_shipped = fail, http, server, as_shipped
        super().__init__(**options)

    def write_files(self, port):
        folder, url = self.folder, self.origin.url
        (folder / "http.conf").write_text(self.snippet("--part", "http"))
        text = self.snippet("--part", "server", "--fail", self.fail)
        (folder / "server.conf").write_text(text if self.as_shipped else patient(text))
        temporary = "\n".join(f"{name}_temp_path {folder}/{name};"
                              for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        server = self.server.replace("ORIGIN", url).replace("FOLDER", str(folder))
        (folder / "nginx.conf").write_text(f"""
user {'root' if os.getuid() == 0 else 'nobody'};
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
access_log off;
{temporary}
large_client_header_buffers 8 32k;
{self.http.replace("FOLDER", str(folder))}
include {folder}/http.conf;
server {{
    listen 127.0.0.1:{port};
    include {folder}/server.conf;
    location / {{ proxy_pass {url}; }}
    {server}
}}
}}
""")
        return [self.program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e",
                str(folder / "error.log")]


class CaddySite(ProxiedSite):
    name = "caddy"
    program = find_program("caddy")

    def __init__(self, as_shipped=False, **options):
        self.as_shipped = as_shipped
        super().__init__(**options)

    def write_files(self, port):
        text = self.snippet()
        (self.folder / "stile.caddy").write_text(text if self.as_shipped else patient(text))
        site = (DEPLOY / "caddy" / "Caddyfile").read_text()
        site, sites = re.subn(r"(?m)^example\.org \{", f"http://:{port} {{\n\tbind 127.0.0.1", site)
        site, origins = re.subn(r"127\.0\.0\.1:3000", f"127.0.0.1:{self.origin.port}", site)
        assert sites == 1 and origins == 1
        # No administration, no certificates: neither belongs to what is tested.
        (self.folder / "Caddyfile").write_text(
            "{\n\tadmin off\n\tauto_https off\n}\n" + site)
        return [self.program, "run", "--adapter", "caddyfile", "--config",
                str(self.folder / "Caddyfile")]
