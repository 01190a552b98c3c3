"""The text format of tests/vectors; its README.md explains it."""

import hashlib

from stile_checker import EPOCH, Master, Ring


def read_records(path):
    """Returns the file's records: dictionaries from a key to the list of its values."""
    records, record = [], {}
    for line in path.read_text(encoding="utf-8").split("\n") + [""]:
        if line.startswith("#"):
            continue
        if line == "":
            if record:
                records.append(record)
            record = {}
            continue
        key, colon, value = line.partition(": ")
        if not colon and line.endswith(":"):
            key, value = line[:-1], ""
        elif not colon:
            raise ValueError(f"{path.name}: no key in {line!r}")
        record.setdefault(key, []).append(value)
    return records


def ring_of(record):
    """Reads a record whose first key is `ring`."""
    masters = []
    for value in record["master"]:
        id_, secret, until = value.split(" ")
        masters.append(
            Master(int(id_), bytes.fromhex(secret), None if until == "-" else int(until))
        )
    created = int(record["created"][0])
    last = created + EPOCH * int(record["horizon_days"][0])
    return Ring(masters, created // EPOCH - 8, last // EPOCH)


class VectorFile:
    """Collects records and gives the text of a file."""

    def __init__(self, *comment):
        self.lines = ["# " + line for line in comment]
        self.lines += ["# Origin: tests/wire_format/make_vectors.py; do not edit by hand.", ""]
        self.names = set()

    def section(self, comment):
        self.lines += ["# --- " + comment, ""]

    def add(self, name, *pairs, kind="vector"):
        if name in self.names:
            raise ValueError(f"two vectors are called {name}")
        self.names.add(name)
        self.lines.append(f"{kind}: {name}")
        for key, value in pairs:
            self.lines.append(f"{key}: {value}" if value != "" else f"{key}:")
        self.lines.append("")

    def text(self):
        return "\n".join(self.lines).rstrip("\n") + "\n"


class Draw:
    """Bytes that look random and are the same on every machine."""

    def __init__(self, seed):
        self.seed, self.count = seed.encode(), 0

    def __call__(self, size):
        out = b""
        while len(out) < size:
            out += hashlib.sha256(self.seed + self.count.to_bytes(8, "big")).digest()
            self.count += 1
        return out[:size]
