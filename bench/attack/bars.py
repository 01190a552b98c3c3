"""Bars on a logarithmic scale, drawn as SVG by the standard library alone."""

import math
from xml.sax.saxutils import escape

WIDTH, LABEL, RIGHT, TOP, ROW, GAP, BOTTOM = 800, 280, 110, 44, 22, 12, 34


def short(number):
    for bound, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= bound:
            return f"{number / bound:g}{unit}"
    return f"{number:g}"


class Bars:
    """One chart; `groups` is [[(label, value, colour, text)]], and groups stand apart."""

    def __init__(self, title, before, after, groups):
        self.title, self.before, self.after, self.groups = title, before, after, groups
        values = [value for group in groups for _, value, _, _ in group]
        self.low = math.floor(math.log10(min(values)) - 0.15)
        self.high = math.ceil(math.log10(max(values)))
        self.height = (TOP + sum(len(group) * ROW for group in groups) + (len(groups) - 1) * GAP
                       + BOTTOM)

    def across(self, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return LABEL + part * (WIDTH - LABEL - RIGHT)

    def svg(self):
        floor = self.height - BOTTOM
        parts = [f'<text class="title" x="12" y="24">{escape(self.title)}</text>']
        for power in range(self.low, self.high + 1):
            x = self.across(10.0**power)
            parts.append(f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{floor}"/>')
            parts.append(f'<text x="{x:.1f}" y="{floor + 18}" text-anchor="middle">'
                         f"{self.before}{short(10.0**power)}{self.after}</text>")
        y = TOP
        for group in self.groups:
            for label, value, colour, text in group:
                end = self.across(value)
                parts.append(f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">'
                             f"{escape(label)}</text>")
                parts.append(f'<rect x="{LABEL}" y="{y + 2}" width="{end - LABEL:.1f}" '
                             f'height="{ROW - 5}" fill="{colour}"/>')
                parts.append(f'<text x="{end + 6:.1f}" y="{y + 15}">{escape(text)}</text>')
                y += ROW
            y += GAP
        return parts

    def write(self, path):
        box = f"0 0 {WIDTH} {self.height}"
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" '
                 'font-family="sans-serif" font-size="12">',
                 "<style>line{stroke:#d4d4d4}text{fill:#404040}"
                 ".title{font-size:15px;font-weight:bold}</style>",
                 f'<rect width="{WIDTH}" height="{self.height}" fill="#ffffff"/>']
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(parts + self.svg() + ["</svg>", ""]))
