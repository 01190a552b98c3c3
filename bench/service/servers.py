"""The servers that bench/ measures: nginx, stiled, the least of all servers, and any other program;
each on a core of its own, in a folder that goes with it."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

SERVER_CORE = 0
DEADLINE = 30  # Seconds that anything may take to start or end.


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _connects(address):
    local = address.startswith("unix:")
    host, _, port = address.rpartition(":")
    with socket.socket(socket.AF_UNIX if local else socket.AF_INET) as probe:
        return probe.connect_ex(address[len("unix:"):] if local else (host, int(port))) == 0


def program(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"there is no {name}: see scripts/install_dependencies.sh")
    return found


def version(name):
    done = subprocess.run([program(name), "-v"], capture_output=True, text=True, check=True)
    return re.search(r"(?:nginx/|version )([0-9.]+)", done.stdout + done.stderr).group(1)


def filled(text, words):
    for word, value in words.items():
        text = text.replace(word, str(value))
    return text


class Server:
    """A program that listens at the `addresses`: one for "tcp", one for "unix", and so on. It runs
    on `core`, or where it likes if that is None. One that `forks` leaves the work to a child."""

    def __init__(self, command, addresses, *, core=SERVER_CORE, forks=False):
        self.addresses = addresses
        self._forks = forks
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}))
        try:
            self._await()
        except BaseException:
            self.stop()
            raise

    def _await(self):
        end = time.monotonic() + DEADLINE
        while not (all(_connects(address) for address in self.addresses.values()) and
                   len(self.pids()) > self._forks):
            if self._process.poll() is not None:
                raise SystemExit(f"{self._process.args[0]} ended: "
                                 f"{self._process.stdout.read().decode(errors='replace')}")
            if time.monotonic() > end:
                raise SystemExit(f"{self._process.args[0]} does not listen")
            time.sleep(0.02)

    def pids(self):
        """The process and its children."""
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, children.read_text().split())]

    def worker(self):
        """The process that serves."""
        return self.pids()[-1]

    def memory(self, what="VmRSS"):
        """KiB of the process that serves: VmRSS, or VmHWM for the most that it had."""
        status = pathlib.Path(f"/proc/{self.worker()}/status").read_text()
        return int(status.partition(what + ":")[2].split()[0])

    def cpu_seconds(self):
        """Processor time that it has used so far."""
        return sum(int(path.read_text().split()[0]) for pid in self.pids()
                   for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(DEADLINE)
        self._process.stdout.close()

    close = stop  # For contextlib.closing.


NGINX = """
MAIN
USER
daemon off;
worker_processes 1;
pid FOLDER/NAME.pid;
error_log stderr error;
events { worker_connections CONNECTIONS; }
http {
    access_log off;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    client_body_temp_path FOLDER/NAME.body;
    proxy_temp_path FOLDER/NAME.proxy;
    fastcgi_temp_path FOLDER/NAME.fastcgi;
    uwsgi_temp_path FOLDER/NAME.uwsgi;
    scgi_temp_path FOLDER/NAME.scgi;
    HTTP
    server {
        listen 127.0.0.1:PORT;
        listen unix:FOLDER/NAME.sock;
        TLS
        SERVER
    }
}
"""

TLS = """
        listen 127.0.0.1:SECURE ssl;
        ssl_certificate     CERTIFICATE;
        ssl_certificate_key KEY;
        ssl_protocols       TLSv1.2 TLSv1.3;
