"""Who is linked to what, and with which weight: the recipients of a pot, before and after solving alike."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance

KEYS_AFTER_SOLVING = ("labour_days",)
MICRO = 1_000_000
FEN = 100


def in_force(instance: Instance, links: pd.DataFrame, period: str) -> pd.DataFrame:
    """Links in force on the last day of ``period`` (all of them if the periods have no dates)."""
    days = instance.periods.last_days
    if not days:
        return links
    day = pd.Timestamp(days[instance.periods.number[period]])
    begun = links["valid_from"].isna() | (links["valid_from"] <= day)
    return links[begun & (links["valid_to"].isna() | (day < links["valid_to"]))]


def recipients(instance: Instance, kind: str, base: str, period: str) -> pd.DataFrame:
    """Households tied to ``base`` or to its company by links of ``kind``, with their figures; sorted by household.

    Columns: household, village, persons, weight, income_before_yuan. A household that is tied to both counts once.
    """
    bases = instance.table("bases")
    company = str(bases.loc[bases["base"] == base, "company"].iloc[0])
    links = instance.table("links")
    links = links[(links["kind"] == kind) & links["to"].isin([base, company])]
    links = in_force(instance, links, period).groupby("household", as_index=False)["weight"].max()
    return links.merge(instance.table("households").drop(columns="_row"), on="household").sort_values("household", ignore_index=True)


def leased_mu(instance: Instance) -> pd.DataFrame:
    """Area each household leases to each base: household, village, to, area_mu, forgone_yuan_per_mu."""
    rents = instance.table("links")
    rents = rents[rents["kind"] == "rent"]
    return rents.merge(instance.table("households")[["household", "village"]], on="household")


def weights(instance: Instance, people: pd.DataFrame, key: str, days: pd.Series | None = None) -> np.ndarray:
    """Integer weights of the recipients under one division key.

    per_head: persons · per_household: 1 · weight: the link's weight in millionths · land: leased mu in thousandths ·
    need: fen by which the household's income lies below the line · labour_days: hundredths of a day worked (``days``
    by household, known only after solving).
    """
    if key == "per_head":
        return people["persons"].to_numpy(dtype=np.int64)
    if key == "per_household":
        return np.ones(len(people), dtype=np.int64)
    if key == "weight":
        return np.rint(people["weight"].to_numpy(dtype=float) * MICRO).astype(np.int64)
    if key == "land":
        leased = leased_mu(instance).groupby("household")["area_mu"].sum()
        return np.rint(people["household"].map(leased).fillna(0).to_numpy(dtype=float) * 1000).astype(np.int64)
    if key == "need":
        gap = people["persons"] * poverty_line(instance) - people["income_before_yuan"]
        return np.rint(gap.clip(lower=0).to_numpy(dtype=float) * FEN).astype(np.int64)
    worked = people["household"].map(days).fillna(0) if days is not None else pd.Series(0.0, index=people.index)
    return np.rint(worked.to_numpy(dtype=float) * 100).astype(np.int64)


def poverty_line(instance: Instance) -> float:
    """The poverty line per head of the year the settings name, in yuan."""
    lines = instance.table("poverty_lines").set_index("year")["line_yuan"]
    return float(lines[instance.settings.poverty_line_year])


def household_branches(rule: SplitRule) -> list[tuple[str, Fraction]]:
    """Kinds of link and the share of the basis their households receive under the rule's reading."""
    found = []
    for branch in rule.tree:
        if branch.to == "households":
            found.append((branch.link, branch.share))
        for part in branch.of_which:
            if part.to == "households":
                found.append((part.link, branch.share * part.share if rule.reading == "nested" else part.share))
    return found


def party_shares(rule: SplitRule) -> dict[str, Fraction]:
    """The share of the basis each kind of party ends up with under the rule's reading; they sum to 1."""
    shares: dict[str, Fraction] = {}
    for branch in rule.tree:
        kept = branch.share
        for part in branch.of_which:
            given = branch.share * part.share if rule.reading == "nested" else part.share
            shares[part.to] = shares.get(part.to, Fraction(0)) + given
            kept -= given
        shares[branch.to] = shares.get(branch.to, Fraction(0)) + kept
    return shares
