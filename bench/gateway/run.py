#!/usr/bin/env python3
"""stiled's gateway against nginx's proxy_pass: prints tables, and writes all of it as JSON.

    bench/gateway/run.sh [--rounds 5] [--seconds 1] [--clients 10000] [--gigabytes 2] [--json FILE]
                         [PART...]

One event loop of stiled and one worker of nginx, in turn on core 0, in front of the same upstream;
upstream and load share core 1. All over loopback. The parts:

  throughput  a browser's request of 736 bytes with a clearance, over 64 connections: stiled checks
              the clearance, nginx checks nothing; both pass the request on and the answer back
  latency     the same at 80 % of what each can, requests sent at fixed times
  idle        memory of the process that serves while CLIENTS connections do nothing, with and
              without TLS
  stream      GIGABYTES downloaded and uploaded, with and without TLS: speed, peak memory, and the
              contents' digests

Needs nginx, openssl, and a build with stiled and the programs of bench/.
"""

import argparse
import json
import os
import pathlib
import resource
import signal
import sys
import tempfile
import time

import ends
import gateways

BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH), str(BENCH / "service")]

import load  # noqa: E402
import machine  # noqa: E402
import servers  # noqa: E402
import table  # noqa: E402

PARTS = ("throughput", "latency", "idle", "stream")
NAMES = ("nginx", "stiled")
REST = 4.0  # Seconds after which an idle connection has given back what it can.


