#!/usr/bin/env python3
"""Runs flood_model small, and draws its plots: every scenario under every price, and a sweep."""

import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

ROOT, MODEL = pathlib.Path(sys.argv[1]), sys.argv[2]
SMALL = ["--bots", "2000", "--visitors", "200", "--shorter", "6"]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run(MODEL, *SMALL, "--json", str(folder / "runs.json"))
        run(MODEL, *SMALL, "--scenario", "solving", "--rival", "fixed", "--rival", "tor327",
            "--rival", "stile", "--cores", "1", "16", "256", "--json", str(folder / "sweep.json"))
        runs = json.loads((folder / "runs.json").read_text())["runs"]
        assert len({(one["scenario"], one["rival"]) for one in runs}) == len(runs)
        for one in runs:
            assert 0 <= one["during"]["through"] <= 1, one["scenario"]
            assert one["attacker"]["solved"] > 0 or one["scenario"] in ("plain", "waiting")
        page = folder / "page.md"
        page.write_text("before\n<!-- flood -->\nold\n<!-- /flood -->\nafter\n")
        run(sys.executable, "-B", str(ROOT / "bench/flood/plot_flood.py"),
                     str(folder / "runs.json"), str(folder / "sweep.json"), name, str(page))
        text = page.read_text()
        assert text.count("| fixed effort") == len({one["scenario"] for one in runs}), text
        assert text.startswith("before\n") and text.endswith("\nafter\n"), text
        assert "old" not in text, text
        for plot in ("price", "load", "attacker"):
            tree = xml.parse(folder / f"flood-{plot}.svg")
            lines = tree.findall(".//{http://www.w3.org/2000/svg}polyline")
            assert len(lines) >= 9, plot


main()
