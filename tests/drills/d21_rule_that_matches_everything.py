"""D21: a rule that matches everything, as `/` did on 31 January 2009."""

import time

from drill import Drill
from rig import POLICY, Rig

RULE = '[[rule]]\nname = "everything"\naction = "{}"\n{}{}\n'
MATCHERS = {"no matcher": "", "/": 'path = ["/*"]', "*": 'path = ["*"]', "any host": 'host = ["*"]',
            "0.0.0.0/0": 'ip = ["0.0.0.0/0", "::/0"]', "a user agent": 'user_agent = ["Mozilla/"]',
            "not": 'not = { path = ["/nowhere"] }', "GET": 'method = ["GET"]'}
ACTIONS = {"deny": "", "challenge": 'level = "standard"\n', "allow": ""}
REFUSALS = ("blast-radius", "corpus", "lets-in")


class RuleThatMatchesEverything(Drill):
    ID, NAME = "D21", "rule-that-matches-everything"
    INJECTS = ("rules that deny, challenge or allow whatever comes, by path, host, address, user agent, "
               "method, or by nothing at all")
    CONTROL = "blast_radius_override and `stile reload --force`"
    red = ("I2",)

    def run(self):
        with Rig() as rig:
            rig.baseline()
            out, refused, told = rig.outcome, 0, ""
            before = rig.watch.look()
            with rig.fault():
                for name, matcher in MATCHERS.items():
                    for action, more in ACTIONS.items():
                        start = time.monotonic()
                        rig.replace("policy.toml", RULE.format(action, more, matcher) + POLICY)
                        status, said = rig.order("/reload")
                        refused += status == 422
                        told = said if "%" in said else told
                        out.require(status == 422, "own", f"{action} {name}: {status} {said[:200]}")
                        rig.alert(lambda s: "reload" in s.alert() and any(
                            s.rejected().get(reason, 0) for reason in REFUSALS), start)
                        rig.order("/reload", "force=true")  # By itself not enough.
                        out.require(rig.watch.look().digests() == before.digests(), "I7",
                                    f"{action} {name} serves")
            out.require("%" in told, "own", "nobody is told how much would change")
            rig.replace("policy.toml", POLICY)
            rig.order("/reload")
            rig.recovered()
            rig.aftermath()
            out.figure("refused", refused)
            return rig.judge()

    def run_control(self):
        with Rig(sections="[admission]\nblast_radius_override = true\n") as rig:
            rig.baseline()
            with rig.fault():
                rig.replace("policy.toml", RULE.format("deny", "", 'path = ["/*"]') + POLICY)
                rig.order("/reload", "force=true")
            return rig.judge()


DRILLS = [RuleThatMatchesEverything()]
