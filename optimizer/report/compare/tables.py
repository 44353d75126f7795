"""The tables of a comparison, one per file and sheet. What does not exist is an empty cell, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from optimizer.policy.comparison import Comparison, Outcome
from optimizer.policy.difference import causes, household_causes
from optimizer.report.compare.labels import MEASURES, SEASON_MEASURES, changed

PLANNED = ("planned_sales_yuan", "planned_margin_yuan")
CHANGED = tuple(measure.column for measure in MEASURES)
OF_MARGIN, OF_GAIN = "margin", "household_gain"


def tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Every table of a comparison by its name, ``comparison`` first."""
    return {
        "comparison": comparison_table(comparison),
        "parties": _frame(
            ("policy", "party", "id", "income_fen", "costs_fen", "balance_fen"),
            ((o.policy, *p) for o in comparison.outcomes for p in o.parties),
        ),
        "crops": _frame(("policy", "base", "product", "area_mu"), ((o.policy, *a) for o in comparison.outcomes for a in o.areas)),
        "sold": _frame(("policy", "product", "market", "kg", "amount_fen"), ((o.policy, *s) for o in comparison.outcomes for s in o.sold)),
        "changes": _frame(("policy", "change"), ((o.policy, change) for o in comparison.outcomes for change in o.changes)),
        "causes": causes_table(comparison),
        "planned": planned_table(comparison),
        "frontiers": frontiers_table(comparison),
        "sensitivities": sensitivities_table(comparison),
        "switching": switching_table(comparison),
        "seasons": seasons_table(comparison),
        "whole": whole_table(comparison),
        "splits": _frame(
            ("policy", "split", "company_share", "household_share", "base_share", "everyone_whole"),
            (
                (w.policy, m.name, m.company_share, m.household_share, m.base_share, _flag(m.is_whole))
                for w in comparison.wholes
                for m in w.marks
            ),
        ),
    }


def comparison_table(comparison: Comparison) -> pd.DataFrame:
    """One row per policy: policy, parent, status, every figure, how it was solved, why there is no plan, and for each
    figure FIGURE_change, its difference to the first policy (in the unit of the figure)."""
    figures = figure_columns(comparison.outcomes)
    heads = ("policy", "parent", "status", *figures, "solve_seconds", "restarted", "rebuilt_because", "why")
    changes = [column for column in figures if column in CHANGED]
    rows = []
    for o in comparison.outcomes:
        how = (round(o.solve_seconds, 3), _flag(o.restarted), o.rebuilt_because, " ".join(o.why))
        differences = (changed(o, comparison.reference, column) for column in changes)
        rows.append((o.policy, o.parent, o.status, *(o.figures.get(column) for column in figures), *how, *differences))
    return _frame((*heads, *(f"{column}_change" for column in changes)), rows)


def figure_columns(outcomes: Iterable[Outcome]) -> list[str]:
    """All columns of figures: those every comparison has, what bases had planned, and any other an outcome brings."""
    known = [*CHANGED, *PLANNED]
    return [*known, *dict.fromkeys(name for outcome in outcomes for name in outcome.figures if name not in known)]


def causes_table(comparison: Comparison) -> pd.DataFrame:
    """The signed accounts behind margin and household gain: policy, of, cause, amount_fen, and change_fen to the first policy
    (empty where one of the two has no plan)."""
    rows: list[tuple[Any, ...]] = []
    for of, taken in ((OF_MARGIN, causes), (OF_GAIN, household_causes)):
        before = taken(comparison.reference)
        for outcome in comparison.outcomes:
            after = taken(outcome)
            both = bool(outcome.is_plan and comparison.reference.is_plan)
            for cause in [*after, *(c for c in before if both and c not in after)]:
                amount = after.get(cause, 0)
                rows.append((outcome.policy, of, cause, amount, amount - before.get(cause, 0) if both else None))
    order = {outcome.policy: number for number, outcome in enumerate(comparison.outcomes)}
    rows.sort(key=lambda row: order[row[0]])
    return _frame(("policy", "of", "cause", "amount_fen", "change_fen"), rows)


def planned_table(comparison: Comparison) -> pd.DataFrame:
    """What each base counted on where it planned alone, and what came: policy, base, planned and realised sales and margin."""
    rows = []
    for outcome in comparison.outcomes:
        for base, planned in outcome.expected.items():
            rows.append((outcome.policy, base, *planned, *outcome.realised.get(base, (None, None))))
    return _frame(("policy", "base", *PLANNED, "realised_sales_yuan", "realised_margin_yuan"), rows)


