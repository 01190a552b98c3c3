#!/usr/bin/env python3
"""Installs the build into a scratch prefix, moves it, and builds and runs consumers against it:
a CMake project in C++ that uses every target and every installed header, a C program that finds
the library through pkg-config, and the example that README.md prints.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def run(command, **options):
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    if result.returncode != 0:
        print(f"$ {' '.join(str(word) for word in command)}\n{result.stdout}")
        sys.exit(1)
    return result.stdout


def check(condition, text):
    if not condition:
        print(text)
        sys.exit(1)


def check_example(args, prefix, scratch):
    """Builds examples/embed_cpp as a stranger would. README.md prints the same program."""
    source = ROOT / "examples" / "embed_cpp"
    build = scratch / "embed"
    run([args.cmake, "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
         f"-DCMAKE_CXX_COMPILER={args.cxx}"])
    run([args.cmake, "--build", build])
    output = run([build / "embed"]).strip()
    check(re.fullmatch(r"403 with [1-9][0-9]{2,3} bytes", output), f"the example printed: {output}")
    program = (source / "embed.cc").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    check(f"```cpp\n{program}```" in readme, "README.md doesn't print examples/embed_cpp/embed.cc")
    # What the proxies do is for tests/integration/embed_test.py.
    check((build / "proxy").is_file(), "examples/embed_cpp makes no proxy")
    build = scratch / "embed_c"
    run([args.cmake, "-S", ROOT / "examples" / "embed_c", "-B", build, "-G", "Ninja",
         f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_C_COMPILER={args.cc}",
         "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror"])
    run([args.cmake, "--build", build])
    check((build / "proxy").is_file(), "examples/embed_c makes no proxy")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("build", "cmake", "cxx", "cc", "version"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="stile-install-") as name:
        scratch = pathlib.Path(name)
        run([args.cmake, "--install", args.build, "--prefix", scratch / "first"])
        # A package that only works where it was installed first is found out here.
        prefix = scratch / "moved"
        (scratch / "first").rename(prefix)

        include = prefix / "include"
        check((include / "stile.h").is_file(), "stile.h is not installed")
        headers = sorted(path.relative_to(include / "stile").as_posix()
                         for path in (include / "stile").rglob("*.h"))
        check(len(headers) > 10, f"too few headers are installed: {headers}")
        rooms = {header.split("/")[0] for header in headers}
        check(rooms == {"challenge", "verifier", "engine"}, f"installed rooms are {rooms}")
        pc_files = list(prefix.rglob("stile.pc"))
        check(len(pc_files) == 1, f"expected one stile.pc: {pc_files}")
        lib = pc_files[0].parent.parent
        for path in [pc_files[0]] + list((lib / "cmake/stile").glob("*.cmake")):
            text = path.read_text(encoding="utf-8")
            for root in (args.build, str(scratch)):
                check(root not in text, f"{path.name} names {root}")

        # C++ through the CMake package, every installed header in one source.
        consumer = scratch / "consumer"
        consumer.mkdir()
        every = "".join(f'#include "{header}"\n' for header in headers)
        (consumer / "every_header.cc").write_text(
            every + "static_assert(sizeof(stile::Error) > 0);\n", encoding="utf-8")
        run([args.cmake, "-S", HERE / "consumer", "-B", consumer / "build", "-G", "Ninja",
             f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={args.cxx}",
             f"-DCMAKE_C_COMPILER={args.cc}", f"-DEVERY_HEADER={consumer / 'every_header.cc'}",
             f"-DWANTED_VERSION={args.version}"])
        run([args.cmake, "--build", consumer / "build", "-j", "2"])
        print(run([consumer / "build" / "uses_libraries"]).strip())
        output = run([consumer / "build" / "uses_c_library"]).strip()
        check(output == f"stile {args.version}, ABI 1", f"the C program printed: {output}")

        # C through pkg-config.
        environment = dict(os.environ, PKG_CONFIG_PATH=str(pc_files[0].parent))
        flags = run(["pkg-config", "--cflags", "--libs", "stile"], env=environment).split()
        version = run(["pkg-config", "--modversion", "stile"], env=environment).strip()
        check(version == args.version, f"pkg-config says version {version}")
        run([args.cc, "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic",
             HERE / "consumer" / "uses_c_library.c", "-o", scratch / "c_program"] + flags)
        output = run([scratch / "c_program"],
                     env=dict(os.environ, LD_LIBRARY_PATH=str(lib))).strip()
        check(output == f"stile {args.version}, ABI 1", f"the C program printed: {output}")
        check_example(args, prefix, scratch)
        print(f"{len(headers)} headers installed; {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
