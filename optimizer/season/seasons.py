"""From a plan for an uncertain season to what every possible year brings: each decided anew after planting, and divided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.household.distribution import Distribution, distribute
from optimizer.household.figures import chain_accounts, objectives, unsold_t
from optimizer.household.income import below_line
from optimizer.instance.scenarios import Scenario
from optimizer.program.live import Live
from optimizer.program.recourse import first_stage, in_year
from optimizer.program.risk import cvar, deviation
from optimizer.program.uncertain import Uncertain
from optimizer.season.season import Risk, Season, Year

FEN = 100
LEDGER = ["party", "id", "account", "expected_yuan"]


def season_of(distribution: Distribution, solver: str = "highs") -> Season | None:
    """All possible years of a divided plan; None where its season is not uncertain. Raises NoPlan and SolverStopped."""
    plan = distribution.plan
    found = plan.uncertain
    if found is None:
        return None
    first, live = first_stage(plan), Live(solver)
    divided = [distribute(in_year(of.instance, first, live, floors)) for of, floors in zip(found.scenarios, found.floors, strict=True)]
    years = tuple(year_of(scenario, of) for scenario, of in zip(found.scenarios, divided, strict=True))
    return Season(
        years=years,
        risk=_risk(found, years),
        insured=_insured(distribution, divided, found),
        promoted=_promoted(distribution, divided, found),
        expected_ledger=expected_ledger(years),
        household_gains=_household_gains(divided, found),
        notes=plan.notes,
    )


def year_of(scenario: Scenario, of: Distribution) -> Year:
    """What one year brings, from the division of its money."""
    accounts, parties, instance = chain_accounts(of), of.parties, of.instance
    has_households = len(of.households) > 0
    below = below_line(instance, of.households, "after") if has_households else None
    broken = of.floors_broken
    missed = broken[["party", "id"]].assign(missed_yuan=(broken["floor_fen"] - broken["balance_fen"]) / FEN)
    channels = set(instance.table("promotion")["promotion"])
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
        promoted_fen=int(of.sales.loc[of.sales["channel"].isin(channels), "amount_fen"].sum()),
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


# --- over all years ------------------------------------------------------------------------------------------------


def measured_fen(year: Year, of: str) -> int:
    """What a measure is taken of, in fen: the margin, the households' gain, or the balance of a party."""
    if of == "margin":
        return year.margin_fen
    if of == "households":
        return year.household_gain_fen or 0
    kind, _, name = of.partition(":")
    mine = year.parties[year.parties["party"] == kind] if len(year.parties) else year.parties
    if mine.empty:  # nothing is divided: everything is the bases'
        return year.margin_fen
    return int(mine.loc[(mine["id"] == name) | (name == ""), "balance_fen"].sum())


def _risk(found: Uncertain, years: Sequence[Year]) -> Risk:
    settings = found.scenarios[0].instance.settings
    risk = settings.risk
    p = found.probabilities
    values = [measured_fen(year, risk.of) / FEN for year in years]
    mean = sum(year.probability * measured_fen(year, risk.of) for year in years)
    sign = -1.0 if settings.objective.minimise else 1.0
    neutral = sum(a * b for a, b in zip(p, found.recourse, strict=True))

    def against(other: tuple[float, ...] | None, direction: float) -> float | None:
        return None if other is None else sign * direction * (sum(a * b for a, b in zip(p, other, strict=True)) - neutral)

    return Risk(
        scenarios=len(years),
        measure=risk.measure,
        level=float(risk.level),
        of=risk.of,
        expected_yuan=float(Fraction(mean) / FEN),
        cvar_yuan=cvar(values, p, float(risk.level)),
        worst_yuan=min(values),
        deviation_yuan=deviation(values, p),
        evpi_yuan=against(found.wait_and_see, 1.0),
        vss_yuan=against(found.average_plan, -1.0),
        average_plan=found.average_plan or (),
        wait_and_see=found.wait_and_see or (),
        gap=found.gap,
    )


def expected_ledger(years: Sequence[Year]) -> pd.DataFrame:
    """The probability-weighted mean of the years' party accounts: party, id, account, expected_yuan. Exact fractions are added
    before anything is rounded; the chain's accounts stand under the party ``chain``."""
    sums: dict[tuple[str, str, str], Fraction] = {}
    for year in years:
        for account, fen in year.accounts.items():
            key = ("chain", "", account)
            sums[key] = sums.get(key, Fraction(0)) + year.probability * fen
        accounts = [column for column in year.parties if column.endswith("_fen")]
        for row in year.parties.to_dict("records"):
            for column in accounts:
                key = (str(row["party"]), str(row["id"]), column.removesuffix("_fen"))
                sums[key] = sums.get(key, Fraction(0)) + year.probability * int(row[column])
    rows = [(*key, round(float(fen / FEN), 6)) for key, fen in sums.items()]
    return pd.DataFrame(rows, columns=LEDGER)


