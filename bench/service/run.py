#!/usr/bin/env python3
"""stiled against nginx: prints tables, and writes everything that was measured as JSON.

    bench/service/run.py [--build build/release] [--rounds 5] [--seconds 1] [--json FILE] [PART...]

Servers run on core 0, the load on core 1, both over loopback; each part takes its servers in turn,
round after round, and shows medians. Every reply is checked. The parts:

  throughput  requests per second: a check listener of stiled that answers the question about a
              browser's request with a clearance, nginx that answers the same bytes with
              `return 200`, and the least that a server with epoll can do
  latency     the same at 80 % of each server's throughput, requests sent at fixed times
  sidecar     nginx with an auth_request: alone, to a stub, to another nginx, to stiled

Needs nginx and a build with stiled and the programs of bench/.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import sys
import tempfile

import load
import servers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import machine  # noqa: E402
import table  # noqa: E402

PARTS = ("throughput", "latency", "sidecar")
REQUEST_SIZE = 736
CLIENT = "198.51.100.23"
TRANSPORTS = ("tcp", "unix")
VALID = "X-Stile-Verdict: valid"


def question(size):
    """The same as a proxy asks about it, in as many bytes: the session's cookie gives up some."""
    head, _, fields = load.browser_request().partition("\r\n")
    asked = ("GET /check HTTP/1.1\r\n" + fields.removesuffix("\r\n") +
             f"X-Real-IP: {CLIENT}\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: http\r\n"
             f"X-Forwarded-Host: example.org\r\nX-Forwarded-Uri: {head.split()[1]}\r\n\r\n")
    excess = len(asked) - len("@VALUE@") + 92 - size
    begin = asked.index("session=") + len("session=")
    end = asked.index(";", begin)
    assert 0 <= excess < end - begin
    return asked[:begin] + asked[begin + excess:]


class Bench:
    def __init__(self, options, folder):
        self._options = options
        self._folder = folder
        self._programs = options.build / "bin"
        self._load = load.Load(self._programs)
        self._stack = contextlib.ExitStack()
        self.results = {}
        self._question = load.written(self._programs, folder, "question", question(REQUEST_SIZE),
                                      CLIENT)
        self._visit = load.written(self._programs, folder, "visit", load.browser_request(),
                                   "127.0.0.1")

    def run(self, parts):
        with self._stack:
            self.stiled = self._start(servers.stiled_checking(self._programs, self._folder))
            self.nginx = self._start(servers.nginx_returning(self._folder))
            for part in parts:
                getattr(self, part)()
            self._check_verdicts()

    def _start(self, server):
        self._stack.callback(server.stop)
        return server

    def _rounds(self, part, cases, measure):
        runs = load.rounds(self._options.rounds, cases, measure)
        self.results[part] = {" ".join(case): results for case, results in runs.items()}
        return runs

    def _check_verdicts(self):
        """The load saw `valid` on each reply; so do the metrics, and nothing else."""
        decided = self.stiled.decided()
        self.results["verdicts"] = decided
        if set(decided) - {"none"} != {"valid"}:
            raise SystemExit(f"stiled decided about other requests than those: {decided}")

    def _ask(self, server, transport, rate=0.0):
        return self._load(server, transport, self._question, self._options.seconds, rate=rate,
                          contains=VALID if server is self.stiled else "")

    def throughput(self):
        floors = {transport: self._start(servers.responder(self._programs, self._folder, transport))
                  for transport in TRANSPORTS}
        of = {"stiled": lambda _: self.stiled, "nginx": lambda _: self.nginx,
              "responder": floors.get}
        cases = [(transport, name) for transport in TRANSPORTS for name in of]
        runs = self._rounds("throughput", cases,
                            lambda case: self._ask(of[case[1]](case[0]), case[0]))
        rows = []
        for transport, name in cases:
            rate = load.median(runs[transport, name], "rate")
            used = load.median(runs[transport, name], "server_us")
            mine, base = runs[transport, name], runs[transport, "nginx"]
            rows.append([transport, name, f"{rate:,.0f}", f"{used:.2f}",
                         f"{load.median_ratio(mine, base, 'rate'):.2f}",
                         f"{load.median_ratio(base, mine, 'server_us'):.2f}",
                         f"{load.median(mine, 'server_share'):.0%}",
                         f"{load.median(mine, 'busy_share'):.0%}"])
        table.show(["transport", "server", "requests/s", "server's us each", "to nginx",
                    "to nginx by its time", "server's core", "load's core"], rows, True, 2)

    def latency(self):
        if "throughput" not in self.results:
            self.throughput()
        of = {"stiled": self.stiled, "nginx": self.nginx}
        cases = [(transport, name) for transport in TRANSPORTS for name in of]
        rates = {case: 0.8 * load.median(self.results["throughput"][" ".join(case)], "rate")
                 for case in cases}
        # Both also at the same rate: 80 % of what the slower one can.
        for transport in TRANSPORTS:
            slower = min(rates[transport, name] for name in of)
            for name in of:
                rates[transport, name, "same"] = slower
        runs = self._rounds("latency", list(rates),
                            lambda case: self._ask(of[case[1]], case[0], rates[case]))
        rows = []
        for case, rate in rates.items():
            rows.append([case[0], case[1], f"{rate:,.0f}"] +
                        [f"{load.quantile(runs[case], name):,.0f}" for name in load.QUANTILES])
        table.show(["transport", "server", "requests/s",
                    *(f"{name} us" for name in load.QUANTILES)], rows, True, 2)

    def sidecar(self):
        folder = self._folder / "stub"
        folder.mkdir()
        stub = self._start(servers.responder(self._programs, folder, "unix"))
        asked = {"nginx": self.nginx.addresses["unix"], "stub": stub.addresses["unix"],
                 "stiled": self.stiled.addresses["unix"]}
        fronts = {("nginx alone",): self._start(servers.nginx_alone(self._folder))}
        for name, address in asked.items():
            front = servers.nginx_asking(self._folder, f"asking-{name}", address)
            fronts[f"nginx + {name}",] = self._start(front)
        runs = self._rounds("sidecar", list(fronts), lambda case: self._load(
            fronts[case], "tcp", self._visit, self._options.seconds, length=43))
        rows = []
        for case in fronts:
            rate = load.median(runs[case], "rate")
            more = load.median_difference(runs[case], runs["nginx alone",],
                                          lambda run: 1e6 / run["rate"])
            rows.append([*case, f"{rate:,.0f}", f"{1e6 / rate:.2f}", f"{more:+.2f}"])
        table.show(["nginx on core 0, asked on core 0", "requests/s", "us/request", "us more"], rows,
                   True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=load.ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"{', '.join(PARTS)}; all of them by default")
    options = parser.parse_args()
    parts = options.parts or PARTS
    if set(parts) - set(PARTS):
        parser.error("a part that there is not")
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("two cores are needed: one for the server, one for the load")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # What was started is stopped.
    with tempfile.TemporaryDirectory(prefix="stile-bench-") as name:
        bench = Bench(options, pathlib.Path(name))
        about = {**machine.about(), "nginx": servers.version("nginx")}
        print(", ".join(f"{key} {value}" for key, value in about.items()), flush=True)
        print(f"{REQUEST_SIZE} bytes a request, {load.CLEARANCES} clearances, 64 connections, "
              f"medians of {options.rounds} rounds of {options.seconds:g} s\n", flush=True)
        bench.run(parts)
    if options.json:
        options.json.write_text(json.dumps({"machine": about, **bench.results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
