"""nginx with Stile's module and the files of examples/deploy/nginx-module, in front of an origin."""

import os
import pathlib
import re
import signal
import subprocess
import time

from proxy_process import DEPLOY, ProxiedSite, find_program, free_port
from raw_http import request
from stile_command import stile
from stiled_process import DEADLINE, key_file

MODULE = pathlib.Path(os.environ.get("STILE_BUILD", "build/release")) / "lib/ngx_http_stile_module.so"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class NginxModuleSite(ProxiedSite):
    """`part` is that of the server; `http` and `server` are added, with ORIGIN and FOLDER filled in.

    There is no stiled. `config` is appended to the shipped stile.toml."""

    name = "nginx-module"
    program = find_program("nginx")

    def __init__(self, part="server", fail="", http="", server="", main="", workers=1, config="",
                 environment=None, keys=None, **options):
        self.part, self.fail, self.http, self.server, self.main = part, fail, http, server, main
        self.workers, self.config_tail, self.keys = workers, config, keys
        self.environment = environment or {}
        super().__init__(**options)

    def start_stiled(self, policy=None):
        """Writes what the module reads: nobody else does."""
        self.stile = self.folder / "stile"
        self.stile.mkdir()
        self.config = self.stile / "stile.toml"
        self.config.write_text((DEPLOY / self.name / "stile.toml").read_text() + self.config_tail)
        (self.stile / "keys.toml").write_text(self.keys or key_file())
        (self.stile / "keys.toml").chmod(0o600)
        self.write_policy(policy or (DEPLOY / self.name / "policy.toml").read_text())

    def write_policy(self, policy):
        (self.stile / "policy.toml").write_text(policy)

    def _start_proxy(self):
        super()._start_proxy()
        self.wait_workers()

    def snippet(self, *arguments):
        status, text, said = stile("snippet", self.name, "--config", str(self.config), *arguments)
        assert status == 0, said
        return text

    def filled(self, text):
        return (text.replace("ORIGIN", self.origin.url).replace("FOLDER", str(self.folder))
                .replace("HTTP2_PORT", str(self.http2_port)))

    def write_files(self, port):
        folder = self.folder
        self.http2_port = free_port()
        (folder / "http.conf").write_text(self.snippet("--part", "http"))
        fail = ("--fail", self.fail) if self.fail else ()
        (folder / "server.conf").write_text(self.snippet("--part", self.part, *fail))
        temporary = "\n".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
        metrics = "" if self.part == "hardened" else (
            "location = /stile-metrics { stile off; stile_metrics; }")
        headers = "" if self.part == "hardened" else "large_client_header_buffers 8 32k;"
        (folder / "nginx.conf").write_text(f"""
load_module {MODULE.resolve()};
user {'root' if os.getuid() == 0 else 'nobody'};
daemon off;
worker_processes {self.workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
env LD_PRELOAD;
env STILE_TEST_FAILURES;
env STILE_TEST_OUTCOMES;
events {{ worker_connections 512; }}
{self.filled(self.main)}
http {{
log_format stile '$uri $status $stile_action $stile_verdict $stile_rule $stile_level $stile_reference $server_protocol $pid';
access_log {folder}/access.log stile;
{temporary}
{headers}
{self.filled(self.http)}
include {folder}/http.conf;
server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{self.http2_port} http2;
    include {folder}/server.conf;
    location / {{ proxy_pass {self.origin.url}; }}
    {metrics}
    {self.filled(self.server)}
}}
}}
""")
        return self.command()

    def command(self, *arguments):
        environment = [f"{name}={value}" for name, value in self.environment.items()]
        return ["env", *environment, self.program, "-p", str(self.folder), "-c",
                str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log"), *arguments]

    # --- What it has done ---

    def samples(self):
        _, text = request(self.address, "/stile-metrics")
        pairs = (line.rpartition(" ") for line in text.decode().splitlines()
                 if not line.startswith("#"))
        return {name: int(value) for name, _, value in pairs}

    def metric(self, name):
        """The sum of a metric over all its labels."""
        return sum(value for key, value in self.samples().items() if key.partition("{")[0] == name)

    def log(self):
        return (self.folder / "error.log").read_text(errors="replace")

    def wait_log(self, pattern, start=0):
        """Waits until the error log has `pattern` behind `start` bytes; returns the match."""
        end = time.monotonic() + DEADLINE
        while True:
            found = re.search(pattern, self.log()[start:])
            if found:
                return found
            assert time.monotonic() < end, f"no {pattern!r} in {self.log()[start:][-3000:]}"
            time.sleep(0.02)

    def accesses(self, count, of=""):
        """The lines of the access log with `of` in them, once there are `count`."""
        end = time.monotonic() + DEADLINE
        while True:
            lines = [line for line in (self.folder / "access.log").read_text().splitlines()
                     if of in line]
            if len(lines) >= count:
                return lines
            assert time.monotonic() < end, lines
            time.sleep(0.02)

    # --- Its processes ---

    def workers_now(self):
        """The ids of the workers that are not on their way out."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = []
        for pid in map(int, children.read_text().split()):
            try:
                title = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0 ")
            except OSError:
                continue
            if title == b"nginx: worker process":
                found.append(pid)
        return found

    def wait_workers(self, other_than=()):
        """Waits until there are all workers, and none of those; returns them."""
        end = time.monotonic() + DEADLINE
        while True:
            assert self.process.poll() is None, f"nginx has ended: {self.log()[-3000:]}"
            now = self.workers_now()
            if len(now) == self.workers and not set(now) & set(other_than):
                return now
            assert time.monotonic() < end, self.log()[-3000:]
            time.sleep(0.02)

    def reload(self, waits=True):
        """Reloads nginx; waits until other workers serve."""
        before = self.workers_now()
        self.process.send_signal(signal.SIGHUP)
        if waits:
            self.wait_workers(before)

    def test(self):
        """`nginx -t`: its exit status, and what it says."""
        done = subprocess.run([self.program, "-t", "-p", str(self.folder), "-c",
                               str(self.folder / "nginx.conf"), "-e", "stderr"],
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
        return done.returncode, done.stderr
