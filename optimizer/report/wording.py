"""Figures in words: separators, units and signs, the same on the page, in the workbook and on the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

FEN = 100
MINUS = "−"


def number(value: float, decimals: int = 0) -> str:
    """1,234.5 with a true minus sign; nothing for what is no number.

    >>> number(-1234.56, 1), number(-0.01)
    ('−1,234.6', '0')
    """
    if value is None or math.isnan(value):
        return ""
    if math.isinf(value):
        return say("report.unlimited")
    text = f"{abs(value):,.{decimals}f}"
    is_zero = not any(digit in "123456789" for digit in text)
    return text if value >= 0 or is_zero else MINUS + text


def brief(value: float) -> str:
    """Three or four figures that count: 12,345 · 123 · 12.3 · 0.123."""
    size = abs(value)
    return number(value, 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3)


def tonnes(value: float) -> str:
    return say("report.amount.t", amount=number(value) if abs(value) >= 10 or value == 0 else number(value, 2))


def mu(value: float) -> str:
    return say("report.amount.mu", amount=number(value) if abs(value) >= 10 or value == 0 else number(value, 2))


def yuan(fen: float) -> str:
    """An amount in yuan, whole from 1,000 yuan on."""
    return say("report.amount.yuan", amount=number(fen / FEN, 0 if abs(fen) >= 1000 * FEN else 2))


def exact(fen: int) -> str:
    """An amount in yuan to the fen, as tables show it.

    >>> exact(-123456)
    '−1,234.56'
    """
    return in_yuan(fen, MINUS)


def money(fen: float) -> str:
    """An amount as one says it: in yuan, or in the catalogue's large unit from one of it on."""
    amount = fen / FEN / float(say("report.large_money.yuan"))
    if abs(amount) < 1:
        return yuan(fen)
    return say("report.large_money", amount=number(amount, 2 if abs(amount) < 10 else 1 if abs(amount) < 1000 else 0))


def table_money(fen: float) -> str:
    """An amount in the unit that the heads of tables name."""
    amount = fen / FEN / float(say("report.table_money.yuan"))
    return number(amount) if abs(amount) >= 10 or fen == 0 else number(amount, 1) if abs(amount) >= 0.05 else _tiny(fen)


def _tiny(fen: float) -> str:
    return say("report.almost_nothing") if fen > 0 else MINUS + say("report.almost_nothing")


def money_unit() -> str:
    return say("report.table_money")


def with_unit(title: str, unit: str) -> str:
    """A column's title with its unit."""
    return say("report.with_unit", title=title, unit=unit)


def percent(share: float, decimals: int = 0) -> str:
    return say("report.percent", amount=number(share * 100, decimals)) if share is not None and not math.isnan(share) else ""


def counted(what: str, count: int) -> str:
    """7 bases, 1 base."""
    return say(f"report.count.{what}.{'one' if count == 1 else 'many'}", count=number(count))


def listed(items: Iterable[str], most: int = 8) -> str:
    """Items in a row; what is beyond ``most`` is counted."""
    names = list(items)
    shown = say("report.separator").join(names[:most])
    return shown if len(names) <= most else say("report.and_more", shown=shown, count=number(len(names) - most))


def heads_below(households: Mapping[str, Any]) -> str:
    """The sentence on people below the poverty line before and after, from ``households`` of summary.json."""
    return say(
        "report.lead.line",
        year=households["line_year"],
        line=number(households["poverty_line_yuan"]),
        before=number(households["persons_below_before"]),
        after=number(households["persons_below_after"]),
    )
