"""A stiled that a drill does things to: it can be started again over the same files."""

import os
import pathlib
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "integration"))

from stiled_process import DEADLINE, StiledProcess


class DrilledStiled(StiledProcess):
    """`preload`: libraries that are loaded before its own."""

    def __init__(self, program, config, files=None, keys=None, environment=None, options=(),
                 preload=()):
        self._program = program
        self._environment = dict(environment or {})
        if preload:
            self._environment["LD_PRELOAD"] = ":".join(str(path) for path in preload)
        self.lives = 1
        super().__init__(program, config, files, keys, self._environment, options)

    def seen(self, name):
        """How many events of this name there have been."""
        with self._heard:
            return sum(event["event"] == name for event in self.events)

    def reload(self, deadline=DEADLINE):
        """SIGHUP; returns what came of it: the event `reloaded` or `reload-rejected`."""
        before = {name: self.seen(name) for name in ("reloaded", "reload-rejected")}
        self.signal(signal.SIGHUP)

        def answer():
            for name, count in before.items():
                found = [event for event in self.events if event["event"] == name]
                if len(found) > count:
                    return found[count]
            return None

        with self._heard:
            self._heard.wait_for(lambda: answer() or self.events[-1]["event"] == "end", deadline)
            return answer() or {"event": "none"}

    def end(self, number=signal.SIGTERM):
        """Ends the process and keeps its files; returns its exit status."""
        if self.running():
            self.signal(number)
        try:
            status = self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        self._process.stdout.close()
        return status

    def begin(self, options=()):
        """Starts it over its files. Returns whether it became ready, rather than ended."""
        with self._heard:
            for event in self.events:
                if event["event"] in ("end", "ready", "listening"):
                    event["event"] += " (an earlier life)"
            self.addresses, self.metrics, self.control = [], None, None
        self.lives += 1
        self._process = subprocess.Popen(
            [self._program, "--config", str(self.config), *options], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**os.environ, **self._environment})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.wait_for("ready")
            return True
        except AssertionError:
            return False

    def stop(self):
        if not self._process.stdout.closed:
            super().stop()
        else:
            self._folder.cleanup()
