"""What rules learn of a client besides its request line: its fields, where it is, its TLS."""

import json
import signal
import unittest

import mmdb_file
from asked_listener import described
from gateway_site import STILED
from origin import Origin
from raw_http import request
from stile_command import stile
from stiled_process import StiledProcess

NORWAY, SWEDEN, NOWHERE, SIX = "192.0.2.5", "198.51.100.5", "203.0.113.5", "2001:db8::5"
COUNTRIES = {"192.0.2.0/24": mmdb_file.country("NO"),
             "198.51.100.0/24": mmdb_file.country("SE", "registered_country"),
             "2001:db8::/32": mmdb_file.country("NO")}
NETWORKS = {"192.0.2.0/24": mmdb_file.asn(64500), "2001:db8::/32": mmdb_file.asn(64501)}
TRUSTING = 'client_address = "x-real-ip"\ntrusted_peers = ["127.0.0.0/8"]\n'
RULES = """
[[rule]]
name = "from-norway"
path = ["/country"]
country = ["NO"]
action = "allow"
[[rule]]
name = "from-nowhere"
path = ["/country"]
country = ["unknown"]
action = "deny"
[[rule]]
name = "from-a-network"
path = ["/asn"]
asn = [64500]
action = "allow"
[[rule]]
name = "without-a-network"
path = ["/asn"]
asn = ["unknown"]
action = "deny"
[[rule]]
name = "browser"
path = ["/tls"]
tls_fingerprint = ["t13d1516h2"]
action = "allow"
[[rule]]
name = "no-fingerprint"
path = ["/tls"]
tls_fingerprint = ["unknown"]
action = "deny"
[[rule]]
name = "with-a-key"
path = ["/field"]
header = { name = "X-Key", equals = ["open"] }
action = "allow"
[[rule]]
name = "proxys-word"
path = ["/field"]
header = [ { name = "X-Forwarded-For", present = true }, { name = "X-Real-IP", present = true },
           { name = "X-Stile-Ctx", present = true }, { name = "X-Forwarded-Method", present = true },
           { name = "Forwarded", present = true }, { name = "X-JA4", present = true } ]
action = "deny"
"""


class FactCase(unittest.TestCase):
    def start(self, mode, listener=TRUSTING + 'tls_fingerprint_header = "X-JA4"\n', geo=True,
              files=None, options=()):
        origin = Origin()
        self.addCleanup(origin.stop)
        text = (f'[[listener]]\naddress = "127.0.0.1:0"\nmode = "{mode}"\n{listener}'
                f'[[site]]\nname = "main"\nhosts = ["*"]\nupstream = "{origin.url}"\n'
                'policy = "policy.toml"\n[metrics]\naddress = "127.0.0.1:0"\n'
                '[control]\nsocket = "control.sock"\n[limits]\nloops = 2\n')
        if geo:
            text += '[geo]\ncountry = "geo/country.mmdb"\nasn = "geo/asn.mmdb"\n'
        known = {"policy.toml": RULES, "geo/country.mmdb": mmdb_file.database(COUNTRIES),
                 "geo/asn.mmdb": mmdb_file.database(NETWORKS)}
        self.stiled = StiledProcess(STILED, text, {**known, **(files or {})}, options=options)
        self.addCleanup(self.stiled.stop)
        self.mode = mode

    def rule(self, target, client=NORWAY, fields=()):
        """The rule that decides about a request, as the log or the answer says; None: it passes."""
        if self.mode == "gateway":
            head, _ = request(self.stiled.addresses[0], target,
                              fields=[("X-Real-IP", client), *fields])
            return head.status
        path = "/check" if self.mode == "check" else "/auth"
        head, _ = request(self.stiled.addresses[0], path,
                          fields=described(target, client=client) + list(fields))
        return head.status

    def degraded(self):
        return self.stiled.samples()['stile_degraded{reason="geo"}']


class FieldTest(FactCase):
    CHALLENGED = {"gateway": 403, "check": 401, "forward-auth": 403}

    def test_rules_see_the_clients_fields_and_not_the_proxys(self):
        for mode in ("gateway", "check", "forward-auth"):
            with self.subTest(mode=mode):
                self.start(mode)
                self.assertEqual(self.rule("/field", fields=[("x-key", "open")]), 200)
                # A proxy's own fields would deny, if any rule saw them.
                for extra in ((), (("X-Forwarded-For", "192.0.2.9"),), (("X-Stile-Ctx", "a"),),
                              (("Forwarded", "for=192.0.2.9"),), (("X-JA4", "t13d"),)):
                    denied = self.rule("/field", fields=extra)
                    self.assertEqual(denied, self.CHALLENGED[mode], extra)
                self.assertEqual(self.named_rules(), {"with-a-key", "_default"})

    def named_rules(self):
        return {sample.partition('rule="')[2].partition('"')[0]
                for sample, value in self.stiled.samples().items()
                if sample.startswith("stile_rule_matches_total") and value > 0}

    def test_field_that_came_twice_differently_opens_nothing(self):
        self.start("gateway")
        self.assertEqual(self.rule("/field", fields=[("X-Key", "open"), ("X-Key", "b")]), 403)


