"""Checks of what is uncertain: possible years, their factors, distributions and correlations, and the measure of risk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd

from optimizer.instance.draws import NEEDED, correlation_matrix, is_possible
from optimizer.instance.factors import EVERYTHING, SELECTORS, TAKEN, rows_meant
from optimizer.instance.frames import problem_at
from optimizer.instance.instance import Instance
from optimizer.instance.raw import MAIN_FILE
from optimizer.problems import Problem, nearest
from optimizer.texts import say

Files = Mapping[str, str]
FACTORS, UNCERTAIN = "scenario_factors", "uncertainties"
SHAPE = tuple(dict.fromkeys(column for columns in NEEDED.values() for column in columns))


def probabilities_sum_to_one(instance: Instance, files: Files) -> Iterator[Problem]:
    table = instance.table("scenarios")
    total = sum(table["probability"], Fraction(0))
    if len(table) and total != 1:
        yield Problem(files["scenarios"], None, "probability", str(total), say("expected.probabilities"))


def factors_speak_of_something(instance: Instance, files: Files) -> Iterator[Problem]:
    yield from factor_problems(instance, instance.table(FACTORS), files[FACTORS])


def uncertainties_speak_of_something(instance: Instance, files: Files) -> Iterator[Problem]:
    yield from factor_problems(instance, instance.table(UNCERTAIN), files[UNCERTAIN])


def factor_problems(instance: Instance, frame: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Selectors a figure does not look at, and rows that mean no figure at all: both would be passed over in silence."""
    known: dict[tuple[str, ...], int] = {}  # many years have rows for the same figures
    for row in frame.to_dict("records"):
        figure, line = str(row["figure"]), int(row["_row"])
        taken = TAKEN[figure]
        spare = [column for column in SELECTORS if column not in taken and row[column] not in EVERYTHING]
        for column in spare:
            expected = say("expected.factor_columns", figure=figure, columns=", ".join(taken))
            yield Problem(file, line, column, row[column], expected)
        key = (figure, *(str(row[column]) for column in taken))
        if key not in known:
            known[key] = rows_meant(instance, row)
        if not known[key] and not spare and not _speaks_of_promotion(instance, row):
            shown = ", ".join(text for text in key if text not in EVERYTHING)
            yield Problem(file, line, "figure", shown, say("expected.some_figure"))


def _speaks_of_promotion(instance: Instance, row: Mapping[str, object]) -> bool:
    """Whether a row means sales of a promotion, which are there only in policies that offer it."""
    text = str(row["channel"])
    groups = [] if text in EVERYTHING else instance.names.groups("channels", text) or []
    return bool({name for _, members in groups for name in members} & set(instance.table("promotion")["promotion"]))


def shapes_of_uncertainties(instance: Instance, files: Files) -> Iterator[Problem]:
    """Every distribution has the figures it is made from, and no others; they are in order."""
    for row in instance.table(UNCERTAIN).to_dict("records"):
        needed, line = NEEDED[row["distribution"]], row["_row"]
        expected = say("expected.distribution", distribution=row["distribution"], columns=", ".join(needed))
        wrong = [column for column in SHAPE if (column in needed) == (row[column] != row[column])]
        for column in wrong:
            found = say("found.blank") if column in needed else f"{row[column]:.15g}"
            yield problem_at(files, UNCERTAIN, line, column, found, expected)
        if wrong:
            continue
        ordered = [column for column in ("low", "mode", "high") if column in needed]
        for low, high in pairwise(ordered):
            if row[low] > row[high]:
                least = say("expected.at_least", column=low, figure=f"{row[low]:.15g}")
                yield problem_at(files, UNCERTAIN, line, high, f"{row[high]:.15g}", least)
        if row["distribution"] == "lognormal" and row["mean"] == 0:
            yield problem_at(files, UNCERTAIN, line, "mean", 0, say("expected.greater_than", bound=0))


def correlations_are_possible(instance: Instance, files: Files) -> Iterator[Problem]:
    """Each pair once, and all of them together something that numbers can be."""
    table = instance.table("correlations")
    seen: set[frozenset[str]] = set()
    wrong = False
    for row in table.sort_values("_row").itertuples():
        pair = frozenset((row.one, row.other))
        if len(pair) == 1 or pair in seen:
            wrong = True
            yield problem_at(files, "correlations", row._1, "other", row.other, say("expected.pair_once"))
        seen.add(pair)
    if wrong or table.empty:
        return
    matrix = correlation_matrix(instance)
    if not is_possible(matrix):
        one, other = _hardest(matrix)
        names = instance.table(UNCERTAIN)["uncertainty"]
        found = say("found.correlations", one=names.iloc[one], other=names.iloc[other])
        yield Problem(files["correlations"], None, "correlation", found, say("expected.possible_correlations"))


def _hardest(matrix: np.ndarray) -> tuple[int, int]:
    """The pair whose correlation adds most to what is impossible about the matrix."""
    worst = np.linalg.eigh(matrix)[1][:, 0]
    share = np.triu(matrix * np.outer(worst, worst), 1)
    one, other = np.unravel_index(int(np.argmin(share)), share.shape)
    return int(one), int(other)


def risk_has_years(instance: Instance, files: Files) -> Iterator[Problem]:
    """A measure of risk needs years to be taken over."""
    risk = instance.settings.risk
    if risk.draw and instance.table(UNCERTAIN).empty:
        yield _of_risk("draw", risk.draw, "expected.uncertainties")
    elif instance.is_uncertain and not risk.draw and instance.table("scenarios").empty:
        yield _of_risk("measure", risk.measure, "expected.scenarios")


def risk_speaks_of_someone(instance: Instance, files: Files) -> Iterator[Problem]:
    """What the measure is taken of must exist: parties have balances only where the sales are divided."""
    risk = instance.settings.risk
    kind, name = risk.party
    if not instance.is_uncertain or risk.of == "margin":
        return
    if not instance.split:
        yield _of_risk("of", risk.of, "expected.split_for_risk")
    elif kind == "households" and instance.table("households").empty:
        yield _of_risk("of", risk.of, "expected.households_for_objective")
    elif name:
        known = instance.universe({"company": "companies", "base": "bases"}[kind])
        if name not in known:
            expected = say("expected.one_of", known=", ".join(known) or say("found.nothing"))
            yield Problem(MAIN_FILE, None, "settings.risk.of", name, expected, nearest(name, known))


def _of_risk(key: str, found: object, expected: str) -> Problem:
    return Problem(MAIN_FILE, None, f"settings.risk.{key}", str(found), say(expected))


UNCERTAINTY = (
    probabilities_sum_to_one,
    factors_speak_of_something,
    uncertainties_speak_of_something,
    shapes_of_uncertainties,
    correlations_are_possible,
    risk_has_years,
    risk_speaks_of_someone,
)
