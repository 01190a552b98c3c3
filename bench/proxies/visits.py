"""The visitors of a proxy, for bench/proxies/run.py: how many, what they took, and that each of
them was treated as it should have been."""

import json
import subprocess
import time

import load

CONNECTIONS = 32
ORIGIN_SIZE = 512


class Visits:
    """stile_load on core 1, which it shares with those that the proxy talks to: it sleeps while
    there is nothing to do."""

    def __init__(self, programs, folder, origin):
        self._program, self._origin = programs / "stile_load", origin
        visit = load.browser_request()
        first = visit.replace("stile=@VALUE@", "other=@VALUE@")
        self._requests = {challenged: load.written(programs, folder, name, text, "127.0.0.1")
                          for challenged, name, text in ((False, "visit", visit),
                                                         (True, "first", first))}

    def _command(self, case, seconds, rate):
        request, values = self._requests[case.challenged]
        command = [self._program, "--to", case.front.addresses["tcp"], "--request", request,
                   "--values", values, "--connections", CONNECTIONS, "--seconds", seconds,
                   "--warm-up", seconds / 4, "--cpu", load.CORE, "--sleep", "--rate", rate]
        command += (["--status", 403, "--contains", "no-store"] if case.challenged else
                    ["--status", 200, "--contains", "the-origin", "--length", ORIGIN_SIZE])
        return [*map(str, command), *(["--reconnect"] if case.reconnects else [])]

    def __call__(self, case, seconds, rate=0):
        """What came of it, and what it took: processor microseconds of proxy and verifier."""
        command = self._command(case, seconds, rate)
        passed, asked = self._origin.counts(), case.asked()
        began, front = time.monotonic(), case.front.cpu_seconds()
        verifier = case.verifier.cpu_seconds() if case.verifier else 0
        run = subprocess.run(command, capture_output=True, check=False)
        took = time.monotonic() - began
        front = case.front.cpu_seconds() - front
        verifier = (case.verifier.cpu_seconds() if case.verifier else 0) - verifier
        if rate and b"don't come" in run.stderr:
            raise SystemExit(f"{case.name}: {rate:,g} requests a second are more than this machine "
                             "can now: leave it alone, or lower --rate")
        if run.returncode != 0:
            raise SystemExit(f"{case.name}: {run.stderr.decode(errors='replace')}\n"
                             f"{' '.join(command)}")
        result = json.loads(run.stdout)
        count = result["answered"]
        self._verify(case, count, passed, asked)
        return {"requests": count, "rate": result["rate"],
                "front_us": front / count * 1e6, "front_share": front / took,
                "verifier_us": verifier / count * 1e6 if case.verifier else None,
                "late_start_us": result["late_start_us"], "latency_us": result["latency_us"]}

    def _verify(self, case, count, passed, asked):
        passed = tuple(now - before for before, now in zip(passed, self._origin.counts()))
        asked = {verdict: number - asked.get(verdict, 0)
                 for verdict, number in case.asked().items()
                 if number != asked.get(verdict, 0)}
        pass_on = 0 if case.challenged else count
        if passed != (pass_on, pass_on if case.tells else 0):
            raise SystemExit(f"{case.name}: of {count} requests the origin had {passed[0]}, "
                             f"{passed[1]} of them with a valid clearance")
        wanted = {"absent" if case.challenged else "valid": count} if case.verifier else {}
        if asked != wanted:
            raise SystemExit(f"{case.name}: the verifier was asked {asked} and not {wanted}")
