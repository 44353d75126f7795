"""What each household gains, and who passes the poverty line."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties, leased_mu, poverty_line
from optimizer.program.plan import Plan
from optimizer.revenue.fen import MICRO, half_up

KINDS = ("dividend", "wage", "rent", "share")


def household_accounts(plan: Plan, entitlements: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """One row per household: household, village, persons, linked, dividend_fen, wage_fen, rent_fen, share_fen,
    forgone_fen, gain_fen, income_before_fen, income_after_fen.

    The gain is what the linkage adds: entitlements less what leased land and the days worked would have earned
    otherwise. Dividends are after reserve and cap and include what was topped up to the guarantee; the household gain of
    the program is before all three. Incomes are absent (NA) where the register gives none.
    """
    instance = plan.instance
    frame = instance.table("households")[["household", "village", "persons", "income_before_yuan"]].copy()
    frame["linked"] = frame["household"].isin(linked_households(instance))
    by_kind = entitlements.pivot_table(index="household", columns="kind", values="amount_fen", aggfunc="sum", fill_value=0)
    if "guarantee" in by_kind:
        by_kind["dividend"] = by_kind["guarantee"] + by_kind.get("dividend", 0)
    for kind in KINDS:
        got = by_kind[kind] if kind in by_kind else pd.Series(dtype="int64")
        frame[f"{kind}_fen"] = frame["household"].map(got).fillna(0).astype("int64")
    frame["forgone_fen"] = frame["household"].map(_forgone(plan, days)).fillna(0).astype("int64")
    frame["gain_fen"] = frame[[f"{kind}_fen" for kind in KINDS]].sum(axis=1) - frame["forgone_fen"]
    before = frame.pop("income_before_yuan")
    given = before.notna()
    frame["income_before_fen"] = pd.Series(half_up(before.fillna(0).to_numpy()), index=frame.index).astype("Int64").where(given)
    frame["income_after_fen"] = frame["income_before_fen"] + frame["gain_fen"].astype("Int64")
    return frame.sort_values("household", ignore_index=True)


def linked_households(instance: Instance) -> set[str]:
    """Households with a tie that counts in any period: in force on its last day, or in it where the rule prorates."""
    links, ties = instance.table("links"), Ties(instance)
    counted = np.zeros(len(links), dtype=bool)
    for spell in itertools.chain.from_iterable(ties.spells):
        counted |= spell.held
    return set(links.loc[counted, "household"])


def _forgone(plan: Plan, days: pd.DataFrame) -> pd.Series:
    """Fen each household forgoes: leased land as far as the base rents it, and the days worked at their own worth."""
    instance = plan.instance
    rented = plan.decisions("rented").groupby(["base", "year"], as_index=False)["value"].sum()
    land = instance.table("land").groupby("base")["area_mu"].sum()
    rented["used_share"] = rented["value"] / rented["base"].map(land)
    leases = leased_mu(instance).rename(columns={"to": "base"}).merge(rented, on=["base", "year"])
    lost = (leases["area_mu"] * leases["forgone_yuan_per_mu"] * leases["used_share"]).groupby(leases["household"]).sum()
    of_land = pd.Series(half_up(lost.to_numpy(dtype=float)), index=lost.index)
    of_days = days.groupby("household")["reservation_yuan"].sum()
    days_fen = pd.Series(half_up(of_days.to_numpy(dtype=float)), index=of_days.index)
    return pd.concat([of_land, days_fen]).groupby(level=0).sum()


def below_line(instance: Instance, households: pd.DataFrame, when: str) -> pd.Series | None:
    """Which households are below the line ``before`` or ``after``: their income per head is. None without incomes or a line."""
    if instance.settings.poverty_line_year is None or households["income_before_fen"].isna().any():
        return None
    # income < persons · line, in millionths of a fen: a line may have a fraction of a fen
    line = round(poverty_line(instance) * 100 * MICRO)
    least = -(-households["persons"].to_numpy(dtype=np.int64) * line // MICRO)
    return households[f"income_{when}_fen"].astype("int64") < least


def poverty(instance: Instance, households: pd.DataFrame) -> dict[str, object]:
    """Heads below the line before and after (a person is below if the household's income per head is)."""
    before, after = below_line(instance, households, "before"), below_line(instance, households, "after")
    if before is None or after is None:
        return {}
    return {
        "poverty_line_yuan": poverty_line(instance),
        "line_year": instance.settings.poverty_line_year,
        "persons_below_before": int(households.loc[before, "persons"].sum()),
        "persons_below_after": int(households.loc[after, "persons"].sum()),
    }
