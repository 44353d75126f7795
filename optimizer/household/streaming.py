"""Ten million households: each pot is divided, checked and added to the accounts, and forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from optimizer.executing import InTurn
from optimizer.household.dividing import Decided, Part, Shares, days_for_keys, divide_rents, divide_wages
from optimizer.household.expecting import Expected
from optimizer.household.guarantees import divide_with_promises
from optimizer.household.income import Accounts, Sums, forgone
from optimizer.household.rechecking import Broken, Recheck
from optimizer.instance.pools import Ties
from optimizer.phases import Phase, phase


@dataclass(frozen=True)
class Streamed:
    """What was divided and checked.

    ``parts`` and ``entitlements``: how many divisions of a pot (or of the part of it that one key divides), and households with a
    weight in one · ``carries_ended``: fractions of a fen written off with a tie (columns: ``Shares.carries_ended``) · ``accounts``:
    of every household · ``broken``: what the check found wrong · ``phases``: index, divide, check (the seconds it took, most of
    them beside the division), accounts.
    """

    parts: int
    entitlements: int
    carries_ended: pd.DataFrame
    accounts: Accounts
    broken: tuple[Broken, ...]
    phases: dict[str, Phase]


def divide_streamed(plan: Decided, ledger: pd.DataFrame) -> Streamed:
    """Divide the pots, wages and rents of a ledger among the households of a plan's instance, and check every division. What
    guarantees cost is found anew: the ledger has no lines of them yet.

    The division is the one of ``distribute``. Memory goes with the number of households and links, not with the number of pots;
    where a rule has a cap or a guarantee, which count all pots of a year together, all parts are kept until they are known. Each
    part is checked beside the division of the next ones.
    """
    phases: dict[str, Phase] = {}
    instance = plan.instance
    with phase("index", phases):
        ties = Ties(instance)
        days = days_for_keys(plan, ties)
    sums, check = Sums(ties), Recheck(instance, Expected(instance, ties), len(ties.register))
    with InTurn(check.part, threads=1) as checks:

        def take(part: Part) -> None:
            sums.add(part)
            checks.give(part)

        whole = any(rule.cap_yuan is not None or rule.guarantee_yuan is not None for rule in instance.split)
        shares = Shares(ties, hand_on=None if whole else take)
        with phase("divide", phases):
            promised = divide_with_promises(instance, ledger, days, shares)
            divide_wages(instance, ledger, shares)
            divide_rents(instance, ledger, shares)
            for part in shares.parts:
                take(part)
    with phase("check", phases):
        check.pots(pd.concat([ledger, promised]) if len(promised) else ledger, shares)
        check.accounts(sums)
    phases["check"] = replace(phases["check"], seconds=round(phases["check"].seconds + checks.seconds, 3))
    with phase("accounts", phases):
        accounts = Accounts(ties, sums, forgone(plan, ties), ties.linked())
    return Streamed(check.parts, check.entitlements, shares.carries_ended(), accounts, tuple(check.broken), phases)
