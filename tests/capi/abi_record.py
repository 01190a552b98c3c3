#!/usr/bin/env python3
"""Keeps the record of the ABI of stile.h, and compares what is built with it.

  check   fails on any difference from capi/libstile.abi (by abidiff) and capi/abi.txt
  write   renews both, and says what changed
  plant   proves that `check` sees changes, by planting some in copies

Every difference is red, an addition too: the record is renewed on purpose, by
scripts/record_abi.sh. What is not an addition changes the soname as well.
"""

import argparse
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRUCT = re.compile(r"typedef struct (\w+) \{(.*?)\} (\w+);", re.DOTALL)
ENUM = re.compile(r"enum \{(.*?)\};", re.DOTALL)
# The name behind the type, or inside the parentheses of a pointer to a function.
MEMBER = re.compile(r"(\w+)\s*(?:\[\w+\])?$")
FUNCTION = re.compile(r"^STILE_API(?:_VOID)? ([\w* ]+?) ?(stile_\w+)\(([^;]*)\);", re.MULTILINE)
FUNCTION_POINTER = re.compile(r"\(\*(\w+)\)")


def fail(text):
    print(text)
    sys.exit(1)


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    return done.returncode, done.stdout


def must(*command):
    status, output = run(*command)
    if status != 0:
        fail(f"$ {' '.join(str(word) for word in command)}\n{output}")
    return output


def parse_header(text):
    """Returns the structs of a header with their members, and its enumerators."""
    text = COMMENT.sub(" ", text)
    structs = {}
    for name, body, alias in STRUCT.findall(text):
        if name != alias:
            fail(f"struct {name} is called {alias}")
        members = []
        for declaration in filter(None, (line.strip() for line in body.split(";"))):
            found = FUNCTION_POINTER.search(declaration) or MEMBER.search(declaration)
            if not found or "," in declaration and "(" not in declaration:
                fail(f"struct {name}: one member to a declaration: {declaration}")
            members.append(found.group(1))
        structs[name] = members
    enumerators = []
    for body in ENUM.findall(text):
        enumerators += [word.split("=")[0].strip() for word in body.split(",") if word.strip()]
    if len(structs) < 10 or len(enumerators) < 50:
        fail(f"stile.h was not read: {len(structs)} structs, {len(enumerators)} enumerators")
    return structs, enumerators


def layout_of(header, cc, scratch):
    """What a compiler says of the header: a line for each struct, member and number."""
    structs, enumerators = parse_header(header.read_text(encoding="utf-8"))
    lines = ["#include <stdio.h>", f'#include "{header}"', "int main(void) {",
             '  printf("ABI version %u\\n", STILE_ABI_VERSION);']
    for name, members in structs.items():
        lines.append(f'  printf("\\n{name}: %zu bytes, aligned to %zu\\n", sizeof({name}), '
                     f"__alignof__({name}));")
        for member in members:
            lines.append(f'  printf("  %4zu %4zu {member}\\n", offsetof({name}, {member}), '
                         f"sizeof((({name}*)0)->{member}));")
    lines.append('  printf("\\nnumbers\\n");')
    for name in enumerators:
        lines.append(f'  printf("  {name} %lld\\n", (long long){name});')
    lines += ["  return 0;", "}"]
    source = scratch / "layout.c"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    must(cc, "-std=c99", "-Wall", "-Werror", source, "-o", scratch / "layout")
    return must(scratch / "layout")


def exports_of(library):
    lines = must("nm", "-D", "--defined-only", library).splitlines()
    names = sorted(line.split()[-1] for line in lines if not line.split()[-1].startswith("STILE_"))
    return "\nexports\n" + "".join(f"  {name}\n" for name in names)


def readable(args, header, scratch):
    return layout_of(header, args.cc, scratch) + exports_of(args.library)


def described(args, header, scratch):
    """abidw's description of a library that has the functions of a header, and nothing in them."""
    text = COMMENT.sub(" ", header.read_text(encoding="utf-8"))
    functions = FUNCTION.findall(text)
    if len(functions) < 30:
        fail(f"stile.h was not read: {len(functions)} functions")
    source = scratch / "functions.c"
    source.write_text(f'#include "{header}"\n' + "".join(
        f"{result} {name}({parameters}) {{{'' if result == 'void' else ' return 0; '}}}\n"
        for result, name, parameters in functions), encoding="utf-8")
    library = scratch / "libstile.so.1"
    must(args.cc, "-std=c99", "-g", "-O0", "-w", "-shared", "-fPIC", "-Wl,-soname,libstile.so.1",
         f"-Wl,--version-script={args.root / 'capi' / 'libstile.map'}", source, "-o", library)
    out = scratch / "now.abi"
    must(args.abidw, "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed",
         "--out-file", out, library)
    # Where it was compiled is nobody's business.
    return re.sub(r" (path|comp-dir-path|filepath)='[^']*'", "", out.read_text(encoding="utf-8"))


