"""The nodes of a fleet, in a spend_driver."""

import json
import os
import subprocess

# How long a node waits for its store: so long that no answer becomes unknown because the machine
# is busy.
PATIENT_MS = 20_000


class SpendNodes:
    def __init__(self, *nodes, options=()):
        """`nodes` are the addresses at which each finds its store."""
        self._process = subprocess.Popen([os.environ["SPEND_DRIVER"], "--timeout",
                                          str(PATIENT_MS), *options, *nodes],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, command):
        """Says a command whose answer is read by `end`."""
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def end(self):
        line = self._process.stdout.readline()
        if not line:
            raise EOFError("the driver has ended")
        return json.loads(line)

    def do(self, command):
        self.begin(command)
        return self.end()

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(60)
        finally:
            self._process.kill()
            self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
