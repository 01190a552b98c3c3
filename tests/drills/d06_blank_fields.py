"""D06: a field that is missing, empty or of another kind than anybody thought, as in June 2025."""

import itertools
import random
import re
import time

from drill import Drill
from rig import FULL, POLICY, Rig

SINGLES, PAIRS = (None, None) if FULL else (150, 150)   # How many of all; None: every one.
VALUES = {"null": "null", "empty": '""', "array": "[]", "table": "{}", "NaN": "nan", "inf": "inf",
          "minus-one": "-1", "zero": "0", "2^63": "9223372036854775808", "2^63-1": str(2**63 - 1),
          "float": "1.5", "true": "true", "text": '"\\u0000x"', "long": '"' + "x" * 5_000 + '"',
          "date": "2026-02-29", "nested": "[[[[[[[[[[[[]]]]]]]]]]]]"}
# Good lines of every table; each field's own line is what is spoilt. All of it is about /drill/*,
# which no visitor asks for, so that what is admitted changes nothing for them.
FIELDS = {
    "rule": {"name": '"drill"', "action": '"challenge"', "level": '"drill"', "path": '["/drill/*"]',
             "mode": '"shadow"', "on_fault": '"stale"', "cost": "1", "host": '["drill.test"]',
             "method": '["GET"]', "query": '{ name = "a", present = true }',
             "header": '{ name = "Accept", present = true }', "user_agent": '["drill/"]',
             "user_agent_regex": "['drill[0-9]+']", "path_regex": "['^/drill/abc']",
             "ip": '["203.0.113.0/24"]', "ip_list": '["lists/examplebot.json"]',
             "country": '["NO"]', "asn": "[64500]", "agent": '["drillbot"]', "rank": "2",
             "rate": "1000000", "overload": "100", "tls_fingerprint": '["x"]',
             "budget": '{ requests = 5, per = "1m" }', "any": '[ { path = ["/drill/a"] } ]',
             "all": '[ { path = ["/drill/*"] } ]', "not": '{ path = ["/drill/b"] }'},
    "level.drill": {"rank": "9", "lifetime": '"1h"', "budget": '"none"',
                    "alternatives": '[ { puzzle = "sha256", effort = 8000000, parts = 16 } ]'},
    "agent.drillbot": {"user_agent": '["Drillbot/"]', "ip_list": '["lists/examplebot.json"]',
                       "reverse_dns": '["*.drill.test"]'},
    # At the level of the default, so that everybody may reach it and nothing changes.
    "threshold": {"at": "900", "action": '"challenge"', "level": '"light"'},
}
PLACES = [(table, field) for table, fields in FIELDS.items() for field in fields]


def candidate(spoilt):
    """A policy in which each place of `spoilt` has that value; None leaves it out, "twice" doubles it."""
    text = POLICY
    for table, fields in FIELDS.items():
        text += f"[{table}]\n" if "." in table else f"[[{table}]]\n"
        for field, good in fields.items():
            what = spoilt.get((table, field), good)
            if what is None:
                continue
            if what == "twice":
                text += f"{field} = {good}\n"
                what = good
            text += f"{field} = {what}\n"
    return text


def candidates():
    """(what is spoilt, in words, and the policy): singles, then pairs."""
    whats = {**VALUES, "missing": None, "duplicate": "twice"}
    singles = [((place, what),) for place in PLACES for what in whats]
    pairs = [pair for pair in itertools.combinations(singles, 2) if pair[0][0][0] != pair[1][0][0]]
    draw = random.Random(6)
    for pool, count in ((singles, SINGLES), (pairs, PAIRS)):
        for one in pool if count is None and pool is singles else draw.sample(
                pool, count or 20_000):
            flat = one if isinstance(one[0][0][0], str) else tuple(part[0] for part in one)
            yield (" and ".join(f"{what} {place[0]}.{place[1]}" for place, what in flat),
                   candidate({place: whats[what] for place, what in flat}))


class BlankFields(Drill):
    ID, NAME = "D06", "blank-fields"
    INJECTS = ("every field of the policy in turn, and pairs of them: missing, empty, null, doubled, NaN, "
               "-1, 2^63, of another type")
    CONTROL = "one of these candidates met by a restart under --strict-boot instead of a reload"
    red = ("I1", "I6")

    def run(self):
        with Rig() as rig:
            rig.baseline()
            out, counts = rig.outcome, {"admitted": 0, "refused": 0}
            with rig.fault():
                rig.replace("policy.toml", candidate({}))
                out.require(rig.stiled.reload()["event"] == "reloaded", "own", "the model is wrong")
                for what, text in candidates():
                    rig.replace("policy.toml", text)
                    status, said = rig.order("/reload")
                    if status == 200:
                        counts["admitted"] += 1
                    elif status == 422:
                        counts["refused"] += 1
                        out.require(re.search(r"policy\.toml:(\d+:\d+:)? \S", said), "own",
                                    f"{what}: no place in {said[:200]}")
                    else:
                        out.breach("own", f"{what}: {status} {said[:200]}")
                    if not rig.stiled.running():
                        out.breach("I6", f"{what} ended it")
                        break
                start = time.monotonic()
                rig.replace("policy.toml", candidate({("rule", "action"): "nan"}))
                rig.order("/reload")
                rig.alert(lambda s: "reload" in s.alert(), start)
            rig.replace("policy.toml", POLICY)
            rig.order("/reload")
            rig.recovered()
            rig.aftermath()
            for name, count in counts.items():
                out.figure(name, count)
            return rig.judge()

    def run_control(self):
        with Rig() as rig:
            rig.baseline()
            with rig.fault():
                rig.replace("policy.toml", candidate({("rule", "action"): None}))
                rig.restart_strictly()
            return rig.judge()


DRILLS = [BlankFields()]
