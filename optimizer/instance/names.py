"""Which names exist, which sets they form, and what a selector such as ``each base`` or ``city_ring`` means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

BOUGHT = "bought"
"""Origin of goods that were purchased, not grown."""

EXACT, SET, EACH = 2, 1, 0
"""How specific a cell is: a name, a set's name, or ``*``."""

TABLES_OF = {
    "products": ("products",),
    "activities": ("activities",),
    "planned_activities": ("activities",),
    "land_classes": ("land",),
    "resources": ("resources",),
    "companies": ("companies",),
    "villages": ("villages",),
    "bases": ("bases",),
    "hubs": ("hubs",),
    "markets": ("markets",),
    "nodes": ("bases", "hubs", "markets"),
    "origins": ("bases",),
    "periods": ("periods",),
    "channels": ("demand", "purchases", "promotion"),
    "processes": ("processes",),
    "rules": ("rules",),
    "households": ("households",),
    "scenarios": ("scenarios",),
    "uncertainties": ("uncertainties",),
    "subjects": ("products", "activities"),
    "places": ("bases", "markets"),
}
"""Each kind of name and the tables (or part of instance.yaml) that give it."""

EACH_WORDS = {
    "products": ("product", "group"),
    "activities": ("activity", "family"),
    "subjects": ("product", "activity", "group", "family"),
    "places": ("base", "market", "region"),
    "nodes": ("node", "base", "hub", "market", "region"),
    "markets": ("market", "region"),
    "origins": ("base",),
    "bases": ("base",),
    "periods": ("period",),
    "villages": ("village",),
    "resources": ("resource",),
    "land_classes": ("land_class",),
    "channels": ("channel",),
}
"""The words that may follow ``each``, by kind of name; ``each SETNAME`` runs over the set's members."""

UNIVERSE_OF_WORD = {
    "product": "products", "activity": "activities", "base": "bases", "market": "markets", "period": "periods",
    "village": "villages", "node": "nodes", "hub": "hubs", "resource": "resources", "land_class": "land_classes",
    "channel": "channels",
}  # fmt: skip
SETS_OF_WORD = {"group": "groups", "family": "families", "region": "regions"}


MADE_OF = {
    "subjects": "products / activities",
    "places": "bases / markets",
    "nodes": "bases / hubs / markets",
    "origins": "bases / bought",
    "planned_activities": "activities",
    "land_classes": "land classes",
}
"""Kinds of names a planner knows by other words."""


def kind_of(universes: Iterable[str]) -> str:
    """The kinds of names in a planner's words."""
    return " / ".join(MADE_OF.get(universe, universe) for universe in universes)


@dataclass(frozen=True)
class Names:
    """``universes``: the names of each kind in order; ``sets``: members of each set, by universe.

    ``lost`` lists the universes whose names could not all be read, so that an unknown one proves nothing.
    """

    universes: dict[str, tuple[str, ...]]
    sets: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    def known(self, universe: str) -> tuple[str, ...]:
        """Every name a cell of this universe may hold, sets included."""
        return (*self.universes.get(universe, ()), *self.sets.get(universe, {}))

    def is_name(self, universe: str, text: str) -> bool:
        """Whether ``text`` is one name of this kind (no set, no word such as ``all``)."""
        return text in self._index.get(universe, ())

    def lookup(self, universe: str, text: str) -> tuple[int, tuple[str, ...]] | None:
        """How specific ``text`` is and the names it stands for; None if it is unknown."""
        if self.is_name(universe, text):
            return EXACT, (text,)
        if text in self.sets.get(universe, {}):
            return SET, self.sets[universe][text]
        if text in ("*", "all"):
            return EACH, self.universes.get(universe, ())
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

    def unknown_word(self, universe: str, text: str) -> str:
        """The word because of which a selector has no meaning, or the whole text."""
        words = text.split()
        if words[:1] == ["each"]:
            return text
        return next((word for word in words if self.lookup(universe, word) is None), text)

    def without(self, table: str, gone: Collection[str]) -> Names:
        """These names after the rows of ``table`` that defined ``gone`` were removed."""

        def kept(universe: str, names: tuple[str, ...]) -> tuple[str, ...]:
            others = {name for other in TABLES_OF[universe] if other != table for name in self.universes[other]}
            return tuple(name for name in names if name not in gone or name in others)

        touched = [universe for universe, given in TABLES_OF.items() if table in given]
        universes = {u: kept(u, names) if u in touched else names for u, names in self.universes.items()}
        sets = {u: {name: kept(u, members) for name, members in own.items()} if u in touched else own for u, own in self.sets.items()}
        by_word = {"products": "groups", "activities": "families", "markets": "regions"}.get(table)
        if by_word:
            sets[by_word] = {name: kept(table, members) for name, members in sets[by_word].items()}
        return Names(universes, sets, self.lost)

    def _each(self, universe: str, words: list[str]) -> list[tuple[str, tuple[str, ...]]] | None:
        if len(words) != 1:
            return None
        word = words[0]
        if word in EACH_WORDS.get(universe, ()):
            if word in SETS_OF_WORD:
                return list(self.sets.get(SETS_OF_WORD[word], {}).items())
            return [(name, (name,)) for name in self.universes.get(UNIVERSE_OF_WORD[word], ())]
        match = self.lookup(universe, word)
        return None if match is None else [(name, (name,)) for name in match[1]]


