"""What a drill is."""


class Drill:
    """`run` breaks something and returns what came of it, an Outcome: nothing may be broken.

    `run_control` does the same with the protection taken away, or with what measures fed an outage:
    at least the invariants in `red` must be broken then, or the drill would not notice one.
    """

    ID, NAME = "", ""
    INJECTS = ""     # What is broken, in words: for the report.
    CONTROL = ""     # What the control takes away.
    red = ()         # The invariants that the control must break.

    def run(self):
        raise NotImplementedError

    def run_control(self):
        raise NotImplementedError


def blamed(outcome, names):
    """Which of `names` are not broken, though a control must break them."""
    return [name for name in names if name not in outcome.broken]
