#!/usr/bin/env python3
"""Holds the instructions that each stage of a request's way takes against what was recorded.

Usage: check_instruction_counts.py PROGRAM [--record] [--recorded FILE] [--twice]

PROGRAM is counted_stages; callgrind counts it: valgrind hides the SHA extensions and AVX-512. Where
the CPU has AVX2, counted are the portable SHA-256 for single blocks (the HMAC of a token), 8 lanes
of AVX2 for the parts of a solution, and AVX2 for decoding text; elsewhere all of it is portable.
Each stage has two numbers: instructions within SHA-256, and all others, or the hash would hide what
the rest does. More than 5 % above what was recorded fails; more than 5 % below asks to record anew,
without failing. Exit status 77, skipped: another compiler, libc or CPU than recorded, or no valgrind.

--record writes the file. --twice counts twice and fails unless both are equal, to the instruction.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded.json")
TIMES = 64
TOLERANCE = 0.05
SKIPPED = 77
AGAIN = "cmake --build build/release --target record_instruction_counts"


def about(program):
    """What a count depends on besides the sources."""
    # Valgrind shows a program less of the CPU than there is.
    lines = subprocess.run(["valgrind", "-q", "--tool=none", program, "--about"],
                           capture_output=True, text=True, check=True).stdout
    found = dict(line.split(": ", 1) for line in lines.splitlines())
    version = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True)
    return {**found, "valgrind": version.stdout.strip()}


def read_dump(path):
    """Returns the stage that a dump is of, and its instructions within SHA-256 and outside: what
    calls of the hash take from where it is entered, and the rest."""
    stage, caller, callee, total, hashing = None, "", "", 0, 0
    called = False
    with open(path) as file:
        for line in file:
            if line.startswith("desc: Trigger: Client Request: "):
                stage = line.split(": ", 3)[3].strip()
            elif line.startswith("summary: "):
                total = int(line.split()[1])
            elif line.startswith("fn="):
                caller = line[3:]
            elif line.startswith("cfn="):
                callee = line[4:]
            elif line.startswith("calls="):
                called = True  # The next line is what the callee takes.
            elif called:
                called = False
                if is_hash(callee) and not is_hash(caller):
                    hashing += int(line.split()[1])
    return stage, (hashing, total - hashing)


def is_hash(function):
    """True for the functions of challenge/sha256*.cc and of the puzzle that is made of them."""
    name = function.split("(anonymous namespace)::")[-1].removeprefix("stile::")
    return re.match("(Sha256|Compress)", name) is not None


def count(program):
    """Returns {stage: {"sha256": instructions, "rest": instructions}} of one operation."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--compress-strings=no",
                   "--compress-pos=no", f"--callgrind-out-file={folder}/out", program]
        # An empty environment: the stack lies where it lay.
        done = subprocess.run(command, capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"]})
        if done.returncode != 0:
            sys.exit(f"error: {program} ended with status {done.returncode}\n"
                     f"{done.stdout}{done.stderr}")
        stages = {}
        for path in glob.glob(f"{folder}/out.*"):
            stage, (hashing, rest) = read_dump(path)
            if stage is not None and "/" in stage and hashing + rest > 0:
                stages[stage] = {"sha256": hashing / TIMES, "rest": rest / TIMES}
    said = [line.split()[0] for line in done.stdout.splitlines() if line.endswith("as expected")]
    if not said or sorted(said) != sorted(stages):
        sys.exit(f"error: counted {sorted(stages)} of {sorted(said)}")
    return {stage: stages[stage] for stage in said}


def compare(recorded, counted):
    """Returns (failures, improvements), a sentence each."""
    failures, improvements = [], []
    for stage in sorted({*recorded, *counted}):
        if stage not in counted or stage not in recorded:
            failures.append(f"{stage}: {'not recorded' if stage in counted else 'not counted'}")
            continue
        for part, was in recorded[stage].items():
            now = counted[stage][part]
            where = "within SHA-256" if part == "sha256" else "outside of SHA-256"
            change = f"{(now - was) / was:+.1%}" if was else "from none"
            sentence = f"{stage}: {now:.1f} instructions {where}, recorded {was:.1f} ({change})"
            if now > was * (1 + TOLERANCE) + 1:
                failures.append(sentence)
            elif now < was * (1 - TOLERANCE) - 1:
                improvements.append(sentence)
    return failures, improvements


def check(path, facts, counted):
    with open(path) as file:
        recorded = json.load(file)
    failures, improvements = compare(recorded["stages"], counted)
    for sentence in improvements:
        print(f"better   {sentence}")
    for sentence in failures:
        print(f"WORSE    {sentence}")
    if failures:
        print(f"A stage takes more than {TOLERANCE:.0%} more instructions than recorded. If that is "
              f"worth it:\n  {AGAIN}\nand say why in the commit.")
        return 1
    if improvements:
        print(f"Stages take more than {TOLERANCE:.0%} fewer. So that this isn't lost again:\n"
              f"  {AGAIN}")
    lanes = "AVX2 lanes" if facts["avx2"] == "yes" else "portable lanes"
    print(f"{len(counted)} stages, portable SHA-256 for single blocks, {lanes} for parts: all within "
          f"{TOLERANCE:.0%} of what was recorded, or better")
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--recorded", default=RECORDED)
    parser.add_argument("--twice", action="store_true")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    if not shutil.which("valgrind"):
        print("skipped: apt-get install valgrind")
        return SKIPPED

    facts = about(program)
    if not options.record:
        with open(options.recorded) as file:
            recorded = json.load(file)
        others = [f"{name} {facts.get(name)}, recorded with {value}"
                  for name, value in recorded["about"].items() if facts.get(name) != value]
        if others:
            print("skipped: counts are not comparable: " + "; ".join(others))
            return SKIPPED
    counted = count(program)
    if options.twice and count(program) != counted:
        print("two counts differ")
        return 1
    if options.record:
        with open(options.recorded, "w") as file:
            json.dump({"about": facts, "stages": counted}, file, indent=1)
            file.write("\n")
    for stage, numbers in counted.items():
        print(f"{stage:18} {numbers['sha256']:9.1f} within SHA-256 {numbers['rest']:9.1f} outside")
    return 0 if options.record else check(options.recorded, facts, counted)


if __name__ == "__main__":
    sys.exit(main())
