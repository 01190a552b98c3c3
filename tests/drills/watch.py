"""What can be seen of a process from outside while a drill lasts, ten times a second."""

import pathlib
import threading
import time

from raw_http import request

INTERVAL = 0.1


class Sight:
    """One look: `at` on the monotonic clock; what isn't known is None."""

    def __init__(self, at, process, metrics, waited):
        self.at, self.metrics, self.waited = at, metrics, waited
        self.rss, self.fds, self.threads = process or (None, None, None)

    def get(self, name):
        return None if self.metrics is None else self.metrics.get(name)

    def degraded(self):
        """The reasons that stile_degraded gives now."""
        prefix = 'stile_degraded{reason="'
        return {name[len(prefix):-2] for name, value in (self.metrics or {}).items()
                if name.startswith(prefix) and value}

    def alert(self):
        """What a rule of docs/operations.md would alert on."""
        raised = self.degraded()
        if self.get("stile_config_last_reload_successful") == 0:
            raised.add("reload")
        return raised

    def rejected(self):
        return {name.partition('"')[2][:-2]: value for name, value in (self.metrics or {}).items()
                if name.startswith("stile_policy_rejected_total{") and value}

    def digests(self):
        return {name for name in self.metrics or {} if name.startswith("stile_policy_info{")}


def process_state(pid):
    """(resident bytes, descriptors, threads), or None where there is no such process."""
    folder = pathlib.Path(f"/proc/{pid}")
    try:
        pages = int((folder / "statm").read_text().split()[1])
        stat = (folder / "stat").read_text().rpartition(")")[2].split()
        if stat[0] == "Z":
            return None
        return pages * 4096, len(list((folder / "fd").iterdir())), int(stat[17])
    except (OSError, IndexError):
        return None


def seconds_without_core(pid):
    """For how long its main thread, in all, was ready to run and had no core."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def cpu_seconds(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / 100


class Watch:
    """Looks at `stiled` from a thread of its own until it is stopped."""

    def __init__(self, stiled, pid=None):
        """`pid`: the process whose memory counts, if it isn't stiled's."""
        self._stiled, self._pid, self.sights = stiled, pid, []
        self._changed, self._over = threading.Condition(), False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def look(self):
        try:
            _, text = request(self._stiled.metrics, "/metrics")
            pairs = (line.rpartition(" ") for line in text.decode().splitlines()
                     if line and line[0] != "#")
            metrics = {name: float(value) for name, _, value in pairs if "_bucket" not in name}
        except (OSError, EOFError, ValueError, TypeError, AttributeError):
            metrics = None
        sight = Sight(time.monotonic(), process_state(self._pid or self._stiled.pid), metrics,
                      seconds_without_core(self._stiled.pid))
        with self._changed:
            self.sights.append(sight)
            self._changed.notify_all()
        return sight

    def _run(self):
        due = time.monotonic()
        while not self._over:
            self.look()
            due = max(due + INTERVAL, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))

    def first(self, true, since, patience=20.0):
        """The first sight after `since` that is `true`, or None: waits for one so long."""
        end = time.monotonic() + patience
        with self._changed:
            while True:
                found = [s for s in self.sights if s.at >= since and true(s)]
                if found:
                    return found[0]
                if not self._changed.wait(max(0.0, end - time.monotonic())) and \
                        time.monotonic() >= end:
                    return None

    def lateness(self, since, until):
        """By how much the watch itself came late in that time: the longest gap between two looks
        beyond its interval, which an alert can't be blamed for."""
        with self._changed:
            times = [since] + [s.at for s in self.sights if since <= s.at <= until] + [until]
        gaps = [after - before for before, after in zip(times, times[1:])]
        return max(0.0, max(gaps) - INTERVAL)

    def between(self, since, until):
        with self._changed:
            return [s for s in self.sights if since <= s.at <= until]

    def stop(self):
        self._over = True
        self._thread.join(30)
