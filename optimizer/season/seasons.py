"""From a plan for an uncertain season to all its possible years, and what planning for all of them is worth."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.executing import Died, Job, run_all
from optimizer.household.distribution import Distribution
from optimizer.instance.document import Risk as Settings
from optimizer.problems import SolverStopped
from optimizer.program.decompose import relative_gap, weighed
from optimizer.program.recourse import first_stage
from optimizer.program.risk import cvar, deviation, mean
from optimizer.program.uncertain import Uncertain
from optimizer.season.season import Risk, Season, Year
from optimizer.season.years import COVERED, Brought, brought_in
from optimizer.texts import say

FEN = 100
LEDGER = ["party", "id", "account", "expected_yuan"]


def season_of(distribution: Distribution, workers: int = 1) -> Season | None:
    """All possible years of a divided plan; None where its season is not uncertain.

    Years that were too many for one program are shared among ``workers`` processes. Raises NoPlan and SolverStopped.
    """
    plan = distribution.plan
    found = plan.uncertain
    if found is None:
        return None
    brought = _all_years(found, distribution, 1 if found.is_exact else min(workers, len(found.scenarios)))
    years = tuple(one.year for one in brought)
    return Season(
        years=years,
        risk=_risk(found, years),
        insured=_insured(distribution, brought),
        promoted=_promoted(distribution, brought),
        expected_ledger=expected_ledger(years),
        household_gains=_household_gains(brought),
    )


def _all_years(found: Uncertain, distribution: Distribution, workers: int) -> list[Brought]:
    first, solver, count = first_stage(distribution.plan), distribution.plan.solver, len(found.scenarios)
    spans = [slice(count * i // workers, count * (i + 1) // workers) for i in range(workers)]
    jobs = [Job(f"years {i}", brought_in, (found.scenarios[own], found.floors[own], first, solver)) for i, own in enumerate(spans)]
    results = [result for of_job in run_all(jobs, workers) for result in of_job]
    if any(isinstance(result, Died) for result in results):
        raise SolverStopped([say("noplan.stopped", status="died")])
    return [one for result in results for one in result]


# --- over all years ------------------------------------------------------------------------------------------------


def measured_fen(year: Year, risk: Settings) -> int:
    """What a measure is taken of, in fen: the margin, the households' gain, or the balance of a party (0 where a year's accounts
    lack it, such as a government nothing was due to)."""
    if risk.of == "margin":
        return year.margin_fen
    if risk.of == "households":
        assert year.household_gain_fen is not None, "checked on loading"
        return year.household_gain_fen
    kind, name = risk.party
    mine = year.parties[year.parties["party"] == kind]
    return int(mine.loc[(mine["id"] == name) | (name == ""), "balance_fen"].sum())


def _risk(found: Uncertain, years: Sequence[Year]) -> Risk:
    settings = found.scenarios[0].instance.settings
    risk = settings.risk
    p = found.probabilities
    fen = [measured_fen(year, risk) for year in years]
    values = [amount / FEN for amount in fen]
    expected = sum((year.probability * amount for year, amount in zip(years, fen, strict=True)), Fraction(0))
    sign = -1.0 if settings.objective.minimise else 1.0
    planned = mean(found.recourse, p)
    usual = None if found.average_plan is None else mean(found.average_plan, p)

    return Risk(
        scenarios=len(years),
        measure=risk.measure,
        level=float(risk.level),
        of=risk.of,
        expected_yuan=float(expected / FEN),
        cvar_yuan=cvar(values, p, float(risk.level)),
        worst_yuan=min(values),
        deviation_yuan=deviation(values, p),
        evpi_yuan=sign * (mean(found.wait_and_see, p) - planned),
        vss_yuan=None if usual is None else sign * (planned - usual),
        average_plan=found.average_plan or (),
        wait_and_see=found.wait_and_see,
        gap=_gap(found, years),
    )


def _gap(found: Uncertain, years: Sequence[Year]) -> float:
    """The proven distance to the optimum; scenario by scenario it is taken to the ledgers, with all that floors and practical
    units cost."""
    if found.is_exact:
        return found.gap
    risk = found.scenarios[0].instance.settings.risk
    reached = weighed([year.margin_fen / FEN for year in years], risk, found.probabilities)
    return max(found.gap, relative_gap(reached, found.bound))


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


def _probabilities(brought: Sequence[Brought]) -> np.ndarray:
    return np.array([float(one.year.probability) for one in brought])


def _household_gains(brought: Sequence[Brought]) -> pd.DataFrame:
    """Gains of linked households over all years; see ``Season``."""
    first = brought[0].households
    if not len(first):
        return pd.DataFrame(columns=["household", "village", "expected_gain_yuan", "worst_gain_yuan", "best_gain_yuan"])
    p = _probabilities(brought)
    gains = np.stack([one.households["gain_fen"].to_numpy(dtype=float) for one in brought]) / FEN
    table = first[["household", "village"]].assign(
        expected_gain_yuan=(p @ gains).round(2), worst_gain_yuan=gains.min(axis=0).round(2), best_gain_yuan=gains.max(axis=0).round(2)
    )
    if "below" in first:
        table["share_of_years_below"] = (p @ np.stack([one.households["below"].to_numpy(dtype=float) for one in brought])).round(6)
    return table[first["linked"].to_numpy()].reset_index(drop=True)


def _insured(distribution: Distribution, brought: Sequence[Brought]) -> pd.DataFrame:
    """What is insured, its premium and subsidy, and what it may be expected to pay; see ``Season``."""
    plan = distribution.plan
    frame = plan.program.columns["insure"]
    mu = plan.values[frame["column"]]
    subsidised = distribution.instance.table("insurance").set_index(["cover", "activity", "base", "land_class"])["subsidy_share"]
    keys = list(zip(frame["cover"], frame["activity"], frame["base"], frame["land_class"], strict=True))
    share = np.array([float(subsidised.get(key, 0.0)) for key in keys])
    per_mu = pd.concat([p * one.per_mu for p, one in zip(_probabilities(brought), brought, strict=True)]).groupby(level=0).sum()
    per_mu = per_mu.reindex(frame["column"], fill_value=0.0)
    premium, payout = (per_mu[account].to_numpy(dtype=float) * mu for account in COVERED)
    subsidy = np.divide(premium * share, 1.0 - share, out=np.zeros_like(premium), where=share < 1.0)
    table = frame[["cover", "base", "land_class", "activity"]].assign(
        insured_mu=mu, premium_yuan=premium, subsidy_yuan=subsidy, expected_payout_yuan=payout
    )
    return table[table["insured_mu"] > 0].round(6).reset_index(drop=True)


def _promoted(distribution: Distribution, brought: Sequence[Brought]) -> pd.DataFrame:
    """What is spent on promotion, the room it opens and what may be expected to be sold there; see ``Season``."""
    plan = distribution.plan
    frame = plan.program.columns["promote"]
    yuan = plan.values[frame["column"]]
    steps = distribution.instance.table("promotion").drop_duplicates(["promotion", "step"]).set_index(["promotion", "step"])
    keys = pd.MultiIndex.from_frame(frame[["promotion", "step"]])
    sold = [
        p * one.promoted.reindex(keys).fillna(0.0).to_numpy(dtype=float) for p, one in zip(_probabilities(brought), brought, strict=True)
    ]
    per_yuan = steps["t_per_yuan"].reindex(keys).to_numpy(dtype=float)
    table = frame[["promotion", "step"]].assign(yuan=yuan, opened_t=per_yuan * yuan, expected_sold_t=np.sum(sold, axis=0))
    return table[table["yuan"] > 0].round(6).reset_index(drop=True)
