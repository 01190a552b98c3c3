#!/usr/bin/env python3
"""Makes the table of what refusals cost, and of what that is worth against who must solve to get in.

Usage: refusal_bench --benchmark_format=json --benchmark_repetitions=9 > FILE
       refusal_table.py FILE [--solver STILE_BENCH_JSON] [--markdown]

The margin of a level is what one core refuses in a second divided by what one core of the fastest
native solver solves in a second: how many cores of solvers it takes to keep one core busy with
refusals that cost each of them a solution. The solver's rate is Solve/Sha256 of the same file, or of
stile_bench's JSON if that is faster. Status 1 if a goal is missed.
"""

import argparse
import json
import statistics
import sys

import benchmark_runs
import table

GOAL_NS = 3000.0
FLOOR = 10
# Expected evaluations of the cheapest solution, from the built-in levels (docs/policy.md).
LEVELS = {"light": 4_000_000, "standard": 16_000_000}


def medians(path):
    """Returns {name: {"ns": median CPU time, counter: value}} of a Google Benchmark file."""
    with open(path) as file:
        found = benchmark_runs.by_name(json.load(file)["benchmarks"])
    units = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    measured = {}
    for name, same in found.items():
        row = {"ns": statistics.median(run["cpu_time"] * units[run["time_unit"]] for run in same)}
        for counter in ("bytes", "status", "items_per_second"):
            if counter in same[0]:
                row[counter] = statistics.median(run[counter] for run in same)
        measured[name] = row
    return measured


def solver_rate(*files):
    """Returns the evaluations a second of one core, by the fastest solver in the files."""
    rates = [measured["Solve/Sha256"]["items_per_second"] for measured in files
             if "Solve/Sha256" in measured]
    return max(rates) if rates else sys.exit("error: no Solve/Sha256 to hold refusals against")


def refusals_of(measured):
    """Returns [(class, status, ns, bytes)], in the order of the file but the stages together."""
    rows = [(name[len("Refuse/"):], int(row["status"]), row["ns"], int(row["bytes"]))
            for name, row in measured.items() if name.startswith("Refuse/")]
    order = ["Check", "Redeem", "Http"]
    return sorted(rows, key=lambda row: order.index(row[0].split("/")[0]))


def margins(refusals, rate):
    """Returns [(level, solves a second, margin of the dearest refusal, margin of the median)]."""
    costs = [row[2] for row in refusals]
    rows = []
    for level, evaluations in LEVELS.items():
        solves = rate / evaluations
        rows.append((level, solves, 1e9 / max(costs) / solves,
                     1e9 / statistics.median(costs) / solves))
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--solver")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    measured = medians(options.file)
    refusals = refusals_of(measured)
    rate = solver_rate(measured, *([medians(options.solver)] if options.solver else []))

    table.show(("refused", "status", "ns", "bytes out", "a second"),
               [(name, str(status), f"{ns:,.0f}", f"{size:,}", f"{1e9 / ns:,.0f}")
                for name, status, ns, size in refusals], options.markdown)
    print(f"The native solver tries {rate / 1e6:.1f} million a second on one core.\n")
    levels = margins(refusals, rate)
    table.show(("level", "solves a second", "margin, dearest refusal", "margin, median refusal"),
               [(level, f"{solves:.2f}", f"{least:,.0f}", f"{middle:,.0f}")
                for level, solves, least, middle in levels], options.markdown)
    missed = [f"{name} takes {ns:,.0f} ns" for name, _, ns, _ in refusals if ns > GOAL_NS]
    missed += [f"{level} has a margin of {least:.1f}" for level, _, least, _ in levels
               if least < FLOOR]
    for sentence in missed:
        print(f"MISSED  {sentence}")
    if not missed:
        print(f"holds   every refusal within {GOAL_NS:,.0f} ns, every margin at least {FLOOR}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
