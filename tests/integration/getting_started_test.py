"""docs/getting-started.md, followed word for word beside a real nginx.

Its sh blocks run one after the other, with what this test may not touch put elsewhere: /etc, /run, /var
and the installation lie in a temporary folder, nginx and the metrics listen on free ports, systemctl
starts what the installed unit names, what was built already is not built again, and nginx has patience.
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from proxy_process import find_program, free_port, patient, shipped_config
from raw_http import request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGE = (SOURCE / "docs" / "getting-started.md").read_text()
BUILD = os.environ.get("STILE_BUILD", "")
DEADLINE = 60

SITE = """server {
    listen 127.0.0.1:PORT default_server;
    root ROOT/var/www/html;
    index index.html;
    server_name _;
    location / { try_files $uri $uri/ =404; }
}
"""
NGINX = """user USER;
worker_processes 1;
pid ROOT/run/nginx.pid;
error_log ROOT/nginx.log;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path ROOT/run/body;
    proxy_temp_path ROOT/run/proxy;
    fastcgi_temp_path ROOT/run/fastcgi;
    uwsgi_temp_path ROOT/run/uwsgi;
    scgi_temp_path ROOT/run/scgi;
    include ROOT/etc/nginx/conf.d/*.conf;
    include ROOT/etc/nginx/sites-enabled/*;
}
"""
SHIMS = {
    "sudo": 'exec "$@"',
    "cmake": '[ "$1" = --install ] || exit 0\nexec CMAKE --install BUILD --prefix ROOT/usr >/dev/null',
    "stile": 'command="$1"; shift\nexec ROOT/usr/bin/stile "$command" --config '
             'ROOT/etc/stile/stile.toml "$@"',
    "nginx": 'exec NGINX_PROGRAM -p ROOT/etc/nginx -c ROOT/etc/nginx/nginx.conf -e ROOT/nginx.log "$@"',
    "systemctl": 'echo "$@" >>ROOT/systemctl.log\n[ "$*" != "reload nginx" ] || exec nginx -s reload\n'
                 '[ "$1" != enable ] || exec ROOT/bin/start-stiled',
    # What systemd makes of the unit: its command, its credential, and a wait for READY=1.
    "start-stiled": "exec PYTHON ROOT/bin/start.py",
}
START = """import os, pathlib, re, socket, subprocess
root = pathlib.Path("ROOT")
unit, = root.glob("usr/lib*/systemd/system/stiled.service")
command = re.search(r"(?m)^ExecStart=\\S*/stiled(.*)$", unit.read_text())[1].replace("/etc/", "ROOT/etc/")
(root / "credentials").mkdir()
(root / "credentials/stile-keys").write_bytes((root / "etc/stile/keys.toml").read_bytes())
(root / "credentials/stile-keys").chmod(0o600)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind("ROOT/run/notify")
notify.settimeout(30)
process = subprocess.Popen(["ROOT/usr/bin/stiled", *command.split()], stdin=subprocess.DEVNULL,
    stdout=open("ROOT/stiled.log", "wb"), stderr=subprocess.STDOUT, start_new_session=True,
    env={**os.environ, "CREDENTIALS_DIRECTORY": "ROOT/credentials", "NOTIFY_SOCKET": "ROOT/run/notify"})
pathlib.Path("ROOT/run/stiled.pid").write_text(str(process.pid))
while b"READY=1" not in notify.recv(4096).split(b"\\n"):
    pass
