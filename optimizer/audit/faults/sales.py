"""The sales at which faults are planted: each code has its own, so that no two faults meet at one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from optimizer.audit.books import Books
from optimizer.audit.faults.following import fen_of, put, value_of
from optimizer.audit.faults.planting import Tables, nothing_for, yuan

SALE_CODES = ("C01", "C02", "C03", "C06", "C07", "R02", "R03", "R05")
LEAST_FEN = 100_000
"""Smaller sales cannot bear every fault."""


def sale_for(books: Books, code: str, number: int, fits: Callable[[str], bool] = lambda sale: True) -> str:
    """The sale at which a fault is planted: one of the code's own that fits, or any that fits where it has none."""
    sales = books.sales[books.sales["amount_fen"] >= LEAST_FEN]
    order = sorted(sales["sale"], key=hashed)
    own = [sale for sale in order[SALE_CODES.index(code) :: len(SALE_CODES)] if fits(sale)]
    known = own or [sale for sale in order if fits(sale)]
    if not known:
        raise nothing_for(code)
    return known[number % len(known)]


def hashed(name: str) -> bytes:
    """Puts names into an order that has nothing to do with what they name."""
    return hashlib.sha256(name.encode()).digest()


def book(tables: Tables, sale: str, recipient: str, by_fen: int) -> None:
    """Raise (or lower) what is booked of a sale for a kind of party."""
    key = {"sale": sale, "recipient": recipient}
    before = fen_of(value_of(tables, "booked_splits", "amount_yuan", **key))
    put(tables, "booked_splits", key, amount_yuan=yuan(before + by_fen))
