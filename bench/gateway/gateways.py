"""The gateways that bench/gateway/run.py measures, each on core 0 in front of the same upstream."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))

import servers  # noqa: E402

# More than nginx of bench/service/servers.py has.
HTTP = """
    client_max_body_size 0;
    upstream origin { server UPSTREAM max_fails=0; keepalive 64; keepalive_requests 1000000000; }
"""
SERVER = """
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
overload = "0s"
"""

# What is measured needs a clearance; what only fills connections and pipes doesn't.
POLICY = servers.BUDGETS + \
    '[[rule]]\nname = "open"\npath = ["/open", "/open/*"]\naction = "allow"\n'


def certificate(folder):
    """A certificate of its own making, and its key."""
    files = folder / "c.pem", folder / "k.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", files[1], "-out", files[0],
                    "-days", "30", "-subj", "/CN=localhost"], check=True, capture_output=True)
    files[1].chmod(0o600)
    return files


def nginx(folder, upstream, files):
    return servers.nginx(folder, "nginx", SERVER, servers.filled(HTTP, {"UPSTREAM": upstream}),
                         files=files, connections=16_384)


def stiled(programs, folder, upstream, files):
    (folder / "policy.toml").write_text(POLICY)
    port, secure = servers.free_port(), servers.free_port()
    config = servers.filled(STILED, {"PORT": port, "SECURE": secure, "UPSTREAM": upstream,
                                     "CERTIFICATE": files[0], "KEY": files[1]})
    return servers.Stiled(programs, folder, config,
                          {"tcp": f"127.0.0.1:{port}", "tls": f"127.0.0.1:{secure}"})
