"""The shares beside what was booked. hledger's automated postings are reckoned here in exact fractions."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given as given_
from hypothesis import strategies as st
from one_base import BASE, COMPANY, VILLAGE, one_base, rule

from optimizer.household.distribution import Distribution
from optimizer.report.ledger.given import planned_input
from optimizer.report.ledger.hledger import decimal, is_finite, theory_file

RULE = re.compile(r"^= (\S+)\n((?:    .*\n)+)", re.MULTILINE)
ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \* \((\S+)\) .*\n((?:    .*\n)+)", re.MULTILINE)


def differences(text: str) -> dict[tuple[str, str], Fraction]:
    """What ``hledger --auto`` posts, by document and account."""
    rules = [(re.compile(query, re.IGNORECASE), re.findall(r"    \((\S+)\)  \*(-?[\d.]+)\n", body)) for query, body in RULE.findall(text)]
    found: dict[tuple[str, str], Fraction] = {}
    for document, body in ENTRY.findall(text):
        postings = re.findall(r"    (\S+)  (-?[\d.]+) (?:CNY|FEN)\n", body)
        assert sum(Fraction(amount) for _, amount in postings) == 0
        for account, amount in postings:
            for query, made in rules:
                for name, factor in made if query.search(account) else ():
                    found[document, name] = found.get((document, name), Fraction(0)) + Fraction(amount) * Fraction(factor)
    return found


def test_the_example_s_exact_shares() -> None:
    exact = {"Company": "2940.00294", "Pot-Dividend": "1960.00196", "Base": "4900.0049", "Village": "200.0002"}
    booked = {"Company": "2940.01", "Pot-Dividend": "1960.00", "Base": "4900.00", "Village": "200.00"}
    expected = {("S1", f"Difference:{name}"): Fraction(booked[name]) - Fraction(exact[name]) for name in exact}
    assert differences(theory_file(one_base())) == expected


def test_a_false_share_stands_out() -> None:
    false = one_base({"company": 293_901, "pot": 196_000, "base": 490_000, "collective": 20_100})
    assert differences(theory_file(false))["S1", "Difference:Village"] == Fraction("0.9998")


@pytest.mark.parametrize("unit", ["yuan", "fen"])
def test_no_difference_reaches_a_fen_per_level(tiny: Distribution, unit: str) -> None:
    found = differences(theory_file(replace(planned_input(tiny), unit=unit)))
    assert len(found) == 8 * 4
    assert max(map(abs, found.values())) < (Fraction("0.02") if unit == "yuan" else 2)


def test_a_share_without_end_is_left_to_the_recheck() -> None:
    thirds = rule({**COMPANY, "of_which": [{"to": "households", "share": "1/3"}]}, BASE, VILLAGE)
    text = theory_file(one_base(split=thirds))
    assert "; households.dividend: 49/300 of the whole" in text
    assert {name for _, name in differences(text)} == {"Difference:Base", "Difference:Village"}


@given_(st.integers(0, 10**9), st.integers(0, 12), st.integers(0, 12))
def test_a_decimal_is_exact(numerator: int, twos: int, fives: int) -> None:
    share = Fraction(numerator, 2**twos * 5**fives)
    assert is_finite(share)
    assert Fraction(decimal(share)) == share


def test_thirds_have_no_end() -> None:
    assert not is_finite(Fraction(1, 3))
    assert not is_finite(Fraction(1, 30))


def test_no_word_becomes_a_rule_or_an_entry() -> None:
    evil = "x) y\n= .*\n    (Z)  *1\n2020-01-01 z ; tag:"
    given = one_base(title=evil, rules={evil: rule()}, rule_names={"2020-09": evil})
    given = replace(given, ledger=given.ledger.assign(document=evil), sales=given.sales.assign(sale=evil))
    starts = [line[0] for line in theory_file(given).splitlines() if line]
    honest = [line[0] for line in theory_file(one_base()).splitlines() if line]
    assert [start for start in starts if start != ";"] == [start for start in honest if start != ";"]