class FingerprintTest(FactCase):
    def test_fingerprint_of_a_trusted_peer_counts(self):
        for mode in ("gateway", "check", "forward-auth"):
            with self.subTest(mode=mode):
                self.start(mode)
                self.assertEqual(self.rule("/tls", fields=[("X-JA4", "t13d1516h2")]), 200)
                self.assertEqual(self.rule("/tls", fields=[("X-JA4", "t13d1516h2")] * 2), 403)
                self.assertEqual(self.rule("/tls", fields=[("X-JA4", "t" * 129)]), 403)
                self.assertEqual(self.rule("/tls"), 403)

    def test_fingerprint_of_a_stranger_does_not(self):
        self.start("gateway", TRUSTING.replace("127.0.0.0/8", "192.0.2.0/24")
                   + 'tls_fingerprint_header = "X-JA4"\n')
        self.assertEqual(self.rule("/tls", fields=[("X-JA4", "t13d1516h2")]), 403)

    def test_none_is_known_where_no_field_is_named(self):
        self.start("gateway", TRUSTING)
        self.assertEqual(self.rule("/tls", fields=[("X-JA4", "t13d1516h2")]), 403)


class UnmetNeedTest(FactCase):
    def test_check_warns_of_facts_that_nothing_finds_out(self):
        self.start("gateway", TRUSTING, geo=False)
        status, _, err = stile("check", "--config", str(self.stiled.config))
        self.assertEqual(status, 0, err)
        for what in ("the country, and [geo] country", "the network (asn), and [geo] asn",
                     "the TLS fingerprint, and tls_fingerprint_header"):
            self.assertIn(f'rules of site "main" ask for {what} is not set', err)
        self.assertRegex(err, r"stile\.toml:\d+:\d+: warning: rules of site")

    def test_check_is_silent_where_all_is_found_out(self):
        self.start("gateway")
        self.assertNotIn("rules of site", stile("check", "--config", str(self.stiled.config))[2])


class GeoTest(FactCase):
    def replace(self, name, data):
        """In place, as careless tools do: the file that is open keeps its inode."""
        with open(self.stiled.folder / name, "r+b") as file:
            file.truncate(0)
            file.write(data)

    def reload(self):
        return stile("reload", "--config", str(self.stiled.config))

    def test_country_and_network_of_a_client_are_known(self):
        self.start("gateway")
        self.assertEqual([self.rule("/country", c) for c in (NORWAY, SIX, SWEDEN, NOWHERE)],
                         [200, 200, 403, 403])
        self.assertEqual([self.rule("/asn", c) for c in (NORWAY, SIX, SWEDEN)], [200, 403, 403])
        samples = self.stiled.samples()
        self.assertEqual(samples['stile_rule_matches_total{site="main",rule="from-nowhere"}'], 1)
        self.assertEqual(samples['stile_rule_matches_total{site="main",rule="without-a-network"}'],
                         1)
        self.assertEqual(self.degraded(), 0)

    def test_nothing_is_known_without_databases(self):
        self.start("gateway", geo=False)
        self.rule("/country")
        samples = self.stiled.samples()
        self.assertEqual(samples['stile_rule_matches_total{site="main",rule="from-nowhere"}'], 1)

    def test_reload_takes_a_new_database_and_keeps_the_old_over_a_broken_one(self):
        self.start("gateway")
        self.replace("geo/country.mmdb",
                     mmdb_file.database({"203.0.113.0/24": mmdb_file.country("NO")}))
        self.assertEqual(self.rule("/country", NOWHERE), 403)
        self.assertEqual(self.reload()[0], 0)
        self.assertEqual(self.rule("/country", NOWHERE), 200)
        whole = mmdb_file.database(COUNTRIES)
        for broken in (b"", b"not a database", whole[:len(whole) // 2], whole[:-40]):
            self.replace("geo/country.mmdb", broken)
            status, _, err = self.reload()
            self.assertEqual(status, 1)
            self.assertIn("country.mmdb", err)
            self.assertEqual(self.rule("/country", NOWHERE), 200)
        samples = self.stiled.samples()
        self.assertEqual(samples['stile_policy_rejected_total{reason="geo"}'], 4)
        self.assertEqual(samples["stile_config_last_reload_successful"], 0)
        (self.stiled.folder / "geo/country.mmdb").unlink()
        self.stiled.signal(signal.SIGHUP)
        self.stiled.wait_for("reload-rejected", 5)
        self.assertEqual(self.rule("/country", NOWHERE), 200)

    def test_start_over_a_broken_database_serves_without_it(self):
        self.start("gateway", files={"geo/country.mmdb": b"broken"})
        self.assertEqual(self.degraded(), 1)
        self.assertEqual(self.rule("/country"), 403)
        self.assertEqual(self.rule("/asn"), 200)
        problems = json.loads(request(self.stiled.metrics, "/status")[1])["problems"]
        self.assertIn("geo", [problem["reason"] for problem in problems])
        status, _, err = stile("check", "--config", str(self.stiled.config))
        self.assertEqual(status, 1)
        self.assertIn("geo/country.mmdb", err)
        self.replace("geo/country.mmdb", mmdb_file.database(COUNTRIES))
        self.assertEqual(self.reload()[0], 0)
        self.assertEqual(self.degraded(), 0)
        self.assertEqual(self.rule("/country"), 200)

    def test_database_that_leads_nowhere_is_unknown_and_no_harm(self):
        whole = bytearray(mmdb_file.database(COUNTRIES))
        at = whole.index(b"iso_code") - 1
        for damage in (b"\xff" * 8, b"\x00" * 8, b"\x3f\xff\xff\xff\xff", b"\xfe\xff\xff"):
            data = bytes(whole[:at]) + damage + bytes(whole[at + len(damage):])
            with self.subTest(damage=damage):
                self.start("gateway", files={"geo/country.mmdb": data})
                self.assertIn(self.rule("/country"), (200, 403))
                self.assertTrue(self.stiled.running())


if __name__ == "__main__":
    unittest.main()
