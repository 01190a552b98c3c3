"""Runs the `stile` command."""

import os
import subprocess

STILE = os.environ.get("STILE", "stile")


def stile(*arguments, timeout=120):
    """Returns (exit status, stdout, stderr)."""
    result = subprocess.run([STILE, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=timeout, check=False)
    return result.returncode, result.stdout, result.stderr


def solve(url, *arguments):
    """What `stile solve` prints, once it has succeeded."""
    status, out, err = stile("solve", url, *arguments)
    assert status == 0, err
    return out.strip()
