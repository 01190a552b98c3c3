"""Charts of flood_model's JSON: of what happens over time, and of what an attacker's size does. One
legend for all lines, since they end in the same place."""

import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import chart  # noqa: E402

LEGEND = 36  # From the top.


class FloodChart(chart.Chart):
    """`lines` is [(name, colour, [(x, value)])]. Values are drawn on a logarithmic axis from `least`
    on; what is less lies on it. `over_time`: x are seconds, else they are on a logarithmic axis too.
    `shade`: (from, until) of the attack. `limit`: (value, name) of a line across."""

    def __init__(self, x, title, unit, across, lines, *, least, over_time=True, shade=None,
                 limit=None):
        super().__init__(x, title, unit, across,
                         [(name, colour, [(max(size, 1), max(value, least)) for size, value in line])
                          for name, colour, line in lines])
        self._over_time, self._shade, self._limit, self._least = over_time, shade, limit, least
        self._end = max(point[0] for _, _, line in lines for point in line)
        values = [value for _, _, line in self.lines for _, value in line]
        values += [least] + ([limit[0]] if limit else [])
        self.rows = chart.decades(least, max(values))

    def place(self, size, value):
        x, y = super().place(max(size, 10.0**self.columns[0]), value)
        if self._over_time:
            x = self.x + chart.LEFT + size / self._end * (chart.WIDTH - chart.LEFT - chart.RIGHT)
        top = chart.TOP + 16
        bottom = chart.HEIGHT - chart.BOTTOM
        return x, bottom - (bottom - y) / (bottom - chart.TOP) * (bottom - top)

    def _columns(self):
        """(x, text) of the ticks."""
        if not self._over_time:
            return [(10.0**power, chart.short(10.0**power)) for power in self.columns]
        step = next(step for step in (15, 30, 60, 120, 300, 600) if self._end / step <= 8)
        return [(at, f"{at / 60:g}") for at in range(0, int(self._end) + 1, step)]

    def _frame(self):
        low, high = 10.0**self.rows[0], 10.0**self.rows[-1]
        if self._shade:
            (x1, y1), (x2, y2) = self.place(self._shade[0], low), self.place(self._shade[1], high)
            yield (f'<rect x="{x1:.1f}" y="{y2:.1f}" width="{x2 - x1:.1f}" '
                   f'height="{y1 - y2:.1f}" fill="#f1f1f1"/>')
        for at, text in self._columns():
            (x, y), (_, top) = self.place(at, low), self.place(at, high)
            yield f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x:.1f}" y2="{top:.1f}"/>'
            yield f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{text}</text>'
        for power in self.rows:
            x, y = self.place(0 if self._over_time else 10.0**self.columns[0], 10.0**power)
            yield (f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{self.x + chart.WIDTH - chart.RIGHT}" '
                   f'y2="{y:.1f}"/>')
            yield (f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">'
                   f"{chart.short(10.0**power)}{self.unit}</text>")

    def svg(self):
        parts = [f'<text class="title" x="{self.x + chart.LEFT}" y="20">{self.title}</text>']
        parts += self._frame()
        if self._limit:
            x, y = self.place(0 if self._over_time else 10.0**self.columns[0], self._limit[0])
            end = self.x + chart.WIDTH - chart.RIGHT
            parts.append(f'<polyline points="{x:.1f},{y:.1f} {end},{y:.1f}" stroke="#808080" '
                         'stroke-dasharray="4 4"/>')
            parts.append(f'<text x="{x + 4:.1f}" y="{y - 5:.1f}">{self._limit[1]}</text>')
        at = self.x + chart.LEFT
        for name, colour, line in self.lines:
            path = " ".join("{:.1f},{:.1f}".format(*self.place(*point)) for point in line)
            parts.append(f'<polyline points="{path}" stroke="{colour}"/>')
            parts.append(f'<text x="{at}" y="{LEGEND}" style="fill:{colour};font-weight:bold">'
                         f"{name}</text>")
            at += 7.2 * len(name) + 14
        x = self.x + (chart.LEFT + chart.WIDTH - chart.RIGHT) / 2
        parts.append(f'<text x="{x:.1f}" y="{chart.HEIGHT - 10}" text-anchor="middle">'
                     f"{self.across}</text>")
        return parts


def sampled(points, most=240):
    """At most `most` of them: in each stretch the greatest value."""
    step = max(1, math.ceil(len(points) / most))
    return [max(points[i:i + step], key=lambda point: point[1])
            for i in range(0, len(points), step)]
