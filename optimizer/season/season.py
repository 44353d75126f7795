"""What an uncertain season can bring: every possible year divided to the fen, and what planning for all of them is worth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd


@dataclass(frozen=True)
class Year:
    """What one possible year brings under a plan that is in the ground.

    ``parties``: party, id, income_fen, costs_fen, balance_fen and one column per account (``party_accounts``; empty without
    a split) · ``accounts``: signed fen of every account of the chain, which sum to ``margin_fen`` · ``villages``: village,
    households, persons, gain_fen, households_below, persons_below, of linked households (the last two absent without a
    poverty line) · ``households_below``, ``persons_below``: after the plan, of all households; None without a line ·
    ``missed``: party, id, missed_yuan, how far companies and bases end below their floor of participation ·
    ``promoted_fen``: sales in the room that promotion opened.
    """

    scenario: str
    label: str
    probability: Fraction
    margin_fen: int
    sales_fen: int
    household_gain_fen: int | None
    parties: pd.DataFrame
    accounts: dict[str, int]
    villages: pd.DataFrame
    households_below: int | None
    persons_below: int | None
    missed: pd.DataFrame
    unsold_t: float
    payouts_fen: int
    premiums_fen: int
    promotion_fen: int
    promoted_fen: int
    ledger_balanced: bool


@dataclass(frozen=True)
class Risk:
    """What a plan promises over all scenarios, in yuan.

    ``expected_yuan``, ``cvar_yuan`` (mean of the worst ``1 − level`` of the years), ``worst_yuan`` and ``deviation_yuan`` (mean
    absolute deviation) are of what ``of`` names (``margin``, a party, ``households``), by the ledgers of the years.
    ``evpi_yuan``: what knowing the year before planting would add to the expected margin; ``vss_yuan``: what planning for all
    years adds against planting the plan for the average year. Both are of the program that maximises the expectation, and
    leave the floors of participation aside. ``average_plan``, ``wait_and_see``: the program's objective by scenario, in yuan,
    with the average year's plan in the ground and with the year known. ``gap``: proven, relative to the optimum.
    """

    scenarios: int
    measure: str
    level: float
    of: str
    expected_yuan: float
    cvar_yuan: float
    worst_yuan: float
    deviation_yuan: float
    evpi_yuan: float | None
    vss_yuan: float | None
    average_plan: tuple[float, ...]
    wait_and_see: tuple[float, ...]
    gap: float


@dataclass(frozen=True)
class Season:
    """All possible years of a plan.

    ``insured``: cover, base, land_class, activity, insured_mu, premium_yuan, subsidy_yuan, expected_payout_yuan · ``promoted``:
    promotion, step, yuan, opened_t, expected_sold_t · ``expected_ledger``: party, id, account, expected_yuan (the
    probability-weighted mean of the years' ledgers) · ``household_gains``: household, village, expected_gain_yuan,
    worst_gain_yuan, best_gain_yuan, share_of_years_below (0 to 1; absent without a poverty line).
    """

    years: tuple[Year, ...]
    risk: Risk
    insured: pd.DataFrame
    promoted: pd.DataFrame
    expected_ledger: pd.DataFrame
    household_gains: pd.DataFrame
