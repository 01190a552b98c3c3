#!/usr/bin/env python3
"""A flood on loopback at a stiled that really runs: prints a table, and says whether it held.

    bench/flood/live.sh [--quiet 20] [--flood 50] [--after 20] [--cleared 1000] [--json FILE]

A stiled of one event loop serves as a gateway on core 0; its website, the clients and this program
share core 1. It is configured with a number of admissions a second, and the bots can solve ten
times as many challenges as that at the price of quiet times. Beside them bots ask that never
solve, visitors come, and cleared visitors ask at a fixed rate all the time.

Clients solve for real. Since one core plays all of them, what the level asks is small, and the
devices of visitors are as much slower than real ones as the effort is smaller. Bots work only while
nobody else wants their core; in the quiet phases they burn as much of it without sending anything, so
that what is compared differs in what the server has to do and not in how busy the clients' core is.

Ends with status 1 unless, in the flood, the p99 of cleared visitors is at most 1.5 times that of the
quiet phase, the p95 of new visitors' time to pass is under 15 s, nobody gets a 5xx, no connection
breaks, memory stays within 16 MiB, the bots tried more than the admissions, and the price rose.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

BENCH = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(BENCH), str(BENCH / "service")]

import load  # noqa: E402
import machine  # noqa: E402
import servers  # noqa: E402
import table  # noqa: E402

EFFORT = 2_000          # Of the level at a price of 100.
LIGHT_EFFORT = 262_144  # Of the built-in level that it stands for.
OVER = 10               # Times as many that the bots can afford in quiet times.
VISITORS = 0.2          # Of the admissions.
PLAIN = 30              # Requests of bots that never solve, to each admission.
RANK = 1  # Of `wait`: only below `light` a level may ask as little as that.
CAP_SECONDS = 15
MOST_P99 = 1.5          # To the quiet phase's.
MOST_GROWTH = 16 * 1024     # KiB.
DRAIN = 30              # Seconds that a visitor is patient.

CONFIG = """
[[listener]]
address = "127.0.0.1:PORT"
mode = "gateway"
client_address = "x-real-ip"
trusted_peers = ["127.0.0.0/8"]
[[site]]
name = "main"
hosts = ["*"]
upstream = "http://UPSTREAM"
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

# Whoever has met `wait` may not pass for `light` here, so `light` offers no waiting.
POLICY = servers.BUDGETS.replace(
    "[level.standard]", f"""alternatives = [ {{ puzzle = "hashwx", effort = {LIGHT_EFFORT} }} ]
[level.standard]""") + f"""
[level.wait]
lifetime = "1h"
budget = {{ requests = 3840000, per = "10m", burst = 100000000 }}
alternatives = [ {{ puzzle = "hashwx", effort = {EFFORT}, parts = 8 }} ]
[effort]
admissions = ADMISSIONS
[[rule]]
name = "all"
path = ["/*"]
action = "challenge"
level = "wait"
"""


