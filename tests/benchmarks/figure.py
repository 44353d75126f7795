"""Curves on logarithmic axes as a small SVG picture, without a library: a straight line is a power, and its slope the exponent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 390, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 106, 28, 40
"""Of one panel: its size in all, and what its edges leave for labels."""
LINE = 12
"""Labels of curves stand at least so far apart."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#666666", "#000000", "#997700")
"""Nine colours, of which colour-blind people can tell eight apart (Okabe and Ito)."""
STYLE = "font-family:'DejaVu Sans',Verdana,sans-serif;font-size:11px"


@dataclass(frozen=True)
class Panel:
    """One picture beside others: a title and curves by name, all over the same ``at``. Figures are above 0; None leaves a gap.
    ``colours`` are those of curves that are to look alike in several pictures."""

    title: str
    curves: Mapping[str, Sequence[float | None]]
    colours: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scale:
    """From figures between ``low`` and ``high`` to places between ``start`` and ``end``, by their logarithms."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, figure: float) -> float:
        part = (math.log(figure) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return self.start + part * (self.end - self.start)


def picture(label: str, at: Sequence[float], panels: Sequence[Panel]) -> str:
    """The SVG of some panels side by side over the same sizes ``at``, which ``label`` names."""
    width = WIDTH * len(panels)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" style="{STYLE}">']
    parts.append(f'<rect width="{width}" height="{HEIGHT}" fill="#ffffff"/>')
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({WIDTH * number} 0)">')
        parts += _panel(label, at, panel)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _panel(label: str, at: Sequence[float], panel: Panel) -> Iterator[str]:
    figures = [figure for curve in panel.curves.values() for figure in curve if figure is not None]
    across = Scale(*_span(at), LEFT, WIDTH - RIGHT)
    up = Scale(*_span(figures), HEIGHT - BOTTOM, TOP)
    yield _text(LEFT, 16, panel.title, "start", "font-weight:bold")
    for tick in ticks(up.low, up.high):
        y = up(tick)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>' + _text(LEFT - 6, y + 4, short(tick), "end")
    for size in at:
        x = across(size)
        yield f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v4" stroke="#888888"/>' + _text(x, HEIGHT - BOTTOM + 16, short(size), "middle")
    yield f'<path d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}" stroke="#888888"/>'
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, label, "middle")
    ends: list[tuple[float, str, str]] = []
    for number, (name, curve) in enumerate(panel.curves.items()):
        colour = panel.colours.get(name, COLOURS[number % len(COLOURS)])
        known = [(across(size), up(figure)) for size, figure in zip(at, curve, strict=True) if figure is not None]
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in known)
        yield f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in known)
        ends.append((known[-1][1], name, colour))
    for y, name, colour in apart(ends):
        yield _text(WIDTH - RIGHT + 8, y + 4, name, "start", f"fill:{colour}")


def _span(figures: Sequence[float]) -> tuple[float, float]:
    """From below the least to above the greatest figure."""
    return min(figures) / 1.15, max(figures) * 1.15


def ticks(low: float, high: float) -> list[float]:
    """Round figures between the bounds: powers of ten, and 2 and 5 of each where these are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    tens = [10.0**power for power in powers if low <= 10.0**power <= high]
    if len(tens) > 2:
        return tens
    return [digit * 10.0**power for power in powers for digit in (1, 2, 5) if low <= digit * 10.0**power <= high]


def apart(ends: Sequence[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """The same labels from top to bottom, none closer than ``LINE`` to the one above it, all of them within the panel."""
    found: list[tuple[float, str, str]] = []
    for y, name, colour in sorted(ends):
        found.append((max(y, found[-1][0] + LINE) if found else y, name, colour))
    beyond = max(0.0, found[-1][0] - (HEIGHT - BOTTOM)) if found else 0.0
    return [(y - beyond, name, colour) for y, name, colour in found]


def short(figure: float) -> str:
    """A figure for an axis: 0.05, 12, 2,000, 128k."""
    if figure >= 10_000:
        return f"{figure / 1000:,.0f}k"
    return f"{figure:,.0f}" if figure >= 1 else f"{figure:g}"


def _text(x: float, y: float, text: str, anchor: str, style: str = "fill:#333333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{style}">{escape(text)}</text>'
