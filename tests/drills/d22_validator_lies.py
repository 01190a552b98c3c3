"""D22: the check before a deployment says yes to everything, crashes, or hangs.

The check of a deployment is `stile check`; here another program stands in its place. What is inside
stiled is the same code as what serves and can't be replaced in a release binary from outside.
"""

import subprocess
import time

from d01_doubled_policy import LARGE_POLICY
from d06_blank_fields import candidate
from drill import Drill
from rig import POLICY, Rig

VALIDATORS = {"says-yes": "#!/bin/sh\nexit 0\n", "crashes": "#!/bin/sh\nkill -SEGV $$\n",
              "hangs": "#!/bin/sh\nexec sleep 60\n"}
PATIENCE = 0.5  # Seconds that the deployment gives it.


class ValidatorLies(Drill):
    ID, NAME = "D22", "validator-lies"
    INJECTS = ("`stile check` of a deployment is replaced by a program that says yes, crashes or hangs; "
               "then come the files of D01, D06 and D08")
    CONTROL = "the same, and the deployment restarts under --strict-boot instead of reloading"
    red = ("I1", "I6")

    def run(self):
        with Rig(LARGE_POLICY) as rig:
            rig.baseline()
            out, swaps = rig.outcome, 0
            before = rig.watch.look().digests()
            with rig.fault():
                for validator, script in VALIDATORS.items():
                    for name, text in self.candidates().items():
                        start = time.monotonic()
                        if not self.deploy(rig, script, text):
                            out.require(validator != "says-yes", "own", f"{name} is not deployed")
                            break  # The deployment ends there, whatever comes.
                        event = rig.stiled.reload()["event"]
                        out.require(event == "reload-rejected", "own", f"{name}: {event}")
                        rig.alert(lambda s: "reload" in s.alert(), start)
                        swaps += 1
                out.require(rig.watch.look().digests() == before, "I7", "another policy is served")
            rig.replace("policy.toml", LARGE_POLICY)
            rig.stiled.reload()
            rig.recovered()
            rig.aftermath()
            out.figure("refused", swaps)
            return rig.judge()

    @staticmethod
    def candidates():
        good = LARGE_POLICY.encode()
        return {"doubled": good + b"\n[[rule]]" + b"[[rule]]".join(
                    good.split(b"[[rule]]")[1:]).replace(b'name = "', b'name = "again-'),
                "deep": (POLICY + '[[rule]]\nname = "deep"\npath = ' + "[" * 10_000 + "]" * 10_000
                         + "\n").encode(),
                "regex": (POLICY + '[[rule]]\nname = "bomb"\naction = "deny"\n'
                          "path_regex = ['^/abc((((x{1,30}){1,30}){1,30}){1,30})+$']\n").encode(),
                "blank": candidate({("rule", "action"): None}).encode()}

    @staticmethod
    def deploy(rig, script, text):
        """What a pipeline does: check beside, then put in place. A check that hangs or crashes
        refuses."""
        program = rig.folder / "stile-check"
        program.write_text(script)
        program.chmod(0o755)
        try:
            done = subprocess.run([program], timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return False
        if done.returncode != 0:
            return False
        rig.replace("policy.toml", text)
        return True

    def run_control(self):
        with Rig(LARGE_POLICY) as rig:
            rig.baseline()
            with rig.fault():
                if self.deploy(rig, VALIDATORS["says-yes"], self.candidates()["doubled"]):
                    rig.restart_strictly()
            return rig.judge()


DRILLS = [ValidatorLies()]
