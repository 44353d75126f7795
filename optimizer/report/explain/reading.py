"""What explanations read from a results folder: its tables, and from the instance no more than names and rules."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimizer.audit.result import REPLANNED, Result, loaded_instance_of, read_result
from optimizer.instance.instance import Instance
from optimizer.instance.loading import load_proven
from optimizer.problems import InputError, Problem, noted
from optimizer.report.explain.told import KEYS, SIGNED, Told
from optimizer.report.naming import Names
from optimizer.texts import say

TABLES = (
    "products", "activities", "bases", "markets", "companies", "villages", "hubs", "resources", "land", "yields", "rules",
    "workers",
)  # fmt: skip
OF_HOUSEHOLDS = ("households", "links", "members", "poverty_lines")
"""Tables of the instance that are read: all, and those which only a household's explanation needs."""

PRICE_TEXTS = ("rule", "sense", "unit", "binding", "one_sided", "next_binding", "next_binding_below")
PRICE_FIGURES = ("right_hand_side", "slack", "value_yuan_per_unit", "value_of_less_yuan_per_unit", "holds_from", "holds_to")
CROP_FIGURES = (
    "area_mu", "harvest_kg_per_mu", *(f"{name}_yuan_per_mu" for name in SIGNED), "holds_to_mu", "price_rise_to_enter_yuan_per_kg",
    "yield_rise_to_enter_share", "price_fall_to_less_yuan_per_kg", "price_fall_to_none_yuan_per_kg",
)  # fmt: skip
PARTY_FIGURES = ("income_fen", "costs_fen", "balance_fen")
FILES = {
    "shadow_prices": (PRICE_TEXTS, PRICE_FIGURES),
    "activities": (tuple(KEYS), CROP_FIGURES),
    "parties": (("party", "id"), PARTY_FIGURES),
}
"""Files beside those that an audit reads, with the texts and the figures they must have."""


@dataclass(frozen=True)
class Explained:
    """``result`` as an audit reads it, ``parties`` the account of each party; ``told``: what is explained from. ``is_as_it_was``:
    whether the instance's files are still those the plan was made from."""

    told: Told
    result: Result
    parties: pd.DataFrame
    is_as_it_was: bool

    @property
    def instance(self) -> Instance:
        return self.told.names.instance

    @property
    def names(self) -> Names:
        return self.told.names

    @property
    def notes(self) -> list[str]:
        """What must be known beside the figures: of an uncertain season, and of files that are no longer what they were."""
        uncertain = [say("explain.uncertain")] if self.result.summary.get("risk") else []
        return uncertain if self.is_as_it_was else [*uncertain, say("explain.changed")]

    def decided(self, kind: str) -> pd.DataFrame:
        """The plan's decisions of a kind, names it has none of blank."""
        plan = self.result.table("plan")
        keys = ["base", "land_class", "activity", "village", "product"]
        found = plan[plan["decision"] == kind].reindex(columns=[*keys, "value"])
        return found.astype(dict.fromkeys(keys, object)).fillna(dict.fromkeys(keys, ""))


def read_explained(folder: Path, with_households: bool) -> Explained:
    """Read a results folder and what its instance calls things. Raises InputError for every file and column that is missing,
    with the advice to solve again where the folder is from before they were written."""
    problems: list[Problem] = []
    tables = {name: _table(folder, name, problems) for name in FILES}
    with noted(problems):
        result = read_result(folder)
    if problems:
        raise InputError(problems)
    instance, is_as_it_was = _instance(result, with_households)
    told = Told(Names(instance), tables["shadow_prices"], tables["activities"], str(dict(result.summary["objective"])["name"]))
    return Explained(told, result, tables["parties"], is_as_it_was)


def _table(folder: Path, name: str, problems: list[Problem]) -> pd.DataFrame:
    """A table, words as text and figures as numbers, absent ones NaN."""
    file, (texts, figures) = folder / f"{name}.csv", FILES[name]
    empty = pd.DataFrame(columns=[*texts, *figures])
    try:
        content = file.read_text(encoding="utf-8")
        frame = pd.read_csv(io.StringIO(content), dtype=str, keep_default_na=False) if content.strip() else empty
    except (OSError, UnicodeDecodeError, pd.errors.ParserError):
        problems.append(Problem(str(file), None, "", say("found.no_file"), say("explain.expected.again")))
        return empty
    if len(frame.columns) == 0:
        return empty
    lacking = [column for column in (*texts, *figures) if column not in frame]
    if lacking:
        found_none = say("explain.found.old", columns=", ".join(lacking))
        problems.append(Problem(str(file), None, "", found_none, say("explain.expected.again")))
        return empty
    for column in figures:
        found = pd.to_numeric(frame[column], errors="coerce")
        for row in frame.index[found.isna() & (frame[column] != "")]:
            problems.append(Problem(str(file), int(row) + 2, column, str(frame[column][row]), say("expected.figure")))
        frame[column] = found.astype(float)
    if "binding" in frame:
        frame["binding"] = frame["binding"] == "True"
    return frame


def _instance(result: Result, with_households: bool) -> tuple[Instance, bool]:
    """What is needed of the instance: a few tables where its files are as they were, which takes no time, else all of it."""
    place, proven = str(result.run.get("instance_folder", "")), result.run.get("inputs_sha256")
    folder = (result.folder / place).resolve()
    is_plain = not (result.run.get("changes") or result.run.get("set") or result.run.get(REPLANNED))
    if place and is_plain and isinstance(proven, dict) and (folder / "instance.yaml").is_file():
        wanted = (*TABLES, *(OF_HOUSEHOLDS if with_households else ()))
        found = load_proven(folder, wanted, {str(name): str(value) for name, value in proven.items()})
        if found is not None:
            return found, True
    instance = loaded_instance_of(result)
    return instance, isinstance(proven, dict) and dict(instance.hashes) == proven
