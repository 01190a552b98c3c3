"""D20: more clients than any table has room for, each seen once."""

import random
import socket
import time

from drill import Drill
from relay_process import through
from rig import AGENT, FULL, MEGABYTE, Rig

CLIENTS = 2_000_000 if FULL else 30_000
BATCH = 100
# As small as tables may be: every one of them overflows many times over.
SMALL = ("[budgets]\nclearances = 4096\ncleared_prefixes = 4096\nuncleared_prefixes = 4096\n"
         "uncleared_rings = 4096\n")


class TableOverflow(Drill):
    ID, NAME = "D20", "table-overflow"
    INJECTS = ("30,000 (2,000,000) clients of as many networks, IPv4 and IPv6, against tables of 4,096 "
               "cells")
    CONTROL = "a proxy in front that keeps something for each client it has seen"
    red = ("I5",)

    def run(self):
        with Rig(sections=SMALL) as rig:
            rig.baseline()
            with rig.fault():
                self.flood(rig, rig.check, CLIENTS)
                now = rig.watch.look()
            rig.recovered()
            rig.aftermath()
            for table in ("clearances", "cleared_prefixes", "uncleared_prefixes", "uncleared_rings"):
                cells = [value for name, value in (now.metrics or {}).items()
                         if name.startswith("stile_budget_cells{") and table in name]
                rig.outcome.require(not cells or cells[0] <= 8_192, "own", f"{table}: {cells}")
            used = sum(value for name, value in (now.metrics or {}).items()
                       if name.startswith("stile_budget_cells_in_use{"))
            rig.outcome.figure("cells_in_use", int(used))
            # Who is cleared and was told that a budget is spent, wrongly: tables overlap by design,
            # and how often that hits somebody is measured here.
            valid = [r for r in rig.records() if r[1] == "valid"]
            hit = [r for r in valid if r[3] != 200]
            rig.outcome.figure("false_positives", f"{len(hit)} of {len(valid)}")
            return rig.judge(memory=4 * MEGABYTE)

    @staticmethod
    def flood(rig, address, count):
        rng, answered, wrong, begin = random.Random(20), 0, 0, time.monotonic()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(address)
            for _ in range(count // BATCH):
                batch = []
                for _ in range(BATCH):
                    client = (f"{rng.randrange(11, 223)}.{rng.randrange(256)}.{rng.randrange(256)}.1"
                              if rng.random() < 0.5 else
                              f"2001:{rng.randrange(65536):x}:{rng.randrange(65536):x}:"
                              f"{rng.randrange(65536):x}::1")
                    batch.append(f"GET /check HTTP/1.1\r\nHost: check\r\nX-Forwarded-Method: GET\r\n"
                                 f"X-Forwarded-Uri: /p\r\nX-Forwarded-Host: example.test\r\n"
                                 f"X-Forwarded-Proto: http\r\nX-Real-IP: {client}\r\n"
                                 f"User-Agent: {AGENT}\r\n\r\n")
                connection.sendall("".join(batch).encode())
                held = b""
                while held.count(b"HTTP/1.1 ") < BATCH or not held.endswith(b"\r\n\r\n"):
                    data = connection.recv(262_144)
                    if not data:
                        rig.outcome.breach("I1", "the flood's connection was cut")
                        return
                    held += data
                answered += held.count(b"HTTP/1.1 ")
                wrong += held.count(b"HTTP/1.1 5")
        rig.outcome.figure("clients", answered)
        rig.outcome.figure("clients_per_s", int(answered / (time.monotonic() - begin)))
        rig.outcome.require(not wrong, "I1", f"{wrong} of the flood got an error")

    def run_control(self):
        with Rig(sections=SMALL, through=through("hoard")) as rig:
            rig.watch_between()
            rig.baseline()
            with rig.fault():
                self.flood_singly(rig)
            return rig.judge(memory=4 * MEGABYTE)

    @staticmethod
    def flood_singly(rig):
        """Through the proxy, which looks at what comes with one read as one request."""
        rng = random.Random(20)
        with socket.create_connection(rig.doors[0][1]) as connection:
            connection.settimeout(30)
            for _ in range(8_000):
                client = f"{rng.randrange(11, 223)}.{rng.randrange(256)}.{rng.randrange(256)}.1"
                connection.sendall(f"GET /open/p HTTP/1.1\r\nHost: example.test\r\nX-Real-IP: {client}"
                                   f"\r\nUser-Agent: {AGENT}\r\n\r\n".encode())
                connection.recv(65536)


DRILLS = [TableOverflow()]
