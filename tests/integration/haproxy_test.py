"""HAProxy with the files of examples/deploy/haproxy in front of an origin."""

import unittest

from haproxy_process import SHIPPED, HaproxySite
from proxy_cases import BROWSER, POLICY, ProxyCases
from raw_http import Stream, request
from stile_command import stile


class HaproxyTest(ProxyCases, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = HaproxySite(policy=POLICY)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
