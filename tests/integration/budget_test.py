"""Budgets over the wire: who is over his own is told to wait, and a spent prefix pays more."""

import json
import pathlib
import signal
import sys
import unittest

from asked_listener import TRUSTING, described
from gateway_site import STILED, clearance
from origin import Origin
from raw_http import request
from stile_command import stile
from stiled_process import StiledProcess

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire_format"))
import stile_checker as wire  # noqa: E402

AGENT = "budget-test/1.0"
CLIENT = "192.0.2.5"
# Nothing here refills while a test runs.
POLICY = """
[level.light]
budget = { requests = 20, per = "24h" }
[[rule]]
name = "login"
path = ["/login"]
action = "challenge"
level = "light"
budget = { requests = 2, per = "24h" }
[budgets]
uncleared_prefix = { requests = 30, per = "24h" }
uncleared_ring = { requests = 300, per = "24h" }
"""


def fields(client=CLIENT, cookie=None):
    own = [("User-Agent", AGENT), ("X-Real-IP", client)]
    return own + [("Cookie", cookie)] if cookie else own


def effort(address, client):
    """What a fresh challenge asks of a client."""
    head, body = request(address, "/.stile/challenge", fields=fields(client))
    assert head.status == 200, head.fields
    return json.loads(body)["alternatives"][0]["effort"]


class BudgetTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        config = "".join(f'[[listener]]\naddress = "127.0.0.1:0"\nmode = "{mode}"\n{TRUSTING}\n'
                         for mode in ("gateway", "check", "forward-auth"))
        config += (f'[[site]]\nname = "main"\nhosts = ["*"]\nupstream = "{self.origin.url}"\n'
                   'policy = "policy.toml"\n[metrics]\naddress = "127.0.0.1:0"\n'
                   '[control]\nsocket = "control.sock"\n'
                   '[limits]\nloops = 2\n')
        self.stiled = StiledProcess(STILED, config, {"policy.toml": POLICY})
        self.addCleanup(self.stiled.stop)
        self.gateway, self.check, self.auth = self.stiled.addresses

    def earn(self, client=CLIENT):
        return clearance(self.gateway, fields(client))

    def get(self, path, cookie=None, client=CLIENT):
        return request(self.gateway, path, fields=fields(client, cookie))[0]

    def ask(self, address, path, uri, cookie):
        return request(address, path, fields=described(uri, agent=AGENT) + [("Cookie", cookie)],
                       host="stile.internal")[0]

    def status(self):
        return json.loads(request(self.stiled.control, "/status")[1])["budgets"]

    def test_clearance_passes_its_budget_on_every_listener_together(self):
        cookie = self.earn()
        for i in range(20):
            if i % 3 == 0:
                status = self.get("/x", cookie).status
            elif i % 3 == 1:
                status = self.ask(self.check, "/check", "/x", cookie).status
            else:
                status = self.ask(self.auth, "/auth", "/x", cookie).status
            self.assertEqual(status, 200, i)

        limited = self.get("/x", cookie)
        self.assertEqual(limited.status, 429)
        self.assertGreater(int(limited.get("retry-after")), 3600)
        checked = self.ask(self.check, "/check", "/x", cookie)
        self.assertEqual((checked.status, checked.get("x-stile-verdict")), (403, "limited"))
        second, _ = request(self.check, "/interstitial", fields=described(
            "/x", agent=AGENT) + [("X-Stile-Ctx", checked.get("x-stile-ctx"))], host="stile")
        self.assertEqual(second.status, 429)
        self.assertEqual(second.get("retry-after"), "255")
        asked = self.ask(self.auth, "/auth", "/x", cookie)
        self.assertEqual(asked.status, 429)
        self.assertGreater(int(asked.get("retry-after")), 3600)
        self.assertEqual(self.get("/x", self.earn()).status, 200)

    def test_page_of_three_hundred_subresources_passes(self):
        cookie = self.earn()
        self.assertEqual(self.get("/", cookie).status, 200)
        for i in range(300):
            self.assertEqual(self.get(f"/static/{i}.png?v=2", cookie).status, 200)
        self.assertEqual(self.get("/", cookie).status, 200)

    def test_rules_budget_limits_besides(self):
        cookie = self.earn()
        statuses = [self.get("/login", cookie).status for _ in range(3)]
        self.assertEqual(statuses, [200, 200, 429])
        self.assertEqual(self.get("/x", cookie).status, 200)

    def test_spent_prefix_pays_more_and_passes(self):
        first = effort(self.gateway, "198.51.100.1")
        for i in range(35):
            head = self.get("/x", client=f"198.51.100.{i}")
            self.assertEqual(head.status, 403)
        self.assertEqual(effort(self.gateway, "198.51.100.77"), 4 * first)
        self.assertEqual(effort(self.gateway, "203.0.113.1"), first)
        cookie = self.earn("198.51.100.78")
        token = wire.base64url_decode(cookie.partition("=")[2])
        self.assertEqual(wire.Clearance.parse(token).budget_class, 0x80)
        self.assertEqual(self.get("/x", cookie, "198.51.100.78").status, 200)

    def test_reload_forgives_nothing(self):
        cookie = self.earn()
        for _ in range(20):
            self.assertEqual(self.get("/x", cookie).status, 200)
        self.stiled.signal(signal.SIGHUP)
        self.stiled.wait_for("reloaded")
        self.assertEqual(self.get("/x", cookie).status, 429)

    def test_metrics_and_status_tell_who_takes_most(self):
        cookie = self.earn()
        for _ in range(25):
            self.get("/x", cookie)
        samples = self.stiled.samples()
        name = 'stile_decisions_total{site="main",action="deny",verdict="limited"}'
        self.assertEqual(samples[name], 5)
        self.assertGreaterEqual(samples['stile_budget_cells{table="clearances"}'], 262144)
        self.assertEqual(samples['stile_budget_cells_in_use{table="clearances"}'], 1)
        heaviest = self.status()["clearances"]["heaviest"]
        token = wire.base64url_decode(cookie.partition("=")[2])
        self.assertEqual([(one["clearance"], one["site"]) for one in heaviest],
                         [(wire.Clearance.parse(token).id.hex(), "main")])
        self.assertGreater(heaviest[0]["weight"], 10)
        for i in range(40):
            self.get("/x", client=f"203.0.113.{i}")
        prefixes = [one["prefix"] for one in self.status()["uncleared_prefixes"]["heaviest"]]
        self.assertEqual(prefixes, ["203.0.113.0/24"])
        _, text, _ = stile("status", "--config", str(self.stiled.config))
        for who in (heaviest[0]["clearance"], "203.0.113.0/24"):
            self.assertRegex(text, rf"(?m)^\S.* {who} +main +\d+$")
        for_anyone = request(self.stiled.metrics, "/status")[1]
        self.assertIn(b"in_use", for_anyone)
        self.assertNotIn(b"heaviest", for_anyone)


if __name__ == "__main__":
    unittest.main()
