"""D24: nginx asks a stiled that is dead, or stands still, or hears nothing."""

import pathlib
import signal
import time

from drill import Drill
from gateway_site import UNLIMITED, clearance
from outcome import Outcome
from proxy_process import NginxSite
from raw_http import request
from rig import AGENT, PHASE, percentile

POLICY = UNLIMITED + '[[rule]]\nname = "open"\npath = ["/open/*"]\naction = "allow"\n'
# The shipped snippet gives stiled a second to answer; what the machine takes comes on top of it.
TIMEOUT_MS = 1_000


class DeadVerifier(Drill):
    ID, NAME = "D24", "dead-verifier"
    INJECTS = ("the stiled that nginx asks by auth_request is stopped, killed and started again; routes "
               "that fail open, and routes that fail closed")
    CONTROL = "the snippet without its answer for a stiled that is gone"
    red = ("I1",)

    def run(self):
        out = Outcome()
        with NginxSite(fail="open", policy=POLICY, as_shipped=True) as site:
            self.calm(out, site)
            site.stiled.signal(signal.SIGSTOP)
            stopped(site.stiled.pid)
            self.during(out, site, "stopped", {200})
            site.stiled.signal(signal.SIGCONT)
            self.back(out, site)
            site.stiled.signal(signal.SIGKILL)
            site.stiled.wait()
            self.during(out, site, "killed", {200})
        with NginxSite(fail="closed", policy=POLICY, as_shipped=True) as site:
            site.stiled.signal(signal.SIGKILL)
            site.stiled.wait()
            head, body = self.get(site)
            # It says that the check is gone, and calls nobody blocked.
            out.require(head.status == 503 and b"try again" in body and
                        head.get("cache-control") == "no-store", "I7",
                        f"a closed route answers {head.start} {body[:100]!r}")
        return out

    def get(self, site, cookie=None):
        fields = [("User-Agent", AGENT), ("Accept", "text/html")]
        return request(site.address, "/private/page", fields=fields + (
            [("Cookie", cookie)] if cookie else []))

    def calm(self, out, site):
        self.cookie = clearance(site.address, [("User-Agent", AGENT)])
        times = []
        for _ in range(50):
            begin = time.monotonic()
            head, _ = self.get(site, self.cookie)
            times.append((time.monotonic() - begin) * 1e3)
            out.require(head.status == 200, "I2", f"a cleared visitor gets {head.start}")
        out.require(self.get(site)[0].status == 403, "I7", "nobody is asked")
        self.before = percentile(times, 0.99)

    def during(self, out, site, name, allowed):
        """Cleared or not, everybody passes, within the timeout."""
        times, count, end = [], 0, time.monotonic() + PHASE
        while time.monotonic() < end or count < 4:
            begin = time.monotonic()
            head, _ = self.get(site, self.cookie if count % 2 else None)
            times.append((time.monotonic() - begin) * 1e3)
            out.require(head.status in allowed, "I1" if head.status >= 500 else "I7",
                        f"{name}: {head.start}")
            count += 1
        slow = percentile(times, 0.99)
        out.figure(f"{name}_p99", f"{self.before:.0f}->{slow:.0f}ms")
        out.require(slow <= TIMEOUT_MS + max(2 * self.before, 250), "I3", f"{name}: {slow:.0f} ms")

    def back(self, out, site):
        """Without anybody's doing, it is asked again."""
        begin = time.monotonic()
        while self.get(site)[0].status != 403:
            if not out.require(time.monotonic() < begin + 10, "I8", "nobody is asked again"):
                return
            time.sleep(0.05)
        out.figure("recovery", f"{time.monotonic() - begin:.2f}s")
        out.require(self.get(site, self.cookie)[0].status == 200, "I2", "the clearance is void")

    def run_control(self):
        class Unprotected(NginxSite):
            def snippet(self, *arguments):
                return super().snippet(*arguments).replace("error_page 502 504 = @stile_open;", "")

        out = Outcome()
        with Unprotected(fail="open", policy=POLICY, as_shipped=True) as site:
            self.calm(out, site)
            site.stiled.signal(signal.SIGKILL)
            site.stiled.wait()
            self.during(out, site, "killed", {200})
        return out


def stopped(pid):
    """Waits until no thread of the process runs any more: a signal takes its time."""
    end = time.monotonic() + 10
    tasks = pathlib.Path(f"/proc/{pid}/task")
    while any(b") T" not in (task / "stat").read_bytes() for task in tasks.iterdir()):
        if time.monotonic() > end:
            raise AssertionError("stiled does not stop")
        time.sleep(0.002)


DRILLS = [DeadVerifier()]
