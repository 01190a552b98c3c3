"""How a drill ends the processes that it has started."""

import subprocess


def end_process(process):
    """One that ends when its standard input does."""
    process.stdin.close()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
