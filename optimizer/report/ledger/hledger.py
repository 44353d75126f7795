"""The theory of the split for hledger: the exact shares of every sale beside what was booked.

Rules ``= QUERY`` post the difference between booked and exact, sale by sale, when hledger is called with ``--auto``.
hledger cannot round, so that the comparison is a bound and not an equality; recheck.sql proves the fen.
"""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from optimizer.instance.document import SplitRule
from optimizer.report.ledger.accounts import SALE
from optimizer.report.ledger.beancount import amounts
from optimizer.report.ledger.escaping import comment, link, one_line, segment
from optimizer.report.ledger.given import LedgerInput
from optimizer.report.ledger.nodes import leaves
from optimizer.revenue.ledger import CLEARING, POT, SEP
from optimizer.texts import say

ACCOUNT = {"company": "Company", "base": "Base", "collective": "Village", "government": "Government"}


def theory_file(given: LedgerInput) -> str:
    """Rules with the exact shares, then one entry per divided document: what was to be divided, and who was given what."""
    named = {name: f"R{number}-{segment(name)}" for number, name in enumerate(given.rules, start=1)}
    example = "1000.00 CNY" if given.unit == "yuan" else "1000. FEN"
    head = comment(say("ledger.theory_file", title=given.title))
    rules = "".join(_rule(given.rules[name], short, name) for name, short in named.items())
    return f"{head}\ndecimal-mark .\ncommodity {example}\n\n{rules}\n{_entries(given, named)}"


def leaf_account(leaf: str) -> str:
    """``households.dividend`` as ``Pot-Dividend``, parties by their names."""
    kind = leaf.removeprefix("households.")
    return f"Pot-{segment(kind)}" if kind != leaf else ACCOUNT[leaf]


def is_finite(share: Fraction) -> bool:
    """Whether a share is a decimal with an end (its denominator has no prime factors but 2 and 5)."""
    rest = share.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return rest == 1


def decimal(share: Fraction) -> str:
    """A share with an end as a decimal, exactly."""
    places = 0
    while (share * 10**places).denominator != 1:
        places += 1
    figure = f"{int(share * 10**places):0{places + 1}d}"
    return f"{figure[:-places]}.{figure[-places:]}" if places else figure


def _rule(rule: SplitRule, short: str, name: str) -> str:
    shares = leaves(rule)
    text = comment(say("ledger.theory_rule", rule=name))
    finite = {leaf: share for leaf, share in shares.items() if is_finite(share)}
    if finite:
        postings = "".join(f"    (Difference:{leaf_account(leaf)})  *{decimal(share)}\n" for leaf, share in finite.items())
        text += f"= ^Divided:{short}:\n{postings}\n"
        text += "".join(f"= ^Booked:{short}:[^:]*:{leaf_account(leaf)}$\n    (Difference:{leaf_account(leaf)})  *1\n\n" for leaf in finite)
    for leaf, share in shares.items():
        if leaf not in finite:
            text += comment(say("ledger.theory_endless", leaf=leaf, share=share))
    return text


def booked(given: LedgerInput) -> pd.DataFrame:
    """What each document gave to each leaf of the rule: document, base, period, leaf, amount_fen."""
    ledger = given.table("ledger")
    split = ledger[(ledger["account"] == "split") & (ledger["payer"] == CLEARING)]
    kind = "households." + split["receiver_id"].str.split(SEP).str[0]
    split = split.assign(leaf=split["receiver"].mask(split["receiver"] == POT, kind))
    return split.groupby(["document", "base", "period", "leaf"], as_index=False, sort=False)["amount_fen"].sum()


def _entries(given: LedgerInput, named: dict[str, str]) -> str:
    parts = booked(given)
    sold = given.table("sales").set_index(SALE)["amount_fen"]
    whole = parts.groupby("document")["amount_fen"].sum()
    whole.update(sold)
    parts = parts[parts["period"].map(given.rule_names).isin(set(named))]
    text: list[str] = []
    for (document, base, period), mine in parts.groupby(["document", "base", "period"], sort=False):
        account = f"{named[given.rule_names[period]]}:{segment(base)}"
        says = one_line(say("ledger.split", document=document)).replace(";", ",")
        text.append(f"{given.days[period]} * ({link(document)}) {says}\n")
        text.append(f"    Divided:{account}  {amounts([-int(whole[document])], given.unit)[0]}\n")
        figures = amounts(mine["amount_fen"].tolist(), given.unit)
        text += [f"    Booked:{account}:{leaf_account(leaf)}  {figure}\n" for leaf, figure in zip(mine["leaf"], figures, strict=True)]
        text.append("\n")
    return "".join(text)