def frontiers_table(comparison: Comparison) -> pd.DataFrame:
    """One row per point: frontier, maximise, against, limit, x, y (empty without a plan), dominated, policy, status, and the
    main figures of the plan at the point. Where a curve is of a plan for an uncertain season, also what its years come to, and
    curve_of (the policy whose curve it is) and measure (what x is of, where the curve is along a measure of risk)."""
    shown = ["margin_yuan", "household_gain_yuan", "effective_products"]
    more: tuple[str, ...] = ()
    if any(p.outcome.is_uncertain for f in comparison.frontiers for p in f.points):
        shown += [m.column for m in SEASON_MEASURES]
        more = ("curve_of", "measure")
    rows = [
        (
            *(f.name, f.maximise, f.against, p.limit, p.x, p.y, _flag(p.is_dominated), p.outcome.policy, p.outcome.status, *figures),
            *((f.policy, f.weighed.measure if f.weighed else "") if more else ()),
        )
        for f in comparison.frontiers
        for p in f.points
        for figures in [[p.outcome.figures.get(column) for column in shown]]
    ]
    return _frame(("frontier", "maximise", "against", "limit", "x", "y", "dominated", "policy", "status", *shown, *more), rows)


def sensitivities_table(comparison: Comparison) -> pd.DataFrame:
    """One row per attribute and end: sensitivity, path, unit, tried (factor or figure), factor, status, and the figures of the
    plan made anew with their differences to the first policy."""
    shown = ("margin_yuan", "household_gain_yuan", "company_balance_yuan", "base_balance_yuan")
    rows = []
    for s in comparison.sensitivities:
        for tried, outcome in zip((s.low, s.high), s.outcomes, strict=True):
            figures = [outcome.figures.get(column) for column in shown]
            differences = [changed(outcome, comparison.reference, column) for column in shown]
            rows.append((s.name, s.path, s.unit, tried, _flag(s.is_factor), outcome.status, *figures, *differences))
    heads = ("sensitivity", "path", "unit", "tried", "factor", "status", *shown, *(f"{column}_change" for column in shown))
    return _frame(heads, rows)


def switching_table(comparison: Comparison) -> pd.DataFrame:
    """One row per attribute, direction and thing that happens: factor (empty where it did not happen within the limit tried)."""
    rows = [(s.name, s.path, w.what, w.direction, w.factor, w.limit, w.who) for s in comparison.sensitivities for w in s.switches]
    return _frame(("sensitivity", "path", "what", "direction", "factor", "limit", "who"), rows)


def seasons_table(comparison: Comparison) -> pd.DataFrame:
    """One row per season and product: season, product, area_mu, price_yuan_per_kg (empty where nothing was sold), and the
    chain's expected and realised margin of the season."""
    rows = []
    for s in comparison.seasons:
        for product in [*s.area_mu, *(p for p in s.price_yuan_per_kg if p not in s.area_mu)]:
            figures = (s.area_mu.get(product), s.price_yuan_per_kg.get(product), s.expected_margin_yuan, s.margin_yuan)
            rows.append((s.season, product, *figures))
    return _frame(("season", "product", "area_mu", "price_yuan_per_kg", "expected_margin_yuan", "margin_yuan"), rows)


def whole_table(comparison: Comparison) -> pd.DataFrame:
    """One row per plan and way to bear the costs: the least shares at which no party loses, and the most that can go to
    households (below 0: no split keeps everyone whole)."""
    rows = []
    for w in comparison.wholes:
        for b in w.bearings:
            borne = "; ".join(f"{account}: {bearer}" for account, bearer in b.borne_by.items())
            least = (b.least_company_share, b.least_base_share, b.collective_share, b.most_household_share)
            rows.append((w.policy, borne, _flag(b.is_in_force), *least, b.company_short, b.base_short))
    shares = ("least_company_share", "least_base_share", "collective_share", "most_household_share")
    return _frame(("policy", "borne_by", "in_force", *shares, "company_short", "base_short"), rows)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _frame(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """A table whose columns of whole numbers stay whole where cells are empty."""
    lines = list(rows)
    return pd.DataFrame({column: _series([line[i] for line in lines]) for i, column in enumerate(columns)})


def _series(values: list[Any]) -> pd.Series:
    given = [value for value in values if value is not None]
    if given and all(isinstance(value, int) for value in given):
        return pd.Series(values, dtype="Int64")
    if not given or all(isinstance(value, int | float) for value in given):
        return pd.Series([None if value is None else float(value) for value in values], dtype="Float64")
    return pd.Series(values, dtype="object")