def _household_gains(divided: Sequence[Distribution], found: Uncertain) -> pd.DataFrame:
    columns = ["household", "village", "expected_gain_yuan", "worst_gain_yuan", "best_gain_yuan"]
    frames = [of.households for of in divided]
    if not len(frames[0]):
        return pd.DataFrame(columns=columns)
    p = np.array(found.probabilities)
    gains = np.stack([frame["gain_fen"].to_numpy(dtype=float) for frame in frames]) / FEN
    table = frames[0][["household", "village"]].assign(
        expected_gain_yuan=(p @ gains).round(2), worst_gain_yuan=gains.min(axis=0).round(2), best_gain_yuan=gains.max(axis=0).round(2)
    )
    below = [below_line(of.instance, of.households, "after") for of in divided]
    if all(one is not None for one in below):
        table["share_of_years_below"] = (p @ np.stack([one.to_numpy(dtype=float) for one in below if one is not None])).round(6)
    return table[frames[0]["linked"].to_numpy()].reset_index(drop=True)


def _means(divided: Sequence[Distribution], found: Uncertain, account: str) -> Mapping[int, float]:
    """The expected yuan per unit of each decision that an account books, by the number of the decision."""
    sums: dict[int, float] = {}
    for p, of in zip(found.probabilities, divided, strict=True):
        money = of.plan.program.money
        mine = money[money["account"] == account]
        for column, yuan in zip(mine["column"], mine["yuan"], strict=True):
            sums[int(column)] = sums.get(int(column), 0.0) + p * float(yuan)
    return sums


def _insured(distribution: Distribution, divided: Sequence[Distribution], found: Uncertain) -> pd.DataFrame:
    names = ["cover", "base", "land_class", "activity"]
    plan = distribution.plan
    frame = plan.program.columns["insure"]
    mu = plan.values[frame["column"]]
    column = frame["column"].to_numpy()
    covers = distribution.instance.table("insurance")
    keys = covers.set_index(["cover", "activity", "base", "land_class"])["subsidy_share"].astype(float)
    premium, payout = _means(divided, found, "premiums"), _means(divided, found, "payouts")
    per_mu = np.array([premium.get(int(c), 0.0) for c in column])
    activity = frame["data_activity"] if "data_activity" in frame else frame["activity"]
    share = np.array([float(keys.get(key, 0.0)) for key in zip(frame["cover"], activity, frame["base"], frame["land_class"], strict=True)])
    table = frame[names].assign(
        insured_mu=mu,
        premium_yuan=per_mu * mu,
        subsidy_yuan=np.where(share < 1, per_mu * share / np.where(share < 1, 1 - share, 1.0), 0.0) * mu,
        expected_payout_yuan=np.array([payout.get(int(c), 0.0) for c in column]) * mu,
    )
    return table[table["insured_mu"] > 0].round(6).reset_index(drop=True)


def _promoted(distribution: Distribution, divided: Sequence[Distribution], found: Uncertain) -> pd.DataFrame:
    plan = distribution.plan
    frame = plan.program.columns["promote"]
    yuan = plan.values[frame["column"]]
    steps = distribution.instance.table("promotion")
    per_yuan = frame.merge(steps[["promotion", "step", "t_per_yuan"]].drop_duplicates(["promotion", "step"]), on=["promotion", "step"])
    sold = pd.Series(0.0, index=pd.MultiIndex.from_frame(frame[["promotion", "step"]]))
    for p, of in zip(found.probabilities, divided, strict=True):
        mine = of.plan.decisions("sell")
        mine = mine[mine["channel"].isin(set(frame["promotion"]))].groupby(["channel", "tier"])["value"].sum()
        sold = sold.add(p * mine.rename_axis(["promotion", "step"]), fill_value=0.0)
    keys = pd.MultiIndex.from_frame(frame[["promotion", "step"]])
    table = frame[["promotion", "step"]].assign(
        yuan=yuan, opened_t=per_yuan["t_per_yuan"].to_numpy(dtype=float) * yuan, expected_sold_t=sold.reindex(keys).fillna(0.0).to_numpy()
    )
    return table[table["yuan"] > 0].round(6).reset_index(drop=True)
