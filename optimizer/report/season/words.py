"""What possible years are called, and figures of them in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from optimizer.instance.document import OBJECTIVES
from optimizer.report.naming import Names, plain
from optimizer.report.wording import FEN, brief, money, number, percent
from optimizer.season.season import Year
from optimizer.texts import say

MOST_NAMED = 3
SEPARATOR = "; "
"""Between names of years, which hold commas themselves."""


STYLES = """\
td small { display: block; font-size: .82em; font-weight: 400; color: var(--quiet); }
#season td, #table td { vertical-align: top; }
"""
"""Names of years and parties stand below their figures."""


def label(year: Year) -> str:
    return year.label or plain(year.scenario)


def in_table_unit(fen: float) -> float:
    """Fen in the unit of money that axes and heads of tables name."""
    return fen / FEN / float(say("report.table_money.yuan"))


def share_in_words(share: Fraction) -> str:
    """A probability: whole percent, with one decimal where it is small."""
    return percent(float(share), 0 if share == 0 or share >= Fraction(1, 10) else 1)


def years_in_words(years: Sequence[Year], of: Sequence[Year]) -> str:
    """3 of 10 years where all are equally likely, else the probability."""
    if is_even(of):
        return say("season.of_years", count=number(len(years)), all=number(len(of)))
    return say("season.of_probability", share=share_in_words(sum((y.probability for y in years), Fraction(0))))


def is_even(years: Sequence[Year]) -> bool:
    return len({year.probability for year in years}) == 1


def hint(name: str, year: Year, amount: str) -> str:
    """What stands beside the pointer: whose figure, the year and how likely it is, and the figure."""
    key = "season.hint" if name else "season.hint_unnamed"
    return say(key, name=name, year=label(year), share=share_in_words(year.probability), amount=amount)


def named_years(years: Sequence[Year], fen: Iterable[int]) -> str:
    """Years with an amount of money each."""
    return SEPARATOR.join(say("season.year_with", year=label(y), amount=money(f)) for y, f in zip(years, fen, strict=True))


def cases(items: Sequence[str]) -> str:
    """Cases in a row; what is beyond the most that are named is counted."""
    shown = SEPARATOR.join(items[:MOST_NAMED])
    return shown if len(items) <= MOST_NAMED else say("report.and_more", shown=shown, count=number(len(items) - MOST_NAMED))


def whose(of: str, names: Names) -> str:
    """What a measure of risk is taken of, in words."""
    kind, _, name = of.partition(":")
    if name:
        return say("season.balance_of", party=names.party(kind, name))
    return say(f"season.of.{kind}")


def objective_in_words(name: str) -> str:
    return say(f"report.objective.{name}") if name in OBJECTIVES else plain(name)


def objective_amount(name: str, yuan: float) -> str:
    return money(yuan * FEN) if name in OBJECTIVES else brief(yuan)
