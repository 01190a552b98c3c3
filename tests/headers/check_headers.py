#!/usr/bin/env python3
"""Compiles every header of the rooms alone, and capi/stile.h also as C99.

Usage: check_headers.py SOURCE_ROOT COMPILE_COMMANDS. A header is compiled with the flags of a
source of its own folder, else of its room; a room that this build leaves out is skipped.
"""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import tempfile

ROOMS = ["challenge", "verifier", "engine", "capi", "service", "tool", "bench"]
C_HEADER = "capi/stile.h"


def read_flags(root, commands_path):
    """Returns {folder relative to root: (compile arguments, working folder)}."""
    with open(commands_path, encoding="utf-8") as file:
        commands = json.load(file)
    flags = {}
    for entry in commands:
        folder = os.path.relpath(os.path.dirname(entry["file"]), root)
        if folder.startswith("..") or not entry["file"].endswith(".cc") or folder in flags:
            continue
        words = shlex.split(entry["command"])
        if os.path.basename(words[0]) == "ccache":
            words = words[1:]
        kept = []
        skip_next = False
        for word in words:
            if skip_next:
                skip_next = False
            elif word in ("-o", "-MF", "-MT", "-MQ"):
                skip_next = True
            elif word not in ("-c", "-MD", "-MMD", entry["file"]):
                kept.append(word)
        flags[folder] = (kept, entry["directory"])
    return flags


def find_flags(flags, header):
    folder = os.path.dirname(header)
    room = header.split("/")[0]
    near = [f for f in sorted(flags) if f == folder]
    near += [f for f in sorted(flags) if f.split("/")[0] == room]
    return flags[near[0]] if near else None


def compile_alone(path, arguments, folder, language):
    command = arguments + ["-x", language, "-fsyntax-only", "-Werror", "-include", path, "/dev/null"]
    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return result.returncode, result.stdout


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    root = os.path.realpath(sys.argv[1])
    flags = read_flags(root, sys.argv[2])
    if not flags:
        print("no compile commands for this source root")
        return 1

    # First prove that a header that leans on its includer is seen.
    arguments, folder = next(iter(flags.values()))
    with tempfile.TemporaryDirectory(prefix="stile-headers-") as scratch:
        planted = os.path.join(scratch, "planted.h")
        with open(planted, "w", encoding="utf-8") as file:
            file.write("inline std::string Planted() { return {}; }\n")
        if compile_alone(planted, arguments, folder, "c++")[0] == 0:
            print("a planted header without its include compiled: this check is blind")
            return 1

    jobs = []
    skipped = []
    for room in ROOMS:
        for parent, _, names in os.walk(os.path.join(root, room)):
            for name in sorted(names):
                if not name.endswith(".h"):
                    continue
                path = os.path.join(parent, name)
                header = os.path.relpath(path, root)
                found = find_flags(flags, header)
                if found is None:
                    skipped.append(header)
                else:
                    jobs.append((header, path, found[0], found[1], "c++"))
    c_header = os.path.join(root, C_HEADER)
    if os.path.exists(c_header):
        jobs.append((C_HEADER + " as C99", c_header,
                     ["cc", "-std=c99", "-Wall", "-Wextra", "-pedantic"], root, "c"))

    failures = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = pool.map(lambda job: compile_alone(*job[1:]), jobs)
        for job, (code, output) in zip(jobs, results):
            if code != 0:
                failures += 1
                print(f"{job[0]} does not compile alone:\n{output}")
    for header in skipped:
        print(f"{header}: skipped, its room is not built here")
    print(f"{len(jobs)} headers compiled, {failures} failed, {len(skipped)} skipped")
    return 1 if failures or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
