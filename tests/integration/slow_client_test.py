"""Hundreds of clients that are slow in every way: each is cut, memory is bounded, and others are served."""

import time
import unittest

from gateway_site import Site
from slow_clients import KINDS, HonestClient, SlowClients, resident

COUNT = 200  # Of each kind.
PATIENCE = 120  # Seconds; for a machine that is busy with other things.
LIMITS = """
head_timeout = "2s"
body_timeout = "3s"
idle_timeout = "60s"
"""
# What one connection may take, of which the buffers are some 50 KiB.
MOST = 128 * 1024


class SlowClientTest(unittest.TestCase):
    def test_slow_clients_are_cut_and_harm_nobody(self):
        with Site(limits=LIMITS) as site:
            before = resident(site.stiled.pid)
            honest = HonestClient(site.address)
            slow = [SlowClients(site.address, kind, COUNT) for kind in KINDS]
            try:
                peak = self.drip_until_cut(site, slow)
            finally:
                honest.stop()
                for clients in slow:
                    clients.close()
            self.assertEqual(honest.failed, [])
            self.assertGreater(len(honest.seconds), 0)
            self.assertLess(peak - before, len(slow) * COUNT * MOST)

    def drip_until_cut(self, site, slow):
        """Returns the most memory that stiled had meanwhile."""
        peak, end = 0, time.monotonic() + PATIENCE
        while site.metric("stile_timeouts_total") < len(slow) * COUNT:
            self.assertLess(time.monotonic(), end,
                            {clients.kind: clients.left() for clients in slow})
            for clients in slow:
                clients.drip()
            peak = max(peak, resident(site.stiled.pid))
            time.sleep(0.2)
        return peak


if __name__ == "__main__":
    unittest.main(verbosity=2)
