"""Rows of a comparison as text: medians, ratios to Stile's own row of the same group, goals."""

import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import table  # noqa: E402

HEADS = ("who", "what is counted", "version", "time", "to Stile", "allocs")
TITLES = {
    "recognise": "Recognising a cleared client on one request",
    "issue": "Issuing a challenge",
    "redeem": "Verifying a solution",
}
# The row of each group that all others are held against.
STILE = {"recognise": "Check/Valid", "issue": "Issue/Sha256", "redeem": "Redeem/Valid"}


class Mistake(Exception):
    """Rows that make no table."""


def duration(ns):
    for bound, unit in ((1e6, "ms"), (1e3, "us")):
        if ns >= bound:
            return f"{ns / bound:.3g} {unit}"
    return f"{ns:.3g} ns"


def ratio(value):
    return f"{value:,.0f}x" if value >= 99.5 else f"{value:.3g}x"


def finish(rows):
    """Adds `ns`, the median, and `ratio` to every row, and sorts each group by cost."""
    for row in rows:
        if not row["cpu_ns"] or row["group"] not in TITLES:
            raise Mistake(f"no figures: {row['who']}, {row['what']}")
        row["ns"] = statistics.median(row["cpu_ns"])
        if row["ns"] <= 0:
            raise Mistake(f"lost in the noise: {row['who']}, {row['what']}")
    base = {row["group"]: row["ns"] for row in rows if row.get("name") == STILE[row["group"]]}
    for row in rows:
        if row["group"] not in base:
            raise Mistake(f"{STILE[row['group']]} was not measured")
        row["ratio"] = row["ns"] / base[row["group"]]
    order = list(TITLES)
    return sorted(rows, key=lambda row: (order.index(row["group"]), row["who"] != "Stile",
                                         row["ns"]))


def goals(rows):
    """Returns [(text, whether it holds)] of what is promised about a cleared request."""
    peers = [row for row in rows if row["group"] == "recognise" and row["who"] != "Stile"]
    if not peers:
        return []
    fastest = min(peers, key=lambda row: row["ns"])
    answers = [(f"3x faster than the fastest peer ({fastest['who']}, {fastest['short']}): "
                f"{ratio(fastest['ratio'])}", fastest["ratio"] >= 3)]
    for row in sorted(peers, key=lambda row: row["ns"]):
        if row.get("popular"):
            answers.append((f"40x faster than a popular one ({row['who']}, {row['short']}): "
                            f"{ratio(row['ratio'])}", row["ratio"] >= 40))
    return answers


def lines_of(rows, markdown=False):
    """Returns the lines of the one table: a heading for each group, and a line for each row. As
    Markdown there is a table under each heading."""
    cells = []
    for row in rows:
        allocs = row.get("allocs")
        cells.append((row["who"], row["what"], row["version"], duration(row["ns"]),
                      ratio(row["ratio"]), "-" if allocs is None else f"{allocs:.0f}"))
    head, rule, *lines = table.lines(HEADS, cells, markdown, 3)
    out = [] if markdown else [head, rule]
    group = None
    for row, line in zip(rows, lines):
        if row["group"] != group:
            first, group = group is None, row["group"]
            out += [] if first else [""]
            out += [f"**{TITLES[group]}**", "", head, rule] if markdown else [f"{TITLES[group]}:"]
        out.append(line)
    return out
