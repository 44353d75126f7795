"""Where the names of points stand in a picture so that none lies over another or over a point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from optimizer.report.charts import INK, escaped
from optimizer.report.charts import LINE as STRONG
from optimizer.report.naming import width

LETTER, LINE = 6.6, 15.0
"""Pixels of a letter's width and of a line's height in the pictures' small letters."""

RADII = (16, 30, 46, 66, 90, 118)
DIRECTIONS = ((1, 0), (-1, 0), (0.8, -0.7), (-0.8, -0.7), (0.8, 0.7), (-0.8, 0.7), (0, -1), (0, 1))


class Box(NamedTuple):
    """A rectangle in pixels: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


class Place(NamedTuple):
    """Where a name stands: pixels right of and below its point, and the side of the name that looks at the point."""

    dx: float
    dy: float
    anchor: str


def places(points: Sequence[tuple[float, float]], texts: Sequence[str], size: tuple[float, float]) -> list[Place | None]:
    """A place for the name of each point (pixels from the top left corner of a picture of ``size``), the first points first;
    None where all places near a point are taken."""
    dots = [Box(x - 6, y - 6, x + 6, y + 6) for x, y in points]
    taken: list[Box] = []
    found: list[Place | None] = []
    for (x, y), text in zip(points, texts, strict=True):
        chosen = None
        for place, box in _candidates(x, y, LETTER * width(text) + 4):
            is_inside = box.left >= 0 and box.top >= 0 and box.right <= size[0] and box.bottom <= size[1]
            if is_inside and not any(box.meets(other) for other in (*taken, *dots)):
                chosen = place
                taken.append(box)
                break
        found.append(chosen)
    return found


def _candidates(x: float, y: float, wide: float) -> Iterator[tuple[Place, Box]]:
    for radius in RADII:
        for right, down in DIRECTIONS:
            dx, dy = right * radius, down * radius
            anchor = "left" if right > 0 else "right" if right < 0 else "center"
            left = x + dx - (0 if anchor == "left" else wide if anchor == "right" else wide / 2)
            yield Place(round(dx, 1), round(dy, 1), anchor), Box(left, y + dy - LINE / 2, left + wide, y + dy + LINE / 2)


def name_beside(x: float, y: float, text: str, spot: Place, line: str, is_strong: bool = False) -> dict[str, Any]:
    """A name at its place beside its point, as an annotation of plotly, with a thin ``line`` (a colour) to the point."""
    return {
        "x": round(x, 6),
        "y": round(y, 6),
        "text": f"<b>{escaped(text)}</b>" if is_strong else escaped(text),
        "ax": spot.dx,
        "ay": spot.dy,
        "xanchor": spot.anchor,
        "yanchor": "middle",
        "showarrow": True,
        "arrowhead": 0,
        "arrowwidth": 0.7,
        "arrowcolor": line,
        "standoff": 5,
        "borderpad": 0,
        "bgcolor": "rgba(255,255,255,0.75)",
        "font": {"size": 11.5, "color": STRONG if is_strong else INK},
    }
