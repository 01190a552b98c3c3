"""Rows of a comparison as text: medians, ratios to Stile's own row of the same group, goals."""

import statistics

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


def text_of(rows):
    """Returns the one table: a heading for each group, and a line for each row."""
    lines = [("who", "what is counted", "version", "time", "to Stile", "allocs")]
    widths = [len(cell) for cell in lines[0]]
    cells = []
    for row in rows:
        allocs = row.get("allocs")
        cells.append((row["group"], (
            row["who"], row["what"], row["version"], duration(row["ns"]), ratio(row["ratio"]),
            "-" if allocs is None else f"{allocs:.0f}")))
    for _, line in cells:
        widths = [max(width, len(cell)) for width, cell in zip(widths, line)]

    def row_text(line):
        left = [cell.ljust(width) for cell, width in zip(line[:3], widths)]
        right = [cell.rjust(width) for cell, width in zip(line[3:], widths[3:])]
        return "  ".join(left + right).rstrip()

    out = [row_text(lines[0]), "  ".join("-" * width for width in widths)]
    group = None
    for name, line in cells:
        if name != group:
            out.append(("" if group is None else "\n") + f"{TITLES[name]}:")
            group = name
        out.append(row_text(line))
    return "\n".join(out)
