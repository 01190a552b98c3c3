"""A gateway in front of an origin, and a client that has a clearance."""

import json
import os
import subprocess

from origin import Origin
from raw_http import request
from stiled_process import StiledProcess

STILED = os.environ.get("STILED", "stiled")
SOLVE = os.environ.get("STILE_SOLVE", "solve_challenge")

# Paths under /open are let through, everything else is challenged.
POLICY = '[[rule]]\nname = "open"\npath = ["/open", "/open/*"]\naction = "allow"\n'

# For tests that ask more often than any visitor.
UNLIMITED = '[level.light]\nbudget = "none"\n[budgets]\n' + "".join(
    f'{key} = "none"\n' for key in ("cleared_prefix", "uncleared_prefix", "uncleared_ring"))


def config(upstream, listeners, limits="", sites=""):
    text = ""
    for listener in listeners:
        text += f"[[listener]]\n{listener}\n"
    text += f'[[site]]\nname = "main"\nhosts = ["*"]\nupstream = "{upstream}"\n'
    text += f'policy = "policy.toml"\n{sites}\n'
    return text + f'[metrics]\naddress = "127.0.0.1:0"\n[limits]\nloops = 2\n{limits}\n'


TCP = 'address = "127.0.0.1:0"'


class Site:
    """An origin, and stiled in front of it."""

    def __init__(self, listeners=(TCP,), limits="", sites="", policy=POLICY, origin=None,
                 files=None):
        self.origin = origin or Origin()
        try:
            self.stiled = StiledProcess(STILED, config(self.origin.url, listeners, limits, sites),
                                        {"policy.toml": policy, **(files or {})})
        except BaseException:
            self.origin.stop()
            raise
        self.address = self.stiled.addresses[0]

    def close(self):
        self.stiled.stop()
        self.origin.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def metric(self, name):
        """The sum of a metric over all its labels."""
        return self.stiled.metric(name)


def clearance(address, fields=(), host="example.test"):
    """Solves a challenge and returns the cookie, "name=value"."""
    head, body = request(address, "/.stile/challenge", host=host,
                         fields=[("Accept", "application/json"), *fields])
    assert head.status == 200, (head.start, body)
    challenge = json.loads(body)["challenge"]
    solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                              timeout=60).stdout.strip()
    head, body = request(address, "/.stile/redeem", "POST", host=host,
                         fields=[("Content-Type", "application/json"), *fields],
                         body=json.dumps({"challenge": challenge, "solution": solution}).encode())
    assert head.status == 200, (head.start, body)
    return head.get("set-cookie").partition(";")[0]
