#!/usr/bin/env python3
"""Checks what libstile.so needs, exports and is named.

Usage: check_shared_library.py LIBSTILE_SO
"""

import re
import subprocess
import sys

ALLOWED = re.compile(
    r"^(libc\.so\.6|libm\.so\.6|libstdc\+\+\.so\.6|libgcc_s\.so\.1|libcrypto\.so\.3|"
    r"libsodium\.so\.\d+|libre2\.so\.\d+|ld-linux-.*\.so\.\d+)$")
SONAME = "libstile.so.1"


def run(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    library = sys.argv[1]
    dynamic = run("readelf", "-dW", library)
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    soname = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
    segments = run("readelf", "-lW", library)
    exported = [line.split()[-1].split("@")[0]
                for line in run("nm", "-D", "--defined-only", library).splitlines()]
    functions = [name for name in exported if name != "STILE_1"]

    mistakes = [f"needs {name}" for name in needed if not ALLOWED.match(name)]
    mistakes += [f"exports {name}" for name in functions if not re.match(r"^stile_[a-z0-9_]+$", name)]
    if "stile_abi_version" not in functions:
        mistakes.append("nothing was read: is this libstile.so?")
    if soname != [SONAME]:
        mistakes.append(f"soname is {soname}, not {SONAME}")
    if "GNU_RELRO" not in segments or not re.search(r"\bNOW\b", dynamic):
        mistakes.append("not linked with full relro")
    if re.search(r"GNU_STACK.* RWE ", segments):
        mistakes.append("asks for an executable stack")
    for mistake in mistakes:
        print(f"libstile.so {mistake}")
    print(f"needed: {' '.join(needed)}; {len(functions)} functions exported")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
