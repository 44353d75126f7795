"""The building blocks of the page: a section is a title and a list of parts, each of which the template knows to draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from markupsafe import Markup


@dataclass(frozen=True)
class Text:
    """A paragraph. ``tone``: "" plain, "lead", "note", "bad" (a loss, say) or "good"."""

    text: str
    tone: str = ""
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Points:
    """A list of short sentences."""

    items: tuple[str, ...]
    kind: ClassVar[str] = "points"


@dataclass(frozen=True)
class Figure:
    """A main figure: its name, the figure with its unit, and a short remark."""

    label: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Figures:
    items: tuple[Figure, ...]
    kind: ClassVar[str] = "figures"


@dataclass(frozen=True)
class Cell:
    """One cell. ``tone``: "", "loss", "strong" or "quiet"; ``shade`` 0 to 1 colours a heat map (None: no colour).

    ``small`` stands below the text in small letters (a difference, say), in a tone of its own; ``href`` makes the text a link
    to a file beside the page.
    """

    text: str
    tone: str = ""
    shade: float | None = None
    hint: str = ""
    small: str = ""
    small_tone: str = ""
    href: str = ""

    @property
    def colour(self) -> str:
        """Background of a heat map: white to deep blue, dark enough in grey as well."""
        shade = min(max(self.shade or 0.0, 0.0), 1.0)
        parts = (round(255 + (end - 255) * shade) for end in (8, 48, 107))
        return "#{:02x}{:02x}{:02x}".format(*parts)

    @property
    def is_dark(self) -> bool:
        return (self.shade or 0.0) > 0.5


@dataclass(frozen=True)
class Table:
    """A table with a header; the first ``text_columns`` columns hold words, the others figures.

    ``groups`` are titles over several columns each (title, number of columns), which together span the header.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    text_columns: int = 1
    is_heat: bool = False
    groups: tuple[tuple[str, int], ...] = ()
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Bar:
    """A stretch of a calendar: from column ``start`` (from 1) over ``span`` columns; ``harvest`` is drawn striped."""

    start: int
    span: int
    harvest: bool


@dataclass(frozen=True)
class CalendarRow:
    label: str
    amount: str
    thickness: int
    colour: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Calendar:
    """The crop calendar of one base: a title, the names of the periods and a row per activity."""

    title: str
    remark: str
    columns: tuple[str, ...]
    rows: tuple[CalendarRow, ...]
    kind: ClassVar[str] = "calendar"


@dataclass(frozen=True)
class Legend:
    """Colours and what they stand for."""

    items: tuple[tuple[str, str], ...]
    remark: str = ""
    kind: ClassVar[str] = "legend"


@dataclass(frozen=True)
class Chart:
    """A plotly figure: ``name`` is its id on the page; below ``min_width`` pixels it scrolls in its own box.

    A figure that ``is_scaled`` keeps its proportions on paper instead of being drawn again.
    """

    name: str
    caption: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    min_width: int = 0
    is_scaled: bool = False
    kind: ClassVar[str] = "chart"


@dataclass(frozen=True)
class Case:
    """One thing that was found: a title, a short remark (an amount, say), and labelled lines. ``tone``: "" or "bad"."""

    title: str
    remark: str
    lines: tuple[tuple[str, str], ...]
    tone: str = ""


@dataclass(frozen=True)
class Cases:
    items: tuple[Case, ...]
    kind: ClassVar[str] = "cases"


@dataclass(frozen=True)
class Widget:
    """Something that a script of the page draws: ``html`` of our own (made safe already) and ``data`` for the script, which
    finds it in the element ``data-NAME``."""

    name: str
    html: Markup
    data: Any
    kind: ClassVar[str] = "widget"


Part = Text | Points | Figures | Table | Calendar | Legend | Chart | Cases | Widget


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    parts: tuple[Part, ...]


def table(header: Sequence[str], rows: Iterable[Sequence[Cell | str]], **more: Any) -> Table:
    """A table whose cells may be given as plain text."""
    cells = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows)
    return Table(tuple(header), cells, **more)
