"""HAProxy with the files of examples/deploy/haproxy, stiled beside it, an origin behind."""

import re

from proxy_process import DEPLOY, STILED, ProxiedSite, find_program, free_port
from stiled_process import StiledProcess

SHIPPED = DEPLOY / "haproxy"


def replaced(text, *pairs):
    """`text` with every pattern replaced, each of which it must have."""
    for pattern, value in pairs:
        text, count = re.subn(pattern, lambda _, value=value: value, text)
        assert count, pattern
    return text


def patient(text):
    """Time for a machine that is busy: what comes too late counts as never."""
    text, count = re.subn(r"(timeout +(?:processing|hello|connect) +)500ms\b", r"\g<1>30s", text)
    assert count, text
    return text


class HaproxySite(ProxiedSite):
    """`fail`: "open" or "closed". `minimal`: with minimal.cfg. `as_shipped`: with its own timeouts.
    `frontend`: further lines for the frontend, before those of Stile. `limits`: of stiled."""

    name = "haproxy"
    program = find_program("haproxy")

    def __init__(self, fail="closed", minimal=False, as_shipped=False, frontend="", limits="",
                 **options):
        self.fail, self.minimal, self.as_shipped = fail, minimal, as_shipped
        self.frontend, self.limits = frontend, limits
        self.ports = None
        super().__init__(**options)

    def start_stiled(self, policy=None, wait="ready"):
        self.policy = policy or (SHIPPED / "policy.toml").read_text()
        self.ports = self.ports or (free_port(), free_port())
        text = replaced((SHIPPED / "stile.toml").read_text(),
                        (r"127\.0\.0\.1:8087", f"127.0.0.1:{self.ports[0]}"),
                        (r"127\.0\.0\.1:8088", f"127.0.0.1:{self.ports[1]}"),
                        (r"127\.0\.0\.1:9464", "127.0.0.1:0"),
                        (r"/run/stile/", f"{self.folder}/"),
                        (r"/var/lib/stile", f"{self.folder}/state"),
                        (r'\[keys\]\nfile = "keys\.toml"\n', ""))
        self.stiled = StiledProcess(STILED, text + self.limits, {"policy.toml": self.policy},
                                    wait=wait)

    def _part(self, name):
        text = self.snippet("--part", name, "--fail", self.fail)
        text = text.replace("/etc/haproxy/stile-spoe.conf", f"{self.folder}/stile-spoe.conf")
        return text if self.as_shipped or name == "frontend" else patient(text)

    def _whole(self, port):
        defaults = "defaults\n" + "".join(f"    timeout {name} 30s\n"
                                          for name in ("connect", "client", "server"))
        return (defaults + f"    mode http\nfrontend www\n    bind 127.0.0.1:{port}\n"
                + self.frontend.replace("FOLDER", str(self.folder)) + self._part("frontend")
                + f"    default_backend app\nbackend app\n    server a 127.0.0.1:{self.origin.port}\n"
                + self._part("backends"))

    def write_files(self, port):
        (self.folder / "stile-spoe.conf").write_text(self._part("spoe"))
        if self.minimal:
            text = replaced((SHIPPED / "minimal.cfg").read_text(), (r"(?m):80$", f"127.0.0.1:{port}"),
                            (r"127\.0\.0\.1:3000", f"127.0.0.1:{self.origin.port}"),
                            (r"127\.0\.0\.1:8087", f"127.0.0.1:{self.ports[0]}"),
                            (r"127\.0\.0\.1:8088", f"127.0.0.1:{self.ports[1]}"),
                            (r"/etc/haproxy/", f"{self.folder}/"))
        else:
            text = self._whole(port)
        (self.folder / "haproxy.cfg").write_text(text)
        return [self.program, "-db", "-f", str(self.folder / "haproxy.cfg")]
