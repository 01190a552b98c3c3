"""What a program of Google Benchmark writes as JSON."""

import sys


def by_name(benchmarks):
    """Returns {name: [run, ...]} without the aggregates. A benchmark that failed ends the program."""
    found = {}
    for run in benchmarks:
        if run.get("error_occurred"):
            sys.exit(f"error: {run['name']}: {run.get('error_message')}")
        if run.get("run_type") != "aggregate":
            found.setdefault(run["name"].split("/repeats:")[0], []).append(run)
    return found
