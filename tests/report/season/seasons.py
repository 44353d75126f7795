"""Seasons made by hand: three years of two bases, and as many years as a picture has to bear."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pandas as pd

from optimizer.season.season import Risk, Season, Year

NOT_MISSED = pd.DataFrame(columns=["party", "id", "missed_yuan"])


def parties(company: int, hill: int, valley: int, **accounts: tuple[int, int]) -> pd.DataFrame:
    """Accounts of a company and two bases, in fen: balances, and amounts of further accounts of the two bases."""
    rows = []
    for place, (party, name, balance) in enumerate([("company", "leading", company), ("base", "hill", hill), ("base", "valley", valley)]):
        further = {f"{a}_fen": fen[place - 1] if place else 0 for a, fen in accounts.items()}
        costs = 500_000
        row = {"party": party, "id": name, "income_fen": balance + costs, "costs_fen": costs, "balance_fen": balance}
        rows.append({**row, "split_fen": balance - sum(further.values()), **further})
    return pd.DataFrame(rows)


def villages(hill: int, valley: int, below: tuple[int, int]) -> pd.DataFrame:
    frame = pd.DataFrame({"village": ["hill_village", "valley_village"], "households": [2, 3], "persons": [9, 11]})
    return frame.assign(gain_fen=[hill, valley], households_below=list(below), persons_below=[2 * b for b in below])


def year(name: str, chance: Fraction, margin: int, **more: Any) -> Year:
    """A year whose chain sells for 500,000 fen more than it earns; ``more`` replaces fields."""
    sales = margin + 500_000
    given: dict[str, Any] = {
        "scenario": name,
        "label": f"a {name} year",
        "probability": chance,
        "margin_fen": margin,
        "sales_fen": sales,
        "household_gain_fen": 300_000,
        "parties": parties(margin // 2, margin // 4, margin - margin // 2 - margin // 4),
        "accounts": {"sales": sales, "inputs": -500_000},
        "villages": villages(100_000, 200_000, (1, 0)),
        "households_below": 1,
        "persons_below": 2,
        "missed": NOT_MISSED,
        "unsold_t": 0.0,
        "payouts_fen": 0,
        "premiums_fen": 0,
        "promotion_fen": 0,
        "promoted_fen": 0,
        "ledger_balanced": True,
    }
    return Year(**{**given, **more})


def three_years() -> tuple[Year, ...]:
    """Poor (1/4), usual (1/2), good (1/4): the chain earns -2,000, 6,000 and 10,000 yuan, 5,000 on average.

    Insurance costs 400 yuan every year and pays 2,400 in the poor one, so that without it the poor year would bring -4,000
    and the mean would be 4,800. Promotion costs 100 yuan and sells 300 and 600 in the last two. Hill loses in the poor year,
    where it misses its floor by 1,000 yuan.
    """
    paying = {"premiums_fen": 40_000, "promotion_fen": 10_000}
    paid = parties(0, -100_000, -100_000, premiums=(-20_000, -20_000), payouts=(120_000, 120_000))
    usual = parties(300_000, 100_000, 200_000, premiums=(-20_000, -20_000))
    good = parties(400_000, 200_000, 400_000, premiums=(-20_000, -20_000))
    missed = pd.DataFrame({"party": ["base"], "id": ["hill"], "missed_yuan": [1000.0]})
    flat = {"premiums": -40_000, "promotion": -10_000}
    return (
        year(
            "poor", Fraction(1, 4), -200_000, payouts_fen=240_000, parties=paid, missed=missed, unsold_t=0.0, households_below=4,
            persons_below=11, villages=villages(20_000, 60_000, (2, 1)), household_gain_fen=80_000, sales_fen=110_000,
            accounts={"sales": 110_000, "inputs": -500_000, "payouts": 240_000, **flat}, **paying,
        ),
        year(
            "usual", Fraction(1, 2), 600_000, parties=usual, households_below=2, persons_below=5, sales_fen=1_150_000,
            accounts={"sales": 1_150_000, "inputs": -500_000, **flat}, promoted_fen=30_000, **paying,
        ),
        year(
            "good", Fraction(1, 4), 1_000_000, parties=good, unsold_t=3.5, sales_fen=1_550_000,
            accounts={"sales": 1_550_000, "inputs": -500_000, **flat}, promoted_fen=60_000, **paying,
        ),
    )  # fmt: skip


def season(years: tuple[Year, ...] | None = None, **risk: Any) -> Season:
    """A season of the three years; ``risk`` replaces figures.

    Mean 5,000 yuan; worst tenth -2,000; mean distance from 5,000: (7,000 + 2 x 1,000 + 5,000) / 4 = 3,500.
    """
    found = three_years() if years is None else years
    figures: dict[str, Any] = {
        "scenarios": len(found),
        "measure": "expected",
        "level": 0.9,
        "of": "margin",
        "expected_yuan": 5000.0,
        "cvar_yuan": -2000.0,
        "worst_yuan": -2000.0,
        "deviation_yuan": 3500.0,
        "evpi_yuan": 750.0,
        "vss_yuan": 250.0,
        "average_plan": (-4000.0, 6500.0, 10_000.0),
        "wait_and_see": (-1000.0, 6500.0, 11_000.0),
        "gap": 0.0,
    }
    ledger = [("base", "hill", "payouts", "300"), ("base", "hill", "premiums", "-200"), ("base", "valley", "payouts", "300")]
    insured = [("yield_cover", "hill", "terrace", "grow_cabbage", 12.5, 250.0, 100.0, 312.5)]
    gains = [("H1", "hill_village", 500.0, 100.0, 700.0, 0.25), ("H2", "hill_village", 400.0, -50.0, 600.0, 1.0)]
    return Season(
        years=found,
        risk=Risk(**{**figures, **risk}),
        insured=pd.DataFrame(
            insured,
            columns=["cover", "base", "land_class", "activity", "insured_mu", "premium_yuan", "subsidy_yuan", "expected_payout_yuan"],
        ),
        promoted=pd.DataFrame([("fair", 1, 100.0, 5.0, 2.5)], columns=["promotion", "step", "yuan", "opened_t", "expected_sold_t"]),
        expected_ledger=pd.DataFrame(ledger, columns=["party", "id", "account", "expected_yuan"]),
        household_gains=pd.DataFrame(
            gains,
            columns=["household", "village", "expected_gain_yuan", "worst_gain_yuan", "best_gain_yuan", "share_of_years_below"],
        ),
    )


def many_years(count: int) -> Season:
    """``count`` equally likely years that differ, without insurance and promotion."""
    chance = Fraction(1, count)
    found = tuple(
        year(
            f"drawn_{n:03}", chance, (n * 7919) % 1_000_003 - 200_000, label="", households_below=n % 7, persons_below=2 * (n % 7),
            villages=villages(50_000 + 900 * (n % 40), 60_000 + 2100 * (n % 31), (1, 0)),
        )
        for n in range(1, count + 1)
    )  # fmt: skip
    margins = [y.margin_fen / 100 for y in found]
    program = {"average_plan": tuple(m - 300.0 for m in margins), "wait_and_see": tuple(m + 400.0 for m in margins)}
    nothing = replace(season(found), insured=season().insured.iloc[:0], promoted=season().promoted.iloc[:0])
    return replace(nothing, risk=replace(nothing.risk, **program))