def _grouped(frame: pd.DataFrame, member: str, by: str) -> dict[str, tuple[str, ...]]:
    rows = frame[frame[by] != ""]
    return {str(key): tuple(group[member]) for key, group in rows.groupby(by, sort=True)}


def collect(
    tables: Mapping[str, pd.DataFrame],
    periods: Iterable[str],
    own_sets: Mapping[str, tuple[str, ...]],
    variants: Mapping[str, tuple[str, ...]],
    lost: Iterable[str] = (),
) -> Names:
    """All names of an instance. ``variants`` names the starts of each activity that has several; ``lost`` the tables
    (and parts of instance.yaml) that could not be read."""
    universes = _universes(tables, tuple(periods), variants)
    groups = _grouped(tables["products"], "product", "group")
    planned = _grouped(tables["activities"], "activity", "family")
    families = {family: tuple(v for name in members for v in variants.get(name, (name,))) for family, members in planned.items()}
    regions = _grouped(tables["markets"], "market", "region")
    sets: dict[str, dict[str, tuple[str, ...]]] = {
        "groups": groups,
        "families": families,
        "regions": regions,
        "products": groups,
        "activities": {**families, **variants},
        "planned_activities": planned,
        "nodes": regions,
        "markets": regions,
        "subjects": {**groups, **families, **variants},
        "places": regions,
    }
    for name, members in own_sets.items():
        for universe, known in universes.items():
            written = universe in ("activities", "subjects")
            resolved = [v for m in members for v in (variants.get(m, (m,)) if written else (m,))]
            if resolved and set(resolved) <= set(known):
                sets[universe] = {**sets.get(universe, {}), name: tuple(resolved)}
    gone = set(lost)
    unsure = universes if "sets" in gone else [u for u, given in TABLES_OF.items() if gone & set(given)]
    return Names(universes, sets, frozenset(unsure))


def _universes(
    tables: Mapping[str, pd.DataFrame], periods: tuple[str, ...], variants: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    def column(table: str, name: str) -> tuple[str, ...]:
        return tuple(sorted(value for value in tables[table][name].unique() if value not in ("", "*")))

    planned = column("activities", "activity")
    activities = tuple(v for name in planned for v in variants.get(name, (name,)))
    bases, hubs, markets = column("bases", "base"), column("hubs", "hub"), column("markets", "market")
    products = column("products", "product")
    return {
        "products": products,
        "activities": activities,
        "planned_activities": planned,
        "land_classes": column("land", "land_class") or ("",),  # what needs no land stands on the class without a name
        "resources": column("resources", "resource"),
        "companies": column("companies", "company"),
        "villages": column("villages", "village"),
        "bases": bases,
        "hubs": hubs,
        "markets": markets,
        "nodes": (*bases, *hubs, *markets),
        "origins": (*bases, BOUGHT),
        "periods": periods,
        "channels": tuple(sorted({*column("demand", "channel"), *column("purchases", "channel"), *column("promotion", "promotion")})),
        "processes": column("processes", "process"),
        "rules": column("rules", "name"),
        "households": column("households", "household"),
        "scenarios": column("scenarios", "scenario"),
        "uncertainties": column("uncertainties", "uncertainty"),
        "subjects": tuple(dict.fromkeys((*products, *activities))),
        "places": (*bases, *markets),
    }
