"""The set of measures of a register: for everybody and by group, before and after, in one long table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.household import incidence, inequality, poverty
from optimizer.household.per_head import PerHead, equal_steps
from optimizer.revenue.fen import Ints
from optimizer.texts import say

COLUMNS = ["measure", "form", "group_by", "group", "moment", "value", "unit"]
BEFORE, AFTER = "before", ("planned", "paid")
KINDS = ("dividend", "wage", "rent", "share")
OTHER = "other"
ALL, UNGROUPED = "all", "none"

LEVELS = {
    "persons": "persons", "mean_income": "fen_per_head", "not_positive": "persons", "poor": "persons", "headcount": "share",
    "poverty_gap": "share", "poverty_severity": "share", "total_gap": "fen", "watts": "index", "sen": "index",
    "sen_shorrocks_thon": "index", "gini": "index", "theil_t": "index", "mean_log_deviation": "index",
    "generalised_entropy": "index", "atkinson": "index", "palma": "ratio", "s80_s20": "ratio", "lorenz": "share",
    "generalised_lorenz": "fen_per_head",
}  # fmt: skip
CHANGES = {
    "gains": "fen", "gap_closed": "fen", "gain_above_line": "fen", "gain_of_others": "fen", "gap_left": "fen", "gap_opened": "fen",
    "vertical_efficiency": "share", "spill_over": "share", "reduction_efficiency": "share", "gap_efficiency": "share",
    "growth_incidence": "share", "household_growth": "share", "mean_growth_of_poor": "share", "coverage": "share",
    "coverage_of_poor": "share", "exclusion_error": "share", "inclusion_error": "share", "leakage": "share", "adequacy": "share",
    "losers": "persons", "gain_share": "share", "coady_grosh_hoddinott": "ratio", "headcount_drop": "share",
    "poverty_gap_drop": "share", "poverty_severity_drop": "share",
}  # fmt: skip
UNITS = LEVELS | CHANGES
"""Every measure and its unit."""
FORMS = ("finite", "asymptotic", "shorrocks", "trapezoid", "order_2", "epsilon_half", "epsilon_1", "epsilon_2", "anonymous",
         "same_household", "within", "between", "contribution", *KINDS, OTHER)  # fmt: skip
"""Forms with a name of their own; others are numbered: p20 (up to 20 % of the people), decile_3, quintile_1."""
ATKINSON = {"epsilon_half": 0.5, "epsilon_1": 1.0, "epsilon_2": 2.0}
FGT = ("headcount", "poverty_gap", "poverty_severity")

Value = int | float | Fraction | None
Found = tuple[str, str, Value]
"""A measure, its form (or nothing) and its value."""


def measure_names() -> dict[str, str]:
    """The name of every measure as a page shows it."""
    return {measure: say(f"measure.{measure}") for measure in UNITS}


def measure_meanings() -> dict[str, str]:
    """What every measure means, in one sentence."""
    return {measure: say(f"measure.{measure}.meaning") for measure in UNITS}


def form_name(form: str) -> str:
    """The form of a measure as a page shows it; nothing for a measure that has one form only."""
    numbered = re.fullmatch(r"(p|decile_|quintile_)(\d+)", form)
    if numbered:
        kind = {"p": "percent", "decile_": "decile", "quintile_": "quintile"}[numbered[1]]
        return say(f"measure.form.{kind}", number=int(numbered[2]))
    return say(f"measure.form.{form}") if form else ""


@dataclass(frozen=True, eq=False)
class Scope:
    """The households one row of measures is about. ``moments``: incomes by moment; ``gains``: fen by kind."""

    group_by: str
    group: str
    line_fen: Fraction
    moments: dict[str, PerHead]
    gains: dict[str, Ints]

    @cached_property
    def short(self) -> dict[str, poverty.Shortfalls]:
        return {moment: poverty.below(incomes, self.line_fen) for moment, incomes in self.moments.items()}

    def part(self, group_by: str, group: str, rows: npt.NDArray[np.intp]) -> Scope:
        moments = {moment: incomes.part(rows) for moment, incomes in self.moments.items()}
        return Scope(group_by, group, self.line_fen, moments, {kind: gain[rows] for kind, gain in self.gains.items()})


def measures(households: pd.DataFrame, line_fen: Fraction | int, groups: Sequence[str] = (), counted: str = "persons") -> pd.DataFrame:
    """All measures in long form: measure, form, group_by, group, moment, value, unit.

    ``households``: household, persons, the columns of ``groups``, income_before_fen, income_planned_fen and
    income_paid_fen (either may be absent), and of dividend_fen, wage_fen, rent_fen, share_fen those there are: the gains
    that lead to what was paid, or is planned where nothing was paid. What these kinds do not explain (forgone income) is
    the kind ``other``. ``line_fen``: per head. ``counted``: persons or households.

    group_by and group are ``all`` for everybody; a household without a group is in ``none``. Values are integers (or
    fractions, below a line that is no whole fen) in fen, floats else, and None where a measure is absent. A moment whose
    incomes are not all known has no rows.
    """
    _check(households, groups)
    everybody = _everybody(households, Fraction(line_fen), counted)
    rows: list[tuple[object, ...]] = []
    _add(rows, everybody, counted)
    for column in groups:
        parts = [everybody.part(column, name, where) for name, where in _places(households[column])]
        for part in parts:
            _add(rows, part, counted)
        for moment in everybody.moments:
            rows += [(*row, moment, value, UNITS[row[0]]) for row, value in _decompositions(parts, column, moment)]
    # by columns of objects, since a column of mixed numbers would be read as floats
    columns = zip(*rows, strict=True) if rows else ([] for _ in COLUMNS)
    return pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in zip(COLUMNS, columns, strict=True)})


def _check(households: pd.DataFrame, groups: Sequence[str]) -> None:
    missing = {"household", "persons", "income_before_fen", *groups} - set(households)
    if missing:
        raise KeyError(f"no columns {sorted(missing)}")


def _everybody(households: pd.DataFrame, line_fen: Fraction, counted: str) -> Scope:
    persons = households["persons"].to_numpy(dtype=np.int64)
    moments = {}
    for moment in (BEFORE, *AFTER):
        column = f"income_{moment}_fen"
        if column in households and not households[column].isna().any():
            moments[moment] = PerHead(households[column].to_numpy(dtype=np.int64), persons, counted)
    gains = {kind: households[f"{kind}_fen"].to_numpy(dtype=np.int64) for kind in KINDS if f"{kind}_fen" in households}
    explained = _explained(moments)
    if explained:
        gain = moments[explained].income_fen - moments[BEFORE].income_fen
        rest = gain - sum(gains.values(), start=np.zeros_like(gain))
        gains |= {OTHER: rest} if rest.any() else {}
    return Scope(ALL, ALL, line_fen, moments, gains)


def _explained(moments: dict[str, PerHead]) -> str | None:
    """The moment the kinds of gains lead to: paid, else planned."""
    later = [moment for moment in AFTER if moment in moments]
    return later[-1] if later and BEFORE in moments else None


def _places(column: pd.Series) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
    """Each group's name and rows, by name; rows without a group last."""
    codes, names = pd.factorize(column, sort=True)
    if not len(codes):
        return
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order])) + 1
    for rows in sorted(np.split(order, starts), key=lambda rows: (codes[rows[0]] < 0, codes[rows[0]])):
        code = codes[rows[0]]
        yield UNGROUPED if code < 0 else str(names[code]), rows


