#!/usr/bin/env python3
"""Fails on an include, a file name or an include guard that the house rules forbid.

Usage: check_layering.py SOURCE_ROOT. Prints one line per mistake: path:line: what is wrong.
The rules are the tables below; docs/architecture.md says why.
"""

import os
import re
import sys

# Room -> rooms whose headers it may include. A room may always include its own.
LIBRARIES = ["challenge", "verifier", "engine"]
ARROWS = {
    "challenge": [],
    "verifier": ["challenge"],
    "engine": ["challenge", "verifier"],
    "capi": LIBRARIES,
    "service": LIBRARIES,
    "tool": LIBRARIES + ["service"],  # The configuration is one file for both programs.
    "bench": LIBRARIES + ["capi", "service", "tool"],
    "tests": LIBRARIES + ["capi", "service", "tool", "bench"],
    # These two live on what is installed: see INSTALLED_ONLY.
    "adapters": [],
    "examples": [],
}
INSTALLED_ONLY = {"adapters", "examples"}
# Rooms that measure or test may use any third-party header.
EXEMPT = {"bench", "tests", "adapters", "examples"}

# First component of an angle include -> rooms that may use it. What is not here is free.
OWNED = {
    "ares.h": ["service"],
    "absl": ["service", "tool"],
    "benchmark": [],
    "boost": ["service", "tool"],
    "CLI": ["service", "tool"],
    "gmock": [],
    "gtest": [],
    "hiredis": ["service", "tool"],
    "maxminddb.h": ["service"],
    "nghttp2": ["service"],
    "openssl": ["challenge", "verifier", "service", "tool"],
    "prometheus": ["service", "tool"],
    "re2": ["verifier"],
    "sodium.h": ["challenge", "verifier", "service", "tool"],
    "spdlog": ["service", "tool"],
    # A key file, a policy, and in engine/config/ what makes an engine of both, for every door.
    "toml++": ["challenge", "verifier", "engine", "service", "tool"],
    "yaml-cpp": ["tool"],
    "zlib.h": ["tool"],
}
# Headers of input and output, threads and sockets. The libraries are pure.
IMPURE = re.compile(
    r"^(fstream|iostream|filesystem|thread|mutex|shared_mutex|condition_variable|future|"
    r"sys/(socket|epoll|un|stat|file|ioctl|mman|shm)\.h|netinet/.*|netdb\.h|poll\.h|"
    r"fcntl\.h|unistd\.h|syslog\.h)$")
# Where a library does it all the same, and why.
IMPURE_ALLOWED = {
    "engine/engine_slot.h": {"mutex"},  # Reloaders take turns; a request never locks.
    "engine/engine_slot.cc": {"mutex"},
    # Belongs to solvers: see SOLVERS_ONLY.
    "challenge/puzzle/hashwx_code.cc": {"sys/mman.h"},
    # The one place that asks the system for memory which processes share.
    "verifier/tables/table_memory.cc": {"fcntl.h", "sys/file.h", "sys/mman.h", "sys/shm.h",
                                        "sys/stat.h", "unistd.h"},
}

# What the request path is made of, and what must not be reachable from it.
CHECK_PATH = ["verifier/gate", "verifier/clearance_check"]
NOT_ON_CHECK_PATH = {"challenge/issuer.h"}

# What compiles programs and runs them, and the rooms that may: nothing that verifies does.
SOLVERS_ONLY = {f"challenge/puzzle/hashwx_{name}.h" for name in ("code", "emit", "search")}
SOLVER_ROOMS = {"tool", "bench", "tests"}

C_HEADER = "capi/stile.h"
C_HEADER_INCLUDES = {"stddef.h", "stdint.h"}

VAGUE = {"util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"}

SOURCE_SUFFIXES = (".h", ".cc", ".c")
SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", "peers", "vectors", "corpus"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)"|(\S+))')
COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def blank(match):
    """Blanks a comment or raw string, keeping its line breaks; leaves plain strings alone."""
    text = match.group(0)
    if text.startswith('"'):
        return text
    return re.sub(r"[^\n]", " ", text)


def read_includes(path):
    """Returns (line, angle, quoted, other) for each include of the file at `path`."""
    with open(path, encoding="utf-8") as file:
        text = COMMENT_OR_STRING.sub(blank, file.read())
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if match:
            found.append((number,) + match.groups())
    return found


def private_headers(root, room):
    """Returns the headers that `room` keeps out of the installation."""
    path = os.path.join(root, room, "CMakeLists.txt")
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"#[^\n]*", "", file.read())
    headers = set()
    for block in re.findall(r"\bPRIVATE_HEADERS\b(.*?)(?:\b[A-Z][A-Z_]+\b|\))", text, re.DOTALL):
        headers.update(f"{room}/{name}" for name in block.split() if name.endswith(".h"))
    return headers


