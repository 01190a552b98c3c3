"""The load that bench/ puts on servers: requests with clearances, stile_load on core 1, and what is
made of many runs of it."""

import json
import os
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = 1
CLEARANCES = 1024
QUANTILES = ("p50", "p99", "p99.9", "max")


def browser_request():
    """The head of tests/vectors/request.txt, with a place for the clearance."""
    text = (ROOT / "tests/vectors/request.txt").read_bytes().decode()
    before, cookie, rest = text.partition("stile=")
    return before + cookie + "@VALUE@" + rest[rest.index("\r\n"):]


def written(programs, folder, name, request, client):
    """Writes the request and clearances of a client that asks with it; returns both paths."""
    agent = browser_request().partition("User-Agent: ")[2].partition("\r\n")[0]
    values = subprocess.run([programs / "stile_clearances", str(CLEARANCES), client, agent],
                            capture_output=True, check=True).stdout
    paths = folder / f"{name}.http", folder / f"{name}.values"
    paths[0].write_bytes(request.encode())
    paths[1].write_bytes(values)
    return paths


class Load:
    """stile_load on core 1. One that `yields` lets an upstream on the same core go first."""

    def __init__(self, programs, *, yields=False, connections=64):
        self._program = programs / "stile_load"
        self._yields = yields
        self._connections = connections

    def __call__(self, server, transport, request, seconds, *, length=0, contains="", rate=0,
                 status=200):
        """Puts `request`, as `written` returns it, on a server; returns what came of it. A `length`
        of None is any."""
        command = [str(self._program), "--to", server.addresses[transport],
                   "--request", str(request[0]), "--values", str(request[1]),
                   "--connections", str(self._connections), "--seconds", str(seconds),
                   "--warm-up", str(seconds / 4), "--cpu", str(CORE), "--rate", str(rate),
                   "--status", str(status)]
        if length is not None:
            command += ["--length", str(length)]
        if contains:
            command += ["--contains", contains]
        if self._yields:
            command += ["--sleep"]
        began, used = time.monotonic(), server.cpu_seconds()
        run = subprocess.run(command, capture_output=True, check=False,
                             preexec_fn=(lambda: os.nice(19)) if self._yields else None)
        if run.returncode != 0:
            raise SystemExit(f"{run.stderr.decode(errors='replace')}\n{' '.join(command)}")
        result = json.loads(run.stdout)
        took = time.monotonic() - began
        used = server.cpu_seconds() - used
        result["server_share"] = round(used / took, 3)
        result["server_us"] = round(used / result["answered"] * 1e6, 3)
        return result


def rounds(count, cases, measure):
    """Measures each case in turn, round after round; returns {case: [result, ...]}."""
    runs = {case: [] for case in cases}
    for number in range(count):
        for case in list(runs) if number % 2 == 0 else reversed(list(runs)):
            runs[case].append(measure(case))
    return runs


def median(runs, name):
    return statistics.median(run[name] for run in runs)


def median_ratio(runs, base, name):
    """Of `runs` to `base`, each with what was measured beside it in the same round: the machine's
    speed changes within seconds, and is more often the same for both then."""
    return statistics.median(run[name] / other[name] for run, other in zip(runs, base, strict=True))


def median_difference(runs, base, value):
    """Of value(run) between `runs` and `base`, round by round as in median_ratio."""
    return statistics.median(value(run) - value(other)
                             for run, other in zip(runs, base, strict=True))


def quantile(runs, name):
    return statistics.median(run["latency_us"][name] for run in runs)