def _add(rows: list[tuple[object, ...]], scope: Scope, counted: str) -> None:
    for moment in scope.moments:
        found = list(_levels(scope.short[moment]))
        if moment != BEFORE and BEFORE in scope.moments:
            found += _changes(scope, moment)
        if moment == _explained(scope.moments):
            found += _drops(scope)
        for measure, form, value in found:
            unit = counted if UNITS[measure] == "persons" else UNITS[measure]
            rows.append((measure, form, scope.group_by, scope.group, moment, value, unit))


def _levels(short: poverty.Shortfalls) -> Iterator[Found]:
    """What is said of incomes at one moment."""
    incomes = short.incomes
    known = incomes.total_weight > 0
    yield "persons", "", incomes.total_weight
    yield "mean_income", "", incomes.mean_fen
    yield "not_positive", "", poverty.not_positive(incomes) if known else None
    yield "poor", "", short.poor_weight if known else None
    for alpha, measure in enumerate(FGT):
        yield measure, "", poverty.foster_greer_thorbecke(short, alpha)
    yield "total_gap", "", poverty.total_gap_fen(short)
    yield "watts", "", poverty.watts(short)
    for form in ("finite", "asymptotic"):
        yield "sen", form, poverty.sen(short, form)
    yield "sen_shorrocks_thon", "shorrocks", poverty.sen_shorrocks_thon(short)
    yield "gini", "trapezoid", inequality.gini(incomes)
    yield "theil_t", "", inequality.theil_t(incomes)
    yield "mean_log_deviation", "", inequality.mean_log_deviation(incomes)
    yield "generalised_entropy", "order_2", inequality.half_squared_variation(incomes)
    for form, epsilon in ATKINSON.items():
        yield "atkinson", form, inequality.atkinson(incomes, epsilon)
    yield "palma", "", inequality.palma(incomes)
    yield "s80_s20", "", inequality.s80_s20(incomes)
    yield from _curve("lorenz", inequality.lorenz(incomes, equal_steps(10)))
    yield from _curve("generalised_lorenz", inequality.generalised_lorenz(incomes, equal_steps(10)))


