#!/usr/bin/env python3
"""What slow clients cost: an honest client's latency, stiled's memory, and when each slow one is cut.

   STILED=build/release/bin/stiled bench/slow_clients.py [COUNT]

COUNT (500) clients of each kind - slow heads, slow bodies, slow readers - send or take a byte every
0.2 s, with head_timeout = 3s and body_timeout = 5s.
"""

import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "integration"))
from gateway_site import Site  # noqa: E402
from slow_clients import KINDS, HonestClient, SlowClients, resident  # noqa: E402

LIMITS = 'head_timeout = "3s"\nbody_timeout = "5s"\nidle_timeout = "60s"\n'
MIB = 1024 * 1024


def milliseconds(seconds):
    marks = statistics.quantiles(seconds, n=100)
    return f"p50 {marks[49] * 1e3:6.2f} ms, p99 {marks[98] * 1e3:7.2f} ms, {len(seconds)} requests"


def alone(site, seconds):
    honest = HonestClient(site.address)
    time.sleep(seconds)
    honest.stop()
    return honest


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with Site(limits=LIMITS) as site:
        quiet = alone(site, 4)
        before = peak = resident(site.stiled.pid)
        slow = [SlowClients(site.address, kind, count) for kind in KINDS]
        honest = HonestClient(site.address)
        timeouts, begin = {}, time.monotonic()
        while site.metric("stile_timeouts_total") < len(slow) * count:
            for clients in slow:
                clients.drip()
            peak = max(peak, resident(site.stiled.pid))
            timeouts[time.monotonic() - begin] = site.metric("stile_timeouts_total")
            if time.monotonic() - begin > 60:
                break
            time.sleep(0.2)
        honest.stop()
        last = time.monotonic() - begin
        print(f"alone               {milliseconds(quiet.seconds)}, {len(quiet.failed)} failed")
        print(f"with {len(slow)} x {count} slow  {milliseconds(honest.seconds)}, "
              f"{len(honest.failed)} failed")
        for clients in slow:
            cut = sorted(clients.cut_after)
            if cut and clients.kind != "reader":
                print(f"slow {clients.kind:6}  cut after {cut[0]:.1f} to {cut[-1]:.1f} s")
        print(f"all cut after {last:.1f} s ({int(max(timeouts.values()))} timeouts)")
        time.sleep(3)
        print(f"memory: before {before / MIB:.1f} MiB, most {peak / MIB:.1f} MiB, "
              f"after {resident(site.stiled.pid) / MIB:.1f} MiB; "
              f"{(peak - before) / (len(slow) * count) / 1024:.1f} KiB for each slow client")
        for clients in slow:
            clients.close()


if __name__ == "__main__":
    main()
