"""What new visitors are asked follows the load, and an operator sees it and can pin it."""

import json
import signal
import time
import unittest

from gateway_site import POLICY, Site, clearance
from raw_http import request

LIGHT = 262144  # What the built-in level asks of hashwx.
FORWARDED = ('address = "127.0.0.1:0"\nclient_address = "x-forwarded-for"\n'
             'trusted_peers = ["127.0.0.0/8"]')
DEADLINE = 60


def asked(address, client="192.0.2.7"):
    """What a client at `client` is asked of the first puzzle."""
    head, body = request(address, "/.stile/challenge",
                         fields=[("Accept", "application/json"), ("X-Forwarded-For", client)])
    assert head.status == 200, (head.start, body)
    return json.loads(body)["alternatives"][0]["effort"]


def site(effort):
    return Site(listeners=(FORWARDED,), policy=POLICY + effort)


class EffortTest(unittest.TestCase):
    def wait_until(self, holds, what):
        end = time.monotonic() + DEADLINE
        while not holds():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)

    def test_a_quiet_site_asks_what_its_level_says(self):
        with site("") as quiet:
            self.assertEqual(asked(quiet.address), LIGHT)
            self.assertEqual(quiet.metric("stile_effort_price"), 100)
            self.assertEqual(quiet.metric("stile_effort_trouble"), 0)
            self.assertEqual(quiet.stiled.samples()['stile_effort{site="main",level="light"}'], LIGHT)

    def test_a_pin_holds_until_a_reload_takes_it_away(self):
        with site("[effort]\npin = 300\n") as pinned:
            self.assertEqual(asked(pinned.address), 3 * LIGHT)
            self.assertEqual(pinned.metric("stile_effort_price"), 300)
            _, page = request(pinned.stiled.metrics, "/status", fields=[("Accept", "text/html")])
            self.assertIn(b"300 % (pinned)", page)
            _, report = request(pinned.stiled.metrics, "/status",
                                fields=[("Accept", "application/json")])
            self.assertEqual(json.loads(report)["sites"][0]["effort"]["price"], 300)
            (pinned.stiled.folder / "policy.toml").write_text(POLICY)
            pinned.stiled.signal(signal.SIGHUP)
            self.wait_until(lambda: asked(pinned.address) == LIGHT, "the pin is still there")

    def test_a_prefix_that_redeems_more_than_its_share_pays_and_nobody_else_does(self):
        # One in four seconds is the share of a prefix, after a burst of eight.
        with site("[effort]\nadmissions = 1\n") as flooded:
            for _ in range(100):
                clearance(flooded.address, [("X-Forwarded-For", "192.0.2.7")])
                if asked(flooded.address, "192.0.2.200") > LIGHT:
                    break
            else:
                self.fail("the prefix pays nothing")
            self.assertEqual(asked(flooded.address, "198.51.100.7"), LIGHT)
            self.assertEqual(flooded.metric("stile_effort_price"), 100)


if __name__ == "__main__":
    unittest.main()
