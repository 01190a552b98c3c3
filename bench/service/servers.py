"""The servers that bench/service/run.py measures: each on core 0, in a folder that goes with it."""

import json
import os
import pathlib
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


class Server:
    """A program on core 0 that listens at the `addresses`: one for "tcp", one for "unix"."""

    def __init__(self, command, addresses):
        self.addresses = addresses
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}))
        try:
            self._await()
        except BaseException:
            self.stop()
            raise

    def _await(self):
        end = time.monotonic() + DEADLINE
        while not all(_connects(address) for address in self.addresses.values()):
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


def _nginx_program():
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise SystemExit("there is no nginx: see scripts/install_dependencies.sh")
    return program


def nginx_version():
    text = subprocess.run([_nginx_program(), "-v"], capture_output=True, check=True).stderr
    return text.decode().strip().partition(": ")[2]


NGINX = """
USER
daemon off;
worker_processes 1;
pid FOLDER/NAME.pid;
error_log stderr error;
events { worker_connections 4096; }
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
        SERVER
    }
}
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


def nginx(folder, name, server, http=""):
    port = free_port()
    path = folder / f"{name}.conf"
    text = NGINX
    # Who starts as root would be somebody else in the worker, and have no way into the folder.
    user = "user root root;" if os.geteuid() == 0 else ""
    for word, value in (("USER", user), ("HTTP", http), ("SERVER", server), ("FOLDER", str(folder)),
                        ("NAME", name), ("PORT", str(port))):
        text = text.replace(word, value)
    path.write_text(text)
    command = [_nginx_program(), "-p", str(folder), "-c", str(path), "-e", "stderr"]
    return Server(command, {"tcp": f"127.0.0.1:{port}", "unix": f"unix:{folder}/{name}.sock"})


def nginx_returning(folder):
    return nginx(folder, "returning", "location / { return 200; }")


def nginx_alone(folder):
    return nginx(folder, "alone", "location / { empty_gif; }")


def nginx_asking(folder, name, asked):
    """nginx with an auth_request to the unix socket `asked`."""
    return nginx(folder, name, ASKING,
                 f"upstream asked {{ server {asked} max_fails=0; keepalive 64; }}")


def responder(programs, folder, transport):
    """The least of all servers."""
    address = (f"unix:{folder}/responder.sock" if transport == "unix"
               else f"127.0.0.1:{free_port()}")
    return Server([str(programs / "stile_responder"), address], {transport: address})


STILED = """
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
[keys]
file = "keys.toml"
[metrics]
address = "127.0.0.1:METRICS"
[state]
directory = "FOLDER"
[limits]
loops = 1
"""


class Stiled(Server):
    """stiled with one loop, the default policy and two check listeners."""

    def __init__(self, programs, folder):
        keys = subprocess.run([programs / "stile_clearances", "--keys"], capture_output=True,
                              check=True).stdout
        path = folder / "keys.toml"
        path.write_bytes(keys)
        path.chmod(0o600)
        port, self._metrics = free_port(), free_port()
        config = folder / "stile.toml"
        text = STILED
        for word, value in (("FOLDER", str(folder)), ("PORT", str(port)),
                            ("METRICS", str(self._metrics))):
            text = text.replace(word, value)
        config.write_text(text)
        super().__init__([str(programs / "stiled"), "--config", str(config)],
                         {"tcp": f"127.0.0.1:{port}", "unix": f"unix:{folder}/check.sock"})

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


class Load:
    """stile_load on core 1."""

    CORE = 1

    def __init__(self, programs, folder, connections=64):
        self._program = programs / "stile_load"
        self._folder = folder
        self._connections = connections

    def __call__(self, server, transport, request, seconds, *, length=0, contains="", rate=0):
        """Puts `request`, a pair of a file and one of its values, on a server; what came of it."""
        command = [str(self._program), "--to", server.addresses[transport],
                   "--request", str(request[0]), "--values", str(request[1]),
                   "--connections", str(self._connections), "--seconds", str(seconds),
                   "--warm-up", str(seconds / 4), "--length", str(length),
                   "--cpu", str(self.CORE), "--rate", str(rate)]
        if contains:
            command += ["--contains", contains]
        began, used = time.monotonic(), server.cpu_seconds()
        run = subprocess.run(command, capture_output=True, check=False)
        if run.returncode != 0:
            raise SystemExit(f"{run.stderr.decode(errors='replace')}\n{' '.join(command)}")
        result = json.loads(run.stdout)
        took = time.monotonic() - began
        used = server.cpu_seconds() - used
        result["server_share"] = round(used / took, 3)
        result["server_us"] = round(used / result["answered"] * 1e6, 3)
        return result
