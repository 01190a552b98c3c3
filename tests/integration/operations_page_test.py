"""docs/operations.md: the commands that it tells somebody at three in the morning do work."""

import json
import os
import pathlib
import re
import signal
import subprocess
import unittest

from gateway_site import POLICY, STILED
from origin import Origin
from proxy_process import free_port
from stile_command import STILE
from stiled_process import DEADLINE, StiledProcess

PAGE = pathlib.Path(__file__).parents[2] / "docs/operations.md"
BLOCK = re.compile(r"^```sh run\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONFIG = """
[[listener]]
address = "127.0.0.1:{ports[0]}"
[[site]]
name = "main"
hosts = ["*"]
upstream = "{upstream}"
policy = "policy.toml"
[metrics]
address = "127.0.0.1:{ports[1]}"
[control]
socket = "control.sock"
[state]
directory = "state"
[limits]
loops = 2
"""


class OperationsPageTest(unittest.TestCase):
    def setUp(self):
        origin = Origin()
        self.addCleanup(origin.stop)
        self.stiled = StiledProcess(STILED, CONFIG.format(
            upstream=origin.url, ports=[free_port(), free_port()]),
                                    {"policy.toml": POLICY})
        self.addCleanup(self.stiled.stop)
        self.bin = self.stiled.folder / "bin"
        self.bin.mkdir()
        # What the page says in short, for this installation.
        self.command("stile", f'command=$1; shift; exec "{STILE}" "$command" '
                              f'--config "{self.stiled.config}" "$@"')
        # One that takes over is ended with the test, unless the page does it.
        self.command("stiled", f'echo $$ > "{self.stiled.folder}/pid"; exec "{STILED}" "$@"')
        self.addCleanup(self.end_successor, self.stiled.folder / "pid")
        self.command("journalctl", f'cat "{self.stiled.folder}/journal"')

    def command(self, name, body):
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def end_successor(self, file):
        if file.exists():
            try:
                os.kill(int(file.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def here(self, block):
        """`block` with this installation's places."""
        host, port = self.stiled.metrics
        for place, ours in (("http://127.0.0.1:9464", f"http://{host}:{port}"),
                            ("/run/stile/control.sock", self.stiled.control),
                            ("/etc/stile", str(self.stiled.folder)),
                            ("/var/lib/stile", str(self.stiled.folder / "state"))):
            block = block.replace(place, ours)
        return block

    def run_block(self, block):
        (self.stiled.folder / "journal").write_text(
            "".join(json.dumps(event) + "\n" for event in self.stiled.events))
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(block)], capture_output=True, text=True,
            timeout=DEADLINE, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"})

    def test_every_command_of_the_page_works(self):
        blocks = BLOCK.findall(PAGE.read_text())
        self.assertGreater(len(blocks), 10)
        # The one that ends it comes last.
        blocks.sort(key=lambda block: ("stile drain" in block, "--take-over" in block))
        for block in blocks:
            with self.subTest(block=block):
                result = self.run_block(block)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                self.assertNotIn('"error"', result.stdout)
        self.assertEqual(self.stiled.wait(), 0)

    def test_block_that_fails_would_be_noticed(self):
        self.assertNotEqual(self.run_block("stile mode ajar | cat\n").returncode, 0)


if __name__ == "__main__":
    unittest.main()