class Watch(threading.Thread):
    """Memory and price of a stiled, twice a second."""

    def __init__(self, server, metrics):
        super().__init__(daemon=True)
        self._server, self._metrics = server, metrics
        self._over = threading.Event()
        self.began = time.monotonic()
        self.seen = []  # (seconds, KiB, percent)

    def run(self):
        while not self._over.wait(0.5):
            at = time.monotonic() - self.began
            self.seen.append((round(at, 2), self._server.memory(), self._price()))

    def _price(self):
        """None where there is no such metric."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics}/metrics") as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith("stile_effort_price{"):
                    return float(line.rpartition(" ")[2])
        return None

    def stop(self):
        self._over.set()
        self.join()

    def during(self, since, until, of):
        return [row[of] for row in self.seen if since <= row[0] < until and row[of] is not None]


class Live:
    def __init__(self, options, folder):
        self._options, self._folder = options, folder
        self._programs = options.build / "bin"
        self._phases = {"quiet": options.quiet, "flood": options.flood, "after": options.after}
        self._started = []

    def _clearances(self):
        agent = load.browser_request().partition("User-Agent: ")[2].partition("\r\n")[0]
        request, values = self._folder / "request.http", self._folder / "request.values"
        text = load.browser_request()
        head, _, rest = text.partition("\r\n\r\n")
        request.write_bytes(f"{head}\r\nX-Real-IP: 198.51.100.23\r\n\r\n{rest}".encode())
        values.write_bytes(subprocess.run(
            [self._programs / "stile_clearances", "256", "198.51.100.23", agent, str(RANK)],
            capture_output=True, check=True).stdout)
        return request, values

    def _client(self, seed, *options):
        process = subprocess.Popen(
            [str(self._programs / "flood_client"), "--port", str(self._port), "--seed", str(seed),
             *map(str, options)], stdout=subprocess.PIPE)
        self._started.append(process)
        return process

    @staticmethod
    def _result(process, seconds):
        out, _ = process.communicate(timeout=seconds + 2 * DRAIN)
        if process.returncode != 0:
            raise SystemExit(f"flood_client ended with {process.returncode}")
        return json.loads(out)

    def run(self):
        admissions = self._options.admissions
        (self._folder / "policy.toml").write_text(
            servers.filled(POLICY, {"ADMISSIONS": admissions}))
        upstream = servers.responder(self._programs, self._folder, "tcp", core=load.CORE)
        self._port, metrics = servers.free_port(), servers.free_port()
        try:
            server = servers.Stiled(
                self._programs, self._folder,
                servers.filled(CONFIG, {"PORT": self._port, "METRICS": metrics,
                                        "UPSTREAM": upstream.addresses["tcp"]}),
                {"tcp": f"127.0.0.1:{self._port}"}, metrics)
            try:
                return self._play(server, Watch(server, metrics))
            finally:
                server.stop()
        finally:
            for process in self._started:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            upstream.stop()

    def _play(self, server, watch):
        admissions = self._options.admissions
        request, evaluations = self._clearances(), admissions * OVER * EFFORT
        # What is touched for the first time isn't growth.
        self._ask(server, request, 2)
        watch.start()
        whole = sum(self._phases.values())
        # Whoever solves gives way to those whose requests are timed, and who share its core.
        yields = () if self._options.no_yield else ("--idly",)
        visitors = self._client(1, "--visitors", VISITORS * admissions, "--seconds", whole,
                                "--patience", DRAIN, "--device-speed", EFFORT / LIGHT_EFFORT,
                                *yields)
        waste = ("--waste", evaluations, "--effort", EFFORT, *yields)
        phases = {}
        for name, seconds in self._phases.items():
            print(f"{name}: {seconds:g} s", flush=True)
            began = time.monotonic() - watch.began
            attack = ("--attackers", evaluations, "--plain", PLAIN * admissions, *yields)
            bots = self._client(2, *(attack if name == "flood" else waste), "--seconds", seconds)
            asked = self._ask(server, request, seconds)
            phases[name] = {"from": began, "until": time.monotonic() - watch.began,
                            "cleared": asked, "bots": self._result(bots, seconds)}
        found = self._result(visitors, whole)
        watch.stop()
        return self._judged(phases, found, watch)

    def _ask(self, server, request, seconds):
        """Cleared visitors, for this long."""
        command = [self._programs / "stile_load", "--to", server.addresses["tcp"], "--request",
                   request[0], "--values", request[1], "--connections", 16, "--seconds",
                   seconds * 0.8, "--warm-up", seconds * 0.2, "--rate", self._options.cleared,
                   "--length", 0, "--sleep"]
        began, used = time.monotonic(), server.cpu_seconds()
        run = subprocess.run(list(map(str, command)), capture_output=True, check=False)
        if run.returncode != 0:
            raise SystemExit(run.stderr.decode(errors="replace"))
        share = (server.cpu_seconds() - used) / (time.monotonic() - began)
        return {**json.loads(run.stdout), "server_share": round(share, 3)}

    def _judged(self, phases, visitors, watch):
        for phase in phases.values():
            came = [visit for visit in visitors["visits"]
                    if phase["from"] <= visit[0] < phase["until"]]
            # Who gave up waited for all of the patience.
            took = sorted(DRAIN if visit[1] < 0 else visit[1] for visit in came)
            phase["visitors"] = {
                "came": len(came), "through": sum(visit[1] >= 0 for visit in came),
                **{name: took[min(len(took) - 1, int(share * len(took)))] if took else 0.0
                   for name, share in (("p50_s", 0.5), ("p95_s", 0.95))}}
            phase["rss_kib"] = max(watch.during(phase["from"], phase["until"], 1), default=0)
            phase["price"] = max(watch.during(phase["from"], phase["until"], 2), default=None)
        quiet, flood = phases["quiet"], phases["flood"]
        statuses = {}
        for counts in (visitors["statuses"], *(p["bots"]["statuses"] for p in phases.values())):
            for status, count in counts.items():
                statuses[status] = statuses.get(status, 0) + count
        bots = flood["bots"]
        seconds = flood["until"] - flood["from"]
        first = watch.during(quiet["from"], quiet["until"], 1)
        growth = max(phase["rss_kib"] for phase in phases.values()) - min(first)
        ratio = (flood["cleared"]["latency_us"]["p99"] / quiet["cleared"]["latency_us"]["p99"])
        checks = {
            f"cleared p99 {ratio:.2f} of quiet's, at most {MOST_P99}": ratio <= MOST_P99,
            f"new visitors p95 {flood['visitors']['p95_s']:.2f} s, under {CAP_SECONDS}":
                flood["visitors"]["p95_s"] < CAP_SECONDS,
            f"memory {growth:+,d} KiB, at most {MOST_GROWTH:,d}": growth <= MOST_GROWTH,
            f"5xx and broken connections {self._bad(statuses)}, none": self._bad(statuses) == 0,
            f"bots offered {bots['solved'] / seconds:.0f} solutions a second at the prices of "
            f"the flood, {bots['evaluations'] / EFFORT / seconds:.0f} at the quiet one: at least "
            f"{0.8 * OVER:g} times {self._options.admissions:g} of the latter":
                bots["evaluations"] / EFFORT / seconds >= 0.8 * OVER * self._options.admissions,
            f"the price came to {flood['price']}": (flood["price"] or 0) >= 200,
        }
        return {"phases": phases, "visitors": visitors, "statuses": statuses,
                "rss_growth_kib": growth, "p99_ratio": ratio, "seen": watch.seen,
                "checks": checks}

    @staticmethod
    def _bad(statuses):
        return sum(count for status, count in statuses.items()
                   if status == "0" or status >= "500")


def show(result):
    rows = []
    for name, phase in result["phases"].items():
        bots, visitors, took = phase["bots"], phase["visitors"], phase["until"] - phase["from"]
        latency = phase["cleared"]["latency_us"]
        rows.append([name, f"{latency['p50']:,.0f}", f"{latency['p99']:,.0f}",
                     f"{visitors['through']} of {visitors['came']}",
                     f"{visitors['p50_s']:.2f}", f"{visitors['p95_s']:.2f}",
                     f"{bots['cleared'] / took:.1f}", f"{bots['limited'] / took:.1f}",
                     "-" if phase["price"] is None else f"{phase['price']:.0f}",
                     f"{phase['rss_kib'] / 1024:.1f}", f"{phase['cleared']['server_share']:.0%}"])
    print()
    table.show(["phase", "cleared p50 us", "p99 us", "visitors through", "p50 s", "p95 s",
                "bots cleared/s", "told later/s", "highest price %", "RSS MiB", "its core"],
               rows, True)
    for what, good in result["checks"].items():
        print("good: " if good else "BAD:  ", what, sep="")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=load.ROOT / "build/release")
    parser.add_argument("--quiet", type=float, default=20.0, help="seconds")
    parser.add_argument("--flood", type=float, default=50.0)
    parser.add_argument("--after", type=float, default=20.0)
    parser.add_argument("--admissions", type=float, default=10.0,
                        help="a second, as configured; the bots' work and the visitors follow")
    parser.add_argument("--no-yield", action="store_true",
                        help="bots take their share of the core, as where others want it all")
    parser.add_argument("--cleared", type=float, default=1_000.0,
                        help="requests a second of cleared visitors")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--no-figures", action="store_true",
                        help="don't judge latencies and rates: the run is too short, or the machine too "
                             "busy for them")
    options = parser.parse_args()
    cores = os.sched_getaffinity(0)
    if not {servers.SERVER_CORE, load.CORE} <= cores:
        sys.exit("cores 0 and 1 are needed: one for stiled, one for everybody else")
    os.sched_setaffinity(0, {load.CORE})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # What was started is stopped.
    about = machine.about()
    print(", ".join(f"{key} {value}" for key, value in about.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="stile-flood-") as name:
        result = Live(options, pathlib.Path(name)).run()
    show(result)
    if options.json:
        options.json.write_text(json.dumps({"machine": about, **result}, indent=1) + "\n")
    checks = result["checks"].items()
    if options.no_figures:
        checks = [check for check in checks if not {"p99", "offered"} & set(check[0].split())]
    sys.exit(0 if all(good for _, good in checks) else 1)


if __name__ == "__main__":
    main()
