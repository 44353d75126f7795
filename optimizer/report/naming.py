"""Names as the planner wrote them, and one colour per product wherever it appears."""

from __future__ import annotations

import unicodedata
from functools import cached_property

from optimizer.instance.instance import Instance
from optimizer.texts import catalogue, say

HUES = ("#0072B2", "#E69F00", "#CC79A7", "#009E73", "#D55E00", "#56B4E9", "#8C6D31", "#6A51A3", "#7A8B00", "#A0A0A0")
"""Distinct for the colour-blind (after Okabe and Ito); products of one group are shades of its hue."""

OTHER = "#9A9A9A"
SHADES = (0.0, 0.38, 0.66, -0.35)
KINDS = {
    "bases": "base",
    "markets": "market",
    "products": "product",
    "activities": "activity",
    "companies": "company",
    "villages": "village",
    "hubs": "hub",
    "resources": "resource",
}
PARTIES = {"company": "companies", "base": "bases", "collective": "villages"}


class Names:
    """Labels of everything an instance names, and the colours of its products."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    @cached_property
    def labels(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for table, column in KINDS.items():
            frame = self.instance.table(table)
            texts = frame["label"] if "label" in frame else frame[column]
            found[table] = {
                str(n): str(t) if isinstance(t, str) and t else plain(str(n)) for n, t in zip(frame[column], texts, strict=True)
            }
        return found

    def of(self, table: str, name: str) -> str:
        """The label of a name of one table."""
        return self.labels[table].get(name, plain(name))

    def any(self, name: str) -> str:
        """The label of a name of which only the spelling is known: a set, a base, a product …"""
        if name in self.instance.periods.number:
            return self.period(name)
        return next((labels[name] for labels in self.labels.values() if name in labels), plain(name))

    def party(self, party: str, name: str) -> str:
        if party in PARTIES:
            return self.of(PARTIES[party], name)
        return say("report.party.government") if party == "government" else plain(name)

    def period(self, name: str) -> str:
        """A month by its short name, with the year where there are several; any other period as it is called."""
        periods = self.instance.periods
        if periods.step != "month":
            return name
        year, month = name.split("-")
        short = say("report.months").split()[int(month) - 1]
        return short if len(periods) <= 12 else say("report.month_of_year", month=short, year=year[2:])

    @cached_property
    def groups(self) -> dict[str, str]:
        """The group of each product: its own name where it has none."""
        frame = self.instance.table("products")
        return {p: g if isinstance(g, str) and g else p for p, g in zip(frame["product"], frame["group"], strict=True)}

    def group(self, name: str) -> str:
        return self.labels["products"].get(name) or say_or_plain("report.group.", name)

    def region(self, name: str) -> str:
        return say_or_plain("report.region.", name)

    @cached_property
    def colours(self) -> dict[str, str]:
        """A colour per product and per group."""
        members: dict[str, list[str]] = {}
        for product in self.instance.universe("products"):
            members.setdefault(self.groups.get(product, product), []).append(product)
        if len(members) == 1 or max((len(m) for m in members.values()), default=0) > len(SHADES):
            found = {product: HUES[i % len(HUES)] for i, product in enumerate(self.instance.universe("products"))}
            return {**dict.fromkeys(members, OTHER), **found}
        found = {}
        for number, group in enumerate(sorted(members, key=lambda g: (-len(members[g]), g))):
            hue = HUES[number % len(HUES)]
            found[group] = hue
            found.update({product: shaded(hue, SHADES[i]) for i, product in enumerate(members[group])})
        return found

    def colour(self, name: str) -> str:
        return self.colours.get(name, OTHER)


def plain(name: str) -> str:
    """A technical name without its underscores and without the planting period an activity's name may end in."""
    return name.split("@")[0].replace("_", " ")


def say_or_plain(prefix: str, name: str) -> str:
    """The catalogue's word for a name, or the name itself if an instance brings its own."""
    return say(prefix + name) if prefix + name in catalogue() else plain(name)


def account(name: str) -> str:
    """An account of the ledger in words."""
    if name.startswith("reimbursed_"):
        return say("report.account.reimbursed", account=account(name.removeprefix("reimbursed_")))
    return say_or_plain("report.account.", name)


def shaded(colour: str, by: float) -> str:
    """The colour mixed with white (``by`` > 0) or black (``by`` < 0)."""
    end = 255 if by > 0 else 0
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#{:02x}{:02x}{:02x}".format(*(round(part + (end - part) * abs(by)) for part in parts))


def translucent(colour: str, share: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def width(text: str) -> int:
    """Columns a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines of at most about ``columns`` columns, broken at spaces."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and width(lines[-1]) + 1 + width(word) > columns:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
