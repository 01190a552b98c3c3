#!/usr/bin/env python3
"""Compiles stile.h alone, with every warning, as every C and C++ that its callers may have.

Usage: check_header.py STILE_H. Proves first that a warning would be seen.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

# Off are what is about the layout of structs, which is chosen, and about dialects of C++ that no
# caller is asked to keep to.
GCC = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wundef",
       "-Wcast-qual", "-Wcast-align", "-Wswitch-enum", "-Wredundant-decls", "-Wwrite-strings"]
GCC_C = ["-Wstrict-prototypes", "-Wmissing-prototypes", "-Wc++-compat"]
GCC_CXX = ["-Wold-style-cast", "-Wuseless-cast", "-Wzero-as-null-pointer-constant"]
CLANG = ["-Weverything", "-Wno-padded"]
CLANG_CXX = ["-Wno-c++98-compat", "-Wno-c++98-compat-pedantic"]
DIALECTS = [
    ("gcc", "c99", GCC + GCC_C),
    ("gcc", "c11", GCC + GCC_C),
    ("gcc", "c17", GCC + GCC_C),
    ("g++", "c++11", GCC + GCC_CXX),
    ("g++", "c++20", GCC + GCC_CXX),
    ("clang", "c99", CLANG),
    ("clang", "c11", CLANG),
    ("clang", "c17", CLANG),
    ("clang++", "c++11", CLANG + CLANG_CXX),
    ("clang++", "c++20", CLANG + CLANG_CXX),
]
# What is left to a caller's own code: nothing of it may warn either.
SOURCE = """#include <stile.h>
uint32_t version_of_stile(void);
uint32_t version_of_stile(void) { return stile_abi_version(); }
"""
PLANTED = "static int stile_planted(long value) { return value; }\n"


def compile_alone(compiler, dialect, warnings, folder):
    language = "c++" if "++" in dialect else "c"
    command = [compiler, f"-std={dialect}", "-Werror", *warnings, f"-I{folder}", "-fsyntax-only",
               "-x", language, "-"]
    return subprocess.run(command, input=SOURCE, text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    header = pathlib.Path(sys.argv[1])
    mistakes = 0
    with tempfile.TemporaryDirectory(prefix="stile-header-") as name:
        scratch = pathlib.Path(name)
        text = header.read_text(encoding="utf-8")
        (scratch / "stile.h").write_text(
            text.replace("#ifdef __cplusplus", PLANTED + "#ifdef __cplusplus", 1), encoding="utf-8")
        for compiler, dialect, warnings in DIALECTS:
            if shutil.which(compiler) is None:
                print(f"{compiler} is not installed")
                return 1
            if compile_alone(compiler, dialect, warnings, scratch).returncode == 0:
                print(f"{compiler} -std={dialect} doesn't see a planted warning")
                mistakes += 1
            result = compile_alone(compiler, dialect, warnings, header.parent)
            if result.returncode != 0:
                print(f"{compiler} -std={dialect}:\n{result.stdout}")
                mistakes += 1
    print(f"{len(DIALECTS)} dialects, {mistakes} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
