"""D08: an expression that eats the processor, as in July 2019."""

import threading
import time

import bad_files
from drill import Drill
from relay_process import through
from rig import PHASE, POLICY, Rig
from watch import cpu_seconds

# What is admitted at most: as many expressions as a policy may have, as greedy as RE2 takes them.
GREEDY = (r"'(x+x+)+yyy'", r"'(?i)(a|aa|aaa|b.*b)+zzz'", r"'(.*)(.*)(.*)(.*)qqq'",
          r"'([a-z]+[0-9]*){1,20}!!!'")
HEAVY = POLICY + "".join(
    f'[[rule]]\nname = "greedy-{mode}-{i}"\n{matcher} = [{GREEDY[i % 4]}]\naction = "deny"\n'
    f'mode = "{mode}"\n'
    for mode in ("enforce", "shadow") for i, matcher in enumerate(
        ["user_agent_regex", "path_regex"] * 60))
# Inputs that hold the literals that expressions are behind, and nearly match them.
PATHS = ("/" + "x" * 8_000 + "yy", "/" + "a" * 7_000 + "zz", "/" + "ab" * 4_000 + "zzzqq")
AGENTS = ("x" * 8_000 + "yyy"[:2], "aab" * 2_600 + "zzz", "q" * 8_000 + "qq", "az09" * 2_000 + "!!")
BIG = "y" * 20_000


class ExpressionBomb(Drill):
    ID, NAME = "D08", "expression-bomb"
    INJECTS = ("nested repetitions, 100,000 alternations and trees 10,000 deep are swapped in; then 240 "
               "greedy expressions, in enforce and in shadow, meet texts of 8 to 20 KB made for them")
    CONTROL = "the same texts meet one backtracking expression in a proxy in front"
    red = ("I3",)

    def run(self):
        with Rig() as rig:
            rig.baseline()
            out = rig.outcome
            before = rig.watch.look().digests()
            with rig.fault():
                path = rig.folder / "policy.toml"
                for bad in (bad_files.REGEX, bad_files.ALTERNATIONS, bad_files.DEEP_TABLES):
                    start = time.monotonic()
                    bad.put(path, POLICY.encode())
                    out.require(rig.order("/reload")[0] == 422, "own", f"{bad.name} is admitted")
                    rig.alert(lambda s: "reload" in s.alert(), start)
                out.require(rig.watch.look().digests() == before, "I7", "another policy is served")
                rig.replace("policy.toml", HEAVY)
                status, said = rig.order("/reload")
                out.require(status == 200, "own", f"greedy expressions: {said[:200]}")
                spent = cpu_seconds(rig.stiled.pid)
                self.attack(rig, PHASE)
                rig.outcome.figure("cpu", f"{cpu_seconds(rig.stiled.pid) - spent:.2f}s")
            rig.replace("policy.toml", POLICY)
            rig.order("/reload")
            rig.recovered()
            rig.aftermath()
            return rig.judge()

    @staticmethod
    def attack(rig, seconds, door=None):
        """Asks with such texts, four at a time, and counts what it gets."""
        end, got = time.monotonic() + seconds, []

        def ask(number):
            while time.monotonic() < end:
                got.append(rig.ask(PATHS[number % 3], agent=AGENTS[number % 4], door=door,
                                   fields=[("X-Big", BIG)], address=f"100.64.{number % 200}.1"))
                time.sleep(0.02)

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rig.outcome.figure("bombs", len(got))
        bad = [status for status in got if not 400 <= status < 500]
        rig.outcome.require(not bad, "I1", f"a bomb gets {bad[:1]}")

    def run_control(self):
        with Rig(through=through("backtrack")) as rig:
            rig.baseline()
            with rig.fault():
                self.attack(rig, 3.0, rig.doors[0][1])
            return rig.judge()


DRILLS = [ExpressionBomb()]
