"""Caddy with the files of examples/deploy/caddy in front of an origin."""

import unittest
import urllib.parse

from proxy_cases import AGENT, BROWSER, POLICY, ProxyCases
from proxy_process import DEPLOY, CaddySite
from raw_http import request
from stile_command import stile


class CaddyTest(ProxyCases, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = CaddySite(policy=POLICY)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_shipped_file_is_what_the_tool_prints(self):
        _, text, _ = stile("snippet", "caddy")
        self.assertEqual(text, (DEPLOY / "caddy" / "stile.caddy").read_text())

    def test_renewed_clearance_comes_with_pages_alone(self):
        fields = [("User-Agent", AGENT), ("Accept", "*/*"), ("Sec-Fetch-Mode", "no-cors"),
                  ("Cookie", self.ending_soon())]
        head, _ = self.get("/private/says", fields)
        self.assertEqual((head.status, head.all("set-cookie")), (200, []))

    def test_page_with_a_renewed_clearance_is_kept_by_no_cache(self):
        for says in ({"Cache-Control": "public, max-age=60"}, {"CDN-Cache-Control": "max-age=60"},
                     {"Surrogate-Control": "max-age=60"}, {}):
            target = "/private/says?" + urllib.parse.urlencode(says)
            head, _ = self.get(target, [*BROWSER, ("Cookie", self.ending_soon())])
            self.assertEqual(len(head.all("set-cookie")), 1)
            self.assertEqual(head.all("cache-control"), ["private, no-store"])
            self.assertEqual(head.all("cdn-cache-control") + head.all("surrogate-control"), [])

    def test_query_of_a_client_does_not_reach_the_question(self):
        self.assert_refused("/private/echo?method=GET&uri=/open/echo")
        self.assertEqual(self.get("/open/echo?uri=/private")[0].status, 200)

    def test_addresses_of_the_dialect_are_not_for_clients(self):
        self.assert_refused("/auth")


class CaddyWithoutStiledTest(unittest.TestCase):
    def test_nobody_passes_while_stiled_is_dead(self):
        with CaddySite(policy=POLICY) as site:
            site.stiled.stop()
            self.assertEqual(request(site.address, "/private/echo", fields=BROWSER)[0].status, 502)
            self.assertEqual(site.origin.heads, [])

    def test_shipped_policy_challenges_all_but_what_it_names(self):
        with CaddySite() as site:
            for target, status in (("/", 403), ("/private/echo", 403), ("/robots.txt", 200)):
                self.assertEqual(request(site.address, target, fields=BROWSER)[0].status, status)


if __name__ == "__main__":
    unittest.main(verbosity=2)
