#!/usr/bin/env python3
"""What Stile's module costs nginx: prints a table, and writes everything that was measured as JSON.

    bench/module/run.py [--build build/release] [--rounds 7] [--seconds 1] [--json FILE]

nginx with one worker on core 0, the load on core 1, over loopback, each nginx in turn, round after
round. Every reply is checked. Each figure is processor time of the nginx, master and worker, for one
request; "more" is against the stock nginx of the same round. The fronts:

  stock            nginx that answers a 43-byte image
  loaded           the same with the module loaded and off
  cleared          the module on, each request with one of 1,024 clearances
  proxied, stock   nginx that passes requests on to the least that a server can be, on core 1
  proxied, cleared the same with the module on
  challenged       the module on, requests without a clearance: each gets the page

Needs nginx and a build with the module and the programs of bench/.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "service"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import load  # noqa: E402
import machine  # noqa: E402
import servers  # noqa: E402
import table  # noqa: E402

GOAL_US = 1.5
IMAGE = "location / { empty_gif; }"
IMAGE_SIZE = 43
CONFIG = '[[site]]\nname = "main"\nhosts = ["*"]\npolicy = "policy.toml"\n[keys]\nfile = "keys.toml"\n'
PASSED = "X-Stile: valid"


def write_stile(programs, folder):
    """The default rules, and budgets that are charged and never spent."""
    (folder / "stile.toml").write_text(CONFIG)
    (folder / "policy.toml").write_text(servers.BUDGETS + "[default_policy]\n")
    keys = subprocess.run([programs / "stile_clearances", "--keys"], capture_output=True, check=True)
    (folder / "keys.toml").write_bytes(keys.stdout)
    (folder / "keys.toml").chmod(0o600)


class Bench:
    def __init__(self, options, folder):
        self._options, self._folder = options, folder
        self._programs = options.build / "bin"
        self._load = load.Load(self._programs)
        self._stack = contextlib.ExitStack()
        write_stile(self._programs, folder)
        self._visit = load.written(self._programs, folder, "visit", load.browser_request(),
                                   "127.0.0.1")
        bare = load.browser_request().replace("stile=@VALUE@", "other=@VALUE@")
        self._first = load.written(self._programs, folder, "first", bare, "127.0.0.1")

    def _nginx(self, name, server, module):
        path = (self._options.build / "lib/ngx_http_stile_module.so").resolve()
        front = servers.nginx(
            self._folder, name, server,
            f"stile_config {self._folder}/stile.toml;" if module else "",
            main=f"load_module {path};" if module else "")
        self._stack.callback(front.stop)
        return front

    def _fronts(self):
        """{name: (server, how it is asked)}."""
        folder = self._folder / "origin"
        folder.mkdir()
        origin = servers.responder(self._programs, folder, "unix", core=load.CORE)
        self._stack.callback(origin.stop)
        proxied = (f"location / {{ proxy_pass http://{origin.addresses['unix']}:/; "
                   "proxy_http_version 1.1; proxy_set_header Connection ''; }")
        on = "stile on;"
        told = "add_header X-Stile $stile_verdict;"
        image = {"request": self._visit, "length": IMAGE_SIZE}
        passed = {**image, "contains": PASSED}
        return {
            "stock": (self._nginx("stock", "add_header X-Stile valid;" + IMAGE, False), passed),
            "loaded": (self._nginx("loaded", "add_header X-Stile valid;" + IMAGE, True), passed),
            "cleared": (self._nginx("cleared", on + told + IMAGE, True), passed),
            "proxied, stock": (self._nginx("proxied", proxied, False),
                               {"request": self._visit, "length": None}),
            "proxied, cleared": (self._nginx("passed", on + proxied, True),
                                 {"request": self._visit, "length": None}),
            "challenged": (self._nginx("challenged", on + IMAGE, True),
                           {"request": self._first, "length": None, "status": 403}),
        }

    def run(self):
        with self._stack:
            fronts = self._fronts()

            def measure(name):
                front, how = fronts[name]
                how = dict(how)
                return self._load(front, "tcp", how.pop("request"), self._options.seconds, **how)
            return load.rounds(self._options.rounds, list(fronts), measure)


def show(runs):
    rows = []
    for name, results in runs.items():
        base = runs["proxied, stock" if name.startswith("proxied") else "stock"]
        more = load.median_difference(results, base, lambda run: run["server_us"])
        rows.append([name, f"{load.median(results, 'rate'):,.0f}",
                     f"{load.median(results, 'server_us'):.2f}", f"{more:+.2f}",
                     f"{load.quantile(results, 'p50'):,.0f}", f"{load.quantile(results, 'p99'):,.0f}"])
    table.show(["nginx on core 0", "requests/s", "its us each", "us more", "p50 us", "p99 us"], rows,
               True)
    return load.median_difference(runs["cleared"], runs["stock"], lambda run: run["server_us"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=load.ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("two cores are needed: one for the server, one for the load")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # What was started is stopped.
    with tempfile.TemporaryDirectory(prefix="stile-bench-") as name:
        about = {**machine.about(), "nginx": servers.version("nginx")}
        print(", ".join(f"{key} {value}" for key, value in about.items()), flush=True)
        print(f"medians of {options.rounds} rounds of {options.seconds:g} s\n", flush=True)
        runs = Bench(options, pathlib.Path(name)).run()
        more = show(runs)
    print(f"\na cleared request costs nginx {more:.2f} us more; the goal is {GOAL_US} us")
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "runs": runs, "more_us": more},
                                           indent=1) + "\n")


if __name__ == "__main__":
    main()
