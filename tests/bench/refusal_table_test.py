"""bench/refusal_table.py: medians, margins and goals; and one short run of refusal_bench itself.

Usage: refusal_table_test.py SOURCE [REFUSAL_BENCH]. Every benchmark there checks its verdict and its
status, and says so if it is another.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop(1)
PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else None
TABLE = os.path.join(SOURCE, "bench/refusal_table.py")


def run(name, ns, **counters):
    return {"name": name, "run_type": "iteration", "cpu_time": ns, "time_unit": "ns", **counters}


def table_of(runs, *arguments):
    """Returns the exit status and the lines of the table of these runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "runs.json")
        with open(path, "w") as file:
            json.dump({"benchmarks": runs}, file)
        done = subprocess.run([sys.executable, "-B", TABLE, path, *arguments], capture_output=True,
                              text=True)
        return done.returncode, (done.stdout + done.stderr).splitlines()


SOLVER = run("Solve/Sha256", 1, items_per_second=40e6)


class RefusalTableTest(unittest.TestCase):
    def test_margin_is_refusals_for_each_solution(self):
        status, lines = table_of([run("Refuse/Check/Forged", 2000, bytes=9, status=403), SOLVER])
        # 500,000 refusals a second, and 10 solutions of 4,000,000 evaluations.
        light = next(line for line in lines if line.startswith("light"))
        self.assertEqual(["light", "10.00", "50,000", "50,000"], light.split())
        self.assertEqual(0, status)

    def test_margin_takes_the_dearest_refusal(self):
        _, lines = table_of([run("Refuse/Check/Forged", 1000, bytes=9, status=403),
                             run("Refuse/Http/400", 2000, bytes=9, status=400),
                             run("Refuse/Http/405", 1000, bytes=9, status=405), SOLVER])
        self.assertEqual(["light", "10.00", "50,000", "100,000"],
                         next(line for line in lines if line.startswith("light")).split())

    def test_refusal_over_three_microseconds_is_a_missed_goal(self):
        status, lines = table_of([run("Refuse/Check/Forged", 3001, bytes=9, status=403), SOLVER])
        self.assertEqual((1, "MISSED  Check/Forged takes 3,001 ns"), (status, lines[-1]))

    def test_margin_below_ten_is_a_missed_goal(self):
        fast = run("Solve/Sha256", 1, items_per_second=1e12)
        status, lines = table_of([run("Refuse/Http/400", 1000, bytes=9, status=400), fast])
        self.assertEqual((1, "MISSED  light has a margin of 4.0"), (status, lines[-1]))

    def test_benchmark_that_failed_makes_no_table(self):
        failed = run("Refuse/Http/400", 1, error_occurred=True, error_message="another status")
        status, lines = table_of([failed, SOLVER])
        self.assertEqual((1, ["error: Refuse/Http/400: another status"]), (status, lines))

    def test_faster_solver_of_another_file_counts(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "solver.json")
            with open(path, "w") as file:
                json.dump({"benchmarks": [run("Solve/Sha256", 1, items_per_second=80e6)]}, file)
            refusal = run("Refuse/Check/Forged", 2000, bytes=9, status=403)
            for runs in ([refusal, SOLVER], [refusal]):
                _, lines = table_of(runs, "--solver", path)
                light = next(line for line in lines if line.startswith("light"))
                self.assertEqual(["light", "20.00", "25,000", "25,000"], light.split())

    def test_refusals_without_a_solver_make_no_table(self):
        refusal = run("Refuse/Check/Forged", 2000, bytes=9, status=403)
        status, lines = table_of([refusal])
        self.assertEqual((1, ["error: no Solve/Sha256 to hold refusals against"]), (status, lines))

    @unittest.skipUnless(PROGRAM, "refusal_bench is not built")
    def test_every_refusal_comes_as_it_is_meant_to(self):
        done = subprocess.run([PROGRAM, "--benchmark_min_time=0.001", "--benchmark_format=json"],
                              capture_output=True, text=True, check=True)
        status, lines = table_of(json.loads(done.stdout)["benchmarks"])
        # Times are no concern here: a goal may be missed, a verdict not.
        self.assertFalse([line for line in lines if line.startswith("error")], lines)
        names = {line.split()[0] for line in lines if line}
        self.assertLessEqual({"Check/Forged", "Redeem/Unsolved", "Http/431", "Http/Check401"},
                             names, status)


if __name__ == "__main__":
    unittest.main()
