"""D09: a rule does harm, and the operator turns it off: under load, with everything else broken."""

import signal
import subprocess
import time

from drill import Drill
from rig import POLICY, STILE, Rig

# What somebody wrote who meant something else: it denies everybody.
HARM = '[[rule]]\nname = "harm"\npath = ["/*"]\naction = "%s"\nlevel = "standard"\n'
ACTIONS = {"deny": '[[rule]]\nname = "harm"\npath = ["/*"]\naction = "deny"\n',
           "challenge": HARM % "challenge"}
# Where it does no harm: the mode of the site or of all, and what somebody without clearance gets.
MODES = (("open", 200), ("shadow", 200), ("attack", 403), ("enforce", 403))


def stile(rig, *words):
    done = subprocess.run([STILE, *words, "--socket", rig.control], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


# So that a harmful rule can come in at all.
INSISTS = "[admission]\nblast_radius_override = true"


class KillEverySwitch(Drill):
    ID, NAME = "D09", "kill-every-switch"
    INJECTS = ("every mode for all and for a site; then a rule that denies or challenges everybody is "
               "live, the files are broken, the website is gone, and the operator opens")
    CONTROL = "the same harmful rule, and nobody turns it off"
    red = ("I2",)

    def run(self):
        with Rig() as rig:
            rig.baseline()
            out, begin = rig.outcome, time.monotonic()
            with rig.fault():
                rig.replace("keys.toml", "broken")
                rig.replace("stile.toml", "broken [")
                for site in (None, "main"):
                    for mode, status in MODES:
                        self.switch(rig, mode, site, lambda s=status: rig.ask() == s)
                rig.replace("policy.toml", "broken [")
                self.by_other_ways(rig)
            stile(rig, "mode", "configured", "--site", "main")
            stile(rig, "mode", "configured")
            end = time.monotonic() + 0.2
            rig.outcome.require(rig.ask() == 403, "I8", "the configured mode does not come back")
            rig.aftermath()
            out = rig.judge(other_mode=[(begin, end)], latency=True)
        for action, rule in ACTIONS.items():
            out.join(self.mend(action, rule))
        return out

    @staticmethod
    def switch(rig, mode, site, works):
        start = time.monotonic()
        code, said = stile(rig, "mode", mode, *(["--site", site] if site else []))
        rig.outcome.require(code == 0, "own", f"mode {mode}: {said}")
        ordered = time.monotonic()
        while not works() and time.monotonic() < start + 10:
            time.sleep(0.02)
        took = time.monotonic() - start
        known = float(rig.outcome.figures.get("effect", "0s")[:-1])
        rig.outcome.figure("effect", f"{max(known, took):.2f}s")
        # What the command itself takes to start is the machine's.
        rig.outcome.require(time.monotonic() - ordered <= 1.0, "I7", f"{mode} {site}: {took:.2f} s")
        rig.outcome.require(works(), "I7", f"{mode} {site} has no effect")

    def by_other_ways(self, rig):
        """By file and by signal, and after a restart."""
        path = rig.folder / "state" / "mode"
        path.write_text("open\n")
        until(lambda: rig.ask() == 200, rig, "the mode file does not open")
        path.unlink()
        until(lambda: rig.ask() == 403, rig, "taking the mode file away does not take it back")
        rig.stiled.signal(signal.SIGUSR1)
        until(lambda: rig.ask() == 200, rig, "SIGUSR1 does not open")
        rig.stiled.signal(signal.SIGUSR2)
        until(lambda: rig.ask() == 403, rig, "SIGUSR2 does not take it back")

    def mend(self, action, rule):
        """The rule is live, since somebody insisted on it; the operator opens, later mends the file."""
        with Rig(sections=INSISTS) as rig:
            rig.baseline()
            begin = time.monotonic()
            with rig.fault():
                rig.replace("policy.toml", rule + POLICY)
                rig.order("/reload", "force=true")
                rig.outcome.require(rig.ask(address="192.0.2.7", agent="Examplebot/1.0") == 403, "own",
                                    "the rule does no harm")
                rig.replace("policy.toml", "broken [")
                code, said = stile(rig, "mode", "open", "--rule", "harm", "--for", "10m")
                rig.outcome.require(code == 0, "own", said)
                opened = time.monotonic() + 0.2
                until(lambda: rig.ask(address="192.0.2.7", agent="Examplebot/1.0") == 200, rig,
                      "opening has no effect")
                time.sleep(0.5)
            rig.replace("policy.toml", POLICY)
            rig.order("/reload", "force=true")
            stile(rig, "mode", "configured", "--rule", "harm")
            mended = time.monotonic() + 0.2
            rig.recovered()
            rig.aftermath()
            # From the opening on nobody is stopped, whatever the rule says.
            stopped = [r for r in rig.records() if opened <= r[0] < mended and
                       r[1] in ("valid", "bot") and r[3] != 200]
            rig.outcome.require(not stopped, "I2", f"{len(stopped)} stopped after the opening: "
                                                   f"{stopped[:1]}")
            return rig.judge(other_mode=[(begin, mended)])

    def run_control(self):
        with Rig(sections=INSISTS) as rig:
            rig.baseline()
            with rig.fault():
                rig.replace("policy.toml", ACTIONS["deny"] + POLICY)
                rig.order("/reload", "force=true")
            return rig.judge()


def until(true, rig, failure, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            rig.outcome.breach("I7", failure)
            return
        time.sleep(0.02)


DRILLS = [KillEverySwitch()]
