"""A proxy asks a stiled that is frozen, dead, or late: the same for every proxy."""

import concurrent.futures
import contextlib
import signal
import threading
import time

from drill import Drill
from gateway_site import UNLIMITED, clearance
from late_relay import LateRelay
from outcome import Outcome
from raw_http import request
from rig import AGENT, PHASE, RECOVERY, percentile

POLICY = UNLIMITED + '[[rule]]\nname = "open"\npath = ["/open/*"]\naction = "allow"\n'
RIGHT = {"cleared": 200, "allowed": 200, "new": 403}  # What stiled says to each kind of visitor.
CROWD = ("cleared", "new", "cleared", "allowed", "new")  # Who comes at once.


class DeadVerifier(Drill):
    """A subclass says which proxy, and what its shipped configuration declares."""

    MODES = {}       # What everybody gets while there is no answer, by the mode of the configuration.
    TIMEOUT = 0.0    # Seconds within which that is, as the shipped configuration says.

    def declared(self, mode, fault):
        """The status that everybody gets."""
        return self.MODES[mode]

    def site(self, mode):
        """The shipped configuration, in this mode and with its own timeouts."""
        raise NotImplementedError

    def unprotected(self):
        """(mode, site): without its answer for a stiled that is gone, and with longer timeouts."""
        raise NotImplementedError

    def replace_stiled(self, site):
        """Starts stiled anew, at other addresses; returns pairs of where it was and where it is."""
        raise NotImplementedError

    def right_page(self, head, body):
        """True if what a visitor gets instead of the website says what it should, and is kept by
        no cache. `head` has a status that is declared, and no 200."""
        return b"try again" in body and head.get("cache-control") == "no-store"

    def run(self):
        out = Outcome()
        for mode in self.MODES:
            with self.site(mode) as site:
                self.calm(out, site, mode)
                with frozen(site):
                    self.during(out, site, mode, "frozen")
                self.back(out, site)
                site.stiled.signal(signal.SIGKILL)
                site.stiled.wait()
                self.during(out, site, mode, "dead")
                site.stiled.stop()
                site.start_stiled(POLICY)
                self.back(out, site)
                self.late(out, site, mode)
        return out

    def run_control(self):
        out = Outcome()
        mode, site = self.unprotected()
        with site:
            self.calm(out, site, mode)
            with frozen(site):
                self.during(out, site, mode, "frozen")
            self.back(out, site)
            site.stiled.signal(signal.SIGKILL)
            site.stiled.wait()
            self.during(out, site, mode, "dead")
        return out

    def calm(self, out, site, mode):
        self.cookie = clearance(site.address, [("User-Agent", AGENT)])
        self.back(out, site)
        asked = self.answered(out, site, mode, "calm", rounds=10)
        self.before = percentile([ms for kind, ms in asked if kind == "cleared"], 0.99)
        out.figure("calm_p99", f"{self.before:.0f}ms")

    def late(self, out, site, mode):
        """A stiled whose answers come in time but slowly, then too late, and then at once again."""
        site.stiled.stop()
        with contextlib.ExitStack() as stack:
            relays = [stack.enter_context(LateRelay(near, far))
                      for near, far in self.replace_stiled(site)]
            self.back(out, site)
            hold_back(relays, self.TIMEOUT / 5)
            asked = self.answered(out, site, mode, "slow in time", rounds=4)
            # A relay that nobody's question goes through proves nothing.
            out.require(min(ms for _, ms in asked) >= self.TIMEOUT / 5 * 1e3, "own",
                        "an answer that is held back comes at once")
            hold_back(relays, self.TIMEOUT * 2)
            self.during(out, site, mode, "slow")
            hold_back(relays, 0.0)
            self.back(out, site)
            out.require(site.stiled.running(), "I6", "stiled is gone")

    # --- Visitors --------------------------------------------------------------------------------

    def ask(self, site, kind):
        """(kind, status, milliseconds, head, body); the status is 0 where there is no answer."""
        fields = [("User-Agent", AGENT), ("Accept", "text/html")]
        if kind == "cleared":
            fields.append(("Cookie", self.cookie))
        begin, head, body = time.monotonic(), None, b""
        try:
            head, body = request(site.address, "/open/page" if kind == "allowed" else "/private/page",
                                 fields=fields)
        except (OSError, EOFError):
            pass
        return kind, head.status if head else 0, (time.monotonic() - begin) * 1e3, head, body

    def crowd(self, site):
        with concurrent.futures.ThreadPoolExecutor(len(CROWD)) as pool:
            return list(pool.map(lambda kind: self.ask(site, kind), CROWD))

    def answered(self, out, site, mode, name, rounds):
        """Everybody gets what stiled says; who waited for as long as the proxy itself does may get
        what is declared instead. Returns the kind and the milliseconds of each.
        """
        asked = [one for _ in range(rounds) for one in self.crowd(site)]
        for kind, status, ms, _, _ in asked:
            too_late = ms >= self.TIMEOUT * 1e3 and status == self.declared(mode, name)
            out.require(status == RIGHT[kind] or too_late,
                        "I1" if not status or status >= 500 else "I7" if kind == "new" else "I2",
                        f"{mode}, {name}: {kind} gets {status} after {ms:.0f} ms")
        wrong = sum(status != RIGHT[kind] for kind, status, *_ in asked)
        out.require(wrong <= len(asked) / 2, "own", f"{mode}, {name}: {wrong} of {len(asked)} are late")
        return [(kind, ms) for kind, _, ms, _, _ in asked]

    def during(self, out, site, mode, name):
        """Whoever comes gets what is declared, within the timeout."""
        declared, asked, end = self.declared(mode, name), [], time.monotonic() + PHASE
        with Lateness() as machine:
            while time.monotonic() < end or not asked:
                asked += self.crowd(site)
                time.sleep(0.02)
        for kind, status, ms, head, body in asked:
            if out.require(status == declared, "I1" if not status or status >= 500 else "I7",
                           f"{mode}, {name}: {kind} gets {status} after {ms:.0f} ms"):
                out.require(status == 200 or self.right_page(head, body), "own",
                            f"{mode}, {name}: {head.fields} {body[:100]!r}")
        # Of those who waited: HAProxy soon asks nobody any more, and many don't wait at all.
        waited = [ms for _, _, ms, _, _ in asked if ms >= self.TIMEOUT * 1e3 / 2]
        slow = percentile(waited or [ms for _, _, ms, _, _ in asked], 0.99)
        out.figure(f"{mode}_{name}", f"{declared}@{slow:.0f}ms")
        allowed = self.TIMEOUT * 1e3 + max(2 * self.before, 250) + 4 * machine.worst
        out.require(slow <= allowed, "I3",
                    f"{mode}, {name}: {slow:.0f} ms, {allowed:.0f} are allowed")

    def back(self, out, site):
        """Without anybody's doing, it is asked again, and nobody's clearance is void."""
        begin = time.monotonic()
        while True:
            asked = self.crowd(site)
            out.require(("cleared", 403) not in [one[:2] for one in asked], "I2",
                        "a clearance is void")
            took = time.monotonic() - begin
            if all(status == RIGHT[kind] for kind, status, *_ in asked):
                break
            if not out.require(took < RECOVERY, "I8", f"{[one[:2] for one in asked]} afterwards"):
                return
            time.sleep(0.05)
        known = float(out.figures.get("recovery", "0s")[:-1])
        out.figure("recovery", f"{max(known, took):.2f}s")


class Lateness:
    """`worst`: by how many milliseconds a sleep was too long at worst, meanwhile."""

    def __init__(self):
        self.worst, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._over.is_set():
            begin = time.monotonic()
            time.sleep(0.01)
            self.worst = max(self.worst, (time.monotonic() - begin - 0.01) * 1e3)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


@contextlib.contextmanager
def frozen(site):
    site.stiled.pause()
    try:
        yield
    finally:
        site.stiled.resume()


def hold_back(relays, seconds):
    for relay in relays:
        relay.delay = seconds
