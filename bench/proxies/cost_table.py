"""The table of bench/proxies/run.py."""

import sys

import fronts

import load

sys.path.insert(0, str(fronts.BENCH))

import table  # noqa: E402

QUANTILES = ("p50", "p99")
ENOUGH = 0.6  # Of its core: a proxy that gets as many requests as it can should have most of it.
HEADS = ["proxy", "requests", "its CPU us", "more", "verifier's CPU us", "p50 us", "more", "p99 us",
         "more"]


def rows_of(runs):
    """A row for each case."""
    rows = []
    for title, cases in runs.items():
        base = cases[fronts.NO_CHECK]
        for name, results in cases.items():
            is_base = results is base
            row = [title, name, f"{load.median(results, 'front_us'):.1f}",
                   "" if is_base else
                   f"{load.median_difference(results, base, lambda run: run['front_us']):+.1f}",
                   "" if results[0]["verifier_us"] is None else
                   f"{load.median(results, 'verifier_us'):.1f}"]
            for quantile in QUANTILES:
                more = load.median_difference(results, base,
                                              lambda run, of=quantile: run["latency_us"][of])
                row += [f"{load.quantile(results, quantile):,.0f}",
                        "" if is_base else f"{more:+,.0f}"]
            rows.append(row)
    return rows


def lines(runs):
    return table.lines(HEADS, rows_of(runs), True, 2)


def notes(runs, left_out):
    """What a reader has to know of this run."""
    for title, why in left_out.items():
        yield f"{title} is left out: {why}."
    short = {f"{title}, {name}": load.median(results, "front_share")
             for title, cases in runs.items() for name, results in cases.items()}
    short = [f"{name} ({share:.0%})" for name, share in short.items() if share < ENOUGH]
    if short:
        yield (f"Something else than the proxy was the limit, or others used the machine: less "
               f"than {ENOUGH:.0%} of its core had {'; '.join(short)}.")
