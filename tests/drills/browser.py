"""Visitors who come without a clearance, and go the whole way."""

import json
import os
import subprocess
import threading
import time

from raw_http import request
from visitors import AGENT

SOLVE = os.environ.get("STILE_SOLVE", "solve_challenge")


def browse(address, client="203.0.113.77", path="/private/page"):
    """A visitor's whole way: challenged, solved, redeemed, served. Returns seconds or raises."""
    begin = time.monotonic()
    fields = [("X-Real-IP", client), ("User-Agent", AGENT)]
    head, _ = request(address, path, fields=[("Accept", "text/html"), *fields])
    assert head.status == 403, head.start
    head, body = request(address, "/.stile/challenge",
                         fields=[("Accept", "application/json"), *fields])
    assert head.status == 200, (head.start, body)
    challenge = json.loads(body)["challenge"]
    solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                              timeout=60).stdout.strip()
    head, body = request(address, "/.stile/redeem", "POST",
                         fields=[("Content-Type", "application/json"), *fields],
                         body=json.dumps({"challenge": challenge, "solution": solution}).encode())
    assert head.status == 200, (head.start, body)
    cookie = head.get("set-cookie").partition(";")[0]
    head, _ = request(address, path, fields=[("Cookie", cookie), *fields])
    assert head.status == 200, head.start
    return time.monotonic() - begin


class Browser:
    """One honest browser that begins anew, again and again: whoever comes new has to get through."""

    def __init__(self, address, pause=1.0):
        self._address, self._pause = address, pause
        self.times, self.failures, self._over = [], [], threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        number = 0
        while not self._over.wait(self._pause if number else 0.0):
            number += 1
            try:
                self.times.append(browse(self._address, f"203.0.113.{number % 250 + 1}"))
            except (AssertionError, OSError, EOFError, ValueError, KeyError,
                    subprocess.SubprocessError) as error:
                self.failures.append(repr(error))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(60)

    def judge(self, outcome):
        outcome.figure("browsers", f"{len(self.times)}/{len(self.times) + len(self.failures)}")
        for failure in self.failures[:1]:
            outcome.breach("own", f"{len(self.failures)} new visitors did not get through: {failure}")
        outcome.require(self.times, "own", "no new visitor got through")
