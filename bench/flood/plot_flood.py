#!/usr/bin/env python3
"""Draws the plots of docs/effort.md from flood_model's JSON, and prints its table as Markdown.

    bench/flood/plot_flood.py RUNS.json SWEEP.json FOLDER [PAGE]

RUNS.json has every scenario under every price; SWEEP.json has "solving" with attackers of many sizes.
Written into FOLDER: flood-price.svg, flood-load.svg and flood-attacker.svg. The table takes
the place of what is between the marks in PAGE. bench/flood/run.sh does all of it.
"""

import json
import pathlib
import sys

import flood_chart
from flood_chart import FloodChart, chart

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import table  # noqa: E402

COLOURS = {"fixed": "#6b7280", "tor327": "#c2410c", "stile": "#2563eb"}
SHOWN = ("solving", "bursting", "mixed")
NAMES = {"fixed": "fixed effort", "tor327": "Tor 327", "stile": "Stile",
         "stile-held": "Stile, `held = true`", "stile-unset": "Stile, no `admissions`"}
LEGENDS = {"fixed": "fixed", "tor327": "Tor 327", "stile": "Stile"}


def read(path):
    runs = json.loads(pathlib.Path(path).read_text())["runs"]
    if not runs:
        sys.exit(f"plot_flood.py: {path} has no runs")
    return runs


def over_time(runs, column, unit, title, least, limit=None):
    """A chart for each of SHOWN."""
    charts = []
    for name in SHOWN:
        of = {run["rival"]: run for run in runs if run["scenario"] == name}
        lines = []
        for rival, colour in COLOURS.items():
            at = of[rival]["columns"].index(column)
            points = [(row[0], row[at]) for row in of[rival]["moments"]]
            lines.append((LEGENDS[rival], colour, flood_chart.sampled(points)))
        about = of["fixed"]["input"]
        shade = (about["quiet_s"], about["quiet_s"] + about["attack_s"])
        charts.append(FloodChart(len(charts) * chart.WIDTH, f"{title}: {name} bots", unit,
                                 "minutes", lines, least=least, shade=shade,
                                 limit=limit(about) if limit else None))
    return charts


def against_size(runs):
    """Charts of what an attacker's number of cores does."""
    capacity = runs[0]["input"]["capacity"]
    wanted = (
        ("What reaches the origin", "/s", lambda run: run["origin"]["mean"], 100,
         (capacity, "its capacity")),
        ("95 of 100 visitors pass within", " s", lambda run: run["during"]["p95_s"], 0.1,
         (30, "they give up")),
        ("A million requests cost", " EUR",
         lambda run: 1e6 * run["attacker"]["eur"] / max(1, run["attacker"]["requests"]), 0.001,
         None),
    )
    charts = []
    for title, unit, value, least, limit in wanted:
        lines = []
        for rival, colour in COLOURS.items():
            points = sorted((run["input"]["cores"], value(run)) for run in runs
                            if run["rival"] == rival)
            lines.append((LEGENDS[rival], colour, points))
        charts.append(FloodChart(len(charts) * chart.WIDTH, title, unit, "the attacker's cores",
                                 lines, least=least, over_time=False, limit=limit))
    return charts


def row(run):
    during, attacker = run["during"], run["attacker"]
    highest = max(moment[1] for moment in run["moments"])
    p95 = f"{during['p95_s']:.1f}" if during["p95_s"] < 30 else "gave up"
    settled = f"{run['settled_s']:.0f}" if run["settled_s"] >= 0 else "later"
    return [run["scenario"], NAMES[run["rival"]], f"{during['through']:.1%}",
            f"{during['p50_s']:.1f}", p95, f"{run['origin']['mean']:,.0f}",
            f"{run['origin']['peak']:,.0f}", f"{run['origin']['error_share']:.1%}",
            f"{highest:,.0f}", settled, f"{attacker['clearances']:,.0f}",
            f"{attacker['core_seconds'] + attacker['gpu_seconds']:,.0f}", f"{attacker['eur']:.3f}"]


HEADS = ["bots", "price by", "through", "p50 s", "p95 s", "load/s", "peak/s", "5xx",
         "highest price %", "back after s", "clearances", "machine s", "EUR"]
BEGIN, END = "<!-- flood -->", "<!-- /flood -->"


def in_page(page, lines):
    """Puts lines between the page's marks."""
    text = page.read_text()
    if BEGIN not in text or END not in text:
        sys.exit(f"plot_flood.py: {page} lacks {BEGIN} or {END}")
    before, rest = text.split(BEGIN, 1)
    page.write_text("\n".join([before + BEGIN, "", *lines, "", END + rest.split(END, 1)[1]]))


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    runs, sweep, folder = read(sys.argv[1]), read(sys.argv[2]), pathlib.Path(sys.argv[3])
    chart.write(folder / "flood-price.svg", over_time(runs, "price", "%", "Price", 100))
    chart.write(folder / "flood-load.svg",
                over_time(runs, "reached", "/s", "Requests", 10,
                          lambda about: (about["capacity"], "the origin's capacity")))
    chart.write(folder / "flood-attacker.svg", against_size(sweep))
    lines = table.lines(HEADS, [row(run) for run in runs], True, 2)
    print(*lines, sep="\n")
    if len(sys.argv) == 5:
        in_page(pathlib.Path(sys.argv[4]), lines)


if __name__ == "__main__":
    main()
