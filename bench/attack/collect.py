#!/usr/bin/env python3
"""Puts what was measured into one document, bench/attack/results.json.

  collect.py --output RESULTS [--native FILE] [--browser FILE] [--gpu FILE]

FILE is what attack_bench, browser.js and gpu/run.sh printed. What isn't given stays as it was.
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
    results = []
    for name, runs in benchmark_runs.by_name(document["benchmarks"]).items():
        _, puzzle, engine = name.split("/")
        if engine == "generate":
            rates = [1e9 / run["cpu_time"] for run in runs]
        else:
            rates = [run["items_per_second"] for run in runs]
        results.append({"puzzle": puzzle, "engine": engine,
                        "mega_per_second": round(statistics.median(rates) / 1e6, 4),
                        "repeats": [round(rate / 1e6, 4) for rate in rates]})
    return {**machine.about(), "results": results}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    for name in ("native", "browser", "gpu"):
        parser.add_argument(f"--{name}", type=pathlib.Path)
    arguments = parser.parse_args()
    document = json.loads(arguments.output.read_text()) if arguments.output.exists() else {}
    if arguments.native:
        document["native"] = native(json.loads(arguments.native.read_text()))
    if arguments.browser:
        document["browser"] = {**machine.about(), **json.loads(arguments.browser.read_text())}
    if arguments.gpu:
        document["gpu"] = json.loads(arguments.gpu.read_text())
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
