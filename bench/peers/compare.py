#!/usr/bin/env python3
"""Measures Stile and what is used in its place side by side; prints one table and writes JSON.

Usage: compare.py --build build/release [--packages FOLDER] [--json FILE] [--markdown] [--quick]
                  [--skip WHAT]...

bench/peers/run.sh installs and builds what this needs. FOLDER holds the node_modules of package.json
here. --quick takes a glance: that everything runs and is right, not figures. --skip leaves out
`captcha` or `servers`, and says so. A wrong result anywhere ends it with status 1.
"""

import argparse
import json
import os
import subprocess
import sys

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, os.path.join(SOURCE, "bench"))

import benchmark_runs  # noqa: E402
import comparison_table  # noqa: E402
import machine  # noqa: E402
import web_servers  # noqa: E402

# Everyone is measured in turn, three times over, so that a machine that slows down slows down all.
ROUNDS = 3
PER_ROUND = 3

# Benchmarks of stile_bench: group, what is counted.
STILE_ROWS = {
    "Check/Valid": ("recognise", "cookie found in the 394-byte Cookie field, decoded, expiry, key, "
                                 "MAC, client"),
    "Gate/Cleared": ("recognise", "the same and a policy of 40 rules with 2,768 address ranges"),
    "Issue/Sha256": ("issue", "a sealed challenge with two alternatives; nothing is kept"),
    "Redeem/Valid": ("redeem", "MAC, expiry, client, 16 parts, the clearance made"),
}
# Benchmarks of jwt_bench: what, whose version, and whether it is popular: what applications commonly
# recognise a visitor with. Goals are held against those one by one, and against the fastest of all.
JWT_ROWS = {
    "Hs256Plain": ("JWT HS256, OpenSSL and nlohmann-json as commonly written", "openssl", True),
    "Hs512Plain": ("JWT HS512, OpenSSL and nlohmann-json as commonly written", "openssl", True),
    "EdDsaPlain": ("JWT EdDSA, OpenSSL and nlohmann-json as commonly written", "openssl", True),
    "Hs256Tuned": ("JWT HS256 tuned: kept EVP_MAC context, header compared as text, no JSON",
                   "openssl", False),
    "Hs512Tuned": ("JWT HS512 tuned: kept EVP_MAC context, header compared as text, no JSON",
                   "openssl", False),
    "Hs256Libjwt": ("JWT HS256, jwt_decode and grants", "libjwt-dev", True),
    "Hs512Libjwt": ("JWT HS512, jwt_decode and grants", "libjwt-dev", True),
    "Hs256CppJwt": ("JWT HS256, jwt::decode", "libcpp-jwt-dev", True),
    "Hs512CppJwt": ("JWT HS512, jwt::decode", "libcpp-jwt-dev", True),
}
JWT_WHO = {"openssl": "C++, OpenSSL", "libjwt-dev": "libjwt", "libcpp-jwt-dev": "cpp-jwt"}


def google_benchmarks(program, pattern, arguments):
    """Runs a Google Benchmark program; returns (context, {name: [run, ...]}). A benchmark that found
    a wrong result ends the comparison."""
    command = [program, f"--benchmark_filter={pattern}", "--benchmark_format=json",
               "--benchmark_enable_random_interleaving=true", *arguments]
    answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       check=True).stdout)
    found = benchmark_runs.by_name(answer["benchmarks"])
    if not found:
        sys.exit(f"error: {program} has no benchmark {pattern}")
    return answer["context"], found


def package_version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True,
                          text=True)
    return done.stdout.split("+")[0] or "unknown"


def stile_rows(build, arguments):
    with open(os.path.join(SOURCE, "CMakeLists.txt")) as file:
        version = file.read().split("VERSION ")[2].split()[0]
    pattern = "^(" + "|".join([*STILE_ROWS, "Floor/Hmac"]) + ")$"
    _, found = google_benchmarks(os.path.join(build, "bin/stile_bench"), pattern, arguments)
    rows = []
    for name, (group, what) in STILE_ROWS.items():
        allocs = found[name][0].get("allocs")
        rows.append({"group": group, "who": "Stile", "version": version, "name": name,
                     "what": f"{name}: {what}", "short": name, "allocs": allocs,
                     "cpu_ns": [run["cpu_time"] for run in found[name]]})
    return rows, [run["cpu_time"] for run in found["Floor/Hmac"]]


