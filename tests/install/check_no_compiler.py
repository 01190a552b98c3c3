#!/usr/bin/env python3
"""Fails if a program that verifies could make memory executable, or holds HashWX's compiler.

Usage: check_no_compiler.py CONTROL BINARY...

CONTROL is one that solves: the check must find both in it, or it proves nothing of the others.
"""

import re
import subprocess
import sys

COMPILER = re.compile(r"stile::(HashwxCode|HashwxSearcher|EmitHashwx|SearchHashwx)")
# Without these, only a mapping that is executable from the start could be; nobody makes one of
# bytes that it has yet to write.
IMPORTS = {"mprotect", "pkey_mprotect", "memfd_create"}


def run(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def findings(binary):
    """Returns what is wrong with `binary`, as sentences."""
    found = []
    defined = run("nm", "--demangle", "--defined-only", binary)
    if "stile::" not in defined:
        found.append("has no symbols to look at")
    if COMPILER.search(defined):
        found.append("holds the compiler")
    imported = {line.split()[-1].split("@")[0]
                for line in run("nm", "-D", "--undefined-only", binary).splitlines()}
    if not imported:
        found.append("imports nothing: is it linked?")
    found += [f"imports {name}" for name in sorted(imported & IMPORTS)]
    if re.search(r"GNU_STACK.* RWE ", run("readelf", "-lW", binary)):
        found.append("asks for an executable stack")
    return found


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    control, *binaries = sys.argv[1:]
    of_control = findings(control)
    if not {"holds the compiler", "imports mprotect"} <= set(of_control):
        print(f"{control}: the compiler was not found where it is: {of_control}")
        return 1
    mistakes = [f"{binary} {text}" for binary in binaries for text in findings(binary)]
    print("\n".join(mistakes) or f"{len(binaries)} binaries verify without a compiler")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
