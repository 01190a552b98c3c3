"""What the gate of instruction counts makes of more and fewer instructions."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import check_instruction_counts as gate  # noqa: E402


def stages(sha256, rest):
    return {"Check/Valid": {"sha256": sha256, "rest": rest}}


class GateTest(unittest.TestCase):
    def test_equal_counts_pass(self):
        self.assertEqual(([], []), gate.compare(stages(4000, 600), stages(4000, 600)))

    def test_six_percent_more_fail_and_the_message_says_where_and_how_much(self):
        failures, _ = gate.compare(stages(4000, 600), stages(4000, 636))
        self.assertEqual(["Check/Valid: 636.0 instructions outside of SHA-256, recorded 600.0 "
                          "(+6.0%)"], failures)

    def test_more_hashing_fails_though_the_rest_got_better(self):
        failures, improvements = gate.compare(stages(4000, 600), stages(4300, 500))
        self.assertEqual((1, 1), (len(failures), len(improvements)))

    def test_four_percent_more_pass(self):
        self.assertEqual(([], []), gate.compare(stages(4000, 600), stages(4160, 624)))

    def test_fewer_are_told_and_pass(self):
        failures, improvements = gate.compare(stages(4000, 600), stages(4000, 500))
        self.assertEqual(([], 1), (failures, len(improvements)))

    def test_hashing_where_there_was_none_fails(self):
        self.assertEqual(1, len(gate.compare(stages(0, 600), stages(2000, 600))[0]))

    def test_stage_that_is_gone_fails(self):
        self.assertEqual(["Check/Valid: not counted"], gate.compare(stages(1, 1), {})[0])


if __name__ == "__main__":
    unittest.main()
