#!/usr/bin/env python3
"""Compiles the sources of rooms for aarch64, as far as the compiler's front end goes, with warnings
as errors. Skipped where Debian's cross compiler is not installed.

Usage: check_compiles.py SOURCE_ROOT COMPILE_COMMANDS ROOM...
"""

import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess
import sys

COMPILER = "aarch64-linux-gnu-g++"


def compilations(root, commands_path, rooms):
    """Yields (source, command, working folder)."""
    with open(commands_path, encoding="utf-8") as file:
        commands = json.load(file)
    own_folders = [os.path.join(root, room) + os.sep for room in rooms]
    own_folders += [os.path.join(os.path.dirname(commands_path), room) + os.sep for room in rooms]
    for entry in commands:
        if not entry["file"].startswith(tuple(own_folders)):
            continue
        words = shlex.split(entry["command"])
        # The other compiler's name, and what only x86-64 knows, go.
        first = 2 if os.path.basename(words[0]) == "ccache" else 1
        kept, skip_next = [], False
        for word in words[first:]:
            if skip_next:
                skip_next = False
            elif word in ("-o", "-MF", "-MT", "-MQ"):
                skip_next = True
            elif word not in ("-c", "-MD", "-MMD") and not word.startswith(("-m", "-O")):
                kept.append(word)
        yield entry["file"], [COMPILER, "-fsyntax-only", "-O1", "-Werror"] + kept, entry["directory"]


def compile_one(job):
    source, command, folder = job
    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return source, result.returncode, result.stdout


def main():
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    if shutil.which(COMPILER) is None:
        print(f"skipped: {COMPILER} is not here; scripts/install_dependencies.sh aarch64 brings it")
        return 77
    jobs = list(compilations(sys.argv[1], sys.argv[2], sys.argv[3:]))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for source, code, text in pool.map(compile_one, jobs):
            if code != 0:
                failed += 1
                print(f"{source}:\n{text}")
    print(f"{len(jobs) - failed} of {len(jobs)} sources compile for aarch64")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