def difference(old, new):
    return "".join(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "recorded",
                                        "built", n=1))


def compare(args, now, scratch):
    """What abidiff says of a description beside the recorded one; empty: nothing."""
    changed = scratch / "changed.abi"
    changed.write_text(now, encoding="utf-8")
    status, output = run(args.abidiff, "--no-show-locs", args.root / "capi" / "libstile.abi",
                         changed)
    if status & 3:
        fail(f"abidiff failed:\n{output}")
    return output if status != 0 else ""


def find_differences(args, scratch):
    text = difference((args.root / "capi" / "abi.txt").read_text(encoding="utf-8"),
                      readable(args, args.root / "capi" / "stile.h", scratch))
    return text + compare(args, described(args, args.root / "capi" / "stile.h", scratch), scratch)


def check(args, scratch):
    differences = find_differences(args, scratch)
    if differences:
        fail(f"{differences}\nThe ABI is not the recorded one. If this only adds something, raise "
             "STILE_ABI_VERSION and renew the record with scripts/record_abi.sh; anything else "
             "breaks programs that are built, and takes another soname.")
    print("the ABI is the recorded one")


def write(args, scratch):
    text = args.root / "capi" / "abi.txt"
    record = args.root / "capi" / "libstile.abi"
    if text.exists() and record.exists():
        print(find_differences(args, scratch) or "nothing has changed")
    text.write_text(readable(args, args.root / "capi" / "stile.h", scratch), encoding="utf-8")
    record.write_text(described(args, args.root / "capi" / "stile.h", scratch), encoding="utf-8")


# What must not go unseen in stile.h: by both, by the readable record, and by abidiff.
CHANGES = {
    "a member in the middle": ("  int32_t verdict; ", "  int32_t verdict;\n  int32_t verdict_too; "),
    "a wider member": ("uint32_t retry_after_s;", "uint64_t retry_after_s;"),
    "a member that is gone": ("  size_t last_good_count;\n", ""),
    "a room that is another": ("STILE_MAX_ANSWER_FIELDS = 16", "STILE_MAX_ANSWER_FIELDS = 17"),
}
NAMES = {
    "a member of another name": ("uint32_t rank_held;", "uint32_t rank_kept;"),
    "a number that is another": ("STILE_ACTION_DENY = 3", "STILE_ACTION_DENY = 5"),
    "a number that is new": ("STILE_ACTION_SERVE = 4", "STILE_ACTION_SERVE = 4, STILE_ACTION_X = 5"),
}
TYPES = {
    "a parameter of another type": ("uint32_t site, int32_t action", "uint32_t site, int64_t action"),
    "a parameter more": ("stile_tick* tick);", "stile_tick* tick, int32_t more);"),
    "another result": ("STILE_API uint32_t stile_site_id", "STILE_API uint64_t stile_site_id"),
    "a function that is gone": ("STILE_API stile_status stile_respond_too_long", "stile_status gone"),
    "a function that is new": ("STILE_API uint32_t stile_abi_version(void);",
                               "STILE_API uint32_t stile_abi_version(void);\n"
                               "STILE_API uint32_t stile_abi_revision(void);"),
}


def plant(args, scratch):
    header = args.root / "capi" / "stile.h"
    text = header.read_text(encoding="utf-8")
    before = layout_of(header, args.cc, scratch)
    changed = scratch / "stile.h"

    def change(what, old, new):
        if text.count(old) != 1:
            fail(f"{what}: stile.h has {text.count(old)} times: {old}")
        changed.write_text(text.replace(old, new), encoding="utf-8")

    for what, (old, new) in {**CHANGES, **NAMES}.items():
        change(what, old, new)
        if not difference(before, layout_of(changed, args.cc, scratch)):
            fail(f"unseen in the readable record: {what}")
    for what, (old, new) in {**CHANGES, **TYPES}.items():
        change(what, old, new)
        if not compare(args, described(args, changed, scratch), scratch):
            fail(f"unseen by abidiff: {what}")
    print(f"{len(CHANGES) + len(NAMES) + len(TYPES)} planted changes were seen")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("root", "library"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    for name in ("cc", "abidw", "abidiff"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("action", choices=["check", "write", "plant"])
    args = parser.parse_args()
    for program in (args.abidw, args.abidiff):
        if "NOTFOUND" in program:
            fail("abidw and abidiff are not installed: scripts/install_dependencies.sh tests")
    with tempfile.TemporaryDirectory(prefix="stile-abi-") as name:
        {"check": check, "write": write, "plant": plant}[args.action](args, pathlib.Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
