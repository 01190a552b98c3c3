"""The table of bench/peers: medians, ratios, order, and what makes no table."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(sys.argv.pop(1), "bench/peers"))

import comparison_table  # noqa: E402


def row(who, figures, group="recognise", name=None, popular=False):
    return {"who": who, "what": f"what {who} does", "short": who, "version": "1", "group": group,
            "cpu_ns": figures, "name": name, "popular": popular}


def stile(figures, group="recognise"):
    return row("Stile", figures, group, comparison_table.STILE[group])


class ComparisonTableTest(unittest.TestCase):
    def test_ratio_is_of_medians(self):
        rows = comparison_table.finish([row("Peer", [900, 300, 310]), stile([100, 90, 5000])])
        self.assertEqual([3.1], [one["ratio"] for one in rows if one["who"] == "Peer"])

    def test_stile_leads_its_group_and_peers_follow_by_cost(self):
        rows = comparison_table.finish([row("Slow", [900]), row("Fast", [50]), stile([100])])
        self.assertEqual(["Stile", "Fast", "Slow"], [one["who"] for one in rows])

    def test_goal_of_the_fastest_peer_is_missed_below_three(self):
        rows = comparison_table.finish([stile([100]), row("Fast", [299]), row("Slow", [4000])])
        self.assertEqual([False], [holds for _, holds in comparison_table.goals(rows)])

    def test_goal_of_popular_peers_is_told_for_each(self):
        rows = comparison_table.finish([stile([100]), row("Fast", [300]),
                                        row("Liked", [3999], popular=True),
                                        row("Loved", [4000], popular=True)])
        self.assertEqual([True, False, True],
                         [holds for _, holds in comparison_table.goals(rows)])

    def test_text_has_a_line_for_each_row_under_its_group(self):
        rows = comparison_table.finish([stile([100]), row("Peer", [12345]),
                                        stile([500], "issue"), row("Maker", [50000], "issue")])
        lines = comparison_table.lines_of(rows)
        peer = next(line for line in lines if line.startswith("Peer"))
        self.assertIn("12.3 us", peer)
        self.assertIn("123x", peer)
        self.assertLess(lines.index(peer), lines.index("Issuing a challenge:"))

    def test_markdown_has_a_table_for_each_group(self):
        rows = comparison_table.finish([stile([100]), row("Peer", [12345]), stile([500], "issue")])
        lines = comparison_table.lines_of(rows, markdown=True)
        self.assertEqual(2, sum(line.startswith("|--") for line in lines))
        heading = lines.index("**Issuing a challenge**")
        self.assertEqual(["", "who"], [lines[heading - 1], lines[heading + 2].split()[1]])
        self.assertRegex(lines[heading + 4], r"^\| Stile +\| .* \| +500 ns \| +1x \| +- \|$")

    def test_difference_that_is_not_above_zero_makes_no_table(self):
        with self.assertRaises(comparison_table.Mistake):
            comparison_table.finish([stile([100]), row("Peer", [-20, -10, 30])])

    def test_group_without_stile_makes_no_table(self):
        with self.assertRaises(comparison_table.Mistake):
            comparison_table.finish([row("Peer", [20])])


if __name__ == "__main__":
    unittest.main()
