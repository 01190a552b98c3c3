#!/usr/bin/env python3
"""Puts what was measured into one document, bench/attack/results.json.

  collect.py --output RESULTS [--native FILE]... [--browser FILE]... [--gpu FILE]

FILE is what attack_bench, browser.js and gpu/run.sh printed; medians are over all files of a kind.
What isn't given stays as it was.
"""

import argparse
import json
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import benchmark_runs  # noqa: E402
import machine  # noqa: E402


def native(document):
    """[{puzzle, engine, repeats}, ...] of what attack_bench printed."""
    results = []
    for name, runs in benchmark_runs.by_name(document["benchmarks"]).items():
        _, puzzle, engine = name.split("/")
        if engine == "generate":
            rates = [1e9 / run["cpu_time"] for run in runs]
        else:
            rates = [run["items_per_second"] for run in runs]
        results.append({"puzzle": puzzle, "engine": engine,
                        "repeats": [rate / 1e6 for rate in rates]})
    return results


def together(turns):
    """The same rows, with the repeats of all turns and their median."""
    rows = []
    for same in zip(*turns, strict=True):
        names = [{key: value for key, value in row.items() if key != "repeats"} for row in same]
        if any(name != names[0] for name in names):
            sys.exit(f"error: the files are of different things: {names}")
        repeats = [round(rate, 4) for row in same for rate in row["repeats"]]
        rows.append({**names[0], "mega_per_second": round(statistics.median(repeats), 4),
                     "repeats": repeats})
    return rows


def read(path):
    return json.loads(path.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    for name in ("native", "browser"):
        parser.add_argument(f"--{name}", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--gpu", type=pathlib.Path)
    arguments = parser.parse_args()
    document = read(arguments.output) if arguments.output.exists() else {}
    if arguments.native:
        turns = [native(read(path)) for path in arguments.native]
        document["native"] = {**machine.about(), "results": together(turns)}
    if arguments.browser:
        turns = [read(path) for path in arguments.browser]
        document["browser"] = {**machine.about(), **turns[0],
                               "results": together([turn["results"] for turn in turns])}
    if arguments.gpu:
        document["gpu"] = read(arguments.gpu)
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
