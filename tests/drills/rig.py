"""The common rig: a stiled before a website, visitors, a watch, and the eight invariants.

A drill makes a Rig, lets it run for its baseline, breaks something within `fault`, mends it, and
has `judge` say which invariants held. Records and sights are compared by CLOCK_MONOTONIC, which all
processes of a machine share.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "integration"))

from drilled_stiled import DrilledStiled
from outcome import Outcome
from own_process import end_process
from proxy_process import free_port
from raw_http import request
from stiled_process import key_file
from visitors import AGENT, BOT_LIST, CLEARED, UNCLEARED
from watch import Watch

STILED = os.environ.get("STILED", "stiled")
STILE = os.environ.get("STILE", "stile")
LIBRARIES = pathlib.Path(os.environ.get("DRILL_LIBRARIES", "."))

FULL = os.environ.get("STILE_TEST_TIER") == "full"
PHASE = 30.0 if FULL else 1.5     # Seconds of each of before, during and after, at least.
RATE = 200 if FULL else 120       # Requests a second: what two busy cores serve without a queue.
# By what the 99th percentile may exceed the baseline's where twice the baseline is less. It is what
# a scheduler of two shared cores takes from a process now and then; whoever waits for a store, a
# disk or a lock takes longer. Four times what the load itself came late is added.
LATENCY_FLOOR_MS = 50.0 if FULL else 250.0
RECOVERY = 10.0                   # Seconds, I8.
ALERT = 1.0                       # Seconds, I4.
MEGABYTE = 1 << 20

SECRET = b"drills' own key, 32 bytes long.."
KEYS = key_file(SECRET)

# What every site of a drill has: one page for everybody, one for nobody, a crawler, and the rest
# for who is cleared.
POLICY = """
[agent.examplebot]
user_agent = ["Examplebot/"]
ip_list = ["lists/examplebot.json"]

[[rule]]
name = "open"
path = ["/open", "/open/*"]
action = "allow"

[[rule]]
name = "closed"
path = ["/closed/*"]
action = "deny"

[[rule]]
name = "crawlers"
agent = ["examplebot"]
action = "allow"
"""
STATUS = {  # What each door answers to whom.
    "gateway": {**dict.fromkeys(CLEARED, {200}), **dict.fromkeys(UNCLEARED, {403})},
    "check": {**dict.fromkeys(CLEARED, {200}), **dict.fromkeys(UNCLEARED, {401})},
}


def config(origin_port, gateway_port, site="", sections="", listeners="", limits=""):
    """Two doors: a gateway on a port that stays over restarts, and a listener that a proxy asks."""
    return f"""
