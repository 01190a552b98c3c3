"""The gateways that bench/gateway/run.py measures, each on core 0 in front of the same upstream."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))

import servers  # noqa: E402

UPSTREAM_CORE = 1

NGINX = """
USER
daemon off;
worker_processes 1;
pid FOLDER/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
    access_log off;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_temp_path FOLDER/body;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    upstream origin { server UPSTREAM max_fails=0; keepalive 64; keepalive_requests 1000000000; }
    server {
        listen 127.0.0.1:PORT;
        listen 127.0.0.1:SECURE ssl;
        ssl_certificate     CERTIFICATE;
        ssl_certificate_key KEY;
        ssl_protocols       TLSv1.2 TLSv1.3;
        location / {
            proxy_pass              http://origin;
            proxy_http_version      1.1;
            proxy_request_buffering off;
            proxy_max_temp_file_size 0;
            proxy_set_header        Connection        "";
            proxy_set_header        Host              $host;
            proxy_set_header        X-Real-IP         $remote_addr;
            proxy_set_header        X-Forwarded-For   $remote_addr;
            proxy_set_header        X-Forwarded-Proto $scheme;
            proxy_set_header        X-Forwarded-Host  $host;
        }
    }
}
"""

STILED = """
[[listener]]
address = "127.0.0.1:PORT"
[[listener]]
address = "127.0.0.1:SECURE"
tls = { certificate = "CERTIFICATE", key = "KEY" }
[[site]]
name = "main"
hosts = ["*"]
upstream = "http://UPSTREAM"
policy = "policy.toml"
[keys]
file = "keys.toml"
[state]
directory = "FOLDER"
[limits]
loops = 1
idle_timeout = "10m"
"""

# What is measured needs a clearance; what only fills connections and pipes doesn't.
POLICY = '[[rule]]\nname = "open"\npath = ["/open", "/open/*"]\naction = "allow"\n'


def certificate(folder):
    """A certificate of its own making, and its key."""
    files = folder / "c.pem", folder / "k.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", files[1], "-out", files[0],
                    "-days", "30", "-subj", "/CN=localhost"], check=True, capture_output=True)
    files[1].chmod(0o600)
    return files


class Gateway(servers.Server):
    """A gateway with a plain ("tcp") and a TLS ("tls") address."""

    def __init__(self, command, text, path, folder, upstream, files):
        ports = servers.free_port(), servers.free_port()
        user = "user root root;" if os.geteuid() == 0 else ""
        for word, value in (("USER", user), ("FOLDER", str(folder)), ("PORT", str(ports[0])),
                            ("SECURE", str(ports[1])), ("UPSTREAM", upstream),
                            ("CERTIFICATE", str(files[0])), ("KEY", str(files[1]))):
            text = text.replace(word, value)
        path.write_text(text)
        super().__init__(command, {"tcp": f"127.0.0.1:{ports[0]}", "tls": f"127.0.0.1:{ports[1]}"})

    def worker(self):
        """The process that serves."""
        return self.pids()[-1]

    def memory(self, what="VmRSS"):
        """KiB of the process that serves: VmRSS, or VmHWM for the most that it had."""
        status = pathlib.Path(f"/proc/{self.worker()}/status").read_text()
        return int(status.partition(what + ":")[2].split()[0])


def nginx(folder, upstream, files):
    path = folder / "nginx.conf"
    command = [servers._nginx_program(), "-p", str(folder), "-c", str(path), "-e", "stderr"]
    return Gateway(command, NGINX, path, folder, upstream, files)


def stiled(programs, folder, upstream, files):
    keys = subprocess.run([programs / "stile_clearances", "--keys"], capture_output=True,
                          check=True).stdout
    (folder / "keys.toml").write_bytes(keys)
    (folder / "keys.toml").chmod(0o600)
    (folder / "policy.toml").write_text(POLICY)
    path = folder / "stile.toml"
    command = [str(programs / "stiled"), "--config", str(path)]
    return Gateway(command, STILED, path, folder, upstream, files)


def responder(programs):
    """The upstream of the load: a server that does the least, on the load's core."""
    address = f"127.0.0.1:{servers.free_port()}"
    return servers.Server([str(programs / "stile_responder"), address, str(UPSTREAM_CORE)],
                          {"tcp": address})