def jwt_rows(build, arguments):
    context, found = google_benchmarks(os.path.join(build, "bin/jwt_bench"), "^Jwt/", arguments)
    rows = []
    for name, (what, package, popular) in JWT_ROWS.items():
        runs = found["Jwt/" + name]
        version = context["openssl"] if package == "openssl" else package_version(package)
        rows.append({"group": "recognise", "who": JWT_WHO[package], "version": version,
                     "what": what + "; cookie found, exp and sub", "short": what.split(",")[0],
                     "popular": popular, "allocs": runs[0]["allocs"],
                     "cpu_ns": [run["cpu_time"] for run in runs]})
    return rows


def captcha_rows(packages, quick):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "captcha_libraries.mjs")
    command = ["node", script, packages] + (["0.002", "1"] if quick else ["0.1", str(PER_ROUND)])
    answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True,
                                       env={**os.environ, "NODE_NO_WARNINGS": "1"}).stdout)
    for row in answer["rows"]:
        row["version"] += f", Node {answer['node'].lstrip('v').split('.')[0]}"
        row["short"] = row["what"].split()[0]
        row["popular"] = True
    return answer["rows"]


def server_rows(quick):
    rows = web_servers.measure(SOURCE, 1 if quick else PER_ROUND, 500 if quick else 10_000)
    for row in rows:
        row["short"] = row["what"].split(" in ")[0]
    return rows


def one_round(options, arguments, floor):
    """Returns every row once, with a few repetitions. Adds Floor/Hmac's to `floor`."""
    rows, lowest = stile_rows(options.build, arguments)
    floor += lowest
    rows += jwt_rows(options.build, arguments)
    if "captcha" not in options.skip:
        rows += captcha_rows(options.packages, options.quick)
    if "servers" not in options.skip:
        rows += server_rows(options.quick)
    return rows


def merged(rows, more):
    """Returns `rows` with the repetitions of another round."""
    if not rows:
        return more
    for row, other in zip(rows, more, strict=True):
        for key in ("cpu_ns", "wall_ns"):
            if key in row:
                row[key] = row[key] + other[key]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--packages")
    parser.add_argument("--json")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--skip", action="append", default=[], choices=["captcha", "servers"])
    options = parser.parse_args()
    arguments = (["--benchmark_min_time=0.001"] if options.quick else
                 ["--benchmark_min_time=0.1", f"--benchmark_repetitions={PER_ROUND}"])
    skipped = list(options.skip)
    if "captcha" not in skipped and not options.packages:
        sys.exit("error: --packages says where altcha-lib and @cap.js/server are")

    rows, floor = [], []
    for _ in range(1 if options.quick else ROUNDS):
        rows = merged(rows, one_round(options, arguments, floor))
    rows = comparison_table.finish(rows)
    goals = comparison_table.goals(rows)

    about = machine.about()
    computer = f"{about['cores']} x {about['cpu']}"
    print(f"Medians of {len(rows[0]['cpu_ns'])} repetitions, CPU time, on {computer}.\n")
    print(*comparison_table.lines_of(rows, options.markdown), sep="\n")
    print()
    for text, holds in goals:
        print(f"{'holds ' if holds else 'MISSED'}  {text}")
    for what in skipped:
        print(f"left out: {what}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": computer, "skipped": skipped, "floor_hmac_ns": floor,
                       "rows": rows, "goals": [{"goal": text, "holds": holds}
                                               for text, holds in goals]}, file, indent=1)


if __name__ == "__main__":
    try:
        main()
    except (web_servers.Mistake, comparison_table.Mistake) as mistake:
        sys.exit(f"error: {mistake}")
    except subprocess.CalledProcessError as mistake:
        sys.exit(f"error: {mistake.cmd[0]} ended with status {mistake.returncode}")
