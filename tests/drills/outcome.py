"""What came of a drill: its figures, and which invariants it broke."""

INVARIANTS = {
    "I1": "zero 5xx and zero resets caused by Stile",
    "I2": "nobody who is cleared or allowed is newly challenged or blocked",
    "I3": "the 99th percentile of cleared visitors stays within twice the baseline",
    "I4": "the alert is up within a second, and down after the recovery",
    "I5": "memory, descriptors and threads stay bounded",
    "I6": "no exit, no restart, no core",
    "I7": "the mode that works is the mode that was declared",
    "I8": "all is as before within ten seconds of the end of the fault",
    "own": "what this drill asks besides",
}


class Outcome:
    def __init__(self):
        self.figures, self.broken = {}, {}

    def figure(self, name, value):
        self.figures[name] = value

    def breach(self, invariant, what):
        assert invariant in INVARIANTS, invariant
        self.broken.setdefault(invariant, []).append(what)

    def require(self, true, invariant, what):
        if not true:
            self.breach(invariant, what)
        return true

    def text(self):
        return " ".join(f"{name}={value}" for name, value in self.figures.items())

    def complaints(self):
        """One line for each invariant that is broken: the first breach, and how many there are."""
        lines = []
        for invariant in sorted(self.broken):
            first, *others = self.broken[invariant]
            more = f" (and {len(others)} more)" if others else ""
            lines.append(f"{invariant}: {first}{more}")
        return lines

    def join(self, other):
        """Adds what came of a second part: figures are summed where they are counts."""
        for name, value in other.figures.items():
            mine = self.figures.get(name)
            if isinstance(value, int) and isinstance(mine, int):
                self.figures[name] = mine + value
            elif mine is None:
                self.figures[name] = value
            elif value != mine:
                self.figures[name] = f"{mine},{value}"
        for invariant, texts in other.broken.items():
            self.broken.setdefault(invariant, []).extend(texts)
