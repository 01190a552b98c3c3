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
import subprocess
import sys
import tempfile
import time

import ends
import gateways

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))

import run as service_run  # noqa: E402
import servers  # noqa: E402

PARTS = ("throughput", "latency", "idle", "stream")
NAMES = ("nginx", "stiled")
QUANTILES = service_run.QUANTILES
REST = 4.0  # Seconds after which an idle connection has given back what it can.


class Bench:
    def __init__(self, options, folder):
        self._options, self._folder = options, folder
        self._programs = options.build / "bin"
        self._files = gateways.certificate(folder)
        self.results = {}
        values = subprocess.run([self._programs / "stile_clearances", "1024", "127.0.0.1",
                                 service_run.user_agent()], capture_output=True, check=True).stdout
        self._request = folder / "request.http", folder / "request.values"
        self._request[0].write_bytes(service_run.browser_request().encode())
        self._request[1].write_bytes(values)

    def _gateway(self, name, upstream):
        folder = self._folder / f"{name}-{len(list(self._folder.iterdir()))}"
        folder.mkdir()
        if name == "nginx":
            return gateways.nginx(folder, upstream, self._files)
        return gateways.stiled(self._programs, folder, upstream, self._files)

    def _load(self, server, rate=0.0):
        command = [str(self._programs / "stile_load"), "--to", server.addresses["tcp"], "--request",
                   str(self._request[0]), "--values", str(self._request[1]), "--connections", "64",
                   "--seconds", str(self._options.seconds), "--warm-up",
                   str(self._options.seconds / 4), "--length", "0", "--cpu", "1", "--rate",
                   str(rate), "--sleep"]
        began, used = time.monotonic(), server.cpu_seconds()
        # It asks again without a pause where it has a rate: the upstream beside it goes first.
        run = subprocess.run(command, capture_output=True, check=False,
                             preexec_fn=lambda: os.nice(19))
        if run.returncode != 0:
            raise SystemExit(f"{run.stderr.decode(errors='replace')}\n{' '.join(command)}")
        result = json.loads(run.stdout)
        result["server_share"] = round((server.cpu_seconds() - used) / (time.monotonic() - began), 3)
        return result

    def run(self, parts):
        if {"throughput", "latency"} & set(parts):
            upstream = gateways.responder(self._programs)
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

    def _rounds(self, cases, measure):
        runs = {case: [] for case in cases}
        for number in range(self._options.rounds):
            for case in list(cases) if number % 2 == 0 else list(reversed(cases)):
                runs[case].append(measure(case))
        return runs

    def _throughput(self, of):
        runs = self._rounds(list(of), lambda name: self._load(of[name]))
        self.results["throughput"] = runs
        base = service_run.median(runs["nginx"], "rate")
        rows = []
        for name in of:
            rate = service_run.median(runs[name], "rate")
            rows.append([name, f"{rate:,.0f}", f"{1e6 / rate:.2f}", f"{rate / base:.2f}",
                         f"{service_run.median(runs[name], 'server_share'):.0%}"])
        service_run.show(["gateway", "requests/s", "us/request", "to nginx", "its core"], rows)

    def _latency(self, of):
        rates = {name: 0.8 * service_run.median(self.results["throughput"][name], "rate")
                 for name in of}
        cases = {(name, "own"): rates[name] for name in of}
        cases.update({(name, "same"): min(rates.values()) for name in of})
        runs = self._rounds(list(cases), lambda case: self._load(of[case[0]], cases[case]))
        self.results["latency"] = {" ".join(case): result for case, result in runs.items()}
        service_run.show(
            ["gateway", "80 % of", "requests/s", *(f"{name} us" for name in QUANTILES)],
            [[case[0], "its own" if case[1] == "own" else "the slower", f"{rate:,.0f}",
              *(f"{service_run.quantile(runs[case], name):,.0f}" for name in QUANTILES)]
             for case, rate in cases.items()])

    def idle(self):
        count, rows, found = self._options.clients, [], {}
        limit = count + 200
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, limit), hard))
        upstream = gateways.responder(self._programs)
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
        service_run.show([f"{count:,} idle clients", "gateway", "resident MiB", "KiB each",
                          "to nginx"], rows)

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
        service_run.show([f"{self._options.gigabytes:g} GiB", "gateway", "GiB/s", "CPU s/GiB",
                          "peak MiB", "over before", "content"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=service_run.ROOT / "build/release")
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
    os.sched_setaffinity(0, {gateways.UPSTREAM_CORE})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # What was started is stopped.
    with tempfile.TemporaryDirectory(prefix="stile-gateway-") as name:
        about = service_run.machine()
        print(", ".join(f"{key} {value}" for key, value in about.items()), flush=True)
        print(f"medians of {options.rounds} rounds of {options.seconds:g} s\n", flush=True)
        bench = Bench(options, pathlib.Path(name))
        bench.run(parts)
    if options.json:
        options.json.write_text(json.dumps({"machine": about, **bench.results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
