#!/usr/bin/env python3
"""What a check costs in every proxy: measures all of them in one run, and prints one table.

    bench/proxies/run.sh [--rounds 5] [--seconds 0.4] [--rate 1000] [--quick] [--markdown FILE]
                         [--json FILE] [PROXY...]

Each proxy is on core 0; the load, the verifier and the origin share core 1; all over loopback, with
32 connections. Each proxy is measured beside the same one without any check, and beside one that
asks a stub which says yes to everything, in turn, round after round:

  CPU time   of the proxy and of the verifier for a request, while the proxy gets as many as it can
  latency    at RATE requests a second, which all of them can take, sent at fixed times

Shown are medians of the rounds; "more" is against the proxy without a check in the same round.
Every answer is checked, and so is what it came of: that the origin has had each request that may
pass, with word of a valid clearance, and none that may not, and that the verifier was asked once
about each. The embedded proxies take one request a connection. Without a check they are the same
sources linked to functions that say yes, which is stub and no check in one; the stub of the nginx
module is the module loaded and off.

Needs nginx, HAProxy and Caddy, or leaves out what there is none of, and a build with stiled, stile,
the tests' proxies and the programs of bench/.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import cost_table
import fronts
import visits

import load
import servers

sys.path.insert(0, str(fronts.BENCH))

import machine  # noqa: E402


class Bench:
    def __init__(self, options, folder):
        self._options, self._folder = options, folder
        self.left_out = {}

    def run(self, titles):
        """{proxy: {case: [what came of it, a round each]}}."""
        runs = {}
        for number, title in enumerate(titles, 1):
            with contextlib.ExitStack() as stack:
                folder = self._folder / str(number)
                folder.mkdir()
                of = fronts.Fronts(self._options.build, folder, stack)
                why = of.missing(title)
                if why:
                    self.left_out[title] = why
                    continue
                self._say(f"[{number}/{len(titles)}] {title}")
                visit = visits.Visits(self._options.build / "bin", folder, of.origin)
                runs[title] = self._measure(of.cases(title), visit)
        return runs

    @staticmethod
    def _say(what):
        print(what, file=sys.stderr, flush=True)

    def _measure(self, cases, visit):
        by_name = {case.name: case for case in cases}

        def measure(name):
            case = by_name[name]
            full = visit(case, self._options.seconds)
            paced = visit(case, 2 * self._options.seconds, self._options.rate)
            self._say(f"      {name}: {full['front_us']:.1f} us, "
                      f"p50 {paced['latency_us']['p50']:.0f} us")
            return {**full, "paced": paced, "latency_us": paced["latency_us"]}
        return load.rounds(self._options.rounds, list(by_name), measure)


def compiler(build):
    for path in build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake"):
        text = path.read_text()
        kind, version = (re.search(rf'CMAKE_CXX_COMPILER_{word} "([^"]*)"', text)
                         for word in ("ID", "VERSION"))
        return f"{kind[1]} {version[1]}"
    return "unknown"


def about(build):
    programs = {}
    for name in ("nginx", "haproxy", "caddy"):
        with contextlib.suppress(SystemExit):
            said = subprocess.run([servers.program(name), "version" if name == "caddy" else "-v"],
                                  capture_output=True, text=True, check=True)
            programs[name] = re.search(r"[0-9]+\.[0-9.]+", said.stdout + said.stderr)[0]
    return {**machine.about(), "compiler": compiler(build), **programs}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=load.ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4,
                        help="of each measurement of CPU time; those of latencies take twice that")
    parser.add_argument("--rate", type=float, default=1000, help="requests a second for latencies")
    parser.add_argument("--quick", action="store_true",
                        help="one short round, to see that all of it works: no figures")
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("proxies", nargs="*", metavar="PROXY",
                        help=f"{'; '.join(fronts.Fronts.KINDS)}; all of them by default")
    options = parser.parse_args()
    if set(options.proxies) - set(fronts.Fronts.KINDS):
        parser.error("a proxy that there is not")
    if options.quick:
        options.rounds, options.seconds, options.rate = 1, 0.1, 200
    return options


def main():
    options = arguments()
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("two cores are needed: one for the proxy, one for the rest")
    os.sched_setaffinity(0, {load.CORE})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # What was started is stopped.
    with tempfile.TemporaryDirectory(prefix="stile-proxies-") as name:
        for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            os.environ[variable] = name  # Where Caddy keeps what it wants to keep.
        bench = Bench(options, pathlib.Path(name))
        runs = bench.run(options.proxies or list(fronts.Fronts.KINDS))
    machine_is = about(options.build)
    text = "\n".join([
        ", ".join(f"{key} {value}" for key, value in machine_is.items()) + ".", "",
        f"Medians of {options.rounds} rounds; latencies at {options.rate:,g} requests a second.",
        "",
        *cost_table.lines(runs),
        *(f"\n{note}" for note in cost_table.notes(runs, bench.left_out))]) + "\n"
    print(text, end="", flush=True)
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        options.json.write_text(json.dumps({"machine": machine_is, "left_out": bench.left_out,
                                            "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
