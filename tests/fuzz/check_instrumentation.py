#!/usr/bin/env python3
"""Fails unless the instrumentation that a build claims was on.

check_instrumentation.py sanitizer CANARY FAULT REPORT   CANARY FAULT must die of REPORT
check_instrumentation.py guidance CANARY_FUZZER          libFuzzer must be led to the canary
check_instrumentation.py fuzzer FUZZER FILE...           each FILE of the tree must be covered
"""

import pathlib
import re
import subprocess
import sys
import tempfile


def run(*command, **more):
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        errors="replace",
        check=False,
        **more,
    )
    return done.returncode, done.stdout


def sanitizer(canary, fault, report):
    status, output = run(canary, fault)
    if status == 0 or report not in output:
        return (
            f"{fault}: expected a report of {report!r}, got status {status} and:\n{output[-2000:]}"
        )
    return None


def guidance(fuzzer):
    with tempfile.TemporaryDirectory() as folder:
        status, output = run(
            fuzzer,
            "-runs=3000000",
            "-seed=1",
            "-max_len=8",
            "-use_cmp=0",
            f"-artifact_prefix={folder}/",
            cwd=folder,
        )
    if status == 0 or "the canary was found" not in output:
        return f"without guidance: 3,000,000 runs did not find the canary:\n{output[-2000:]}"
    return None


def fuzzer(program, *files):
    status, output = run(program, "-runs=0", "-print_coverage=1", "-seed=1", *files[:1])
    counters = sum(int(n) for n in re.findall(r"\((\d+) inline 8-bit counters\)", output))
    if status != 0 or counters < 300:
        return f"status {status}, {counters} counters:\n{output[-2000:]}"
    covered = {
        pathlib.PurePath(m).name
        for m in re.findall(r"^COVERED_FUNC:.* (\S+?):\d+", output, re.MULTILINE)
    }
    missing = [name for name in files[1:] if name not in covered]
    if missing:
        return f"the corpus covers nothing of {missing}; it covers {sorted(covered)}"
    print(f"{counters} counters, {len(covered)} files covered")
    return None


def main():
    checks = {"sanitizer": sanitizer, "guidance": guidance, "fuzzer": fuzzer}
    sys.exit(checks[sys.argv[1]](*sys.argv[2:]))


if __name__ == "__main__":
    main()
