#!/usr/bin/env python3
"""Runs secret_paths under valgrind: check_constant_time.py PROGRAM PATH clean|leaks

`clean`: no branch and no address may depend on a secret. `leaks`: memcheck must say that one does,
or it would not say so elsewhere either. Ends with 77, skipped, where there is no valgrind.
"""

import re
import shutil
import subprocess
import sys

SKIPPED = 77
REPORT = re.compile(
    r"Conditional jump or move depends on uninitialised value|"
    r"Use of uninitialised value of size"
)
FOUND = 99


def main():
    program, path, expected = sys.argv[1:]
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        print("skipped: valgrind is not installed; apt-get install valgrind")
        return SKIPPED
    done = subprocess.run(
        [
            valgrind,
            "--tool=memcheck",
            f"--error-exitcode={FOUND}",
            "--leak-check=no",
            "--error-limit=no",
            program,
            path,
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(done.stdout + done.stderr)
    if "ran under valgrind" not in done.stdout:
        print("the program did not notice valgrind, so nothing was marked")
        return 1
    reported = REPORT.search(done.stderr) is not None
    if expected == "leaks":
        if done.returncode == FOUND and reported:
            return 0
        print(f"{path}: the planted leak was not reported; this test would see no other either")
        return 1
    return 0 if done.returncode == 0 and not reported else 1


if __name__ == "__main__":
    sys.exit(main())
