#!/usr/bin/env python3
"""Draws docs/images/policy-cost.svg from stile_bench's JSON.

Usage: stile_bench --benchmark_filter=Policy/ --benchmark_repetitions=9 --benchmark_format=json \
         | bench/plot_policy.py docs/images/policy-cost.svg

Two charts side by side: the time of a match, and the memory of a policy, against the number of rules
and of address ranges. Of repetitions the median is drawn.
"""

import json
import sys

import chart

SERIES = [("Policy/Match/", "rules", "#2563eb"), ("Policy/Ranges/", "ranges", "#c2410c")]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    benchmarks = json.load(sys.stdin)["benchmarks"]
    charts = []
    for value, title, unit in (("cpu_time", "Time of a match", " ns"), ("bytes", "Memory", "B")):
        lines = [(name, colour, chart.read(benchmarks, prefix, value))
                 for prefix, name, colour in SERIES]
        if not all(line for _, _, line in lines):
            sys.exit("plot_policy.py: the input lacks Policy/Match or Policy/Ranges")
        charts.append(chart.Chart(len(charts) * chart.WIDTH, title, unit, "rules, or address ranges",
                                  lines))
    chart.write(sys.argv[1], charts)


if __name__ == "__main__":
    main()
