#!/usr/bin/env python3
"""Writes the tables of docs/economics.md and draws its plots.

  show.py RESULTS PRICE PAGE [IMAGES]

RESULTS is bench/attack/results.json, PRICE what `stile price --json` printed. Tables go between the
marks in PAGE; without IMAGES nothing is drawn.
"""

import json
import pathlib
import re
import sys

import bars

VISITOR, CORE, GPU, CITED = "#2563eb", "#c2410c", "#b91c1c", "#9ca3af"
SOLVERS = {"browser": ("browser worker", VISITOR), "native": ("native core", CORE),
           "gpu": ("GPU", GPU)}
# Not measured by us.
CITED_GPU = {"puzzle": "sha256", "label": "RTX 5060 Ti",
             "source": "cited: as reported to the Cap project, issue 318", "mega_per_second": 6150.0}
GPU_KERNELS = {"lanes": "interpreted, each thread at a place of its own",
               "lockstep": "interpreted, a warp at one instruction",
               "compiled": "compiled beforehand"}
BAR_NAMES = {"interpreted, each": "interpreter", "interpreted, a": "plain interpreter",
             "compiled beforehand": "machine code"}


def figures(number):
    """Three of them."""
    if number >= 99.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}" if number >= 0.9995 else f"{number:.3g}"


def rate_text(mega):
    return f"{figures(mega / 1000)} billion" if mega >= 1000 else f"{figures(mega)} million"


def seconds_text(seconds):
    for bound, size, unit in ((3600, 3600, "h"), (120, 60, "min"), (0.9995, 1, "s"),
                              (0.9995e-3, 1e-3, "ms")):
        if seconds >= bound:
            return f"{figures(seconds / size)} {unit}"
    return f"{figures(seconds * 1e6)} us"


def dollars_text(dollars):
    if dollars is None:
        return ""
    if dollars == 0:
        return "$0"
    return f"${dollars:,.2f}" if dollars >= 0.095 else f"${dollars:.2g}"


def gpu_rows(gpu):
    """The best of each kernel at each number of nonces a function; not what was tried on the way."""
    best = {}
    for result in gpu.get("results", []):
        if "mega_per_second" not in result or result.get("sweep"):
            continue
        key = (result["puzzle"], result["kernel"], result.get("nonces_per_function"))
        if key not in best or result["mega_per_second"] > best[key]["mega_per_second"]:
            best[key] = result
    return best


def rows(results):
    """[(puzzle, who, how, millions a second, colour, source)], the visitor's own first."""
    found = []
    native, browser, gpu = (results.get(name, {}) for name in ("native", "browser", "gpu"))
    for puzzle in ("hashwx", "sha256"):
        for result in browser.get("results", []):
            if result["puzzle"] == puzzle:
                found.append((puzzle, f"browser, {result['where']}", result["engine"],
                              result["mega_per_second"], VISITOR,
                              f"{browser['browser']}, {browser['date']}"))
        for result in native.get("results", []):
            if result["puzzle"] == puzzle and result["engine"] != "generate":
                found.append((puzzle, "native core", result["engine"], result["mega_per_second"],
                              CORE, f"{native['cpu']}, {native['date']}"))
        for (of, kernel, nonces), result in gpu_rows(gpu).items():
            if of != puzzle:
                continue
            how = GPU_KERNELS.get(kernel, "search")
            if nonces:
                how += f", {nonces:,} nonces a function"
            found.append((puzzle, "GPU", how, result["mega_per_second"], GPU,
                          f"{gpu['device']}, {gpu['date']}"))
    found.append((CITED_GPU["puzzle"], "GPU *", CITED_GPU["label"], CITED_GPU["mega_per_second"],
                  CITED, CITED_GPU["source"]))
    return found


def visitor_rate(found, puzzle):
    return max(mega for of, who, _, mega, _, _ in found
               if of == puzzle and who == "browser, worker")


def rates_table(results):
    found = rows(results)
    lines = ["| puzzle | who | how | a second | browser workers | where |",
             "|---|---|---|---:|---:|---|"]
    for puzzle in ("hashwx", "sha256"):
        visitor = visitor_rate(found, puzzle)
        for of, who, how, mega, _, source in found:
            if of == puzzle:
                lines.append(f"| `{puzzle}` | {who} | {how} | {rate_text(mega)} | "
                             f"{figures(mega / visitor)} | {source} |")
    return "\n".join(lines + ["", "\\* cited, not measured by us."])


