"""`stile price`: what a level costs, of the built-in levels, a policy file and a configuration."""

import json
import pathlib
import tempfile
import unittest

from stile_command import stile

CONFIG = """
[[listener]]
address = "127.0.0.1:0"
[[site]]
name = "main"
hosts = ["*"]
upstream = "http://127.0.0.1:9"
policy = "policy.toml"
[keys]
file = "keys.toml"
[wait]
per_prefix = { requests = 20, per = "10m", burst = 10 }
"""
POLICY = """
[level.mine]
rank = 9
alternatives = [{ puzzle = "sha256", effort = 50000000, parts = 4, lifetime = "1h" }]
"""


class PriceTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stile-price-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.config = self.folder / "stile.toml"
        self.policy = self.folder / "policy.toml"
        self.policy.write_text(POLICY)

    def price(self, *arguments):
        """The JSON of `stile price`."""
        status, out, err = stile("price", "--json", *map(str, arguments))
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)

    def levels(self, *arguments):
        return {level["name"]: level for level in self.price(*arguments)["policies"][0]["levels"]}

    def test_waiting_is_named_as_the_cheapest_way_into_a_built_in_level(self):
        level = self.levels(self.policy)["light"]
        self.assertEqual(level["cheapest"]["puzzle"], "wait")
        self.assertEqual(level["cheapest"]["dollars_per_million"], 0)
        self.assertIn(level["cheapest_work"]["solver"], ("native", "gpu"))

    def test_a_rate_that_is_given_replaces_the_reference(self):
        level = self.levels(self.policy, "--native-rate", "sha256=50M", "--core-hour", "0.36")["mine"]
        native = next(solver for solver in level["alternatives"][0]["solvers"]
                      if solver["solver"] == "native")
        self.assertAlmostEqual(native["seconds"], 1)
        self.assertAlmostEqual(native["dollars_per_million"], 100)

    def test_a_measured_rate_says_so(self):
        rates = self.price(self.policy, "--measure")["rates"]
        native = {rate["puzzle"]: rate for rate in rates if rate["solver"] == "native"}
        self.assertEqual(set(native), {"sha256", "hashwx"})
        for rate in native.values():
            self.assertEqual(rate["provenance"], "measured just now")
            self.assertGreater(rate["per_second"], 1000)

    def test_a_configuration_gives_its_policies_and_limits(self):
        self.config.write_text(CONFIG)
        priced = self.price("--config", self.config)["policies"]
        self.assertEqual([policy["policy"] for policy in priced], ["Site main"])
        wait = next(level for level in priced[0]["levels"] if level["name"] == "wait")
        self.assertEqual(wait["alternatives"][0]["limit"]["per_hour_and_prefix"], 120)

    def test_the_text_begins_each_level_with_its_cheapest(self):
        status, out, _ = stile("price", str(self.policy), "--level", "light")
        self.assertEqual(status, 0)
        lines = out.splitlines()
        at = lines.index("light (rank 2) costs an attacker")
        self.assertEqual(lines[at + 1], "  nothing: wait 5 s, at most 60 an hour from one prefix, "
                                        "36,000 in all")
        self.assertRegex(lines[at + 2], r"^  \$\S+ a million: ")

    def test_a_configuration_that_is_named_and_missing_is_a_mistake(self):
        status, out, err = stile("price", "--config", str(self.config))
        self.assertEqual((status, out), (2, ""))
        self.assertIn(str(self.config), err)

    def test_what_is_no_rate_is_refused(self):
        for rate in ("hashwx", "hashwx=", "wait=1", "md5=1M", "hashwx=-1"):
            status, _, err = stile("price", str(self.policy), "--gpu-rate", rate)
            self.assertEqual(status, 2, rate)
            self.assertIn("such as hashwx=1.9M", err)

    def test_a_level_that_does_not_exist_is_refused(self):
        status, _, err = stile("price", str(self.policy), "--level", "nonsense")
        self.assertEqual(status, 2)
        self.assertIn("there is no level 'nonsense'", err)


if __name__ == "__main__":
    unittest.main()
