"""`stile simulate`: what an access log meets, whatever wrote it."""

import gzip
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from stile_command import STILE, stile

CONFIG = """
[[listener]]
address = "127.0.0.1:0"
[[site]]
name = "main"
hosts = ["*"]
upstream = "http://127.0.0.1:9"
policy = "policy.toml"
[keys]
file = "keys.toml"
"""
SHOP = '[[site]]\nname = "shop"\nhosts = ["shop.example.org"]\nupstream = "http://127.0.0.1:9"\n' \
       'policy = "shop.toml"\n'
POLICY = """
[[rule]]
name = "docs"
path = ["/docs/*"]
action = "allow"
[[rule]]
name = "admin"
path = ["/admin"]
action = "deny"
"""
COMBINED = '{ip} - - [01/Mar/2026:12:00:{second:02} +0000] "{method} {path} HTTP/1.1" 200 5 "-" "{agent}"\n'
REQUESTS = [("192.0.2.7", "GET", "/docs/a"), ("192.0.2.7", "GET", "/"), ("192.0.2.7", "POST", "/f"),
            ("198.51.100.7", "POST", "/f"), ("203.0.113.7", "GET", "/admin")]
TOTALS = {"allowed": 1, "cleared": 1, "challenged": 2, "denied": 1, "lost_forms": 1,
          "clients_challenged": 2, "clients_denied": 1}


def combined(requests=tuple(REQUESTS), agent="Mozilla/5.0"):
    return "".join(COMBINED.format(ip=ip, second=i % 60, method=method, path=path, agent=agent)
                   for i, (ip, method, path) in enumerate(requests))


class SimulateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stile-simulate-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.config = self.write("stile.toml", CONFIG)
        self.write("policy.toml", POLICY)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def simulate(self, log, *arguments):
        return stile("simulate", "--config", str(self.config), str(log), *arguments)

    def report(self, log, *arguments):
        status, out, err = self.simulate(log, "--json", *arguments)
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)

    def test_combined_log_is_counted(self):
        report = self.report(self.write("a.log", combined()))
        self.assertEqual(report["totals"], TOTALS)
        self.assertEqual((report["requests"], report["clients"]), (5, 3))
        self.assertEqual(report["lost_forms"], [{"request": "POST /f", "count": 1}])
        self.assertEqual(report["log"]["from"], "2026-03-01T12:00:00Z")
        self.assertEqual([(rule["name"], rule["allowed"], rule["denied"])
                          for rule in report["sites"][0]["rules"][:2]],
                         [("docs", 1, 0), ("admin", 0, 1)])

    def test_every_format_tells_the_same(self):
        nginx = "".join(json.dumps({"time_iso8601": f"2026-03-01T12:00:{i:02}+00:00", "remote_addr": ip,
                                    "request": f"{method} {path} HTTP/1.1",
                                    "http_user_agent": "Mozilla/5.0"}) + "\n"
                        for i, (ip, method, path) in enumerate(REQUESTS))
        caddy = "".join(json.dumps({
            "ts": 1772366400 + i, "logger": "http.log.access", "msg": "handled request",
            "request": {"client_ip": ip, "method": method, "uri": path, "host": "example.org",
                        "headers": {"User-Agent": ["Mozilla/5.0"]}}}) + "\n"
                        for i, (ip, method, path) in enumerate(REQUESTS))
        hosted = "".join("example.org:443 " + line for line in combined().splitlines(keepends=True))
        for name, text in (("nginx", nginx), ("caddy", caddy), ("hosted", hosted)):
            with self.subTest(name):
                self.assertEqual(self.report(self.write(name, text))["totals"], TOTALS)

    def test_packed_log_and_standard_input_tell_the_same(self):
        packed = self.folder / "a.log.gz"
        packed.write_bytes(gzip.compress(combined().encode()))
        self.assertEqual(self.report(packed)["totals"], TOTALS)
        result = subprocess.run([STILE, "simulate", "--config", str(self.config), "-", "--json"],
                                input=combined().encode(), capture_output=True, check=True)
        self.assertEqual(json.loads(result.stdout)["totals"], TOTALS)

    def test_clients_that_never_answer_are_asked_each_time(self):
        totals = self.report(self.write("a.log", combined()), "--unsolved")["totals"]
        self.assertEqual((totals["cleared"], totals["challenged"]), (0, 3))

    def test_bad_lines_are_named_and_passed_over(self):
        log = self.write("a.log", "nonsense\n" + combined() + "{\n" + "x" * 70000 + "\n")
        status, out, err = self.simulate(log)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("a.log:1: it has no time in brackets\n", out)
        self.assertIn("a.log:7: it is not JSON\n", out)
        self.assertIn("a.log:8: it is longer than 65536 bytes\n", out)
        self.assertEqual(self.report(log)["log"]["unreadable"], 3)

    def test_log_without_a_request_is_a_negative_answer(self):
        status, _, err = self.simulate(self.write("a.log", "nonsense\n"))
        self.assertEqual(status, 1)
        self.assertIn("no request in it", err)

    def test_damaged_packing_is_a_negative_answer(self):
        packed = self.folder / "a.log.gz"
        data = gzip.compress((combined() + "".join(f"{i * 7919}\n" for i in range(100000))).encode())
        packed.write_bytes(data[:len(data) // 2])
        status, out, _ = self.simulate(packed)
        self.assertEqual(status, 1)
        self.assertIn("could not be read to its end", out)

    def test_wrong_usage_is_refused(self):
        log = self.write("a.log", combined())
        self.assertEqual(self.simulate(self.folder / "none.log")[0], 2)
        self.assertEqual(self.simulate(self.folder / "none.log")[2].count("No such file"), 1)
        self.assertEqual(self.simulate(log, "--site", "none")[0], 2)
        self.assertEqual(self.simulate(log, "--format", "csv")[0], 2)
        self.assertEqual(self.simulate(log, "--header", "nonsense")[0], 2)
        self.assertEqual(self.simulate(log, "--against", str(self.folder / "none.toml"))[0], 2)
        bad = self.write("bad.toml", POLICY.replace('"allow"', '"alow"'))
        status, _, err = self.simulate(log, "--against", str(bad))
        self.assertEqual(status, 2)
        self.assertRegex(err, r"bad\.toml:5:\d+: ")

    def test_comparison_names_the_clients_that_would_notice(self):
        other = self.write("other.toml", '[default]\naction = "deny"\n')
        report = self.report(self.write("a.log", combined()), "--against", str(other))
        self.assertEqual(report["totals_after"]["denied"], 5)
        self.assertEqual(report["clients_worse"], 2)
        first = report["noticing_clients"][0]
        self.assertEqual((first["address"], first["worse"]), ("192.0.2.0/24", 3))
        self.assertEqual(sum(change["requests"] for change in report["changes"]), 5)

    def test_comparison_with_itself_changes_nothing(self):
        log = self.write("a.log", combined())
        report = self.report(log, "--against", str(self.folder / "policy.toml"))
        self.assertEqual((report["changes"], report["noticing_clients"]), ([], []))
        self.assertIn("No request is treated differently", self.simulate(
            log, "--against", str(self.folder / "policy.toml"))[1])

    def test_hosts_choose_their_sites(self):
        self.write("stile.toml", CONFIG.replace("[keys]", SHOP + "[keys]"))
        self.write("shop.toml", '[default]\naction = "deny"\n')
        lines = combined().splitlines(keepends=True)
        log = self.write("a.log", "shop.example.org " + lines[1] + "example.org " + lines[1])
        sites = {site["name"]: site["requests"] for site in self.report(log)["sites"]}
        self.assertEqual(sites, {"main": 1, "shop": 1})
        report = self.report(log, "--site", "shop")
        self.assertEqual((report["requests"], report["other_sites"]), (1, 1))
        status, _, err = self.simulate(log, "--against", str(self.folder / "shop.toml"))
        self.assertEqual(status, 2)
        self.assertIn("--site", err)

    def test_lists_of_the_other_policy_are_read_beside_it(self):
        (self.folder / "lists").mkdir()
        self.write("lists/bad.txt", "192.0.2.0/24\n")
        other = self.write("other.toml", '[[rule]]\nname = "bad"\nip_list = ["lists/bad.txt"]\n'
                                         'action = "deny"\n[default]\naction = "allow"\n')
        report = self.report(self.write("a.log", combined()), "--against", str(other))
        self.assertEqual(report["totals_after"]["denied"], 3)

    def test_nothing_is_drawn_where_no_terminal_is(self):
        log = self.write("a.log", combined() * 20000)
        self.assertEqual(self.simulate(log)[2], "")

    def test_log_of_a_million_lines_takes_seconds(self):
        requests = [(f"192.0.{i % 251}.{i % 13}", "GET", f"/docs/{i % 97}" if i % 3 else f"/{i % 7}")
                    for i in range(20000)]
        log = self.write("a.log", combined(requests) * 50)
        begun = time.monotonic()
        report = self.report(log)
        seconds = time.monotonic() - begun
        self.assertEqual(report["requests"], 1000000)
        # A loose bound: it takes about two on an idle core.
        self.assertLess(seconds, 120)


if __name__ == "__main__":
    unittest.main()
