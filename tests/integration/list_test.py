"""Lists of ranges: read beside their policy, admitted on reload, recorded, shown."""

import json
import signal
import unittest

from gateway_site import STILED
from origin import Origin
from raw_http import request
from stile_command import stile
from stiled_process import StiledProcess

BOT = "Examplebot/1.0"
POLICY = """
[agent.examplebot]
user_agent = ["Examplebot/"]
ip_list = ["lists/examplebot.json"]
[[rule]]
name = "crawlers"
agent = ["examplebot"]
action = "allow"
[[rule]]
name = "banned"
ip_list = ["lists/banned.txt"]
action = "deny"
"""


def crawler_list(count, created="2026-03-01T12:00:00.000000"):
    prefixes = [{"ipv4Prefix": f"192.0.2.{i}/32"} for i in range(count)]
    return json.dumps({"creationTime": created, "prefixes": prefixes})


class ListTest(unittest.TestCase):
    def setUp(self):
        origin = Origin()
        self.addCleanup(origin.stop)
        self.text = ('[[listener]]\naddress = "127.0.0.1:0"\nclient_address = "x-real-ip"\n'
                     'trusted_peers = ["127.0.0.0/8"]\n'
                     f'[[site]]\nname = "main"\nhosts = ["*"]\nupstream = "{origin.url}"\n'
                     'policy = "policy.toml"\n[metrics]\naddress = "127.0.0.1:0"\n'
                     '[control]\nsocket = "control.sock"\n[state]\ndirectory = "state"\n'
                     "[limits]\nloops = 2\n")
        self.start()

    def start(self):
        self.stiled = StiledProcess(
            STILED, self.text,
            {"policy.toml": POLICY, "lists/examplebot.json": crawler_list(10),
             "lists/banned.txt": "198.51.100.0/24\n"})
        self.addCleanup(self.stiled.stop)

    def write(self, name, text):
        (self.stiled.folder / name).write_text(text)

    def status(self, address, agent=BOT):
        fields = [("X-Real-IP", address), ("User-Agent", agent)]
        return request(self.stiled.addresses[0], "/private", fields=fields)[0].status

    def reload(self, *arguments):
        return stile("reload", "--config", str(self.stiled.config), *arguments)

    def rejected(self, reason):
        return self.stiled.samples()[f'stile_policy_rejected_total{{reason="{reason}"}}']

    def test_crawler_needs_both_its_name_and_its_address(self):
        self.assertEqual(self.status("192.0.2.3"), 200)
        self.assertEqual(self.status("192.0.2.3", "Mozilla/5.0"), 403)
        self.assertEqual(self.status("192.0.2.200"), 403)

    def test_lists_are_in_metrics_and_status(self):
        samples = self.stiled.samples()
        self.assertEqual(samples['stile_list_ranges{list="lists/examplebot.json"}'], 10)
        self.assertEqual(samples['stile_list_ranges{list="lists/banned.txt"}'], 1)
        self.assertEqual(
            samples['stile_list_created_timestamp_seconds{list="lists/examplebot.json"}'],
            1772366400)
        self.assertNotIn('stile_list_created_timestamp_seconds{list="lists/banned.txt"}', samples)
        lists = json.loads(request(self.stiled.metrics, "/status")[1])["lists"]
        known = {entry["name"]: entry for entry in lists}
        self.assertEqual(known["lists/examplebot.json"]["created"], "2026-03-01T12:00:00Z")
        self.assertGreater(known["lists/examplebot.json"]["age_days"], 0)
        self.assertFalse(known["lists/examplebot.json"]["shipped"])
        self.assertIsNone(known["lists/banned.txt"]["age_days"])

    def test_reload_takes_new_ranges(self):
        self.write("lists/examplebot.json", crawler_list(250))
        self.assertEqual(self.reload()[0], 0)
        self.assertEqual(self.status("192.0.2.200"), 200)
        self.assertEqual(self.stiled.samples()['stile_list_ranges{list="lists/examplebot.json"}'],
                         250)

    def test_list_that_lost_most_of_its_ranges_is_refused_unless_forced(self):
        self.write("lists/examplebot.json", crawler_list(4))
        status, _, err = self.reload()
        self.assertEqual(status, 1)
        self.assertIn("lists/examplebot.json", err)
        self.assertIn("has 4 ranges", err)
        self.assertIn("stile reload --force", err)
        self.assertEqual(self.status("192.0.2.9"), 200)
        self.assertEqual(self.rejected("lists"), 1)
        self.stiled.signal(signal.SIGHUP)
        self.stiled.wait_for("reload-rejected", 2)
        status, _, err = self.reload("--force")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(self.status("192.0.2.9"), 403)
        self.assertEqual(self.status("192.0.2.3"), 200)
        self.assertEqual(self.reload()[0], 0)

    def test_other_file_with_fewer_ranges_is_refused_and_status_says_what_to_do(self):
        self.write("lists/dated.json", crawler_list(1))
        self.write("policy.toml", POLICY.replace("examplebot.json", "dated.json"))
        status, _, err = self.reload()
        self.assertEqual(status, 1)
        self.assertIn('lists/dated.json: agent "examplebot" has 1 range of lists/dated.json', err)
        self.assertIn("has 10 of lists/examplebot.json", err)
        self.assertEqual(self.status("192.0.2.9"), 200)
        problems = json.loads(request(self.stiled.metrics, "/status")[1])["problems"]
        advice = {problem["reason"]: problem["do"] for problem in problems}
        self.assertIn("stile reload --force", advice["reload"])
        self.write("lists/banned.txt", "x\n")
        self.assertEqual(self.reload()[0], 1)
        problems = json.loads(request(self.stiled.metrics, "/status")[1])["problems"]
        advice = {problem["reason"]: problem["do"] for problem in problems}
        self.assertIn("stile check", advice["reload"])
        self.write("lists/banned.txt", "198.51.100.0/24\n")
        self.assertEqual(self.reload("--force")[0], 0)
        self.assertEqual(self.status("192.0.2.9"), 403)

    def test_list_that_holds_everybody_is_refused(self):
        everybody = json.dumps({"prefixes": [{"ipv4Prefix": f"192.0.2.{i}/32"} for i in range(10)]
                                + [{"ipv4Prefix": "0.0.0.0/0"}]})
        self.write("lists/examplebot.json", everybody)
        status, _, err = self.reload()
        self.assertEqual(status, 1)
        self.assertIn("0.0.0.0/0", err)
        self.assertEqual(self.status("203.0.113.9"), 403)
        self.assertEqual(self.rejected("policy"), 1)
        self.assertEqual(self.reload("--force")[0], 1)
        self.assertEqual(self.status("203.0.113.9"), 403)
        status, _, err = stile("check", "--config", str(self.stiled.config))
        self.assertEqual(status, 1)
        self.assertIn("lists/examplebot.json: this list of an agent's holds 0.0.0.0/0", err)
        # In a rule of the operator's own it is no mistake, and takes insisting.
        self.write("lists/examplebot.json", crawler_list(10))
        self.write("lists/banned.txt", "0.0.0.0/0\n")
        self.assertIn('rule "banned"', self.reload()[2])
        self.write("stile.toml", self.stiled.config.read_text()
                   + "[admission]\nblast_radius_override = true\n")
        self.assertEqual(self.reload("--force")[0], 0)
        self.assertEqual(self.status("203.0.113.9", "Mozilla/5.0"), 403)

    def test_restart_serves_the_record_instead_of_a_list_that_holds_everybody(self):
        # Each range by itself is nothing unusual.
        self.write("lists/examplebot.json",
                   json.dumps({"prefixes": [{"ipv4Prefix": f"{i}.0.0.0/8"} for i in range(256)]}))
        self.assertEqual(self.reload()[0], 1)
        names = ("policy.toml", "lists/examplebot.json", "lists/banned.txt", "state/last-good")
        files = {name: (self.stiled.folder / name).read_bytes() for name in names}
        self.stiled = StiledProcess(STILED, self.text, files)
        self.addCleanup(self.stiled.stop)
        self.assertEqual(self.stiled.samples()['stile_degraded{reason="last-good"}'], 1)
        self.assertEqual(self.status("203.0.113.9"), 403)
        self.assertEqual(self.status("192.0.2.3"), 200)
        with open(self.stiled.folder / "state/last-good", encoding="utf-8") as record:
            self.assertNotIn("255.0.0.0/8", record.read())

    def test_broken_list_keeps_everything_and_names_each_line(self):
        self.write("lists/banned.txt", "203.0.113.0/24\nx\n203.0.113.1/24\n")
        self.write("lists/examplebot.json", crawler_list(250))
        status, _, err = self.reload()
        self.assertEqual(status, 1)
        self.assertIn("lists/banned.txt:2:", err)
        self.assertIn("lists/banned.txt:3:", err)
        self.assertEqual(self.status("192.0.2.200"), 403)
        self.assertEqual(self.rejected("policy"), 1)

    def test_record_holds_the_lists(self):
        with open(self.stiled.folder / "state/last-good", encoding="utf-8") as record:
            text = record.read()
        self.assertIn("list 21 ", text)
        self.assertIn("lists/examplebot.json", text)
        self.assertIn("198.51.100.0/24", text)

    def test_check_names_what_reload_would(self):
        self.write("lists/banned.txt", "x\n")
        status, _, err = stile("check", "--config", str(self.stiled.config))
        self.assertEqual(status, 1)
        self.assertIn("lists/banned.txt:1:", err)


if __name__ == "__main__":
    unittest.main()
