"""What one possible year brings under a plan that is in the ground: everything after planting decided anew, and divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from optimizer.household.distribution import Distribution, distribute
from optimizer.household.figures import chain_accounts, unsold_t
from optimizer.household.income import below_line
from optimizer.instance.scenarios import Scenario
from optimizer.program.floors_by_year import Floors
from optimizer.program.live import Live
from optimizer.program.plan import Plan
from optimizer.program.recourse import First, in_year
from optimizer.season.season import Year

FEN = 100
COVERED = ("premiums", "payouts")
"""Accounts of insurance, per insured mu."""


@dataclass(frozen=True)
class Brought:
    """A year, and what of its division is added up over all years.

    ``households``: household, village, linked, gain_fen and, with a poverty line, below · ``promoted``: tonnes sold by promotion
    and step · ``per_mu``: column, premiums and payouts, in yuan per insured mu of each decision.
    """

    year: Year
    households: pd.DataFrame
    promoted: pd.Series
    per_mu: pd.DataFrame


def brought_in(scenarios: Sequence[Scenario], floors: Sequence[Floors | None], first: First, solver: str) -> list[Brought]:
    """What each scenario brings, one solved after another on one live solver. Raises NoPlan and SolverStopped."""
    live = Live(solver)
    return [_brought(scenario, in_year(scenario.instance, first, live, own)) for scenario, own in zip(scenarios, floors, strict=True)]


def _brought(scenario: Scenario, plan: Plan) -> Brought:
    of = distribute(plan)
    year = year_of(scenario, of)
    households = of.households[["household", "village", "linked", "gain_fen"]] if len(of.households) else of.households
    if year.households_below is not None:
        households = households.assign(below=below_line(of.instance, of.households, "after"))
    sold = plan.decisions("sell")
    sold = sold[sold["channel"].isin(_channels(of))].groupby(["channel", "tier"])["value"].sum().rename_axis(["promotion", "step"])
    money = plan.program.money
    covered = money[money["account"].isin(COVERED)]
    per_mu = covered.pivot_table(index="column", columns="account", values="yuan", aggfunc="sum", fill_value=0.0)
    return Brought(year, households, sold, per_mu.reindex(columns=list(COVERED), fill_value=0.0))


def _channels(of: Distribution) -> set[str]:
    """The channels that promotion opens."""
    return set(of.instance.table("promotion")["promotion"])


def year_of(scenario: Scenario, of: Distribution) -> Year:
    """What one year brings, from the division of its money."""
    accounts, parties, instance = chain_accounts(of), of.parties, of.instance
    has_households = len(of.households) > 0
    below = below_line(instance, of.households, "after") if has_households else None
    broken = of.floors_broken
    missed = broken[["party", "id"]].assign(missed_yuan=(broken["floor_fen"] - broken["balance_fen"]) / FEN)
    return Year(
        scenario=scenario.name,
        label=scenario.label,
        probability=scenario.probability,
        margin_fen=sum(accounts.values()),
        sales_fen=int(of.sales["amount_fen"].sum()),
        household_gain_fen=int(of.households["gain_fen"].sum()) if has_households else None,
        parties=parties,
        accounts=accounts,
        villages=_villages(of, below),
        households_below=None if below is None else int(below.sum()),
        persons_below=None if below is None else int(of.households.loc[below, "persons"].sum()),
        missed=missed.reset_index(drop=True),
        unsold_t=unsold_t(of.plan),
        payouts_fen=accounts.get("payouts", 0),
        premiums_fen=-accounts.get("premiums", 0),
        promotion_fen=-accounts.get("promotion", 0),
        promoted_fen=int(of.sales.loc[of.sales["channel"].isin(_channels(of)), "amount_fen"].sum()),
        ledger_balanced=of.unbalanced.empty,
    )


def _villages(of: Distribution, below: pd.Series | None) -> pd.DataFrame:
    linked = of.households[of.households["linked"]] if len(of.households) else of.households
    columns = ["village", "households", "persons", "gain_fen"]
    if linked.empty:
        return pd.DataFrame(columns=columns)
    frame = linked.assign(households=1)
    if below is not None:
        poor = below[linked.index].astype("int64")
        frame = frame.assign(households_below=poor, persons_below=poor * frame["persons"])
        columns += ["households_below", "persons_below"]
    return frame.groupby("village", as_index=False)[columns[1:]].sum()