class Bench:
    def __init__(self, options, folder):
        self._options, self._folder = options, folder
        self._programs = options.build / "bin"
        self._files = gateways.certificate(folder)
        self.results = {}
        self._load = load.Load(self._programs, yields=True)
        self._request = load.written(self._programs, folder, "request", load.browser_request(),
                                     "127.0.0.1")

    def _gateway(self, name, upstream):
        folder = self._folder / f"{name}-{len(list(self._folder.iterdir()))}"
        folder.mkdir()
        if name == "nginx":
            return gateways.nginx(folder, upstream, self._files)
        return gateways.stiled(self._programs, folder, upstream, self._files)

    def _upstream(self):
        """Of the load, and on its core."""
        return servers.responder(self._programs, self._folder, "tcp", core=load.CORE)

    def _ask(self, server, rate=0.0):
        return self._load(server, "tcp", self._request, self._options.seconds, rate=rate)

    def run(self, parts):
        if {"throughput", "latency"} & set(parts):
            upstream = self._upstream()
            fronts = {}
            try:
                for name in NAMES:
                    fronts[name] = self._gateway(name, upstream.addresses["tcp"])
                self._throughput({**fronts, "upstream alone": upstream})
                if "latency" in parts:
                    self._latency(fronts)
            finally:
                for server in (*fronts.values(), upstream):
                    server.stop()
        for part in ("idle", "stream"):
            if part in parts:
                getattr(self, part)()

    def _throughput(self, of):
        runs = load.rounds(self._options.rounds, of, lambda name: self._ask(of[name]))
        self.results["throughput"] = runs
        rows = []
        for name in of:
            rate = load.median(runs[name], "rate")
            rows.append([name, f"{rate:,.0f}", f"{1e6 / rate:.2f}",
                         f"{load.median_ratio(runs[name], runs['nginx'], 'rate'):.2f}",
                         f"{load.median(runs[name], 'server_share'):.0%}"])
        table.show(["gateway", "requests/s", "us/request", "to nginx", "its core"], rows, True)

    def _latency(self, of):
        rates = {name: 0.8 * load.median(self.results["throughput"][name], "rate")
                 for name in of}
        cases = {(name, "own"): rates[name] for name in of}
        cases.update({(name, "same"): min(rates.values()) for name in of})
        runs = load.rounds(self._options.rounds, cases,
                           lambda case: self._ask(of[case[0]], cases[case]))
        self.results["latency"] = {" ".join(case): result for case, result in runs.items()}
        table.show(
            ["gateway", "80 % of", "requests/s", *(f"{name} us" for name in load.QUANTILES)],
            [[case[0], "its own" if case[1] == "own" else "the slower", f"{rate:,.0f}",
              *(f"{load.quantile(runs[case], name):,.0f}" for name in load.QUANTILES)]
             for case, rate in cases.items()], True, 2)

    def idle(self):
        count, rows, found = self._options.clients, [], {}
        limit = count + 200
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, limit), hard))
        upstream = self._upstream()
        try:
            for secure in (False, True):
                for name in NAMES:
                    gateway = self._gateway(name, upstream.addresses["tcp"])
                    try:
                        before = gateway.memory()
                        address = gateway.addresses["tls" if secure else "tcp"]
                        held = ends.hold(address, count, secure)
                        time.sleep(REST)
                        after = gateway.memory()
                        for connection in held:
                            connection.close()
                    finally:
                        gateway.stop()
                    found[f"{name} {'tls' if secure else 'plain'}"] = {
                        "clients": count, "before_kib": before, "after_kib": after}
        finally:
            upstream.stop()
        self.results["idle"] = found
        for secure in ("plain", "tls"):
            each = {name: (found[f"{name} {secure}"]["after_kib"] -
                           found[f"{name} {secure}"]["before_kib"]) / count for name in NAMES}
            for name in NAMES:
                rows.append([secure, name, f"{found[f'{name} {secure}']['after_kib'] / 1024:,.0f}",
                             f"{each[name]:.2f}", f"{each[name] / each['nginx']:.2f}"])
        table.show([f"{count:,} idle clients", "gateway", "resident MiB", "KiB each", "to nginx"],
                   rows, True, 2)

    def stream(self):
        size = int(self._options.gigabytes * (1 << 30)) // ends.BLOCK * ends.BLOCK
        wanted, rows = ends.digest_of(size), []
        found = self.results["stream"] = {}
        upstream = ends.Upstream()
        try:
            for secure in (False, True):
                for way, move in (("download", ends.download), ("upload", ends.upload)):
                    for name in NAMES:
                        gateway = self._gateway(name, upstream.at)
                        try:
                            address = gateway.addresses["tls" if secure else "tcp"]
                            move(address, ends.BLOCK, secure)
                            before, used = gateway.memory(), gateway.cpu_seconds()
                            began = time.monotonic()
                            if move(address, size, secure) != wanted:
                                raise SystemExit(f"the {way} through {name} is not what was sent")
                            took = time.monotonic() - began
                            cpu = gateway.cpu_seconds() - used
                            peak = gateway.memory("VmHWM")
                        finally:
                            gateway.stop()
                        case = f"{'tls' if secure else 'plain'} {way}"
                        found[f"{case} {name}"] = {
                            "bytes": size, "seconds": round(took, 3), "cpu_seconds": cpu,
                            "before_kib": before, "peak_kib": peak, "sha256": wanted}
                        gib = size / (1 << 30)
                        rows.append([case, name, f"{gib / took:.2f}", f"{cpu / gib:.2f}",
                                     f"{peak / 1024:.1f}", f"{(peak - before) / 1024:+.1f}", "whole"])
        finally:
            upstream.stop()
        table.show([f"{self._options.gigabytes:g} GiB", "gateway", "GiB/s", "CPU s/GiB",
                    "peak MiB", "over before", "content"], rows, True, 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=load.ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    parts = options.parts or list(PARTS)
    if set(parts) - set(PARTS):
        parser.error("a part that there is not")
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("two cores are needed: one for the gateway, one for the load and the upstream")
    os.sched_setaffinity(0, {load.CORE})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # What was started is stopped.
    with tempfile.TemporaryDirectory(prefix="stile-gateway-") as name:
        about = {**machine.about(), "nginx": servers.version("nginx")}
        print(", ".join(f"{key} {value}" for key, value in about.items()), flush=True)
        print(f"medians of {options.rounds} rounds of {options.seconds:g} s\n", flush=True)
        bench = Bench(options, pathlib.Path(name))
        bench.run(parts)
    if options.json:
        options.json.write_text(json.dumps({"machine": about, **bench.results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
