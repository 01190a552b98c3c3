#!/usr/bin/env python3
"""The C of docs/c-abi.md, block after block, is a program that does what the page says.

Usage: c_abi_page_test.py CC INCLUDE_FOLDER LIBRARY_FOLDER
"""

import pathlib
import re
import subprocess
import sys
import tempfile

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "c-abi.md"


def main():
    compiler, include, library = sys.argv[1:]
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```c\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    [promised] = re.findall(r"^```text\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    if len(blocks) < 3:
        print(f"only {len(blocks)} blocks of C were found")
        return 1
    with tempfile.TemporaryDirectory(prefix="stile-page-") as folder:
        source = pathlib.Path(folder) / "tour.c"
        source.write_text("\n".join(blocks), encoding="utf-8")
        program = source.with_suffix("")
        built = subprocess.run(
            [compiler, "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
             f"-I{include}", str(source), "-o", str(program), f"-L{library}", "-lstile",
             f"-Wl,-rpath,{library}"], capture_output=True, text=True, check=False)
        if built.returncode != 0:
            print(built.stderr)
            return 1
        said = subprocess.run([str(program)], capture_output=True, text=True, check=False,
                              timeout=60)
    if said.returncode != 0 or said.stdout != promised:
        print(f"the program of the page ended with {said.returncode} and printed\n{said.stdout}")
        return 1
    # What the page says of other files.
    for name in re.findall(r"\]\(([^)#:]+)\)", page):
        if not (PAGE.parent / name).resolve().exists():
            print(f"the page names {name}, which isn't there")
            return 1
    print(f"{len(blocks)} blocks of C, and {len(promised.splitlines())} lines that they print")
    return 0


if __name__ == "__main__":
    sys.exit(main())
