#!/usr/bin/env python3
"""Draws docs/images/check-growth.svg from stile_bench's JSON.

Usage: stile_bench --benchmark_filter=Growth/ --benchmark_repetitions=9 --benchmark_format=json \
         | bench/plot_growth.py docs/images/check-growth.svg

Two charts side by side: a check against the bytes of the Cookie field and the number of clearances in
it, and against the number of keys and sites. Of repetitions the median is drawn.
"""

import json
import sys

import chart

CHARTS = [
    ("Time of a check", "bytes of cookies, or clearances",
     [("Growth/CookieBytes/", "bytes", "#2563eb"), ("Growth/Candidates/", "clearances", "#c2410c")]),
    ("Time of a check, and of finding a site", "keys, or hosts",
     [("Growth/Keys/", "keys", "#2563eb"), ("Growth/Hosts/", "hosts", "#c2410c")]),
]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    benchmarks = json.load(sys.stdin)["benchmarks"]
    charts = []
    for title, across, series in CHARTS:
        lines = [(name, colour, chart.read(benchmarks, prefix, "cpu_time"))
                 for prefix, name, colour in series]
        if not all(line for _, _, line in lines):
            sys.exit(f"plot_growth.py: the input lacks one of {[one[0] for one in series]}")
        charts.append(chart.Chart(len(charts) * chart.WIDTH, title, " ns", across, lines))
    chart.write(sys.argv[1], charts)


if __name__ == "__main__":
    main()
