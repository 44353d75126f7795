"""The ledger as Beancount files: one for the county, one for each base and year, each standing alone.

Two traps of the format decide how amounts are written: an expected balance is checked with the tolerance its last digit
suggests, and a transaction with that of its coarsest amount. So every amount has two decimals (in fen: none), and every
balance says ``~ 0``.
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from optimizer.report.ledger.accounts import DUE, EMPTY, due
from optimizer.report.ledger.escaping import comment, link, one_line, quoted
from optimizer.report.ledger.given import LedgerInput
from optimizer.report.ledger.postings import STEPS, Heading, heading_of, headings
from optimizer.texts import say

CURRENCY = {"yuan": "CNY", "fen": "FEN"}
FEN = 100
TAGS = dict(zip(range(len(STEPS)), ("#sale", "#split", "#bill", "#due", "#payment"), strict=True))


def amounts(fen: list[int], unit: str) -> list[str]:
    """Amounts as text: yuan with two decimals, or whole fen."""
    if unit == "fen":
        return [f"{amount} FEN" for amount in fen]
    return [f"{'-' if amount < 0 else ''}{abs(amount) // FEN}.{abs(amount) % FEN:02d} CNY" for amount in fen]


def base_files(given: LedgerInput, frame: pd.DataFrame, owed: pd.DataFrame) -> dict[tuple[str, int], str]:
    """The text of the file of each base and year, from ``postings`` and ``arrears``.

    What belongs to no base stands in the county's file alone.
    """
    known = headings(given)
    years = {period: day.year for period, day in given.days.items()}
    accounts = {name: due(name) for name in owed["household"].unique()}
    owed = owed.assign(year=owed["period"].map(years), account=owed["household"].map(accounts))
    proofs = {key: mine.groupby("account")["fen"].sum() for key, mine in owed.groupby(["base", "year"])}
    files = {}
    for (base, year), mine in frame.assign(year=frame["period"].map(years)).groupby(["base", "year"]):
        if base:
            head = say("ledger.base_file", title=given.title, base=base, year=year, what=_what(given))
            proof = -proofs.get((base, year), pd.Series(dtype="int64"))
            files[str(base), int(year)] = _file(given, mine, proof, known, head)
    return files


def county_file(given: LedgerInput, frame: pd.DataFrame, owed: pd.DataFrame) -> str:
    """The county: all money by base and period, households together (``Liabilities:Due:<base>``)."""
    keys = ["date", "step", "topic", "base", "period", "account"]
    together = frame["base"].map({base: due(base) for base in frame["base"].unique()})
    frame = frame.assign(account=frame["account"].where(~frame["account"].str.startswith(DUE), together))
    frame = frame.groupby(keys, as_index=False, sort=False)["fen"].sum()
    frame["entry"] = frame["topic"] + " · " + frame["base"] + " · " + frame["period"]
    frame["date"] = frame.groupby(["step", "entry"])["date"].transform("max")
    frame = frame.groupby(["date", "step", "entry", "account"], as_index=False, sort=False)["fen"].sum().assign(note="")
    frame = frame[frame["fen"] != 0].sort_values(["date", "step", "entry"], kind="stable", ignore_index=True)
    known = {(step, entry): Heading(entry) for step, entry in frame[["step", "entry"]].drop_duplicates().itertuples(index=False)}
    proof = owed.groupby(owed["base"].map(due))["fen"].sum()
    return _file(given, frame, -proof, known, say("ledger.county_file", title=given.title, what=_what(given)))


def _what(given: LedgerInput) -> str:
    words = [say("ledger.planned" if given.is_planned else "ledger.actual")]
    if not set(given.days) <= set(given.last_days):
        words.append(say("ledger.no_calendar"))
    return " ".join(words)


def _file(given: LedgerInput, frame: pd.DataFrame, proof: pd.Series, known: dict[tuple[int, str], Heading], head: str) -> str:
    """A whole file: head, options, accounts, entries, and a proof of every account on the day after the last entry.

    ``proof``: what the accounts of households must come to. Clearing accounts and pots must come out empty, and no
    account goes without a proof.
    """
    balances = frame.groupby("account")["fen"].sum()
    balances = pd.concat([proof, balances[~balances.index.isin(proof.index)]])
    balances[balances.index.str.startswith(EMPTY)] = 0
    balances = balances.sort_index()
    first, last = (frame["date"].min(), frame["date"].max()) if len(frame) else (min(given.days.values()),) * 2
    currency = CURRENCY[given.unit]
    opened = "".join(f"{first} open {account} {currency}\n" for account in balances.index)
    options = f'option "title" {quoted(given.title)}\noption "operating_currency" "{currency}"\nplugin "beancount.plugins.leafonly"\n'
    accounts = comment(say("ledger.accounts")) + opened
    parts = [comment(head), options, accounts, _entries(given, frame, known), _proofs(given, balances, last)]
    return "\n".join(parts)


def _proofs(given: LedgerInput, balances: pd.Series, last: date) -> str:
    day, currency = last + timedelta(days=1), CURRENCY[given.unit]
    figures = [amount.removesuffix(f" {currency}") for amount in amounts(balances.tolist(), given.unit)]
    lines = [f"{day} balance {account} {figure} ~ 0 {currency}\n" for account, figure in zip(balances.index, figures, strict=True)]
    return comment(say("ledger.proofs")) + "".join(lines)


def _entries(given: LedgerInput, frame: pd.DataFrame, known: dict[tuple[int, str], Heading]) -> str:
    figures = amounts(frame["fen"].tolist(), given.unit)
    notes = [f" ; {one_line(note)}" if note else "" for note in frame["note"].tolist()]
    lines = [f"  {a}  {f}{n}\n" for a, f, n in zip(frame["account"].tolist(), figures, notes, strict=True)]
    begins = (~frame.duplicated(["date", "step", "entry"])).to_numpy().nonzero()[0].tolist()
    first = frame.iloc[begins]
    for place, day, step, entry in zip(begins, first["date"], first["step"], first["entry"], strict=True):
        gap = "\n" if place else ""
        lines[place] = gap + _heading(day, step, heading_of(known, step, entry)) + lines[place]
    return "".join(lines)


def _heading(day: date, step: int, heading: Heading) -> str:
    links = "".join(f" ^{link(name)}" for name in heading.links)
    facts = "".join(f"  {name}: {quoted(value)}\n" for name, value in heading.facts if value)
    return f"{day} * {quoted(heading.says)} {TAGS[step]}{links}\n{facts}"
