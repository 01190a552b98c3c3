"""D13: what operators need shares no fate with what challenges: the loops stand still."""

import contextlib
import pathlib
import signal
import subprocess
import time

from drill import Drill
from raw_http import Stream, request
from rig import KEYS, STILE, Rig
from stiled_process import StoppedThread, key_file

FROZEN = 3.0  # Seconds; visitors wait for longer than that.
SERVICE = pathlib.Path(__file__).parents[2] / "service"
# What operators are served by, and what it must not need: anything that challenges or decides.
OPERATORS_FILES = ("control_listener", "status_listener", "plain_http", "signal_watch", "order_desk")
CHALLENGES = ("challenge/issuer", "verifier/redeemer", "engine/challenge",
              "service/client_connection", "service/server.h")


class NoCircularity(Drill):
    ID, NAME = "D13", "no-circularity"
    INJECTS = ("every event loop is held by a debugger for 3 s, so that no challenge, asset or check is "
               "answered; operators look, switch, reload and rotate keys")
    CONTROL = "operators have to come through the visitors' door"
    red = ("own",)

    def run(self):
        with Rig() as rig:
            rig.baseline()
            out = rig.outcome
            with rig.fault(hold=False):
                with self.held(rig):
                    start = time.monotonic()
                    for path in ("/livez", "/readyz", "/metrics", "/status"):
                        head, _ = request(rig.stiled.metrics, path)
                        out.require(head.status == 200, "own", f"{path} answers {head.status}")
                    self.command(rig, 0, "mode", "shadow", "--for", "1m")
                    self.command(rig, 0, "mode", "configured")
                    rig.replace("keys.toml", KEYS + key_file(b"n" * 32, 2).replace("2026", "2027"))
                    self.command(rig, 0, "reload")
                    out.require('stile_key_expiry_timestamp_seconds{id="2"}' in
                                rig.watch.look().metrics, "own", "the new key isn't there")
                    rig.stiled.signal(signal.SIGHUP)
                    rig.stiled.wait_for("reloaded", 2)
                    out.figure("operators", f"{time.monotonic() - start:.2f}s")
                    time.sleep(max(0.0, start + FROZEN - time.monotonic()))
            rig.recovered()
            rig.aftermath()
            self.look_at_includes(out)
            # While the loops stand still visitors wait, each on a connection that then stays open;
            # that they do is the fault itself.
            return rig.judge(latency=False, descriptors=2_000)

    @staticmethod
    def held(rig):
        stack = contextlib.ExitStack()
        for thread in rig.stiled.threads("stile-loop"):
            stack.enter_context(StoppedThread(thread))
        return stack

    @staticmethod
    def command(rig, expected, *words):
        done = subprocess.run([STILE, *words, "--socket", rig.control], capture_output=True,
                              text=True, timeout=30, check=False)
        rig.outcome.require(done.returncode == expected, "own",
                            f"stile {' '.join(words)}: {done.stdout}{done.stderr}")

    @staticmethod
    def look_at_includes(out):
        for name in OPERATORS_FILES:
            for end in (".h", ".cc"):
                path = SERVICE / (name + end)
                text = path.read_text() if path.exists() else ""
                for needed in CHALLENGES:
                    out.require(f'"{needed}' not in text, "own", f"{path.name} includes {needed}")

    def run_control(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault(hold=False), self.held(rig):
                try:
                    with Stream.to(rig.gateway, FROZEN) as stream:
                        stream.send(b"GET /readyz HTTP/1.1\r\nHost: example.test\r\n\r\n")
                        status = stream.response()[0].status
                except OSError:
                    status = 0
                rig.outcome.require(status == 200, "own", f"an operator gets {status}")
            return rig.judge(latency=False)


DRILLS = [NoCircularity()]
