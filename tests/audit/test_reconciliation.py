"""Reconciliation: two months by hand, days outside the horizon, returns, and a roll-forward that closes."""

from __future__ import annotations

from pathlib import Path

import by_hand
import pytest
from counties import FARM, county, with_parts
from planted import books_of as books_in
from rules_tried import RULES, divided

from optimizer.audit.audit import books_of
from optimizer.audit.books import Books, open_books
from optimizer.audit.reconciliation import FIGURES, reconciliation
from optimizer.instance.register import load_register

PAID = by_hand.PAID + (
    "PA,A,dividend,hill,2020-01,196,2019-12-30\n"  # before the first period: counts with it
    "PB,B,dividend,hill,2020-02,100,2020-02-29\n"
    "PC,C,dividend,hill,2020-02,392,2020-09-01\n"  # after the last one: counts with it
)
EVENTS = "payment,event,date,amount_yuan\nPB,returned,2020-03-31,100\nPB,repaid,2020-04-01,60\n"
RECEIPTS = "receipt,sale,received_on,amount_yuan\nR1,S0,2020-01-31,6000\nR2,S0,2020-02-01,4000\nR3,S1,2021-01-01,9000\n"


def rows(books: Books, base: str) -> dict[str, list[int]]:
    frame = reconciliation(books)
    frame = frame[frame["base"] == base].set_index("period")
    return {name: frame[name].tolist() for name in FIGURES}


def test_two_months_by_hand(tmp_path: Path) -> None:
    """Two sales of 10,000 yuan, 26.6 % of each to pots, 1,960 of it due to five households; the rest has no recipient."""
    sold = by_hand.sold("2020-01", "2020-02")
    found = by_hand.books(tmp_path / "county", sales=sold, receipts=RECEIPTS, payments=PAID, payment_events=EVENTS)
    assert rows(found, "hill") == {
        "sales_fen": [1_000_000, 1_000_000, 0, 0, 0, 0],
        "received_fen": [600_000, 400_000, 0, 0, 0, 900_000],
        "households_part_fen": [266_000, 266_000, 0, 0, 0, 0],
        "opening_fen": [0, 176_400, 362_400, 372_400, 366_400, 366_400],
        "due_fen": [196_000, 196_000, 0, 0, 0, 0],
        "paid_fen": [19_600, 10_000, 0, 0, 0, 39_200],
        "returned_fen": [0, 0, 10_000, -6_000, 0, 0],
        "closing_fen": [176_400, 362_400, 372_400, 366_400, 366_400, 327_200],
    }
    assert all(set(figures) == {0} for figures in rows(found, "valley").values())


def test_every_base_rolls_forward(clean: Path) -> None:
    books = books_in(clean)
    frame = reconciliation(books)
    assert (frame["opening_fen"] + frame["due_fen"] - frame["paid_fen"] + frame["returned_fen"] == frame["closing_fen"]).all()
    for _, mine in frame.groupby("base"):
        assert mine["opening_fen"].tolist() == [0, *mine["closing_fen"].tolist()[:-1]]
        assert mine["period"].tolist() == list(books.instance.periods.names)
    sums = frame.sum(numeric_only=True)
    assert sums["due_fen"] == books.due["due_fen"].sum()
    assert sums["paid_fen"] == books.payments["amount_fen"].sum()
    assert sums["sales_fen"] == books.sales["amount_fen"].sum()
    assert frame.groupby("base")["closing_fen"].last().eq(0).all()  # a clean year was paid to the fen


@pytest.mark.parametrize("rule", RULES)
def test_the_households_part_is_what_pots_receive_under_every_rule(rule: str) -> None:
    books = books_of(divided(rule))
    frame, ledger = reconciliation(books), books.actual.ledger
    pots = ledger[ledger["receiver"] == "pot"].groupby("base")["amount_fen"].sum()
    assert frame.groupby("base")["households_part_fen"].sum().to_dict() == pots.to_dict()
    assert frame["due_fen"].sum() == books.due["due_fen"].sum()
    assert frame[["received_fen", "opening_fen", "paid_fen", "returned_fen", "closing_fen"]].isna().all(axis=None)


def test_without_dates_money_moves_in_the_period_it_is_for(tmp_path: Path) -> None:
    """Periods that are only named: a sale of 1,000 yuan in each, 196 due; what is paid for late counts there, whenever it was."""
    instance = county(tmp_path / "farm", with_parts(FARM, households=None, links=None))
    register = tmp_path / "farm" / "register"
    register.mkdir()
    texts = {
        "households": "household,village,persons,status\nA,upper,1,registered\n",
        "links": by_hand.TIED + "A,dividend,hill,1,0,,,\n",
        "sales": by_hand.SALES + "S1,hill,cabbage,early,,1000,1,1000\nS2,hill,cabbage,late,,1000,1,1000\n",
        "receipts": "receipt,sale,received_on,amount_yuan\nR1,S2,2019-01-01,1000\n",
        "payments": by_hand.PAID + "P1,A,dividend,hill,early,196,2020-05-01\nP2,A,dividend,hill,late,150,2019-05-01\n",
        "payment_events": "payment,event,date,amount_yuan\nP1,returned,2020-05-03,196\n",
    }
    for name, text in texts.items():
        (register / f"{name}.csv").write_text(text, encoding="utf-8")
    assert rows(open_books(instance, load_register(instance, register), None), "hill") == {
        "sales_fen": [100_000, 100_000],
        "received_fen": [0, 100_000],
        "households_part_fen": [19_600, 19_600],
        "opening_fen": [0, 19_600],
        "due_fen": [19_600, 19_600],
        "paid_fen": [19_600, 15_000],
        "returned_fen": [19_600, 0],
        "closing_fen": [19_600, 24_200],
    }