"""


def blocks():
    """(command block, what the page says that it prints or None), in order."""
    found = []
    for match in re.finditer(r"(?ms)^```sh\n(.*?)^```\n(.*?)(?=^```|\Z)", PAGE):
        said = re.match(r"\s*prints `([^`]*)`", match[2])
        found.append((match[1], said[1] if said else None))
    return found


class GettingStartedTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stile-start-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.port, self.metrics_port = free_port(), free_port()
        for name in ("bin", "run/stile", "var/lib/stile", "var/www/html", "etc/nginx/conf.d",
                     "etc/nginx/snippets", "etc/nginx/sites-available", "etc/nginx/sites-enabled",
                     "etc/systemd/system"):
            (self.root / name).mkdir(parents=True)
        (self.root / "var/www/html/index.html").write_text("<p>The site.\n")
        (self.root / "etc/nginx/nginx.conf").write_text(self.local(NGINX))
        (self.root / "etc/nginx/sites-available/default").write_text(self.local(SITE))
        (self.root / "etc/nginx/sites-enabled/default").symlink_to("../sites-available/default")
        (self.root / "bin/start.py").write_text(self.local(START))
        for name, text in SHIMS.items():
            path = self.root / "bin" / name
            path.write_text(self.local(f"#!/bin/sh\nset -e\n{text}\n"))
            path.chmod(0o755)
        self.addCleanup(self.end)
        self.run_shell("nginx")
        self.assertEqual(self.get()[1], b"<p>The site.\n")

    def local(self, text):
        for name, value in (("NGINX_PROGRAM", find_program("nginx")), ("ROOT", str(self.root)),
                            ("PORT", str(self.port)), ("CMAKE", shutil.which("cmake")),
                            ("PYTHON", shutil.which("python3")), ("BUILD", BUILD),
                            ("USER", "root" if os.getuid() == 0 else "nobody")):
            text = text.replace(name, value or "")
        return text

    def end(self):
        for name, number in (("nginx", signal.SIGQUIT), ("stiled", signal.SIGKILL)):
            path = self.root / "run" / f"{name}.pid"
            if not path.exists():
                continue
            pid = int(path.read_text())
            os.kill(pid, number)
            end = time.monotonic() + DEADLINE
            while time.monotonic() < end:
                if name == "stiled":  # It may be ours to wait for, if its parent has gone.
                    try:
                        os.waitpid(pid, os.WNOHANG)
                    except ChildProcessError:
                        pass
                try:
                    state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
                except OSError:
                    break  # It has ended.
                if state == "Z":
                    break
                time.sleep(0.01)

    def run_shell(self, script):
        environment = {**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}:/usr/sbin"}
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=SOURCE,
                                env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=300, check=False)
        self.assertEqual(result.returncode, 0, f"{script}\n{result.stdout}{result.stderr}")
        return result.stdout

    def get(self):
        return request(("127.0.0.1", self.port), "/", fields=[("Accept", "text/html")])

    def workers(self):
        """The process ids of nginx's workers."""
        master = (self.root / "run/nginx.pid").read_text().strip()
        found = set()
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                state, parent = path.read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue  # It has ended.
            if parent == master and state != "Z":
                found.add(path.parent.name)
        return found

    def follow(self, block):
        """Runs one block as this machine can."""
        block = re.sub(r"(?<![\w.])/etc/", f"{self.root}/etc/", block)
        block = block.replace("http://localhost/", f"http://127.0.0.1:{self.port}/")
        block = block.replace("127.0.0.1:9464", f"127.0.0.1:{self.metrics_port}")
        workers = self.workers()
        printed = self.run_shell(block)
        snippet = self.root / "etc/nginx/snippets/stile.conf"
        if f"tee {snippet}" in block:  # Not later: nginx may be reading it.
            snippet.write_text(patient(snippet.read_text()))
        if "reload nginx" in block:  # It returns before the old workers have gone.
            end = time.monotonic() + DEADLINE
            while workers & self.workers():
                self.assertLess(time.monotonic(), end, "nginx goes on as before")
                time.sleep(0.02)
        config = self.root / "etc/stile/stile.toml"
        if "etc/stile/" in block and "check" in block:  # It is there now, and names real folders.
            text = shipped_config("nginx", self.root / "run/stile", keys=True)
            text = text.replace(f"{self.root}/run/stile/state", f"{self.root}/var/lib/stile")
            config.write_text(text.replace("127.0.0.1:0", f"127.0.0.1:{self.metrics_port}"))
        return printed

    def test_page_leads_from_a_bare_site_to_a_challenged_one(self):
        todo = blocks()
        self.assertEqual([said for _, said in todo if said], ["403", "200"])
        for block, said in todo:
            printed = self.follow(block)
            if said is not None:
                self.assertEqual(printed.strip(), said, block)
            if "mode shadow" in block:
                self.assertEqual(self.get()[0].status, 200)
            if "grep '^stile_decisions_total'" in block:
                self.assertIn('verdict="valid"', printed)
        head, body = self.get()
        self.assertEqual(head.status, 403)
        self.assertIn(b'name="challenge"', body)
        self.assertIn("enable --now stiled", (self.root / "systemctl.log").read_text())

    def test_no_block_of_the_page_is_left_out(self):
        self.assertEqual(len(blocks()), len(re.findall(r"(?m)^```sh$", PAGE)))
        for block, _ in blocks():
            self.assertTrue(shlex.split(block, comments=True), block)


if __name__ == "__main__":
    unittest.main(verbosity=2)
