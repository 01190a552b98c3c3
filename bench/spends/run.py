#!/usr/bin/env python3
"""What single use costs in Redis: spend_store_bench against a redis-server on a core of its own.

    bench/spends/run.py [--build build/release] [--runs 3] [--tokens N] [--spends N] [--keys N]

Prints medians. The server has the first core that this process may use, the client the others. What
one core of the server can do is what it did per second of its CPU, which it tells itself.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time


def wait_for(path):
    end = time.monotonic() + 30
    while not path.exists():
        if time.monotonic() > end:
            raise TimeoutError("redis-server doesn't start")
        time.sleep(0.01)


def run(arguments):
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="stile-spends-") as folder:
        socket = pathlib.Path(folder) / "redis.sock"
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(socket), "--dir", folder,
             "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
             "--maxmemory-policy", "noeviction", "--auto-aof-rewrite-percentage", "0"],
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {cores[0]}))
        try:
            wait_for(socket)
            client = subprocess.run(
                [arguments.build / "bin" / "spend_store_bench", str(socket),
                 str(arguments.tokens), str(arguments.spends), str(arguments.keys)],
                check=True, stdout=subprocess.PIPE, text=True,
                preexec_fn=lambda: os.sched_setaffinity(0, set(cores[1:] or cores)))
            return json.loads(client.stdout)
        finally:
            server.kill()
            server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[2] / "build" / "release")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=30_000_000)
    parser.add_argument("--spends", type=int, default=500_000)
    parser.add_argument("--keys", type=int, default=500_000)
    arguments = parser.parse_args()
    results = [run(arguments) for _ in range(arguments.runs)]

    def median(name):
        return statistics.median(result[name] for result in results)

    tokens, keys = arguments.tokens, arguments.keys
    bitmap = median("bitmap_bytes")
    per_key = median("keys_bytes") / keys
    print("| what | bitmap and epochs | SET key 1 NX PX |\n|---|---|---|")
    print(f"| first use, per second | {median('fresh_per_s'):,.0f} | {median('set_per_s'):,.0f} |")
    print(f"| repeat, per second | {median('spent_per_s'):,.0f} | "
          f"{median('set_again_per_s'):,.0f} |")
    print(f"| first use, per second of the server's CPU | {median('fresh_per_cpu_s'):,.0f} | "
          f"{median('set_per_cpu_s'):,.0f} |")
    print(f"| repeat, per second of the server's CPU | {median('spent_per_cpu_s'):,.0f} | |")
    print(f"| bytes a token | {bitmap / tokens:.3f} | {per_key:.1f} |")
    print(f"| MB for {tokens:,} tokens | {bitmap / 1e6:,.2f} | {per_key * tokens / 1e6:,.0f} "
          f"(from {keys:,}) |")


if __name__ == "__main__":
    main()
