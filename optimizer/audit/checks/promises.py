"""What was promised beside the shares: guaranteed dividends (R07) and what a cooperative gives back by trade (R08)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.due import fen
from optimizer.audit.finding import Finding, due_item
from optimizer.instance.pools import held_on
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

DIVIDEND, GUARANTEE = "dividend", "guarantee"


def guarantee_missed(books: Books) -> Iterator[Finding]:
    """R07. After the last due date of a year's dividends, what was paid of them until the day of the audit is at least what
    an agreement of kind guarantee in force at the end of the year promises.

    An agreement that names no household is for every one tied by a dividend link in the year's last period; one that names
    no base or company counts the dividends of all. Periods without dates have no day on which the promise is missed before
    the books are closed. Fen at risk: what is missing; it counts with the household's largest unpaid dividend, if there is
    one.
    """
    table = books.table("agreements")
    promises = table[(table["kind"] == GUARANTEE) & table["guaranteed_yuan"].notna()]
    if promises.empty:
        return
    years = [year for year in sorted(set(books.instance.periods.years)) if _is_over(books, year)]
    if not years:
        raise NotChecked(say("promises.not_over"))
    cells = books.cells[books.cells["kind"] == DIVIDEND]
    number, of_year = books.settlements.number, books.instance.periods.years
    cells = cells.assign(year=cells["settlement"].map(lambda label: of_year[number[label]] if label in number else -1))
    for year in years:
        mine = cells[cells["year"] == year]
        for place in promises.index[held_on(promises, _last_day(books, year))]:
            yield from _missed(books, promises.loc[place], mine, year)


def _is_over(books: Books, year: int) -> bool:
    """Whether the day of the audit lies after every due date of the year's dividends."""
    last = [
        day for (kind, label), day in books.settlements.due_on.items()
        if kind == DIVIDEND and day is not None and books.instance.periods.years[books.settlements.number[label]] == year
    ]  # fmt: skip
    return books.as_of is not None and all(day < books.as_of for day in last)


def _last_period(books: Books, year: int) -> int:
    return max(i for i, y in enumerate(books.instance.periods.years) if y == year)


def _last_day(books: Books, year: int):  # type: ignore[no-untyped-def]
    days = books.instance.periods.last_days
    return days[_last_period(books, year)] if days else None


def _missed(books: Books, promise: pd.Series, cells: pd.DataFrame, year: int) -> Iterator[Finding]:
    """The households of a promise that were paid less in a year."""
    bases = books.table("bases")
    given = bases.loc[(bases["base"] == promise["to"]) | (bases["company"] == promise["to"]), "base"] if promise["to"] else bases["base"]
    cells = cells[cells["base"].isin(given)]
    names = [promise["household"]] if promise["household"] else _tied(books, promise["to"], set(given), year)
    least = int(fen(pd.Series([promise["guaranteed_yuan"]]))[0])
    paid = cells.groupby("household")["paid_fen"].sum().reindex(names, fill_value=0)
    for household in paid.index[paid < least]:
        own = cells[cells["household"] == household]
        lacking = (own["due_fen"] - own["paid_fen"]).astype("int64")
        worst = own.loc[lacking.idxmax()] if len(own) and lacking.max() > 0 else None
        item = "" if worst is None else due_item(household, DIVIDEND, worst["base"], worst["settlement"])
        missing = least - int(paid[household])
        evidence = (books.evidence("agreements", promise["_row"], say("promises.agreement", yuan=in_yuan(least))),)
        subjects = (("household", household), ("agreement", promise["agreement"]))
        found = say("promises.paid", yuan=in_yuan(int(paid[household])))
        period = books.instance.periods.names[_last_period(books, year)]
        yield Finding(
            "R07", subjects, say("promises.expected", yuan=in_yuan(least)), found, evidence, period=period, fen=missing, item=item
        )


def _tied(books: Books, to: str, bases: set[str], year: int) -> list[str]:
    links = books.table("links")
    links = links[(links["kind"] == DIVIDEND) & held_on(links, _last_day(books, year))]
    if to:
        companies = books.table("bases").set_index("base")["company"]
        links = links[links["to"].isin({to, *bases, *(companies[base] for base in bases)})]
    return sorted(set(links["household"]))


def cooperative_minimum_missed(books: Books) -> Iterator[Finding]:
    """R08. A cooperative gives back by trade at least ``cooperative_share`` of its distributable surplus (60 % by the law on
    farmers' cooperatives, article 44 of 2017), rounded up to the fen. Fen at risk: what is missing."""
    table = books.table("surpluses")
    share = Fraction(str(books.limits.cooperative_share))
    figures = zip(table["to"], table["_row"], fen(table["surplus_yuan"]), fen(table["by_trade_yuan"]), strict=True)
    company = set(books.table("bases")["company"])
    for to, row, surplus, by_trade in figures:
        least = math.ceil(share * int(surplus))
        if by_trade >= least:
            continue
        found = say("promises.by_trade", yuan=in_yuan(by_trade), surplus=in_yuan(surplus))
        expected = say("promises.expected.by_trade", yuan=in_yuan(least))
        subject = ("company" if to in company else "base", to)
        yield Finding("R08", (subject,), expected, found, (books.evidence("surpluses", row, found),), fen=least - int(by_trade))
