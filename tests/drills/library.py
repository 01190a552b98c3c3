"""Drills of the library: inside a program that embeds it, tests/drills/library."""

import json
import pathlib
import subprocess

from drill import Drill
from outcome import Outcome
from rig import FULL, LIBRARIES

PROGRAM = pathlib.Path(LIBRARIES) / "library_drills"
PHASE_MS = 5_000 if FULL else 500   # At some 10,000 requests a second.


class LibraryDrill(Drill):
    def __init__(self, line):
        number, name, self.INJECTS, self.CONTROL, red = line.split("\t")
        self.ID, self.NAME, self.number, self.red = number + "-library", name, number, red.split(",")

    def run(self):
        return self._run()

    def run_control(self):
        return self._run("control")

    def _run(self, *more):
        done = subprocess.run([PROGRAM, str(PHASE_MS), self.number, *more], stdout=subprocess.PIPE,
                              text=True, timeout=900, check=False)
        outcome = Outcome()
        if not outcome.require(done.returncode == 0, "I6", f"the host ended with {done.returncode}"):
            return outcome
        told = json.loads(done.stdout.splitlines()[-1])
        outcome.figures.update(told["figures"])
        outcome.broken.update(told["broken"])
        return outcome


def library_drills():
    if not PROGRAM.exists():
        return []
    listed = subprocess.run([PROGRAM, "--list"], stdout=subprocess.PIPE, text=True, check=True)
    return [LibraryDrill(line) for line in listed.stdout.splitlines()]


DRILLS = library_drills()
