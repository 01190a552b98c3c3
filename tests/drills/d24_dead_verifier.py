"""D24: a proxy asks a stiled that is frozen, dead, or late. A row for each proxy."""

import os

from dead_verifier import POLICY, DeadVerifier
from haproxy_process import HaproxySite, replaced
from proxy_process import CaddySite, NginxSite, free_port

INJECTS = ("the stiled that {} is frozen, killed and started again, then answers slowly but in time, "
           "then too late; {}")


def socket_moved(site):
    """For a listener on a unix socket, whose file tells the proxy where it is."""
    site.start_stiled(POLICY)
    moved = [(path, path + ".moved") for path in site.stiled.addresses]
    for path, away in moved:
        os.rename(path, away)
    return moved


class NginxDeadVerifier(DeadVerifier):
    ID, NAME = "D24", "dead-verifier"
    INJECTS = INJECTS.format("nginx asks by auth_request",
                             "routes that fail open, and routes that fail closed")
    CONTROL = "the snippet without its answer for a stiled that is gone, and with timeouts of 10 s"
    red = ("I1", "I3")
    MODES, TIMEOUT = {"open": 200, "closed": 503}, 1.0

    def site(self, mode):
        return NginxSite(fail=mode, policy=POLICY, as_shipped=True)

    def unprotected(self):
        class Unprotected(NginxSite):
            def snippet(self, *arguments):
                text = super().snippet(*arguments)
                return text if "http" in arguments else replaced(
                    text, (r"error_page 502 504 = @stile_open;", ""),
                    (r"(?<=proxy_read_timeout      )1s", "10s"))

        return "open", Unprotected(fail="open", policy=POLICY, as_shipped=True)

    def replace_stiled(self, site):
        return socket_moved(site)


class HaproxyDeadVerifier(DeadVerifier):
    ID, NAME = "D24-haproxy", "dead-verifier"
    INJECTS = INJECTS.format("HAProxy asks by SPOP", "frontends that fail closed, and that fail open")
    CONTROL = "the frontend without its 503 for a stiled that is gone, and with timeouts of 10 s"
    red = ("I3", "I7")
    MODES, TIMEOUT = {"closed": 503, "open": 200}, 0.5

    def site(self, mode):
        return HaproxySite(fail=mode, policy=POLICY, as_shipped=True)

    def unprotected(self):
        class Unprotected(HaproxySite):
            def snippet(self, *arguments):
                text = super().snippet(*arguments)
                if "frontend" in arguments:
                    return replaced(text, (r"(?m)^ *http-request return status 503 .*\n", ""))
                return replaced(text, ("500ms", "10s")) if "spoe" in arguments else text

        return "closed", Unprotected(policy=POLICY, as_shipped=True)

    def replace_stiled(self, site):
        asked, site.ports = site.ports, (free_port(), free_port())
        site.start_stiled(POLICY)
        return [(("127.0.0.1", port), address)
                for port, address in zip(asked, site.stiled.addresses)]


class CaddyDeadVerifier(DeadVerifier):
    ID, NAME = "D24-caddy", "dead-verifier"
    INJECTS = INJECTS.format("Caddy asks as forward_auth does", "it fails closed")
    CONTROL = "a site whose handle_errors lets visitors pass, and a snippet with a timeout of 20 s"
    red = ("I3", "I7")
    MODES, TIMEOUT = {"closed": 502}, 5.0

    def declared(self, mode, fault):
        return self.MODES[mode] if fault == "dead" else 504  # Which says that it waited.

    def site(self, mode):
        return CaddySite(policy=POLICY, as_shipped=True)

    def unprotected(self):
        class Unprotected(CaddySite):
            def snippet(self, *arguments):
                return replaced(super().snippet(*arguments), (r"(?<=header_timeout )5s", "20s"))

            def write_files(self, port):
                command = super().write_files(port)
                path = self.folder / "Caddyfile"
                path.write_text(replaced(path.read_text(), (
                    r"\n\tbind 127\.0\.0\.1", "\n\tbind 127.0.0.1\n\thandle_errors {\n\t\t"
                    f"reverse_proxy 127.0.0.1:{self.origin.port}\n\t}}")))
                return command

        return "closed", Unprotected(policy=POLICY, as_shipped=True)

    def replace_stiled(self, site):
        return socket_moved(site)

    def right_page(self, head, body):
        return body == b""  # Caddy's own.


DRILLS = [NginxDeadVerifier(), HaproxyDeadVerifier(), CaddyDeadVerifier()]
