"""Runs outage drills: drills.py [--full] [--jobs N] [--report FILE] [--list] [D01 ...].

Prints a line for each drill and each control, and exits with 1 unless every drill passes and every
control is red. Each runs in a process of its own.
"""

import argparse
import concurrent.futures
import datetime
import importlib
import json
import os
import pathlib
import subprocess
import sys
import time
import traceback

HERE = pathlib.Path(__file__).parent
for _room in (HERE.parent / "fleet", HERE.parent / "integration", HERE):
    sys.path.insert(0, str(_room))

from drill import blamed

CONTROL = "-control"


def all_drills():
    """By their ids, in order."""
    found = {}
    for path in sorted(HERE.glob("[dh][0-9]*.py")) + [HERE / "library.py"]:
        for drill in importlib.import_module(path.stem).DRILLS:
            found[drill.ID] = drill
    return dict(sorted(found.items()))


def perform(name):
    """One drill or control, here: a dictionary of what came of it."""
    is_control = name.endswith(CONTROL)
    drill = all_drills()[name.removesuffix(CONTROL)]
    begin = time.monotonic()
    try:
        outcome = drill.run_control() if is_control else drill.run()
        result = {"figures": outcome.text(), "complaints": outcome.complaints()}
        if is_control:
            green = blamed(outcome, drill.red)
            result["verdict"] = "RED" if not green else "GREEN"
            result["green"] = green
        else:
            result["verdict"] = "PASS" if not outcome.broken else "FAIL"
    except Exception:  # A drill that can't be run proves nothing.
        result = {"verdict": "ERROR", "figures": "", "complaints": [traceback.format_exc()]}
    return {**result, "seconds": round(time.monotonic() - begin, 1)}


def run_apart(name):
    done = subprocess.run([sys.executable, "-B", __file__, "--one", name], stdout=subprocess.PIPE,
                          text=True, check=False)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return {"verdict": "ERROR", "figures": "", "seconds": 0,
                "complaints": [f"it ended with {done.returncode}: {done.stdout[-500:]}"]}


def line(name, drill, result):
    verdict = result["verdict"]
    if name.endswith(CONTROL):
        text = f"{name} {'RED as meant' if verdict == 'RED' else verdict}"
        if verdict == "GREEN":
            text += f" though {', '.join(result['green'])} must break"
        else:
            text += " " + "; ".join(result["complaints"])[:300]
    else:
        text = f"{name} {drill.NAME} {verdict} {result['figures']}"
    return f"{text} ({result['seconds']} s)"


def cpu_name():
    for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.partition(":")[2].strip()
    return "an unknown CPU"


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def report(drills, results, full):
    """docs/drills.md, of one run."""
    from report_text import HEAD, TAIL

    tier = "full, with phases of 30 s" if full else "short, with phases of 1.5 s"
    lines = [HEAD, f"This run: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, "
             f"{os.cpu_count()} cores of {cpu_name()}, release binaries; tier: {tier}.", "",
             "| drill | what is done to it | verdict | figures | its control | which broke |",
             "|---|---|---|---|---|---|"]
    for name, drill in drills.items():
        result, control = results[name], results[name + CONTROL]
        broke = ", ".join(sorted(text.partition(":")[0] for text in control["complaints"]))
        verdict = "RED as meant" if control["verdict"] == "RED" else control["verdict"]
        lines.append(f"| {name} {drill.NAME} | {cell(drill.INJECTS)} | {result['verdict']} | "
                     f"{cell(result['figures'])} | {cell(drill.CONTROL)}: {verdict} | {broke} |")
    return "\n".join(lines) + "\n" + TAIL


def rows(page):
    """The lines of a page's table, by the ids of the drills."""
    drills = all_drills()
    return {line.split()[1]: line for line in page.splitlines()
            if line.startswith("| ") and line.split()[1] in drills}


def renew(path, made, names):
    """Puts the rows of `names`, of the page `made`, into the page at `path`: instead of theirs, or
    where they belong."""
    before = rows(path.read_text())
    kept = [line for line in path.read_text().splitlines() if line not in before.values()]
    table = kept.index(next(line for line in kept if line.startswith("| drill |")))
    now = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC"
    all_rows = {**before, **{name: row for name, row in rows(made).items() if name in names}}
    lines = (kept[:table] + [f"Run again by themselves, {now}: {', '.join(sorted(names))}.", ""] +
             kept[table:table + 2] + [all_rows[name] for name in sorted(all_rows)] +
             kept[table + 2:])
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="phases of 30 s instead of 1.5 s")
    parser.add_argument("--jobs", type=int, default=0, help="how many at a time; 2, or 1 with --full")
    parser.add_argument("--report", metavar="FILE", help="write what docs/drills.md is made of; of "
                        "some drills, make their rows in it anew")
    parser.add_argument("--list", action="store_true", help="print their ids and names")
    parser.add_argument("--library", action="store_true", help="those of the library alone")
    parser.add_argument("--one", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("drill", nargs="*", help="D01, D01-control, ...; all by default")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(perform(options.one)))
        return 0
    if options.full:
        os.environ["STILE_TEST_TIER"] = "full"
    full = os.environ.get("STILE_TEST_TIER") == "full"
    drills = all_drills()
    if options.list:
        for name, drill in drills.items():
            print(name, drill.NAME)
        return 0
    if options.library:
        drills = {name: drill for name, drill in drills.items() if name.endswith("-library")}
    wanted = [name for given in options.drill or drills for name in
              ([given] if given.endswith(CONTROL) else [given, given + CONTROL])]
    unknown = [name for name in wanted if name.removesuffix(CONTROL) not in drills]
    if unknown:
        parser.error(f"there is no drill {', '.join(unknown)}: --list names them")
    results, good = {}, True
    jobs = options.jobs or (1 if full else 2)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(run_apart, name): name for name in wanted}
        for done in concurrent.futures.as_completed(running):
            name, result = running[done], done.result()
            results[name] = result
            print(line(name, drills[name.removesuffix(CONTROL)], result), flush=True)
            if result["verdict"] not in ("PASS", "RED"):
                good = False
                for text in result["complaints"]:
                    print("    " + text.rstrip().replace("\n", "\n    "), flush=True)
    if options.report:
        page = pathlib.Path(options.report)
        names = {name for name in drills if name in results and name + CONTROL in results}
        made = report({name: drills[name] for name in drills if name in names}, results, full)
        page.write_text(made if names == set(drills) or not page.exists() else
                        renew(page, made, names))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
