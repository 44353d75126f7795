"""From a divided plan to what a comparison keeps of it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.household.distribution import Distribution
from optimizer.household.figures import (
    below_full_price_kg,
    chain_accounts,
    diversity,
    household_accounts,
    objectives,
    planted_mu,
    unsold_t,
)
from optimizer.household.income import below_line
from optimizer.instance.document import Risk
from optimizer.policy.comparison import OPTIMAL, Area, InYear, Number, Outcome, Party, Sold
from optimizer.program.alone import base_margins
from optimizer.program.parties import linked_persons
from optimizer.program.plan import Plan
from optimizer.season.season import Season
from optimizer.season.seasons import measured_fen

FEN = 100
LABOUR = "labour"


def outcome_of(distribution: Distribution, parent: str, solve_seconds: float, season: Season | None = None) -> Outcome:
    """The outcome of a policy whose plan was divided; see ``Outcome`` for what each field holds. ``season``: what the possible
    years of a plan bring that was made for all of them."""
    plan, instance = distribution.plan, distribution.instance
    has_households = not instance.table("households").empty
    return Outcome(
        policy=instance.policy,
        parent=parent,
        status=OPTIMAL,
        changes=instance.changes,
        why=plan.notes,
        figures={**figures(distribution), **(season_figures(season) if season else {})},
        objectives={**exact_objectives(plan), **(expected_objectives(season) if season else {})},
        areas=tuple(Area(*row) for row in _records(planted_mu(plan).round(6))),
        sold=_sold(distribution),
        money=chain_accounts(distribution),
        household_money=household_accounts(distribution) if has_households else {},
        parties=tuple(Party(*row) for row in _records(distribution.parties[list(Party._fields)])) if instance.split else (),
        expected=_of_bases(plan.expected),
        realised=_of_bases(base_margins(plan.program, plan.values)) if len(plan.expected) else {},
        years=_years(season, instance.settings.risk) if season else (),
        solve_seconds=solve_seconds,
        restarted=plan.restarted,
        rebuilt_because=plan.rebuilt_because,
    )


def _of_bases(frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    return {base: (float(sales), float(margin)) for base, sales, margin in frame.itertuples(index=False)}


def _records(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows of a table as plain Python values, which can be written as JSON."""
    return list(zip(*(frame[column].tolist() for column in frame), strict=True)) if len(frame) else []


def _sold(distribution: Distribution) -> tuple[Sold, ...]:
    sums = distribution.sales.groupby(["product", "market"], as_index=False)[["kg", "amount_fen"]].sum()
    return tuple(Sold(product, market, round(kg), int(fen)) for product, market, kg, fen in _records(sums))


def exact_objectives(plan: Plan) -> dict[str, float]:
    """What the program's own plan, before rounding, comes to under every objective, in yuan."""
    program, found = plan.program, {}
    for name in ("sales", "margin", *(("household_gain", "county_income") if len(program.households) else ())):
        found[name] = float(program.objective(name) @ plan.exact_values)
    least = _least_gain(plan)
    return found if least is None else {**found, "least_household_gain": least}


def expected_objectives(season: Season) -> dict[str, float]:
    """The mean over all possible years, by their ledgers, of the objectives that each year's money gives, in yuan."""
    years, has_gain = season.years, all(year.household_gain_fen is not None for year in season.years)
    found = {
        "sales": sum(year.probability * year.sales_fen for year in years),
        "margin": sum(year.probability * year.margin_fen for year in years),
        **({"household_gain": sum(year.probability * (year.household_gain_fen or 0) for year in years)} if has_gain else {}),
    }
    return {name: float(fen / FEN) for name, fen in found.items()}


def season_figures(season: Season) -> dict[str, Number]:
    """The columns of comparison.csv of a plan for an uncertain season, in yuan: the mean, the CVaR and the worst year of what its
    measure is taken of, and what knowing the year and planning for all years are worth (``Risk``). What was not worked out
    is absent."""
    risk = season.risk
    found = {name: getattr(risk, name) for name in ("expected_yuan", "cvar_yuan", "worst_yuan", "evpi_yuan", "vss_yuan")}
    return {name: round(value, 2) + 0.0 for name, value in found.items() if value is not None}


def _years(season: Season, risk: Risk) -> tuple[InYear, ...]:
    return tuple(InYear(y.scenario, float(y.probability), measured_fen(y, risk) / FEN) for y in season.years)


def _least_gain(plan: Plan) -> float | None:
    """Yuan per linked person of the worst-off village, by the program's own terms; None where no village is known."""
    terms = plan.program.households
    persons = linked_persons(plan.instance) if len(terms) else pd.Series(dtype=float)
    if persons.empty or (terms["village"] == "").any():  # a division key known only after solving has no villages yet
        return None
    gain = (terms["yuan"].to_numpy(dtype=float) * plan.exact_values[terms["column"]]).astype(float)
    by_village = pd.Series(gain).groupby(terms["village"].to_numpy()).sum()
    return float((by_village.reindex(persons.index, fill_value=0.0) / persons).min())


def figures(distribution: Distribution) -> dict[str, Number]:
    """The columns of comparison.csv that exist for this plan; figures without a meaning are absent."""
    plan, instance = distribution.plan, distribution.instance
    found: dict[str, Number] = {f"{name}_yuan": value for name, value in objectives(distribution).items()}
    if len(plan.expected):
        found["planned_sales_yuan"] = round(float(plan.expected["sales_yuan"].sum()), 2)
        found["planned_margin_yuan"] = round(float(plan.expected["margin_yuan"].sum()), 2)
    if instance.split:
        found.update(_balances(distribution.parties))
    found.update(_above_line(distribution))
    found.update(diversity(plan))
    found["unsold_t"] = unsold_t(plan)
    found["below_full_price_t"] = round(below_full_price_kg(distribution) / 1000, 3)
    if LABOUR in set(instance.table("resources")["account"]):
        found["labour_days"] = _labour_days(plan)
    return found


def _balances(parties: pd.DataFrame) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for party in ("company", "base"):
        mine = parties.loc[parties["party"] == party, "balance_fen"]
        if len(mine):
            found[f"{party}_balance_yuan"] = int(mine.sum()) / FEN
            found[f"worst_{party}_balance_yuan"] = int(mine.min()) / FEN
    collective = parties.loc[parties["party"] == "collective", "income_fen"]
    return {**found, "collective_income_yuan": int(collective.sum()) / FEN} if len(collective) else found


def _above_line(distribution: Distribution) -> dict[str, Number]:
    households = distribution.households
    below = below_line(distribution.instance, households, "after") if len(households) else None
    if below is None:
        return {}
    return {"households_above_line": int((~below).sum()), "persons_above_line": int(households.loc[~below, "persons"].sum())}


def _labour_days(plan: Plan) -> float:
    """Days worked on all bases: own, hired and villagers' units of what is booked to labour."""
    resources = plan.instance.table("resources")
    labour = set(resources.loc[resources["account"] == LABOUR, "resource"])
    used = [plan.decisions(kind) for kind in ("own", "hire", "work")]
    return round(float(sum(frame.loc[frame["resource"].isin(labour), "value"].sum() for frame in used)), 2)
