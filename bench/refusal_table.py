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

GOAL_NS = 3000.0
FLOOR = 10
# Expected evaluations of the cheapest solution, from the built-in levels (docs/policy.md).
LEVELS = {"light": 4_000_000, "standard": 16_000_000}


def medians(path):
    """Returns {name: {"ns": median CPU time, counter: value}} of a Google Benchmark file."""
    with open(path) as file:
        runs = json.load(file)["benchmarks"]
    found = {}
    for run in runs:
        if run.get("error_occurred"):
            sys.exit(f"error: {run['name']}: {run.get('error_message')}")
        if run.get("run_type") != "aggregate":
            found.setdefault(run["name"].split("/repeats:")[0], []).append(run)
    units = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    table = {}
    for name, same in found.items():
        row = {"ns": statistics.median(run["cpu_time"] * units[run["time_unit"]] for run in same)}
        for counter in ("bytes", "status", "items_per_second"):
            if counter in same[0]:
                row[counter] = statistics.median(run[counter] for run in same)
        table[name] = row
    return table


def solver_rate(*tables):
    """Returns the evaluations a second of one core, by the fastest solver in the tables."""
    rates = [table["Solve/Sha256"]["items_per_second"] for table in tables
             if "Solve/Sha256" in table]
    return max(rates) if rates else sys.exit("error: no Solve/Sha256 to hold refusals against")


def refusals_of(table):
    """Returns [(class, status, ns, bytes)], in the order of the file but the stages together."""
    rows = [(name[len("Refuse/"):], int(row["status"]), row["ns"], int(row["bytes"]))
            for name, row in table.items() if name.startswith("Refuse/")]
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


def print_table(heads, rows, markdown):
    cells = [heads, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    for number, row in enumerate(cells):
        padded = [cell.ljust(width) if i == 0 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(row, widths))]
        print("| " + " | ".join(padded) + " |" if markdown else "  ".join(padded).rstrip())
        if number == 0:
            print("|" + "|".join("-" * (width + 1) + ("-" if i == 0 else ":")
                                 for i, width in enumerate(widths)) + "|"
                  if markdown else "  ".join("-" * width for width in widths))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--solver")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    table = medians(options.file)
    refusals = refusals_of(table)
    rate = solver_rate(table, *([medians(options.solver)] if options.solver else []))

    print_table(("refused", "status", "ns", "bytes out", "a second"),
                [(name, str(status), f"{ns:,.0f}", f"{size:,}", f"{1e9 / ns:,.0f}")
                 for name, status, ns, size in refusals], options.markdown)
    print(f"\nThe native solver tries {rate / 1e6:.1f} million a second on one core.\n")
    levels = margins(refusals, rate)
    print_table(("level", "solves a second", "margin, dearest refusal", "margin, median refusal"),
                [(level, f"{solves:.2f}", f"{least:,.0f}", f"{middle:,.0f}")
                 for level, solves, least, middle in levels], options.markdown)
    print()
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