class Tree:
    def __init__(self, root):
        self.root = root
        self.mistakes = []
        self.includes = {}
        self.files = []
        for room in ARROWS:
            for folder, folders, names in os.walk(os.path.join(root, room)):
                folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
                for name in sorted(names):
                    self.files.append(os.path.relpath(os.path.join(folder, name), root))
        self.private = set()
        for room in LIBRARIES:
            self.private |= private_headers(root, room)

    def complain(self, path, line, text):
        self.mistakes.append(f"{path}:{line}: {text}")

    def check(self):
        vague_folders = set()
        for path in self.files:
            self.check_name(path, vague_folders)
            if path.endswith(SOURCE_SUFFIXES):
                self.includes[path] = read_includes(os.path.join(self.root, path))
        for path, includes in self.includes.items():
            room = path.split("/")[0]
            for line, angle, quoted, other in includes:
                if other:
                    self.complain(path, line, f"include of '{other}': name the header itself")
                elif angle:
                    self.check_angle(path, room, line, angle)
                else:
                    self.check_quoted(path, room, line, quoted)
            if path.endswith(".h"):
                self.check_guard(path)
        self.check_c_header()
        self.check_check_path()
        return self.mistakes

    def check_name(self, path, vague_folders):
        parts = path.split("/")
        for depth, part in enumerate(parts):
            words = set(re.split(r"[^a-z]+", part.lower()))
            if not words & VAGUE:
                continue
            prefix = "/".join(parts[:depth + 1])
            if prefix not in vague_folders:
                vague_folders.add(prefix)
                word = sorted(words & VAGUE)[0]
                self.complain(prefix, 1, f"'{word}' names nothing: name the thing")

    def check_angle(self, path, room, line, name):
        first = name.split("/")[0]
        if first in ARROWS and room not in INSTALLED_ONLY:
            self.complain(path, line, f'<{name}> is ours: write "{name}"')
        if first in INSTALLED_ONLY or first in ARROWS and room in INSTALLED_ONLY:
            self.check_installed(path, line, name)
        if room in EXEMPT:
            return
        if first in OWNED and room not in OWNED[first]:
            where = ", ".join(OWNED[first]) or "tests, bench"
            self.complain(path, line, f"<{name}> belongs to {where}, not to {room}")
        if room in LIBRARIES and IMPURE.match(name) and name not in IMPURE_ALLOWED.get(path, ()):
            self.complain(path, line, f"<{name}>: {room} does no input, output or locking")

    def check_installed(self, path, line, name):
        if name.split("/")[0] not in LIBRARIES or name in self.private:
            self.complain(path, line, f"{name} is not installed: use installed headers only")

    def check_quoted(self, path, room, line, name):
        first = name.split("/")[0]
        if ".." in name.split("/"):
            self.complain(path, line, f'"{name}": name it from the source root')
        elif room in INSTALLED_ONLY:
            beside = os.path.join(self.root, os.path.dirname(path), name)
            if not os.path.exists(beside):
                self.check_installed(path, line, name)
        elif first not in ARROWS or "/" not in name:
            self.complain(path, line, f'"{name}": name it from the source root')
        elif first != room and first not in ARROWS[room]:
            self.complain(path, line, f'"{name}": {room} must not include {first}')
        elif name in SOLVERS_ONLY and not (
                room in SOLVER_ROOMS or re.sub(r"(_x86|_aarch64)?\.\w+$", ".h", path) in SOLVERS_ONLY):
            self.complain(path, line, f'"{name}" maps memory that can be executed: for solvers only')

    def check_guard(self, path):
        wanted = "STILE_" + re.sub(r"[^A-Z0-9]", "_", path.upper()) + "_"
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            text = COMMENT_OR_STRING.sub(blank, file.read())
        match = re.match(r"\s*#ifndef[ \t]+(\w+)[ \t]*\n#define[ \t]+(\w+)[ \t]*\n", text)
        if not match or match.group(1) != wanted or match.group(2) != wanted:
            self.complain(path, 1, f"the include guard must be {wanted}")

    def check_c_header(self):
        for line, angle, quoted, other in self.includes.get(C_HEADER, []):
            name = angle or quoted or other
            if name not in C_HEADER_INCLUDES:
                self.complain(C_HEADER, line, f"'{name}': only <stddef.h> and <stdint.h> here")

    def check_check_path(self):
        for start in CHECK_PATH:
            for suffix in (".h", ".cc"):
                self.walk(start + suffix)

    def walk(self, start):
        seen = {start}
        queue = [start]
        while queue:
            path = queue.pop()
            for line, _, quoted, _ in self.includes.get(path, []):
                if quoted in NOT_ON_CHECK_PATH:
                    self.complain(path, line, f'"{quoted}" is reachable from {start}')
                elif quoted and quoted not in seen:
                    seen.add(quoted)
                    queue.append(quoted)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    tree = Tree(sys.argv[1])
    mistakes = sorted(set(tree.check()))
    for mistake in mistakes:
        print(mistake)
    print(f"{len(tree.includes)} sources, {len(mistakes)} mistakes")
    if len(tree.includes) < 10:
        print("too few sources: is this the source root?")
        return 1
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
