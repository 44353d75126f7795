"""Whom to visit: anyone draws the same again, payments taken back are left out, and a verdict waits for every answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted import books_of as books_in

from optimizer.audit.audit import books_of
from optimizer.audit.books import Books
from optimizer.audit.visits import Visits, visits
from optimizer.household.distribution import Distribution
from optimizer.texts import say

SIZE = 12


@pytest.fixture(scope="module")
def books(clean: Path) -> Books:
    return books_in(clean)


def with_table(books: Books, name: str, table: pd.DataFrame) -> Books:
    instance = replace(books.instance, tables={**books.instance.tables, name: table})
    return replace(books, register=replace(books.register, instance=instance))


def drawn(books: Books, seed: str = "1", size: int = SIZE) -> Visits:
    found = visits(books, size, seed)
    assert found is not None
    return found


def asked(books: Books, payments: list[str], less_fen: int = 0) -> Books:
    """The books with every one of these payments confirmed, each short by so many fen."""
    paid = books.payments.set_index("payment")["amount_fen"]
    table = pd.DataFrame({"payment": payments, "channel": "visit", "received_yuan": [(paid[name] - less_fen) / 100 for name in payments]})
    table = table.assign(confirmed_on=pd.NaT, sample="", _row=np.arange(len(table)) + 2)
    return with_table(books, "confirmations", table)


def open_sentences(found: Visits) -> int:
    beginnings = [say(f"audit.visits.{name}") for name in ("stratified", "monetary")]
    return sum(any(sentence.startswith(f"{beginning}:") for beginning in beginnings) for sentence in found.sentences)


def test_the_same_seed_draws_the_same_and_another_others(books: Books) -> None:
    first, again, other = drawn(books), drawn(books), drawn(books, seed="2")
    pd.testing.assert_frame_equal(first.stratified, again.stratified)
    pd.testing.assert_frame_equal(first.monetary.chosen, again.monetary.chosen)
    assert first.sentences == again.sentences
    assert set(first.stratified["payment"]) != set(other.stratified["payment"])
    assert first.monetary.start_fen != other.monetary.start_fen
    assert (first.seed, other.seed) == ("1", "2")


def test_the_draw_does_not_hang_on_the_order_of_the_pay_list(books: Books) -> None:
    turned = with_table(books, "payments", books.table("payments").iloc[::-1])
    pd.testing.assert_frame_equal(drawn(turned).stratified, drawn(books).stratified)
    pd.testing.assert_frame_equal(drawn(turned).monetary.chosen, drawn(books).monetary.chosen)


def test_the_size_is_what_was_asked_for_but_one_for_each_stratum(books: Books) -> None:
    strata = 4 * books.payments["base"].nunique()
    assert [len(drawn(books, size=size).stratified) for size in (1, strata, 20, 10**6)] == [strata, strata, 20, len(books.payments)]


def test_every_payment_drawn_stands_on_the_sheet_of_its_village(books: Books) -> None:
    found = drawn(books)
    village = books.table("households").set_index("household")["village"]
    for name, chosen in (("stratified", found.stratified), ("monetary", found.monetary.chosen)):
        sheets = found.sheets[name]
        assert sorted(payment for sheet in sheets.values() for payment in sheet["payment"]) == sorted(chosen["payment"])
        assert all(village[household] == place for place, sheet in sheets.items() for household in sheet["household"])


def test_payments_taken_back_are_not_drawn(books: Books) -> None:
    table = books.table("payments")
    line = table.iloc[0]
    back = {**line.to_dict(), "payment": "BACK", "amount_yuan": -line["amount_yuan"], "reverses": line["payment"], "_row": 9999}
    made = with_table(books, "payments", pd.concat([table, pd.DataFrame([back])], ignore_index=True))
    every = drawn(made, size=10**6)
    assert len(every.stratified) == len(table) - 1
    assert not {line["payment"], "BACK"} & {*every.stratified["payment"], *every.monetary.chosen["payment"]}


def test_a_verdict_appears_only_when_all_drawn_were_asked(books: Books) -> None:
    found = drawn(asked(books, []))
    both = sorted({*found.stratified["payment"], *found.monetary.chosen["payment"]})
    only_stratified = sorted(set(found.stratified["payment"]))
    assert open_sentences(found) == len(found.sentences) == 2
    assert f"0 of {len(found.stratified)}" in found.sentences[0]
    assert open_sentences(drawn(asked(books, both))) == 0
    assert len(drawn(asked(books, both)).sentences) == 2
    assert open_sentences(drawn(asked(books, only_stratified))) == 1
    assert len(drawn(asked(books, only_stratified)).sentences) == 2
    one_lacks = drawn(asked(books, [name for name in both if name != only_stratified[0]])).sentences
    assert f"{len(found.stratified) - 1} of {len(found.stratified)}" in one_lacks[0]
    assert len(one_lacks) == 2


def test_the_verdict_says_what_is_missing(books: Books) -> None:
    every = books.payments["payment"].tolist()
    clean, short = (drawn(asked(books, every, less)).sentences for less in (0, 100))
    assert clean != short
    assert f"-{len(every):,}.00" in short[0] or f"{len(every):,}.00" in short[0]  # 1.00 yuan of each payment


def test_nobody_is_visited_where_nothing_was_paid(books: Books, tiny: Distribution) -> None:
    assert visits(books_of(tiny)) is None
    assert visits(with_table(books, "payments", books.table("payments").assign(amount_yuan=0.0))) is None
