"""Which names exist, which sets they form, and what a selector such as ``each base`` or ``city_ring`` means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

BOUGHT = "bought"
"""Origin of goods that were purchased, not grown."""

EXACT, SET, EACH = 2, 1, 0
"""How specific a cell is: a name, a set's name, or ``*``."""

SINGULAR = {
    "product": "products",
    "activity": "activities",
    "base": "bases",
    "market": "markets",
    "period": "periods",
    "village": "villages",
    "node": "nodes",
    "resource": "resources",
    "group": "groups",
    "family": "families",
    "company": "companies",
}
"""The word after ``each`` and the universe it runs over."""


@dataclass(frozen=True)
class Names:
    """``universes``: the names of each kind in order; ``sets``: members of each set, by universe."""

    universes: dict[str, tuple[str, ...]]
    sets: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def known(self, universe: str) -> tuple[str, ...]:
        """Every name a cell of this universe may hold, sets included."""
        return (*self.universes.get(universe, ()), *self.sets.get(universe, {}))

    def lookup(self, universe: str, text: str) -> tuple[int, tuple[str, ...]] | None:
        """How specific ``text`` is and the names it stands for; None if it is unknown."""
        if text in self._index.get(universe, ()):
            return EXACT, (text,)
        if text in self.sets.get(universe, {}):
            return SET, self.sets[universe][text]
        if text in ("*", "all"):
            return EACH, self.universes[universe]
        return None

    @cached_property
    def _index(self) -> dict[str, frozenset[str]]:
        return {universe: frozenset(names) for universe, names in self.universes.items()}

    def groups(self, universe: str, text: str) -> list[tuple[str, tuple[str, ...]]] | None:
        """The groups a selector forms, each with its label; None if a word of it is unknown.

        ``all`` is one group of everything, ``a b`` one group of both, ``each x`` and ``*`` one group per member.
        """
        words = text.split()
        if not words:
            return None
        if words == ["*"]:
            return [(name, (name,)) for name in self.universes[universe]]
        if words[0] == "each":
            return self._each(universe, words[1:])
        found = [self.lookup(universe, word) for word in words]
        members: list[str] = []
        for match in found:
            if match is None:
                return None
            members.extend(match[1])
        return [(text, tuple(dict.fromkeys(members)))]

    def _each(self, universe: str, words: list[str]) -> list[tuple[str, tuple[str, ...]]] | None:
        if len(words) != 1:
            return None
        kind = SINGULAR.get(words[0])
        if kind in ("groups", "families"):
            own = self.sets.get(kind, {})
            return [(name, members) for name, members in own.items()]
        if kind is not None:
            return [(name, (name,)) for name in self.universes.get(kind, ())]
        match = self.lookup(universe, words[0])
        return None if match is None else [(name, (name,)) for name in match[1]]


def _grouped(frame: pd.DataFrame | None, member: str, by: str) -> dict[str, tuple[str, ...]]:
    if frame is None:
        return {}
    rows = frame[frame[by] != ""]
    return {str(key): tuple(group[member]) for key, group in rows.groupby(by, sort=True)}


def collect(
    tables: dict[str, pd.DataFrame], periods: Iterable[str], own_sets: dict[str, tuple[str, ...]],
    variants: dict[str, tuple[str, ...]],
) -> Names:  # fmt: skip
    """All names of an instance. ``variants`` names the starts of each activity that has several."""

    def column(table: str, name: str) -> tuple[str, ...]:
        if table not in tables:
            return ()
        return tuple(sorted({value for value in tables[table][name] if value not in ("", "*")}))

    activities = tuple(v for name in column("activities", "activity") for v in variants.get(name, (name,)))
    bases, hubs, markets = column("bases", "base"), column("hubs", "hub"), column("markets", "market")
    products = column("products", "product")
    channels = (*column("demand", "channel"), *column("purchases", "channel"))
    universes = {
        "products": products,
        "activities": activities,
        "land_classes": column("land", "land_class") or ("",),  # what needs no land stands on the class without a name
        "resources": column("resources", "resource"),
        "companies": column("companies", "company"),
        "villages": column("villages", "village"),
        "bases": bases,
        "hubs": hubs,
        "markets": markets,
        "nodes": (*bases, *hubs, *markets),
        "origins": (*bases, BOUGHT),
        "periods": tuple(periods),
        "channels": tuple(sorted(set(channels))),
        "processes": column("processes", "process"),
        "rules": column("rules", "name"),
        "households": column("households", "household"),
    }
    universes["subjects"] = tuple(dict.fromkeys((*products, *activities)))
    universes["places"] = (*bases, *markets)
    groups = _grouped(tables.get("products"), "product", "group")
    families = {
        family: tuple(v for name in members for v in variants.get(name, (name,)))
        for family, members in _grouped(tables.get("activities"), "activity", "family").items()
    }
    regions = _grouped(tables.get("markets"), "market", "region")
    starts = {name: several for name, several in variants.items()}
    sets: dict[str, dict[str, tuple[str, ...]]] = {
        "groups": groups,
        "families": families,
        "products": groups,
        "activities": {**families, **starts},
        "nodes": regions,
        "markets": regions,
        "subjects": {**groups, **families, **starts},
        "places": regions,
    }
    for name, members in own_sets.items():
        for universe, known in universes.items():
            resolved = [v for m in members for v in (starts.get(m, (m,)) if universe in ("activities", "subjects") else (m,))]
            if resolved and set(resolved) <= set(known):
                sets.setdefault(universe, {})
                sets[universe] = {**sets[universe], name: tuple(resolved)}
    return Names(universes, sets)
