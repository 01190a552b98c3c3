"""What a deployment may put into the place of a good file: the shapes of 18 November 2025 and others."""

import os
import random

HUGE = 100 << 20  # Bytes; sparse, since nothing may read it.


class BadFile:
    """`name`: what is wrong; `put(path)` puts it into the place of the file there."""

    def __init__(self, name, put):
        self.name, self.put = name, put


def text(name, make):
    """Of `make(good bytes)`, by a rename."""
    def put(path, good):
        beside = path.with_name(path.name + ".next")
        beside.write_bytes(make(good))
        beside.chmod(0o600)
        os.replace(beside, path)
    return BadFile(name, put)


def _huge(path, _):
    beside = path.with_name(path.name + ".next")
    with open(beside, "wb") as file:
        file.write(b'name = "')
        file.truncate(HUGE)
    beside.chmod(0o600)
    os.replace(beside, path)


def _folder(path, _):
    path.unlink()
    path.mkdir()


def _loop(path, _):
    path.unlink()
    path.symlink_to(path.name)


def _pipe(path, _):
    path.unlink()
    os.mkfifo(path)


def _missing(path, _):
    path.unlink()


DOUBLED = text("doubled", lambda good: good + good)
# Twice the rules, under names of their own: nothing is wrong with it but that it is too much.
DOUBLED_RULES = text("doubled-rules", lambda good: good + b"\n" + b"[[rule]]".join(
    [b""] + good.split(b"[[rule]]")[1:]).replace(b'name = "', b'name = "again-'))
TRUNCATED = text("truncated", lambda good: good[:len(good) * 2 // 3])
EMPTY = text("empty", lambda good: b"")
GARBAGE = text("garbage", lambda good: random.Random(1).randbytes(64 << 10))
HUGE_FILE = BadFile("100MB", _huge)
DEEP = text("depth-10000", lambda good: b"[[rule]]\nname = \"deep\"\npath = " + b"[" * 10_000 +
            b"]" * 10_000 + b"\n" + good)
DEEP_JSON = text("depth-10000", lambda good: b"[" * 10_000 + b"]" * 10_000)
DEEP_TABLES = text("depth-10000-tables", lambda good: good + b'[[rule]]\nname = "deep"\n'
                   b'action = "deny"\nany = ' + b"[ { not = { any = " * 5_000 + b'[ ]' +
                   b" } } ]" * 5_000 + b"\n")
REGEX = text("regex-bomb", lambda good: good + b'[[rule]]\nname = "bomb"\naction = "deny"\n'
             b"path_regex = ['^/abc(((((x{1,30}){1,30}){1,30}){1,30}){1,30})+$']\n")
ALTERNATIONS = text("regex-100000-alternations", lambda good: good +
                    b'[[rule]]\nname = "bomb"\naction = "deny"\npath_regex = [\'abc(' +
                    b"|".join(b"w%d" % i for i in range(100_000)) + b")']\n")
# Modes mean nothing to root, who may run a test; these are unreadable for anybody.
FOLDER = BadFile("unreadable-folder", _folder)
LOOP = BadFile("unreadable-loop", _loop)
PIPE = BadFile("unreadable-pipe", _pipe)
MISSING = BadFile("missing", _missing)

UNREADABLE = (FOLDER, LOOP, PIPE, MISSING)
POLICIES = (DOUBLED_RULES, DOUBLED, TRUNCATED, HUGE_FILE, DEEP, DEEP_TABLES, REGEX, ALTERNATIONS, GARBAGE,
            *UNREADABLE)
LISTS = (DOUBLED, TRUNCATED, EMPTY, HUGE_FILE, DEEP_JSON, GARBAGE, *UNREADABLE)
KEYS = (DOUBLED, TRUNCATED, EMPTY, HUGE_FILE, DEEP, GARBAGE, *UNREADABLE)
CERTIFICATES = (TRUNCATED, EMPTY, HUGE_FILE, GARBAGE, *UNREADABLE)


def remove(path):
    """Whatever lies there."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