def _curve(measure: str, values: Sequence[float | None] | None) -> Iterator[Found]:
    """A value at each tenth of the people (p10, p20, …)."""
    for step, value in enumerate(values or [None] * 10, start=1):
        yield measure, f"p{10 * step}", value


def _changes(scope: Scope, moment: str) -> Iterator[Found]:
    """What is said of the way from before to a later moment."""
    before, after = scope.short[BEFORE], scope.short[moment]
    change = incidence.Change(before.incomes, after.incomes)
    yield "gains", "", change.total_gain_fen if before.incomes.total_weight else None
    yield from _areas(poverty.beckerman(before, after))
    nine = [Fraction(step, 10) for step in range(1, 10)]
    yield from _curve("growth_incidence", incidence.growth_incidence(before.incomes, after.incomes, nine))
    for step, value in enumerate(incidence.growth_of_same_households(change, 10), start=1):
        yield "household_growth", f"decile_{step}", value
    yield "mean_growth_of_poor", "anonymous", incidence.mean_growth_of_poor(before, after.incomes)
    yield "mean_growth_of_poor", "same_household", incidence.mean_growth_of_poor_households(before, change)
    reached = incidence.targeting(change, before.poor)
    for measure in ("coverage", "coverage_of_poor", "exclusion_error", "inclusion_error", "leakage", "adequacy", "losers"):
        yield measure, "", getattr(reached, measure) if reached else None
    for step, value in enumerate(incidence.gain_shares(change, 5), start=1):
        yield "gain_share", f"quintile_{step}", value
    for percent in (20, 40):
        yield "coady_grosh_hoddinott", f"p{percent}", incidence.coady_grosh_hoddinott(change, Fraction(percent, 100))


def _areas(areas: poverty.Areas | None) -> Iterator[Found]:
    """Beckerman's areas and what follows from them."""
    yield "gap_closed", "", areas.closed if areas else None
    yield "gain_above_line", "", areas.above if areas else None
    yield "gain_of_others", "", areas.to_others if areas else None
    yield "gap_left", "", areas.left if areas else None
    yield "gap_opened", "", areas.opened if areas else None
    for measure in ("vertical_efficiency", "spill_over", "reduction_efficiency", "gap_efficiency"):
        share = getattr(areas, measure) if areas else None
        yield measure, "", None if share is None else float(share)


def _drops(scope: Scope) -> Iterator[Found]:
    """What each kind of gain takes off headcount, gap and severity."""
    parts = poverty.shapley_of_drop(scope.short[BEFORE], scope.gains)
    for alpha, measure in enumerate(FGT):
        for kind in scope.gains:
            yield f"{measure}_drop", kind, float(parts[kind][alpha]) if parts else None


def _decompositions(parts: Sequence[Scope], column: str, moment: str) -> Iterator[tuple[tuple[str, str, str, str], Value]]:
    """Inequality within and between groups, and what each group contributes to poverty; (measure, form, group_by, group)."""
    incomes = [part.moments[moment] for part in parts]
    for measure, found in (
        ("theil_t", inequality.decomposed_theil_t(incomes)),
        ("mean_log_deviation", inequality.decomposed_mean_log_deviation(incomes)),
    ):
        yield (measure, "within", column, ALL), found.within if found else None
        yield (measure, "between", column, ALL), found.between if found else None
    for alpha, measure in enumerate(FGT):
        shares = inequality.decomposed_poverty([part.short[moment] for part in parts], alpha)
        for part, share in zip(parts, shares or [], strict=True):
            yield (measure, "contribution", column, part.group), share
