"""bench/proxies/run.py: one short run of all of it, its arithmetic, and that it tells a proxy that
lets through what it must not from one that doesn't. Figures are nobody's concern here.

Usage: proxies_run_test.py SOURCE BUILD
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD = map(pathlib.Path, sys.argv[1:3])
del sys.argv[1:3]
sys.path.insert(0, str(SOURCE / "bench" / "proxies"))

import cost_table  # noqa: E402
import fronts  # noqa: E402
import visits  # noqa: E402

INSTALLED = {name for name in ("nginx", "haproxy", "caddy")
             if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")}


def result(front, verifier=None, p50=100.0, p99=200.0, share=0.9):
    return {"front_us": front, "verifier_us": verifier, "front_share": share,
            "latency_us": {"p50": p50, "p99": p99}}


class TableTest(unittest.TestCase):
    def test_what_a_check_adds_is_the_median_of_the_rounds_differences(self):
        runs = {"a": {fronts.NO_CHECK: [result(10), result(100), result(20)],
                      fronts.CLEARED: [result(13, 5), result(101, 6), result(25, 7, p99=230)]}}
        base, cleared = cost_table.rows_of(runs)
        self.assertEqual(base, ["a", "no check", "20.0", "", "", "100", "", "200", ""])
        self.assertEqual(cleared,
                         ["a", "cleared", "25.0", "+3.0", "6.0", "100", "+0", "200", "+0"])

    def test_proxy_that_had_little_of_its_core_is_named(self):
        runs = {"a": {fronts.NO_CHECK: [result(1)], fronts.CLEARED: [result(1, share=0.3)]}}
        self.assertEqual(list(cost_table.notes(runs, {"b": "it is gone"})),
                         ["b is left out: it is gone.",
                          "Something else than the proxy was the limit, or others used the "
                          "machine: less than 60% of its core had a, cleared (30%)."])


@unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "it takes two cores")
class VerificationTest(unittest.TestCase):
    """Against the proxy that has no check in it."""

    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.of = fronts.Fronts(BUILD, self.folder, stack)
        self.base, self.cleared, self.challenged = self.of.cases("embedded C")
        self.visits = visits.Visits(BUILD / "bin", self.folder, self.of.origin)

    def assert_found(self, case, why):
        with self.assertRaisesRegex(SystemExit, why):
            self.visits(case, 0.1, 200)

    def test_answer_that_lets_a_client_without_clearance_pass_is_found(self):
        self.challenged.front = self.base.front
        self.assert_found(self.challenged, "another status than expected")

    def test_challenge_for_a_cleared_client_is_found(self):
        self.cleared.challenged = True  # It sends no clearance,
        command = self.visits._command
        words = {"403": "200", "no-store": "the-origin"}  # and is to pass.
        self.visits._command = lambda *of: [words.get(word, word) for word in command(*of)]
        self.assert_found(self.cleared, "another status than expected")

    def test_origin_that_is_told_what_it_should_not_is_found(self):
        self.base.tells = False
        self.assert_found(self.base, "with a valid clearance")

    def test_origin_that_has_a_request_of_somebody_else_is_found(self):
        counts = self.of.origin.counts
        answers = iter([(0, 0), None])
        self.of.origin.counts = lambda: next(answers) or tuple(one + 1 for one in counts())
        self.assert_found(self.cleared, "the origin had")

    def test_verifier_that_nobody_asks_is_found(self):
        self.cleared.verifier = self.of._stand_in("http", fronts.loopback())
        self.assert_found(self.cleared, "the verifier was asked {}")


@unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "it takes two cores")
class RunTest(unittest.TestCase):
    def test_all_proxies_are_measured_and_verified_in_one_run(self):
        with tempfile.TemporaryDirectory() as folder:
            figures, table = pathlib.Path(folder, "figures.json"), pathlib.Path(folder, "table.md")
            done = subprocess.run([sys.executable, "-B", SOURCE / "bench/proxies/run.py", "--build",
                                   BUILD, "--quick", "--json", figures, "--markdown", table],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            runs, rows = json.loads(figures.read_text()), table.read_text().splitlines()
        wanted = {title for title, (method, programs) in fronts.Fronts.KINDS.items()
                  if set(programs) <= INSTALLED and method != "nginx_module"}
        self.assertLessEqual(wanted, set(runs["runs"]))
        self.assertEqual(set(runs["runs"]) | set(runs["left_out"]), set(fronts.Fronts.KINDS))
        for title, cases in runs["runs"].items():
            self.assertLessEqual({fronts.NO_CHECK, fronts.CLEARED, fronts.CHALLENGED}, set(cases))
            for name, (one,) in cases.items():
                self.assertGreater(one["front_us"], 0)
                self.assertGreater(one["requests"], 0)
                self.assertTrue(any(row.startswith(f"| {title} ") and f"| {name} " in row
                                    for row in rows), (title, name, rows))


if __name__ == "__main__":
    unittest.main(verbosity=2)
