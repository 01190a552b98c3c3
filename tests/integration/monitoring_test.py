"""examples/monitoring against a stiled that runs: what its alerts and its dashboard name is there, and
what a stiled may degrade to has an alert, which comes true."""

import json
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from certificates import Authority
from gateway_site import POLICY, STILED, TCP, clearance
from origin import Origin
from raw_http import request
from stiled_process import DEADLINE, StiledProcess, key_file

FOLDER = pathlib.Path(__file__).parents[2] / "examples/monitoring"
ALERTS = FOLDER / "stile_alerts.yml"
DASHBOARD = FOLDER / "stile_dashboard.json"
PROMTOOL = shutil.which("promtool")
# What Prometheus itself gives every series.
SCRAPED = {"instance", "job"}
# "stile_x{...}", where the braces may be missing.
SELECTOR = re.compile(r"\b(stile_\w+)(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\bby \(([^)]*)\)")
CONFIG = """
[[listener]]
{tcp}
[[listener]]
{tcp}
tls = {{ certificate = "site.pem", key = "site.key" }}
[[site]]
name = "main"
hosts = ["*"]
upstream = "{upstream}"
policy = "policy.toml"
[metrics]
address = "127.0.0.1:0"
[state]
directory = "state"
"""


def alert_expressions():
    """The expressions of the alerts by their names."""
    text = ALERTS.read_text()
    names = re.findall(r"^ +- alert: (\w+)$", text, re.MULTILINE)
    expressions = re.findall(r"^ +expr: (.+)$", text, re.MULTILINE)
    assert len(names) == len(expressions)
    return dict(zip(names, expressions))


def dashboard_expressions():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return {f'{panel["title"]} {target["refId"]}': target["expr"]
            for panel in panels for target in panel["targets"]}


def labels_of(samples):
    """The label names of every metric that `samples` has: {name: {label, ...}}."""
    found = {}
    for sample in samples:
        name, _, labels = sample.partition("{")
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


