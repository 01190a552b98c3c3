"""Crawlers that reverse DNS confirms: asked beside the requests, never within them."""

import json
import os
import pathlib
import signal
import time
import unittest

from dns_server import SERVFAIL, DnsServer, reverse
from gateway_site import STILED
from origin import Origin
from raw_http import request
from stiled_process import DEADLINE, StiledProcess

BOT = "Mozilla/5.0 (compatible; Examplebot/1.0)"
GOOD, OTHER, SPOOF = "192.0.2.10", "192.0.2.11", "203.0.113.9"
# address, its names, what those resolve to, the suffixes that are allowed, whether it is confirmed.
CASES = (
    ("66.249.66.1", ["crawl-66-249-66-1.googlebot.com."],
     {"crawl-66-249-66-1.googlebot.com.": ["66.249.66.1"]},
     ["googlebot.com", "google.com", "googleusercontent.com"], True),
    ("95.216.227.158", ["crawl-95-216-227-158.googlebot.com."], {}, ["googlebot.com"], False),
    ("203.0.113.9", ["crawl-1.evilgooglebot.com."],
     {"crawl-1.evilgooglebot.com.": ["203.0.113.9"]}, ["googlebot.com"], False),
    ("203.0.113.10", ["googlebot.com.evil.example."],
     {"googlebot.com.evil.example.": ["203.0.113.10"]}, ["googlebot.com"], False),
    ("203.0.113.11", ["a.googlebot.com.", "b.example."],
     {"a.googlebot.com.": ["66.249.66.1"], "b.example.": ["203.0.113.11"]},
     ["googlebot.com"], False),
    ("2001:4860:4801:10::1", ["crawl-x.GOOGLEBOT.com."],
     {"crawl-x.googlebot.com.": ["2001:4860:4801:10::1"]}, ["googlebot.com"], True),
)
# The same from the collection of cases, where it is at hand.
COLLECTION = os.environ.get("STILE_FCRDNS_CASES", "")


def policy(agents):
    """`agents`: what a user agent holds, to the masks of its names."""
    text = ""
    for name, masks in agents.items():
        text += f'[agent.{name.lower()}]\nuser_agent = ["{name}/"]\n'
        text += f"reverse_dns = {json.dumps(masks)}\n"
    names = json.dumps([name.lower() for name in agents])
    return text + f'[[rule]]\nname = "crawlers"\nagent = {names}\naction = "allow"\n'


