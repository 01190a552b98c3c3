"""Charts of stile_bench's JSON with both axes logarithmic, drawn as SVG by the standard library alone."""

import math
import statistics

import benchmark_runs

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 40, 46


def read(benchmarks, prefix, value):
    """Returns [(size, median of value)] of the benchmarks whose name is prefix and a number."""
    found = {}
    for name, runs in benchmark_runs.by_name(benchmarks).items():
        if name.startswith(prefix) and value in runs[0]:
            size = int(name[len(prefix):].split("/")[0])
            found.setdefault(size, []).extend(float(run[value]) for run in runs)
    return sorted((size, statistics.median(values)) for size, values in found.items())


def short(number):
    """Returns 1000 as 1k."""
    for bound, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= bound:
            return f"{number / bound:g}{unit}"
    return f"{number:g}"


def decades(low, high):
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


class Chart:
    """One chart whose top left corner lies at x; `lines` is [(name, colour, [(size, value)])]."""

    def __init__(self, x, title, unit, across, lines):
        points = [point for _, _, line in lines for point in line]
        self.x, self.title, self.unit, self.across, self.lines = x, title, unit, across, lines
        self.columns = decades(min(p[0] for p in points), max(p[0] for p in points))
        self.rows = decades(min(p[1] for p in points), max(p[1] for p in points))

    def place(self, size, value):
        across = (math.log10(size) - self.columns[0]) / (len(self.columns) - 1)
        up = (math.log10(value) - self.rows[0]) / (len(self.rows) - 1)
        return (self.x + LEFT + across * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    def svg(self):
        parts = [f'<text class="title" x="{self.x + LEFT}" y="22">{self.title}</text>']
        bottom, left = self.rows[0], self.columns[0]
        for power in self.columns:
            x, y = self.place(10.0**power, 10.0**bottom)
            parts.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x:.1f}" y2="{TOP}"/>')
            parts.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">'
                         f"{short(10.0**power)}</text>")
        for power in self.rows:
            x, y = self.place(10.0**left, 10.0**power)
            parts.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{self.x + WIDTH - RIGHT}" '
                         f'y2="{y:.1f}"/>')
            parts.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">'
                         f"{short(10.0**power)}{self.unit}</text>")
        for name, colour, line in self.lines:
            places = [self.place(*point) for point in line]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(f'<polyline points="{path}" stroke="{colour}"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
                      for x, y in places]
            x, y = places[-1]
            parts.append(f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="end" fill="{colour}">'
                         f"{name}</text>")
        x = self.x + (LEFT + WIDTH - RIGHT) / 2
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">'
                     f"{self.across}</text>")
        return parts


def write(path, charts):
    """Writes charts, one beside the other, into one file."""
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(charts) * WIDTH} {HEIGHT}" '
             'font-family="sans-serif" font-size="12">',
             "<style>line{stroke:#d4d4d4}polyline{fill:none;stroke-width:2}"
             "text{fill:#404040}.title{font-size:15px;font-weight:bold}</style>",
             f'<rect width="{len(charts) * WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    for chart in charts:
        parts += chart.svg()
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts + ["</svg>", ""]))