class MonitoringTest(unittest.TestCase):
    def start(self, **more):
        origin = Origin()
        self.addCleanup(origin.stop)
        authority = Authority()
        self.addCleanup(authority.close)
        certificate, key = authority.make("example.test")
        stiled = StiledProcess(STILED, CONFIG.format(tcp=TCP, upstream=origin.url),
                               {"policy.toml": POLICY, "site.pem": certificate, "site.key": key},
                               **more)
        self.addCleanup(stiled.stop)
        stiled.key_of_site = stiled.folder / "site.key"
        stiled.key_of_site.chmod(0o600)
        return stiled

    def used(self):
        """A stiled that has done a little of everything that the files name."""
        stiled = self.start()
        cookie = clearance(stiled.addresses[0])
        self.assertEqual(request(stiled.addresses[0], "/open/a",
                                 fields=[("Cookie", cookie)])[0].status, 200)
        return stiled

    def check(self, expressions, samples):
        labels = labels_of(samples)
        for place, expression in expressions.items():
            named = SELECTOR.findall(expression)
            self.assertTrue(named, place)
            known = set(SCRAPED)
            for name, matchers in named:
                self.assertIn(name, labels, place)
                known |= labels[name]
                for label in re.findall(r'(\w+)\s*(?:=~|!=|!~|=)\s*"', matchers):
                    self.assertIn(label, labels[name] | SCRAPED, place)
            for group in GROUPING.findall(expression):
                for label in group.split(","):
                    self.assertIn(label.strip(), known | {"site"}, place)

    def test_everything_that_the_files_name_is_there(self):
        samples = self.used().samples()
        self.check(alert_expressions(), samples)
        self.check(dashboard_expressions(), samples)

    def test_every_degradation_has_an_alert_and_every_alert_a_degradation(self):
        there = {re.search(r'reason="([^"]+)"', sample).group(1)
                 for sample in self.start().samples() if sample.startswith("stile_degraded{")}
        named = set()
        for expression in alert_expressions().values():
            for _, reasons in re.findall(r'stile_degraded\{reason(=~|=)"([^"]+)"', expression):
                named |= set(reasons.split("|"))
        self.assertEqual(named, there)

    def promtool(self, *arguments, folder=FOLDER):
        run = subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True,
                             timeout=DEADLINE * 2)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    @unittest.skipUnless(PROMTOOL, "promtool is not here")
    def test_prometheus_takes_the_alerts_and_they_do_as_they_say(self):
        self.promtool("check", "rules", ALERTS.name)
        self.promtool("test", "rules", "stile_alerts_test.yml")

    def fires(self, stiled, alert, reason):
        """Has Prometheus evaluate the alert over what this stiled says of itself."""
        series = "".join(f"      - series: '{sample}'\n        values: '{value:g}x40'\n"
                         for sample, value in stiled.samples().items()
                         if sample.startswith("stile_degraded{"))
        shutil.copy(ALERTS, stiled.folder / ALERTS.name)
        (stiled.folder / "real_test.yml").write_text(
            f"rule_files: [{ALERTS.name}]\nevaluation_interval: 15s\ntests:\n"
            f"  - interval: 15s\n    input_series:\n{series}"
            "    promql_expr_test:\n"
            f"      - expr: count(ALERTS{{alertname=\"{alert}\", alertstate=\"firing\","
            f" reason=\"{reason}\"}})\n        eval_time: 5m\n"
            "        exp_samples: [{value: 1}]\n")
        self.promtool("test", "rules", "real_test.yml", folder=stiled.folder)

    def until(self, stiled, reason, value):
        end = time.monotonic() + DEADLINE
        while stiled.samples()[f'stile_degraded{{reason="{reason}"}}'] != value:
            self.assertLess(time.monotonic(), end, f"{reason} is not {value}")
            time.sleep(0.02)

    @unittest.skipUnless(PROMTOOL, "promtool is not here")
    def test_alert_comes_true_where_keys_are_broken(self):
        stiled = self.start(keys="nonsense")
        self.fires(stiled, "StileServesSomethingElse", "keys")

    @unittest.skipUnless(PROMTOOL, "promtool is not here")
    def test_alert_comes_true_where_nothing_can_be_recorded(self):
        stiled = self.start()
        folder = stiled.folder / "state"
        shutil.rmtree(folder)
        folder.write_text("no folder")
        stiled.signal(1)
        self.until(stiled, "state", 1)
        self.fires(stiled, "StileDoesLess", "state")

    def test_period_is_told_with_its_requests_and_ends_in_one_line(self):
        stiled = self.start(keys="nonsense")
        for _ in range(3):
            request(stiled.addresses[0], "/open/a")
        samples = stiled.samples()
        self.assertEqual(samples['stile_degraded_requests_total{reason="keys"}'], 3)
        since = samples['stile_degraded_since_timestamp_seconds{reason="keys"}']
        self.assertLess(abs(since - time.time()), DEADLINE)
        _, body = request(stiled.metrics, "/status")
        problem = json.loads(body)["problems"][0]
        self.assertEqual((problem["reason"], problem["requests"]), ("keys", 3))
        self.assertTrue(problem["doing"] and problem["do"] and problem["since"])
        refused = samples["stile_config_last_refusal_timestamp_seconds"]
        self.assertGreater(refused, 0)
        # It recovers, and says so once.
        stiled.keys.write_text(key_file())
        stiled.signal(1)
        recovered = stiled.wait_for("recovered")
        self.assertEqual((recovered["reason"], recovered["requests"]), ("keys", 3))
        samples = stiled.samples()
        self.assertEqual(samples['stile_degraded_since_timestamp_seconds{reason="keys"}'], 0)
        self.assertEqual(samples['stile_degraded_requests_total{reason="keys"}'], 3)
        self.assertEqual(samples["stile_config_last_refusal_timestamp_seconds"], refused)
        stiled.signal(1)
        stiled.wait_for("reloaded", 2)
        self.assertEqual(sum(event["event"] == "recovered" for event in stiled.events), 1)

    def test_status_is_a_page_for_browsers_and_json_for_others(self):
        stiled = self.start()
        head, body = request(stiled.metrics, "/status?refresh=30",
                             fields=[("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")])
        self.assertEqual(head.get("content-type"), "text/html; charset=utf-8")
        self.assertIn("default-src 'none'", head.get("content-security-policy"))
        self.assertEqual(head.get("vary"), "Accept")
        self.assertIn(b"Stile is well", body)
        self.assertIn(b"<meta http-equiv=refresh content=30>", body)
        for accept in ([], [("Accept", "*/*")], [("Accept", "application/json")]):
            head, body = request(stiled.metrics, "/status", fields=accept)
            self.assertEqual(head.get("content-type"), "application/json")
            self.assertEqual(json.loads(body)["problems"], [])
        head, _ = request(stiled.metrics, "/status", "POST", fields=[("Accept", "text/html")])
        self.assertEqual(head.status, 405)

    def test_page_of_operations_names_every_degradation(self):
        page = (FOLDER.parents[1] / "docs/operations.md").read_text()
        for sample in self.start().samples():
            if sample.startswith("stile_degraded{"):
                reason = re.search(r'reason="([^"]+)"', sample).group(1)
                self.assertRegex(page, rf"(?m)^\| `{reason}`: .+ \| .+ \| .+ \|$")

    def test_digest_is_that_of_the_files(self):
        stiled = self.start()

        def digest():
            return next(sample for sample in stiled.samples()
                        if sample.startswith("stile_config_info{"))
        first = digest()
        policy = stiled.folder / "policy.toml"
        policy.write_text(POLICY + "# another line\n")
        stiled.signal(1)
        stiled.wait_for("reloaded")
        self.assertNotEqual(digest(), first)
        second, read = digest(), stiled.samples()["stile_policy_timestamp_seconds"]
        policy.write_text("[[rule]\n")
        stiled.signal(1)
        stiled.wait_for("reload-rejected")
        self.assertEqual(digest(), second)
        self.assertEqual(stiled.samples()["stile_policy_timestamp_seconds"], read)
        policy.write_text(POLICY)
        stiled.signal(1)
        stiled.wait_for("reloaded", 2)
        self.assertEqual(digest(), first)


if __name__ == "__main__":
    unittest.main()
