"""Charts of the report as SVG text: no library, nothing to load."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 340, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 10, 12, 34


def draw_histogram(
    kept: Sequence[float | int],
    dropped: Sequence[float | int],
    label: str,
    bins: Sequence[float],
    limits: Sequence[float] = (),
    ticks: Sequence[float] = (),
) -> str:
    """Two stacked histograms, kept below and dropped above; values beyond the bins count in the last ones.

    Args:
        label: of the axis, with its unit.
        bins: edges, increasing.
        limits: where dashed lines are drawn.
        ticks: numbers on the axis; none: some of the edges.
    """
    edges = np.asarray(bins, np.float64)
    counts = [
        np.histogram(np.clip(np.asarray(one, np.float64), edges[0], edges[-1]), edges)[0]
        for one in (kept, dropped)
    ]
    top = _round_up(int((counts[0] + counts[1]).max(initial=1)))
    plot_width, plot_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(value: float | np.floating) -> float:
        return _LEFT + (value - edges[0]) / (edges[-1] - edges[0]) * plot_width

    def y(count: float | int | np.integer) -> float:
        return _TOP + plot_height * (1 - count / top)

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">']
    for tick in _ticks(top):
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        )
        parts.append(
            f'<text class="tick" x="{_LEFT - 6}" y="{y(tick) + 3.5:.1f}" text-anchor="end">{tick}</text>'
        )
    for left, right, low, high in zip(edges[:-1], edges[1:], *counts, strict=True):
        wide = max(1.0, x(right) - x(left) - 1.5)
        said = f"<title>{left:g} to {right:g}: {low} kept, {high} dropped</title>"
        if low:
            parts.append(_bar("kept", x(left), y(low), wide, y(0) - y(low), said))
        if high:
            parts.append(_bar("dropped", x(left), y(low + high), wide, y(low) - y(low + high), said))
    for edge in ticks or edges[:: max(1, (len(edges) - 1) // 6)].tolist():
        parts.append(
            f'<text class="tick" x="{x(edge):.1f}" y="{_HEIGHT - 19}" text-anchor="middle">{edge:g}</text>'
        )
    for limit in limits:
        parts.append(
            f'<line class="limit" x1="{x(limit):.1f}" x2="{x(limit):.1f}" y1="{_TOP}" y2="{y(0):.1f}"/>'
        )
    parts.append(f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(0):.1f}" y2="{y(0):.1f}"/>')
    middle = _LEFT + plot_width / 2
    parts.append(
        f'<text class="label" x="{middle}" y="{_HEIGHT - 4}" text-anchor="middle">{escape(label)}</text>'
    )
    return "".join(parts) + "</svg>"


def draw_bars(kept: Mapping[str, float], dropped: Mapping[str, float], unit: str) -> str:
    """A row for each name, longest first: kept, then dropped."""
    names = sorted(
        kept.keys() | dropped.keys(), key=lambda name: (-kept.get(name, 0) - dropped.get(name, 0), name)
    )
    most = max((kept.get(name, 0) + dropped.get(name, 0) for name in names), default=1) or 1
    rows = []
    for name in names:
        low, high = kept.get(name, 0), dropped.get(name, 0)
        rows.append(
            f'<div class="row"><span class="name">{escape(name)}</span><span class="track">'
            f'<i class="kept" style="width:{100 * low / most:.2f}%"></i>'
            f'<i class="dropped" style="width:{100 * high / most:.2f}%"></i></span>'
            f'<span class="value">{low:.2f} of {low + high:.2f} {unit}</span></div>'
        )
    return f'<div class="bars">{"".join(rows)}</div>'


def _bar(kind: str, x: float, y: float, width: float, height: float, inside: str) -> str:
    place = f'x="{x + 0.75:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {place}>{inside}</rect>'


def _round_up(count: int) -> int:
    """The next number whose quarters or halves read well."""
    size = 10 ** max(0, len(str(count)) - 1)
    return next(step * size for step in (1, 2, 4, 5, 8, 10, 20) if step * size >= count)


def _ticks(top: int) -> list[int]:
    parts = next((n for n in (4, 5, 2) if top % n == 0), 1)
    return [top * index // parts for index in range(parts + 1)]
