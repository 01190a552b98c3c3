"""The `stile` command: what it prints, and with which status."""

import json
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from gateway_site import STILED, Site
from raw_http import request
from stile_command import solve, stile

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
POLICY = """
[[rule]]
name = "docs"
path = ["/docs/*"]
action = "allow"
[[rule]]
name = "admin"
path = ["/admin/*"]
action = "deny"
"""


class Files(unittest.TestCase):
    """A deployment's files, without a process."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stile-tool-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.config = self.write("stile.toml", CONFIG)
        self.write("policy.toml", POLICY)
        status, key, _ = stile("keygen", "--config", str(self.folder / "none.toml"))
        self.assertEqual(status, 0)
        self.write("keys.toml", key).chmod(0o600)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


class KeygenTest(Files):
    def test_keygen_prints_a_key_that_a_key_file_takes(self):
        status, out, err = stile("check", str(self.folder / "keys.toml"))
        self.assertEqual((status, out), (0, "ok\n"), err)

    def test_keygen_takes_the_smallest_free_id(self):
        status, out, _ = stile("keygen", "--config", str(self.config))
        self.assertEqual(status, 0)
        self.assertIn("id = 2\n", out)

    def test_keygen_gives_another_secret_each_time(self):
        secrets = {re.search(r'secret = "([^"]+)"', stile("keygen", "--id", "7")[1]).group(1)
                   for _ in range(3)}
        self.assertEqual(len(secrets), 3)

    def test_keygen_refuses_an_id_that_is_none(self):
        self.assertEqual(stile("keygen", "--id", "256")[0], 2)


class CheckTest(Files):
    def test_check_of_good_files_says_ok(self):
        status, out, err = stile("check", "--config", str(self.config))
        self.assertEqual((status, out), (0, "ok\n"), err)

    def test_check_names_every_mistake_of_every_file_by_its_place(self):
        self.write("policy.toml", POLICY.replace('action = "allow"', 'action = "alow"')
                   + 'colour = "red"\n')
        status, out, err = stile("check", "--config", str(self.config))
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"policy\.toml:5:\d+: ")
        self.assertRegex(err, r"policy\.toml:10:1: ")

    def test_check_warns_of_a_group_that_is_not_there(self):
        text = self.config.read_text()
        group = 'address = "unix:a.sock"\nsocket_group = "nobody-has-this"'
        self.write("stile.toml", text.replace('address = "127.0.0.1:0"', group, 1))
        status, out, err = stile("check", "--config", str(self.config))
        self.assertEqual((status, out), (0, "ok\n"))
        self.assertRegex(err, r'warning: listener unix:.*: there is no group "nobody-has-this" here')

    def test_check_of_one_policy_file_needs_no_configuration(self):
        status, out, err = stile("check", str(self.folder / "policy.toml"))
        self.assertEqual((status, out), (0, "ok\n"), err)
        bad = self.write("bad.toml", POLICY + "[[rule]]\n")
        status, _, err = stile("check", str(bad))
        self.assertEqual(status, 1)
        self.assertRegex(err, r"bad\.toml:\d+:\d+: ")

    def test_check_of_a_missing_file_names_it(self):
        status, _, err = stile("check", str(self.folder / "none.toml"))
        self.assertEqual(status, 1)
        self.assertIn("none.toml", err)

    def test_check_of_bad_keys_quotes_no_secret(self):
        keys = (self.folder / "keys.toml").read_text()
        secret = re.search(r'secret = "([^"]+)"', keys).group(1)
        self.write("keys.toml", keys.replace(secret, secret[:-4] + "!!!!"))
        status, _, err = stile("check", "--config", str(self.config))
        self.assertEqual(status, 1)
        self.assertIn("keys.toml:", err)
        self.assertNotIn(secret[:12], err)


class CheckWarningTest(Files):
    """What is allowed and hardly meant: a line each, which fails nothing unless it is asked to."""

    CASES = {
        "a level that nobody without JavaScript reaches": (
            '[[rule]]\nname = "a"\npath = ["/a"]\naction = "challenge"\nlevel = "standard"\n',
            r":1:1: warning: .*no visitor without JavaScript"),
        "such a level of a threshold": (
            '[[threshold]]\nat = 5\naction = "challenge"\nlevel = "standard"\n'
            '[[rule]]\nname = "a"\npath = ["/a"]\naction = "weigh"\nweight = 9\n',
            r":1:1: warning: the threshold at 5.*no visitor without JavaScript"),
        "such a level of the default": (
            '[default]\naction = "challenge"\nlevel = "standard"\n',
            r":1:1: warning: the default .*no visitor without JavaScript"),
        "a rule below one that decides all": (
            '[[rule]]\nname = "all"\naction = "deny"\n'
            '[[rule]]\nname = "a"\npath = ["/a"]\naction = "allow"\n',
            r':4:1: warning: rule "a" can never match'),
        "a rule below one that asks all": (
            '[[rule]]\nname = "all"\naction = "challenge"\nlevel = "light"\n'
            '[[rule]]\nname = "a"\npath = ["/a"]\naction = "deny"\n',
            r':5:1: warning: rule "a" meets only what is never challenged'),
        "a rule covered by one above": (
            '[[rule]]\nname = "b"\npath = ["/a/*"]\naction = "deny"\n'
            '[[rule]]\nname = "a"\npath = ["/a/b"]\naction = "deny"\n',
            r':5:1: warning: rule "a" can never match'),
        "what nothing measures": (
            '[[rule]]\nname = "a"\nrate = 300\naction = "deny"\n',
            r':1:1: warning: rule "a" can never match'),
        "a condition and its opposite": (
            '[[rule]]\nname = "a"\nrank = 2\nnot = { rank = 2 }\naction = "deny"\n',
            r':1:1: warning: rule "a" can never match'),
        "an agent that nothing verifies": (
            '[agent.mine]\nuser_agent = ["Mine/"]\n'
            '[[rule]]\nname = "a"\nagent = ["mine"]\naction = "allow"\n',
            r':3:1: warning: rule "a" can never match'),
        "a way in for anyone": (
            '[[rule]]\nname = "a"\nuser_agent = ["Friend/"]\naction = "allow"\n',
            r':1:1: warning: rule "a" lets through on nothing but what anyone can send'),
        "half the internet": (
            '[[rule]]\nname = "a"\nip = ["0.0.0.0/1"]\naction = "allow"\n',
            r':1:1: warning: .*a large part of the internet'),
        "a weight without a threshold": (
            '[[rule]]\nname = "a"\npath = ["/a"]\naction = "weigh"\nweight = 9\n',
            r":1:1: warning: .*there is no threshold that it could reach"),
        "an old list of a crawler": (
            '[agent.mine]\nuser_agent = ["Mine/"]\nip_list = ["old.txt"]\n'
            '[[rule]]\nname = "a"\nagent = ["mine"]\naction = "allow"\n',
            r":4:1: warning: .*2020-01-01.*days ago"),
    }

    def test_each_kind_is_named_by_its_place_and_fails_nothing(self):
        self.write("old.txt", "# created: 2020-01-01T00:00:00Z\n192.0.2.0/24\n")
        for name, (text, warning) in self.CASES.items():
            with self.subTest(name):
                policy = str(self.write("warned.toml", text))
                status, out, err = stile("check", policy)
                self.assertEqual((status, out.splitlines()[-1]), (0, "ok"), err)
                self.assertRegex(err, r"warned\.toml" + warning)
                status, out, err = stile("check", "--strict", policy)
                self.assertEqual(status, 1)
                self.assertNotIn("ok\n", out)
                self.assertRegex(err, r"warned\.toml" + warning)

    def test_a_policy_without_any_passes_strictly(self):
        status, out, err = stile("check", "--strict", str(self.folder / "policy.toml"))
        self.assertEqual((status, out, err), (0, "ok\n", ""))

    def test_the_whole_configuration_is_warned_of_alike_by_stiled(self):
        self.write("policy.toml", self.CASES["a way in for anyone"][0])
        checked = stile("check", "--config", str(self.config))
        tested = subprocess.run([STILED, "--config", str(self.config), "-t"], capture_output=True,
                                text=True, check=False, timeout=60)
        self.assertEqual(checked, (tested.returncode, tested.stdout, tested.stderr))
        self.assertRegex(checked[2], r"(?m)^/.*policy\.toml:1:1: warning: rule \"a\" lets through")
        self.assertEqual(stile("check", "--strict", "--config", str(self.config))[0], 1)

    def test_ages_of_lists_are_named(self):
        self.write("old.txt", "# created: 2020-01-01T00:00:00Z\n192.0.2.0/24\n")
        self.write("new.txt", "192.0.2.0/24\n198.51.100.0/24\n")
        self.write("policy.toml", '[[rule]]\nname = "a"\nip_list = ["old.txt", "new.txt"]\n'
                                  'action = "deny"\n')
        for arguments in (["--config", str(self.config)], [str(self.folder / "policy.toml")]):
            status, out, err = stile("check", *arguments)
            self.assertEqual(status, 0, err)
            self.assertRegex(out, r"(?m)^list .*old\.txt: 1 range, made 2020-01-01, \d+ days ago$")
            self.assertRegex(out, r"(?m)^list .*new\.txt: 2 ranges, of an unknown age$")


class ExplainTest(Files):
    def explain(self, url, *arguments):
        return stile("explain", "--config", str(self.config), "--url", url, *arguments)

    def test_explain_names_the_rule_that_allows(self):
        status, out, err = self.explain("http://example.org/docs/a", "--ip", "192.0.2.1")
        self.assertEqual(status, 0, err)
        self.assertRegex(out, r"docs: yes: .*<- decides")
        self.assertRegex(out, r"admin: no: ")
        self.assertRegex(out, r"(?m)^decision +allow$")

    def test_explain_names_the_rule_that_denies(self):
        status, out, _ = self.explain("http://example.org/admin/x")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"admin: yes: .*<- decides")
        self.assertRegex(out, r"(?m)^decision +deny")

    def test_explain_says_what_the_default_asks(self):
        status, out, _ = self.explain("https://example.org/", "--header", "User-Agent: x")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^clearance +absent$")
        self.assertRegex(out, r"(?m)^decision +challenge at level light")

    def test_explain_judges_the_cookie(self):
        status, out, _ = self.explain("http://example.org/", "--header", "Cookie: stile=abc")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^clearance +malformed$")

    def test_explain_shows_weights_and_the_threshold_that_they_reach(self):
        self.write("policy.toml", """