[[listener]]
address = "127.0.0.1:{gateway_port}"
client_address = "x-real-ip"
trusted_peers = ["127.0.0.0/8"]
[[listener]]
address = "unix:check.sock"
mode = "check"
client_address = "x-real-ip"
trusted_peers = ["unix"]
{listeners}
[[site]]
name = "main"
hosts = ["*"]
upstream = "http://127.0.0.1:{origin_port}"
policy = "policy.toml"
{site}
[metrics]
address = "unix:metrics.sock"
[control]
socket = "control.sock"
[state]
directory = "state"
[limits]
loops = 2
{limits}
{sections}
"""


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


class Rig:
    """Everything that runs during a drill. Use it in a `with`.

    `through`: given the gateway's address, what visitors connect to instead: a context manager with
    an `address`.
    """

    def __init__(self, policy=POLICY, files=None, site="", sections="", listeners="", limits="",
                 keys=KEYS, environment=None, options=(), preload=(), rate=RATE, minted=None,
                 secret=SECRET, through=None, path="/private/page", visitors=True):
        self.outcome = Outcome()
        self._stack = contextlib.ExitStack()
        self.rate, self._minted, self._secret, self.path = rate, minted or {}, secret, path
        self._through, self._visitors = through, visitors
        self._records, self._windows, self._marks = None, {}, {}
        self._load = None
        self.gateway_port = free_port()
        self._make = lambda origin_port: DrilledStiled(
            STILED, config(origin_port, self.gateway_port, site, sections, listeners, limits),
            {"policy.toml": policy, "lists/examplebot.json": BOT_LIST, **(files or {})}, keys,
            environment, options, preload)

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _start(self):
        origin = self._spawn("origin")
        self._stack.callback(end_process, origin)
        self.origin_port = int(origin.stdout.readline())
        self.stiled = self._make(self.origin_port)
        self._stack.callback(self.stiled.stop)
        self.folder = self.stiled.folder
        self.gateway = ("127.0.0.1", self.gateway_port)
        self.check = str(self.folder / "check.sock")
        self.control = str(self.folder / "control.sock")
        door = self.gateway
        if self._through:
            between = self._stack.enter_context(self._through(self.gateway))
            door, self.between_pid = between.address, between.pid
        self.watch = Watch(self.stiled)
        self._stack.callback(self.watch.stop)
        self.doors = [("gateway", door), ("check", self.check)]
        self.begun = time.monotonic()
        if self._visitors:
            self._load = self._spawn()
            self._stack.callback(end_process, self._load)
            self._tell(json.dumps({"doors": self.doors, "secret": self._secret.hex(), "seed": 7,
                                   "rate": self.rate, "path": self.path, "minted": self._minted}))
            self._load.stdout.readline()
            self.begun = time.monotonic()

    def _spawn(self, *arguments):
        return subprocess.Popen([sys.executable, "-B", str(HERE / "load.py"), *arguments],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def watch_between(self):
        """From here on the process that `through` has put in front is what is watched."""
        self.watch.stop()
        self.watch = Watch(self.stiled, self.between_pid)
        self._stack.callback(self.watch.stop)

    def _tell(self, line):
        self._load.stdin.write(line + "\n")
        self._load.stdin.flush()

    def pause_load(self):
        """Returns once nothing is under way any more."""
        self._tell("pause")
        self._load.stdout.readline()

    def resume_load(self):
        self._tell("go")

    # --- The time line ---------------------------------------------------------------------------

    def baseline(self):
        """The phase before: what all is compared with. The first moments don't count."""
        time.sleep(0.4)
        start = time.monotonic()
        time.sleep(PHASE)
        self._windows["before"] = (start, time.monotonic())
        self.digests = self.watch.look().digests()

    @contextlib.contextmanager
    def fault(self, hold=True):
        """The phase during: lasts at least as long as a phase, if `hold`."""
        start = time.monotonic()
        yield
        if hold:
            time.sleep(max(0.0, start + PHASE - time.monotonic()))
        self._windows["during"] = (start, time.monotonic())

    def alert(self, true, since, name="alert"):
        """Waits for the alert; how long after `since` it came, in seconds, is a figure. I4.

        What the watch came late, and what stiled's main thread had to wait for a core, is the
        machine's and not counted.
        """
        waited = max((s.waited for s in self.watch.between(0, since)), default=0.0)
        found = self.watch.first(true, since)
        if found is None:
            self.outcome.breach("I4", f"no {name} within 20 s")
            return None
        took = found.at - since
        allowed = ALERT + self.watch.lateness(since, found.at)
        allowed += max(0.0, found.waited - waited)
        self.outcome.require(took <= allowed, "I4", f"{name} after {took:.2f} s")
        known = float(self.outcome.figures.get(name, "0s")[:-1])
        self.outcome.figure(name, f"{max(known, took):.2f}s")
        return took

    def recovered(self, true=lambda sight: not sight.alert()):
        """Waits until nothing is wrong any more, from now on. I8, and the end of I4."""
        since = time.monotonic()
        found = self.watch.first(lambda s: s.metrics is not None and true(s), since, 30)
        if found is None:
            left = " ".join(sorted(self.watch.look().alert()))
            self.outcome.breach("I8", f"not recovered within 30 s: {left}")
            return
        took = found.at - since
        allowed = RECOVERY + self.watch.lateness(since, found.at)
        self.outcome.require(took <= allowed, "I8", f"recovered after {took:.1f} s")
        known = float(self.outcome.figures.get("recovery", "0s")[:-1])
        self.outcome.figure("recovery", f"{max(known, took):.2f}s")

    def aftermath(self):
        start = time.monotonic()
        time.sleep(PHASE)
        self._windows["after"] = (start, time.monotonic())

    # --- What operators and deployments do -------------------------------------------------------

    def order(self, path, body=""):
        """POST to the control socket; the status and the answer."""
        told = self._reloads()
        head, text = request(self.control, path, "POST", host="stile", body=body.encode(),
                             fields=[("Content-Type", "application/x-www-form-urlencoded")])
        if path == "/reload":
            # The log tells of it as well, a moment later: it is not the next reload's event.
            end = time.monotonic() + 30
            while self._reloads() == told and time.monotonic() < end:
                time.sleep(0.002)
        return head.status, text.decode()

    def _reloads(self):
        return sum(map(self.stiled.seen, ("reloaded", "reload-rejected", "trial-begun")))

    def status(self):
        return json.loads(request(self.stiled.metrics, "/status")[1])

    def restart_strictly(self):
        """What a deployment does that restarts instead of reloading, and trusts its files."""
        self.stiled.end()
        started = self.stiled.begin(["--strict-boot"])
        time.sleep(0.5)
        return started

    def ask(self, path="/private/page", fields=(), address="198.51.100.9", agent=AGENT, door=None,
            method="GET", body=b""):
        """One request at the gateway; the status, 0 where there was none."""
        try:
            head, _ = request(door or self.gateway, path, method, body=body,
                              fields=[("X-Real-IP", address), ("User-Agent", agent), *fields])
            return head.status
        except (OSError, EOFError):
            return 0

    def replace(self, name, content):
        """Puts a file into its place as a deployment does: whole, by a rename."""
        path = self.folder / name
        beside = path.with_name(path.name + ".next")
        beside.write_bytes(content if isinstance(content, bytes) else content.encode())
        beside.chmod(0o600)
        os.replace(beside, path)

    # --- Records ---------------------------------------------------------------------------------

    def records(self):
        """Ends the load; every request as (sent, kind, door, status, ms, rule)."""
        if self._records is None:
            if self._load is None:
                return []
            self._tell("end")
            told = json.loads(self._load.stdout.read())
            self._records = [tuple(record) for record in told["records"]]
            self._late = told["late"]
            self.outcome.figure("requests", len(self._records))
        return self._records

    def window(self, name):
        start, end = self._windows.get(name, (0, 0))
        return [record for record in self.records() if start <= record[0] < end]

    def p99(self, name, kind="valid"):
        return percentile([r[4] for r in self.window(name) if r[1] == kind and r[3] > 0], 0.99)

    # --- The judgement ---------------------------------------------------------------------------

    def judge(self, status=None, memory=32 * MEGABYTE, descriptors=64, threads=4, latency=True,
              ignore=(), other_mode=(), lives=1, lost=0):
        """Checks the invariants over the whole run and returns the outcome.

        `status`: what each door answers to whom, by default STATUS. `ignore`: windows of time
        (start, end) in which nobody could be served, `other_mode` those in which another mode was
        declared, `lives` how often it was started, and `lost` how many requests may fail: each for a
        reason that the drill gives.
        """
        status = status or STATUS
        out = self.outcome
        alive = self.stiled.running()
        out.require(alive and self.stiled.lives == lives, "I6",
                    f"stiled has had {self.stiled.lives} lives and is "
                    f"{'running' if alive else 'gone'}")
        records = [r for r in self.records()
                   if not any(start <= r[0] < end for start, end in ignore)]
        failed = [r for r in records if r[3] <= 0 or r[3] >= 500]
        declared = [r for r in records
                    if not any(start <= r[0] < end for start, end in other_mode)]
        worst = [r for r in declared if r[1] in CLEARED and
                 r[3] not in status[self.doors[r[2]][0]][r[1]] and 0 < r[3] < 500]
        wrong = [r for r in declared if r[1] in UNCLEARED and
                 r[3] not in status[self.doors[r[2]][0]][r[1]] and 0 < r[3] < 500]
        out.figure("5xx", sum(r[3] >= 500 for r in records))
        out.figure("resets", sum(r[3] <= 0 for r in records))
        out.figure("new_challenges", len(worst))
        if len(failed) > lost:
            out.breach("I1", f"{len(failed)} of {len(records)} failed, the first as {failed[0]}")
        if worst:
            out.breach("I2", f"{len(worst)} who may pass were stopped, the first as {worst[0]}")
        if wrong:
            out.breach("I7", f"{len(wrong)} got what their mode does not say, the first as "
                             f"{wrong[0]}")
        if self._load is not None:
            # A measurement of nothing proves nothing.
            out.require(len(records) >= 100, "own", f"only {len(records)} requests")
        if latency and self._load is not None:
            self._judge_latency()
        self._judge_process(memory, descriptors, threads)
        late = [r for r in self.window("after") if r in set(failed) | set(worst)]
        out.require(not late, "I8", f"{len(late)} still fail afterwards")
        return out

    def _judge_latency(self):
        before, during = self.p99("before"), self.p99("during")
        start, end = self._windows.get("during", (0, 0))
        # A request wakes the load, stiled, the origin, stiled and the load again.
        late = 4 * percentile([ms for at, ms in self._late if start <= at < end], 0.99)
        allowed = max(2 * before, before + LATENCY_FLOOR_MS) + late
        self.outcome.figure("p99", f"{before:.1f}->{during:.1f}ms")
        self.outcome.require(during <= allowed, "I3",
                             f"p99 {during:.1f} ms, {before:.1f} ms before")

    def _judge_process(self, memory, descriptors, threads):
        start, end = self._windows.get("before", (0, 0))
        before = [s for s in self.watch.between(start, end) if s.rss]
        since = [s for s in self.watch.between(end, time.monotonic()) if s.rss]
        if not before or not since:
            return
        for name, limit, of, sights in (("rss", memory, lambda s: s.rss, since),
                                        # Slow answers need connections meanwhile; a leak stays.
                                        ("fds", descriptors, lambda s: s.fds, since[-3:]),
                                        ("threads", threads, lambda s: s.threads, since)):
            base, most = max(map(of, before)), max(map(of, sights))
            if name == "rss":
                self.outcome.figure("rss", f"{(most - base) / MEGABYTE:+.1f}MB")
            self.outcome.require(most - base <= limit, "I5", f"{name} from {base} to {most}")