"""

# The question as examples/deploy/nginx asks it.
ASKING = """
auth_request /_check;
location = /_check {
    internal;
    proxy_pass              http://asked/check;
    proxy_pass_request_body off;
    proxy_http_version      1.1;
    proxy_set_header        Connection         "";
    proxy_set_header        Content-Length     "";
    proxy_set_header        Host               $host;
    proxy_set_header        X-Real-IP          $remote_addr;
    proxy_set_header        X-Forwarded-Method $request_method;
    proxy_set_header        X-Forwarded-Proto  $scheme;
    proxy_set_header        X-Forwarded-Host   $host;
    proxy_set_header        X-Forwarded-Uri    $request_uri;
}
location / { empty_gif; }
"""


def nginx(folder, name, server, http="", *, main="", files=None, connections=4096, core=SERVER_CORE):
    """nginx with one worker; with `files`, a certificate and its key, it speaks TLS at "tls" too."""
    addresses = {"tcp": f"127.0.0.1:{free_port()}", "unix": f"unix:{folder}/{name}.sock"}
    tls = ""
    if files:
        port = free_port()
        addresses["tls"] = f"127.0.0.1:{port}"
        tls = filled(TLS, {"SECURE": port, "CERTIFICATE": files[0], "KEY": files[1]})
    path = folder / f"{name}.conf"
    path.write_text(filled(NGINX, {
        "MAIN": main,
        # Who starts as root would be somebody else in the worker, and have no way into the folder.
        "USER": "user root root;" if os.geteuid() == 0 else "", "CONNECTIONS": connections,
        "PORT": addresses["tcp"].rpartition(":")[2], "HTTP": http, "TLS": tls, "SERVER": server,
        "FOLDER": folder, "NAME": name}))
    command = [program("nginx"), "-p", str(folder), "-c", str(path), "-e", "stderr"]
    return Server(command, addresses, core=core, forks=True)


def nginx_returning(folder):
    return nginx(folder, "returning", "location / { return 200; }")


def nginx_alone(folder):
    return nginx(folder, "alone", "location / { empty_gif; }")


def nginx_asking(folder, name, asked):
    """nginx with an auth_request to the unix socket `asked`."""
    return nginx(folder, name, ASKING,
                 f"upstream asked {{ server {asked} max_fails=0; keepalive 64; }}")


def responder(programs, folder, transport, core=SERVER_CORE):
    """The least of all servers."""
    address = (f"unix:{folder}/responder.sock" if transport == "unix"
               else f"127.0.0.1:{free_port()}")
    return Server([str(programs / "stile_responder"), address], {transport: address}, core=core)


# Every request is charged, and there is always enough: a load is no visitor.
PLENTY = '{ requests = 38400000, per = "10m", burst = 1000000000 }'
BUDGETS = "".join(f"[level.{level}]\nbudget = {PLENTY}\n" for level in ("light", "standard"))
BUDGETS += "[budgets]\n" + "".join(f"{key} = {PLENTY}\n" for key in (
    "cleared_prefix", "uncleared_prefix", "uncleared_ring"))

CHECKING = """
[[listener]]
address = "127.0.0.1:PORT"
mode = "check"
client_address = "x-real-ip"
trusted_peers = ["127.0.0.0/8"]
[[listener]]
address = "unix:FOLDER/check.sock"
mode = "check"
client_address = "x-real-ip"
trusted_peers = ["unix"]
[[site]]
name = "main"
hosts = ["*"]
policy = "policy.toml"
[keys]
file = "keys.toml"
[metrics]
address = "127.0.0.1:METRICS"
[state]
directory = "FOLDER"
[limits]
loops = 1
overload = "0s"
"""


class Stiled(Server):
    """stiled with the keys that stile_clearances seals with. Its `config` says FOLDER where it
    stands in for the folder, and serves metrics on the port of that name."""

    def __init__(self, programs, folder, config, addresses, metrics=None, core=SERVER_CORE):
        self._metrics = metrics
        keys = folder / "keys.toml"
        keys.write_bytes(subprocess.run([programs / "stile_clearances", "--keys"],
                                        capture_output=True, check=True).stdout)
        keys.chmod(0o600)
        path = folder / "stile.toml"
        path.write_text(filled(config, {"FOLDER": folder}))
        super().__init__([str(programs / "stiled"), "--config", str(path)], addresses, core=core)

    def decided(self):
        """How many requests it has decided about, by verdict, as its metrics say."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        counts = {}
        for line in lines:
            if line.startswith("stile_decisions_total{"):
                labels, _, value = line.rpartition(" ")
                verdict = labels.partition('verdict="')[2].partition('"')[0]
                counts[verdict] = counts.get(verdict, 0) + int(float(value))
        return counts


def stiled_checking(programs, folder):
    """stiled with one loop, the default rules and two check listeners."""
    (folder / "policy.toml").write_text(BUDGETS + "[default_policy]\n")
    port, metrics = free_port(), free_port()
    return Stiled(programs, folder, filled(CHECKING, {"PORT": port, "METRICS": metrics}),
                  {"tcp": f"127.0.0.1:{port}", "unix": f"unix:{folder}/check.sock"}, metrics)
