"""D03: a source of facts is gone. What nobody knows is unknown: no low score, and no other country."""

import time

from drill import Drill
from mmdb_file import country, database
from raw_http import request
from rig import POLICY, Rig

COUNTRIES = database({network: country("NO") for network in ("10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24",
                                                              "203.0.113.0/24")})
RULES = """
[[rule]]
name = "abroad"
not = { country = ["NO"] }
action = "deny"

[[rule]]
name = "bad-fingerprint"
tls_fingerprint = ["bad"]
action = "deny"

[[rule]]
name = "nobody-knows-where"
country = ["unknown"]
action = "%s"
"""
ASKED = RULES % 'challenge"\nlevel = "light'
TAKEN_FOR_BAD = RULES % "deny"
AGENT = """
[agent.lookedup]
user_agent = ["Lookedup/"]
reverse_dns = ["*.lookedup.test"]
"""
GEO = '[geo]\ncountry = "country.mmdb"\n[agents]\nreverse_dns = true\nresolver = "127.0.0.1:9"\n'


def rule_of(rig):
    """The rule that decides about somebody without clearance, as the asking proxy hears it."""
    head, _ = request(rig.check, "/check", fields=[
        ("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/private"), ("X-Real-IP", "10.1.2.3"),
        ("X-Forwarded-Host", "example.test"), ("X-Forwarded-Proto", "http"), ("User-Agent", "x")])
    return head.get("x-stile-rule")


class UnknownIsNotZero(Drill):
    ID, NAME = "D03", "unknown-is-not-zero"
    INJECTS = ("the country database is removed, emptied, cut or garbled under load and at the start; "
               "no resolver, no fingerprint; the crawler's list is gone")
    CONTROL = "a policy that takes unknown for a bad country, over a start without the database"
    red = ("I2",)

    def run(self):
        with Rig(AGENT + POLICY + ASKED, files={"country.mmdb": COUNTRIES}, sections=GEO) as rig:
            rig.baseline()
            out = rig.outcome
            out.require(rule_of(rig) == "_default", "own", f"{rule_of(rig)} decides at first")
            with rig.fault():
                for name, data in (("empty", b""), ("cut", COUNTRIES[:len(COUNTRIES) // 2]),
                                   ("garbled", COUNTRIES[::-1]), ("gone", None)):
                    start = time.monotonic()
                    if data is None:
                        (rig.folder / "country.mmdb").unlink()
                    else:
                        rig.replace("country.mmdb", data)
                    event = rig.stiled.reload()["event"]
                    out.require(event == "reload-rejected", "own", f"{name}: {event}")
                    rig.alert(lambda s: "reload" in s.alert(), start)
                    out.require(rule_of(rig) == "_default", "I7", f"{name}: {rule_of(rig)}")
                    rig.replace("country.mmdb", COUNTRIES)
                    rig.stiled.reload()
                    rig.recovered()
                # A crawler that reverse DNS can't say anything about is asked like anybody.
                for _ in range(5):
                    status = rig.ask(agent="Lookedup/1.0", address="198.51.100.20")
                    out.require(status == 403, "I7", f"a crawler unknown to DNS gets {status}")
            rig.aftermath()
            out = rig.judge()
        with self.without_database(ASKED) as rig:
            rig.alert(lambda s: "geo" in s.degraded(), rig.begun)
            rig.baseline()
            rig.outcome.require(rule_of(rig) == "nobody-knows-where", "I7",
                                f"without a database {rule_of(rig)} decides")
            with rig.fault():
                pass
            rig.replace("country.mmdb", COUNTRIES)
            rig.stiled.reload()
            rig.recovered()
            rig.outcome.require(rule_of(rig) == "_default", "I8", "the new database isn't used")
            rig.aftermath()
            out.join(rig.judge())
        return out

    @staticmethod
    def without_database(rules):
        return Rig(AGENT + POLICY + rules, files={"country.mmdb": COUNTRIES[:100]}, sections=GEO)

    def run_control(self):
        with self.without_database(TAKEN_FOR_BAD) as rig:
            rig.baseline()
            with rig.fault():
                pass
            return rig.judge()


DRILLS = [UnknownIsNotZero()]