class ReverseDnsTest(unittest.TestCase):
    def setUp(self):
        self.dns = DnsServer()
        self.addCleanup(self.dns.stop)
        self.origin = Origin()
        self.addCleanup(self.origin.stop)

    def start(self, agents=None, section=None):
        section = section or f'reverse_dns = true\nresolver = "{self.dns.address}"\n'
        self.stiled = StiledProcess(
            STILED, '[[listener]]\naddress = "127.0.0.1:0"\nclient_address = "x-real-ip"\n'
            'trusted_peers = ["127.0.0.0/8"]\n'
            f'[[site]]\nname = "main"\nhosts = ["*"]\nupstream = "{self.origin.url}"\n'
            f'policy = "policy.toml"\n[metrics]\naddress = "127.0.0.1:0"\n[limits]\nloops = 2\n'
            f"[agents]\n{section}",
            {"policy.toml": policy(agents or {"Examplebot": ["crawl-*.examplebot.test"]})})
        self.addCleanup(self.stiled.stop)

    def status(self, address, agent=BOT):
        fields = [("X-Real-IP", address), ("User-Agent", agent)]
        return request(self.stiled.addresses[0], "/private", fields=fields)[0].status

    def result(self, name):
        return self.stiled.samples()[f'stile_reverse_dns_total{{result="{name}"}}']

    def until(self, true, what):
        end = time.monotonic() + DEADLINE
        while not true():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.005)

    def test_crawler_that_is_confirmed_passes_soon_after_its_first_request(self):
        self.dns.tell(GOOD, ["crawl-1.examplebot.test"],
                      {"crawl-1.examplebot.test": [OTHER, GOOD]})
        self.start()
        self.dns.silent = True  # So that the first answer can't be there already.
        self.assertEqual(self.status(GOOD), 403)
        self.dns.silent = False
        self.until(lambda: self.status(GOOD) == 200, "it is never confirmed")
        self.assertEqual(self.result("confirmed"), 1)
        self.assertEqual(self.stiled.samples()["stile_reverse_dns_in_flight"], 0)
        # Only who claims to be it, and only from there.
        self.assertEqual(self.status(GOOD, "Mozilla/5.0"), 403)
        self.assertEqual(self.status(OTHER), 403)

    def test_cases_of_spoofed_and_honest_names(self):
        self.check_cases(CASES)

    def test_cases_of_the_collection(self):
        path = pathlib.Path(COLLECTION)
        if not COLLECTION or not path.is_file():
            self.skipTest("STILE_FCRDNS_CASES names no collection of cases")
        self.check_cases([(case["ip"], case["ptr"], case["fwd"], case["suffix"], case["ok"])
                          for case in json.loads(path.read_text())["cases"]])

    def check_cases(self, cases):
        self.start({f"Case{i}": [f"*.{suffix}" for suffix in case[3]]
                    for i, case in enumerate(cases)})
        for i, (address, names, forward, _, ok) in enumerate(cases):
            self.dns.answers.clear()
            self.dns.tell(address, names, forward)
            before = self.result("confirmed"), self.result("refuted")
            self.status(address, f"Case{i}/1")
            self.until(lambda: self.result("confirmed") + self.result("refuted") == sum(before) + 1,
                       address)
            self.assertEqual(self.result("confirmed"), before[0] + ok, address)
            self.assertEqual(self.status(address, f"Case{i}/1"), 200 if ok else 403, address)

    def test_name_of_several_that_resolves_back_is_enough(self):
        self.dns.tell(GOOD, ["b.example", "crawl-2.examplebot.test", "crawl-1.examplebot.test"],
                      {"crawl-2.examplebot.test": [OTHER], "crawl-1.examplebot.test": [GOOD]})
        self.start()
        self.until(lambda: self.status(GOOD) == 200, "it is never confirmed")

    def test_spoof_stays_refused_and_is_not_asked_about_again(self):
        self.dns.tell(SPOOF, ["crawl-1.examplebot.test"], {"crawl-1.examplebot.test": [GOOD]})
        self.start()
        self.assertEqual(self.status(SPOOF), 403)
        self.until(lambda: self.result("refuted") == 1, "it is never refuted")
        asked = len(self.dns.asked)
        for _ in range(20):
            self.assertEqual(self.status(SPOOF), 403)
        self.assertEqual(len(self.dns.asked), asked)

    def test_dead_resolver_changes_nothing_and_costs_no_request(self):
        self.dns.silent = True
        self.start(section=f'reverse_dns = true\nresolver = "{self.dns.address}"\n'
                           'timeout = "2s"\n')
        for _ in range(30):
            self.assertEqual(self.status(GOOD), 403)
        # All of them were answered while the one question about their address waits.
        self.assertEqual(self.result("failed"), 0)
        self.assertEqual(self.stiled.samples()["stile_reverse_dns_in_flight"], 1)
        self.until(lambda: self.result("failed") == 1, "it never gives up")
        asked = self.dns.count(reverse(GOOD), "PTR")
        self.assertLessEqual(asked, 2)
        self.assertEqual(self.status(GOOD), 403)
        self.assertEqual(self.dns.count(reverse(GOOD), "PTR"), asked)
        self.stiled.signal(signal.SIGTERM)
        self.assertEqual(self.stiled.wait(), 0)

    def test_error_is_not_taken_for_an_answer(self):
        self.dns.answers[(reverse(GOOD), "PTR")] = SERVFAIL
        self.start()
        self.assertEqual(self.status(GOOD), 403)
        self.until(lambda: self.result("failed") == 1, "it never fails")
        self.assertEqual(self.result("refuted"), 0)

    def test_more_than_may_be_in_flight_wait_their_turn(self):
        self.start(section=f'reverse_dns = true\nresolver = "{self.dns.address}"\nin_flight = 2\n')
        addresses = [f"198.51.100.{i}" for i in range(20)]
        for address in addresses:
            self.dns.tell(address, ["crawl-1.examplebot.test"],
                          {"crawl-1.examplebot.test": addresses})
        self.dns.silent = True
        for address in addresses:
            self.assertEqual(self.status(address), 403)
        self.until(lambda: self.stiled.samples()["stile_reverse_dns_in_flight"] == 2, "in flight")
        self.dns.silent = False
        for address in addresses:
            self.until(lambda: self.status(address) == 200, address)

    def test_answers_outlive_a_reload(self):
        self.dns.tell(GOOD, ["crawl-1.examplebot.test"], {"crawl-1.examplebot.test": [GOOD]})
        self.start()
        self.until(lambda: self.status(GOOD) == 200, "it is never confirmed")
        asked = len(self.dns.asked)
        self.stiled.signal(signal.SIGHUP)
        self.stiled.wait_for("reloaded")
        self.assertEqual(self.status(GOOD), 200)
        self.assertEqual(len(self.dns.asked), asked)

    def test_nothing_is_asked_unless_it_is_wanted(self):
        self.start(section=f'resolver = "{self.dns.address}"\n')
        self.assertEqual(self.status(GOOD), 403)
        self.assertNotIn('stile_reverse_dns_in_flight', self.stiled.samples())
        self.assertEqual(self.dns.asked, [])
        # A reload switches it on.
        text = self.stiled.config.read_text()
        self.stiled.config.write_text(text.replace("[agents]", "[agents]\nreverse_dns = true"))
        self.dns.tell(GOOD, ["crawl-1.examplebot.test"], {"crawl-1.examplebot.test": [GOOD]})
        self.stiled.signal(signal.SIGHUP)
        self.stiled.wait_for("reloaded")
        self.until(lambda: self.status(GOOD) == 200, "it is never confirmed")


if __name__ == "__main__":
    unittest.main()
