"""docs/economics.md says what was measured, and `stile price` computes with it.

  economics_test.py SOURCE STILE
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1])
STILE = sys.argv[2]
ATTACK = SOURCE / "bench/attack"
sys.path.insert(0, str(ATTACK))

import show  # noqa: E402


def measured():
    """{(puzzle, solver): millions a second}: the best that each can do without help from outside."""
    results = json.loads((ATTACK / "results.json").read_text())
    best = {}
    for solver in ("browser", "native", "gpu"):
        for result in results[solver]["results"]:
            # Machine code for a GPU takes longer to compile than to run.
            if result.get("kernel") == "compiled" or "mega_per_second" not in result:
                continue
            # A browser solves in workers; the main thread is there to be slowed.
            if result.get("engine") == "generate" or result.get("where", "worker") != "worker":
                continue
            key = (result["puzzle"], solver)
            best[key] = max(best.get(key, 0), result["mega_per_second"])
    return best


class EconomicsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="stile-economics-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.price = cls.folder / "price.json"
        cls.price.write_text(subprocess.run(
            [STILE, "price", "--json", str(ATTACK / "built_in.toml")], text=True, check=True,
            capture_output=True, timeout=60).stdout)

    def test_the_tables_of_the_page_are_those_of_the_figures(self):
        page = SOURCE / "docs/economics.md"
        copy = self.folder / "economics.md"
        shutil.copy(page, copy)
        subprocess.run([sys.executable, "-B", str(ATTACK / "show.py"), str(ATTACK / "results.json"),
                        str(self.price), str(copy)], check=True, timeout=60)
        self.assertEqual(page.read_text(), copy.read_text(), "run bench/attack/run.sh --show")

    def test_reference_rates_are_what_was_measured(self):
        rates = json.loads(self.price.read_text())["rates"]
        said = {(rate["puzzle"], rate["solver"]): rate["per_second"] / 1e6
                for rate in rates if not rate["cited"]}
        found = measured()
        self.assertEqual(set(said), set(found))
        for key, rate in said.items():
            self.assertAlmostEqual(rate / found[key], 1, delta=0.01, msg=key)

    def test_what_is_cited_is_marked(self):
        cited = [line for line in (SOURCE / "docs/economics.md").read_text().splitlines()
                 if "cited:" in line]
        self.assertTrue(cited)
        for line in cited:
            self.assertIn(" * |", line)

    def test_both_plots_can_be_drawn(self):
        results = json.loads((ATTACK / "results.json").read_text())
        show.draw(results, json.loads(self.price.read_text()), self.folder)
        for name in ("economics-rates.svg", "economics-price.svg"):
            self.assertIn("</svg>", (self.folder / name).read_text())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