[[threshold]]
at = 5
action = "deny"
[[threshold]]
at = 10
action = "challenge"
level = "standard"
[[rule]]
name = "tools"
user_agent = ["curl/"]
action = "weigh"
weight = 7
""")
        status, out, _ = self.explain("http://example.org/", "--header", "User-Agent: curl/8")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^weight +7$")
        self.assertRegex(out, r"(?m)^threshold  from 5: yes: deny  <- decides$")
        self.assertRegex(out, r"(?m)^threshold  from 10: no: challenge at level standard$")
        self.assertRegex(out, r"(?m)^decision +deny; no rule matched: the weight$")

    def test_explain_gives_rules_whatever_is_said_of_the_client(self):
        self.write("policy.toml", """
[[rule]]
name = "place"
country = ["NO"]
asn = [64500]
tls_fingerprint = ["t13d"]
header = { name = "X-A", equals = ["b"] }
action = "deny"
""")
        said = ["--country", "NO", "--asn", "64500", "--tls-fingerprint", "t13d", "--header", "X-A: b"]
        self.assertIn("<- decides", self.explain("http://example.org/", *said)[1])
        for left_out in range(0, len(said), 2):
            some = said[:left_out] + said[left_out + 2:]
            self.assertNotIn("<- decides", self.explain("http://example.org/", *some)[1])

    def test_explain_as_if_a_rank_was_held(self):
        status, out, err = self.explain("https://example.org/", "--rank", "1")
        self.assertEqual(status, 0, err)
        self.assertRegex(out, r"(?m)^clearance +valid, rank 1 is held$")
        self.write("policy.toml", POLICY + '[default]\naction = "challenge"\nlevel = "standard"\n')
        self.assertEqual(self.explain("https://example.org/", "--rank", "2")[0], 1)
        self.assertEqual(self.explain("https://example.org/", "--rank", "3")[0], 0)

    def test_explain_of_a_site_whatever_the_host(self):
        self.write("stile.toml", CONFIG.replace("[keys]", """[[site]]