def name_of(alternative):
    if alternative["puzzle"] == "wait":
        return f"wait {alternative['effort'] / 1000:g} s"
    return f"{alternative['puzzle']} {alternative['effort']:,} in {alternative['parts']}"


def levels_table(price):
    lines = ["| level | alternative | life | solver | one takes | seconds a million | a million cost |",
             "|---|---|---|---|---:|---:|---:|"]
    for level in price["policies"][0]["levels"]:
        for alternative in level["alternatives"]:
            head = f"| `{level['name']}` | {name_of(alternative)} | " \
                   f"{seconds_text(alternative['life_seconds'])} |"
            if alternative["puzzle"] == "wait":
                limit = alternative["limit"]
                lines.append(f"{head} anybody, {limit['per_hour_and_prefix']:,.0f} an hour and "
                             f"prefix, {limit['per_hour']:,.0f} in all | "
                             f"{seconds_text(alternative['slow_visitor_seconds'])} | 0 | $0 |")
            for solver in alternative["solvers"]:
                lines.append(f"{head} {SOLVERS[solver['solver']][0]} | "
                             f"{seconds_text(solver['seconds'])} | "
                             f"{solver['seconds_per_million']:,.0f} | "
                             f"{dollars_text(solver['dollars_per_million'])} |")
                if solver["solver"] == "browser":
                    slow = alternative["slow_visitor_seconds"]
                    lines.append(f"{head} slowed {price['slow_factor']:g}x | {seconds_text(slow)} | "
                                 f"{slow * 1e6:,.0f} | |")
    return "\n".join(lines)


def headline(level):
    cheapest, work = level["cheapest"], level["cheapest_work"]
    parts = []
    if cheapest["puzzle"] == "wait":
        parts.append("nothing but time: waiting, within its limits")
    if work:
        parts.append(f"{dollars_text(work['dollars_per_million'])} of work: `{work['puzzle']}` on "
                     f"a {SOLVERS[work['solver']][0]}")
    return "; ".join(parts)


def cheapest_table(price):
    lines = ["| level | a million clearances cost at least |", "|---|---|"]
    lines += [f"| `{level['name']}` | {headline(level)} |"
              for level in price["policies"][0]["levels"]]
    return "\n".join(lines + [
        "", f"A core-hour at ${price['core_hour_dollars']:g} and a GPU-hour at "
            f"${price['gpu_hour_dollars']:g}: assumptions, no measurements."])


def fill(page, name, table):
    pattern = re.compile(rf"(<!-- {name}: written by bench/attack/show\.py -->\n).*?(<!-- end -->)",
                         re.S)
    filled, count = pattern.subn(lambda m: f"{m[1]}\n{table}\n\n{m[2]}", page)
    if count != 1:
        sys.exit(f"show.py: the page has {count} places for the table {name}")
    return filled


def bar_name(how):
    for beginning, name in BAR_NAMES.items():
        if how.startswith(beginning):
            return name
    return how.split(",")[0]


def draw(results, price, folder):
    found = rows(results)
    groups = []
    for puzzle in ("hashwx", "sha256"):
        groups.append([(f"{puzzle}: {who.removeprefix('browser, ')}, {bar_name(how)}", mega * 1e6,
                        colour, rate_text(mega) + (" (cited)" if colour == CITED else ""))
                       for of, who, how, mega, colour, _ in found
                       if of == puzzle and "thread" not in who and "463" not in how])
    bars.Bars("What one of them tries in a second", "", "/s", groups).write(
        folder / "economics-rates.svg")
    groups = []
    for level in price["policies"][0]["levels"]:
        group = []
        for alternative in level["alternatives"]:
            for solver in alternative["solvers"]:
                dollars = solver["dollars_per_million"]
                if dollars is not None:
                    label, colour = SOLVERS[solver["solver"]]
                    group.append((f"{level['name']}: {alternative['puzzle']}, {label}", dollars,
                                  colour, dollars_text(dollars)))
        if group:
            groups.append(group)
    bars.Bars("What a million clearances cost by work", "$", "", groups).write(
        folder / "economics-price.svg")


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    results, price = (json.loads(pathlib.Path(name).read_text()) for name in sys.argv[1:3])
    path = pathlib.Path(sys.argv[3])
    page = path.read_text()
    for name, table in (("rates", rates_table(results)), ("levels", levels_table(price)),
                        ("cheapest", cheapest_table(price))):
        page = fill(page, name, table)
    path.write_text(page)
    if len(sys.argv) == 5:
        draw(results, price, pathlib.Path(sys.argv[4]))


if __name__ == "__main__":
    main()
