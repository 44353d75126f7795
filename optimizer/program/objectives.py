"""What can be made as great as possible, each objective a table of signed accounts of the ledger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.program.money import COSTS, INCOME, SIGN, vector

ACCOUNTS = {
    "sales": "price × tonnes sold of grown produce, by the price of each tier, less the price cuts of shared capacity",
    "resale": "the same for goods that were bought in",
    "salvage": "what unsold goods still bring where they lie",
    "letting": "spare own resources let to others",
    "own_use": "what keeping goods for own use saves",
    "closing_stock": "the value of what is in store after the last period",
    "payouts": "what insurers pay out, by the year's yield or prices",
    "inputs": "seed, fertiliser, film and all inputs per mu, and resources booked to inputs",
    "labour": "days worked at their wage, hired and own days at their price, and the way to work",
    "rent": "rent of the land that is rented, once a year",
    "harvest": "harvesting and packing per tonne harvested",
    "freight": "freight per tonne sent",
    "fees": "market fees as a share of the price",
    "handling": "packing and handling per tonne sold",
    "storage": "keeping one tonne for one period",
    "processing": "processing per tonne put in",
    "premiums": "premiums per insured mu, less their subsidy",
    "promotion": "money spent to open sales",
    "purchases": "goods bought in",
    "shortfall": "penalties for contracts that are not met",
}
"""Accounts of the chain and what they hold."""

HOUSEHOLD_ACCOUNTS = {
    "dividend": "the households' part of the split that goes to linked households by the division key",
    "share": "the same for holders of shares",
    "wage": "days worked at the villages' wage",
    "rent": "rent of the land that households lease to a base, pro rata of what is rented",
    "forgone": "what that land would have earned otherwise, and the reservation value of the days worked",
}
HOUSEHOLD_SIGN = {**dict.fromkeys(HOUSEHOLD_ACCOUNTS, 1.0), "forgone": -1.0}


@dataclass(frozen=True)
class Objective:
    """The accounts of the chain and those of the households that an objective adds up, each with its sign."""

    meaning: str
    chain: tuple[str, ...] = ()
    households: tuple[str, ...] = ()

    @property
    def signed(self) -> list[tuple[str, str, float, str]]:
        """(whose, account, sign, what it holds) of every account, the chain's first."""
        chain = [("chain", a, SIGN[a], ACCOUNTS[a]) for a in self.chain]
        return chain + [("households", a, HOUSEHOLD_SIGN[a], HOUSEHOLD_ACCOUNTS[a]) for a in self.households]


OBJECTIVES = {
    "sales": Objective(
        "What grown produce earns. Bought-in goods count net, so that nothing is bought only to be sold again.",
        chain=("sales", "resale", "purchases"),
    ),
    "margin": Objective(
        "All incomes of the chain less all its costs. Dividends are divisions of it; wages and rents are costs of it.",
        chain=(*INCOME, *COSTS),
    ),
    "household_gain": Objective(
        "What the linkage adds to the households: what they receive less what they forgo.",
        households=tuple(HOUSEHOLD_ACCOUNTS),
    ),
    "county_income": Objective(
        "The margin and what the households receive beside it. Dividends and shares are in the margin already and count once.",
        chain=(*INCOME, *COSTS),
        households=("wage", "rent", "forgone"),
    ),
    "least_household_gain": Objective(
        "The household gain per linked person of the worst-off village, then of the next: at each step only the villages"
        " that truly cannot gain more are fixed. It is the decision `least`, bounded by the rule `least_of_all`.",
        households=tuple(HOUSEHOLD_ACCOUNTS),
    ),
}
"""Objectives by name; a rule of kind ``measure`` is one more, in its own unit."""


def yuan_of(name: str, count: int, money: pd.DataFrame, households: pd.DataFrame) -> np.ndarray:
    """Yuan per unit of each of ``count`` decisions under an objective: the signed accounts of chain and households."""
    wanted = OBJECTIVES[name]
    chain = money[money["account"].isin(wanted.chain)]
    earned = households[households["account"].isin(wanted.households)]
    return vector(chain, count, chain["account"].map(SIGN).to_numpy()) + vector(earned, count)