name = "shop"
hosts = ["shop.example.org"]
upstream = "http://127.0.0.1:9"
[keys]"""))
        self.assertRegex(self.explain("http://shop.example.org/")[1], r"(?m)^site +shop$")
        self.assertRegex(self.explain("http://shop.example.org/", "--site", "main")[1],
                         r"(?m)^site +main$")
        self.assertEqual(self.explain("http://example.org/", "--site", "none")[0], 2)

    def test_explain_as_json_says_the_same(self):
        status, out, _ = self.explain("http://example.org/admin/x", "--json", "--ip", "192.0.2.1")
        self.assertEqual(status, 1)
        report = json.loads(out)
        self.assertEqual([(rule["name"], rule["matched"], rule["decides"]) for rule in report["rules"]],
                         [("docs", False, False), ("admin", True, True)])
        self.assertEqual(report["decision"]["action"], "deny")
        self.assertEqual(report["decision"]["decided_by"], "rule")
        self.assertEqual(report["request"]["address"], "192.0.2.1")
        exempt = json.loads(self.explain("http://example.org/robots.txt", "--json")[1])
        self.assertEqual(exempt["decision"]["decided_by"], "exemption")
        served = json.loads(self.explain("http://example.org/.stile/challenge", "--json")[1])
        self.assertEqual(served["decision"]["decided_by"], "endpoint")

    def test_explain_says_that_a_path_is_denied_whatever_the_rules_say(self):
        for path, name, why in (("/docs/..;/admin", "path", "the path can be read in too many ways"),
                                ("/docs/" + "a" * 8200, "limit", "longer than 8192 bytes")):
            status, out, _ = self.explain("http://example.org" + path)
            self.assertEqual(status, 1)
            self.assertRegex(out, rf"(?m)^decision   deny; .*{why}: denied whatever the rules say$")
            decision = json.loads(self.explain("http://example.org" + path, "--json")[1])["decision"]
            self.assertEqual((decision["action"], decision["decided_by"]), ("deny", name))

    def test_explain_takes_countries_as_rules_name_them(self):
        for country in ("cn", "XXX", "C", "Cn", "C1", "Unknown"):
            status, out, err = self.explain("http://example.org/docs/a", "--country", country)
            self.assertEqual((status, out), (2, ""), country)
            self.assertIn(f"'{country}' is no country: two upper-case letters, or unknown", err)
        self.assertEqual(self.explain("http://example.org/docs/a", "--country", "CN")[0], 0)
        self.assertEqual(self.explain("http://example.org/docs/a", "--country", "unknown")[0], 0)

    def test_explain_refuses_what_it_cannot_read(self):
        self.assertEqual(self.explain("example.org/x")[0], 2)
        self.assertEqual(self.explain("http://example.org/", "--ip", "1.2.3")[0], 2)
        self.assertEqual(self.explain("http://example.org/", "--header", "nonsense")[0], 2)


class SolveAndInspectTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.url = "http://{}:{}/private/echo".format(*cls.site.address)
        cls.config = str(cls.site.stiled.config)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def get(self, cookie, agent):
        fields = [("Cookie", cookie), ("User-Agent", agent)]
        return request(self.site.address, "/private/echo", fields=fields)[0].status

    def test_solved_cookie_opens_the_site_for_its_user_agent(self):
        cookie = solve(self.url, "--user-agent", "one/1")
        self.assertEqual(self.get(cookie, "one/1"), 200)
        self.assertEqual(self.get(cookie, "two/1"), 403)

    def test_solve_prints_json(self):
        solved = json.loads(solve(self.url, "--print", "json", "--user-agent", "one/1"))
        self.assertEqual(set(solved), {"challenge", "solution", "cookie", "puzzle", "effort",
                                       "seconds"})
        self.assertEqual(solved["puzzle"], "hashwx")
        self.assertGreaterEqual(solved["effort"], 262_144)
        self.assertEqual(self.get(solved["cookie"], "one/1"), 200)

    def test_solve_waits_where_it_is_told_to(self):
        start = time.monotonic()
        solved = json.loads(solve(self.url, "--print", "json", "--puzzle", "wait",
                                  "--user-agent", "one/1"))
        self.assertGreaterEqual(time.monotonic() - start, 5)
        self.assertEqual(solved["puzzle"], "wait")
        self.assertEqual(self.get(solved["cookie"], "one/1"), 200)

    def test_solve_of_an_open_page_says_that_nothing_is_asked(self):
        status, out, err = stile("solve", self.url.replace("/private", "/open"))
        self.assertEqual((status, out), (1, ""))
        self.assertIn("asks for no challenge", err)

    def test_solve_of_nobody_says_so(self):
        status, _, err = stile("solve", "http://127.0.0.1:1/")
        self.assertEqual(status, 1)
        self.assertIn("127.0.0.1:1", err)
        self.assertEqual(stile("solve", "ftp://127.0.0.1/")[0], 2)

    def test_inspect_of_an_earned_cookie_says_valid(self):
        cookie = solve(self.url)
        status, out, err = stile("inspect", "--config", self.config, cookie)
        self.assertEqual(status, 0, err)
        for line in (r"^clearance$", r"verdict +valid$", r"rank +2 \(light\)$",
                     r"puzzle +hashwx, at least 2\^18 evaluations$",
                     r"bound to +127\.0\.0\.0/24, user-agent class [0-9a-f]{8}$"):
            self.assertRegex(out, "(?m)" + line)

    def test_inspect_of_a_challenge_lists_its_alternatives(self):
        solved = json.loads(solve(self.url, "--print", "json"))
        status, out, _ = stile("inspect", "--config", self.config, solved["challenge"])
        self.assertEqual(status, 0)
        self.assertRegex(out, r"(?m)^challenge$")
        self.assertRegex(out, r"(?m)solve 0 +hashwx, 262144 evaluations in 8 parts; earns rank 2")
        self.assertRegex(out, r"(?m)solve 1 +sha256, 4000000 evaluations in 16 parts; earns rank 2")
        self.assertRegex(out, r"(?m)solve 2 +wait, 5\.0 s; earns rank 1")

    def test_inspect_of_a_context_says_where_it_leads(self):
        head, _ = request(self.site.address, "/private/deep?x=1")
        context = head.get("stile-challenge").partition("?c=")[2]
        status, out, _ = stile("inspect", "--config", self.config, context)
        self.assertEqual(status, 0)
        self.assertRegex(out, r"(?m)returns to +/private/deep\?x=1$")

    def test_inspect_of_a_changed_cookie_says_forged(self):
        cookie = solve(self.url)
        changed = cookie[:-10] + ("A" if cookie[-10] != "A" else "B") + cookie[-9:]
        status, out, _ = stile("inspect", "--config", self.config, changed)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)verdict +forged$")

    def test_inspect_without_keys_believes_nothing(self):
        status, out, err = stile("inspect", "--config", "/nowhere/stile.toml", solve(self.url))
        self.assertEqual(status, 1)
        self.assertIn("not checked", out)
        self.assertIn("/nowhere/stile.toml", err)

    def test_inspect_of_nonsense_says_malformed(self):
        status, out, _ = stile("inspect", "--config", self.config, "nonsense")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"verdict +malformed")


class UsageTest(unittest.TestCase):
    def test_every_command_has_help(self):
        for command in ("keygen", "check", "solve", "inspect", "explain"):
            status, out, _ = stile(command, "--help")
            self.assertEqual(status, 0)
            self.assertIn("--config", out)

    def test_wrong_usage_is_two_and_on_stderr(self):
        for arguments in ((), ("fly",), ("solve",), ("check", "--colour")):
            status, out, err = stile(*arguments)
            self.assertEqual(status, 2, arguments)
            self.assertEqual(out, "")
            self.assertNotEqual(err, "")


if __name__ == "__main__":
    unittest.main()
