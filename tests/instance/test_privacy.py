"""Identity numbers by the standard, seals and tails, and small groups on public sheets."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.instance.privacy import FAULTS, identity_fault, identity_faults, masked, sealed, suppress_small, tail

SALT = bytes(range(16))

BEIJING = "11010519491231002X"
GUANGDONG = "440524188001010014"
"""The two example numbers of GB 11643-1999, annex A: a woman of Chaoyang, Beijing, and a man of Guangdong."""


# --- identity numbers


@pytest.mark.parametrize(("number", "sex", "born_on"), [(BEIJING, "female", date(1949, 12, 31)), (GUANGDONG, "male", date(1880, 1, 1))])
def test_the_numbers_of_the_standard_are_valid(number: str, sex: str, born_on: date) -> None:
    assert identity_fault(number, sex, born_on) == "valid"
    assert identity_fault(number.lower()) == "valid"


@pytest.mark.parametrize(
    ("number", "sex", "born_on", "fault"),
    [
        ("", "", None, "length"),
        ("110105491231002", "", None, "length"),  # the fifteen digits used before 1999
        (BEIJING + "0", "", None, "length"),
        ("X" + BEIJING[1:], "", None, "length"),
        ("１１０１０５１９４９１２３１００２X", "", None, "length"),  # full-width digits
        ("16010519491231002X", "", None, "region"),  # no province 16
        ("110105194902290026", "", None, "birth_date"),  # 1949 had no 29 February
        ("11010519491331002X", "", None, "birth_date"),
        ("11010500001231002X", "", None, "birth_date"),
        ("110105194912000023", "", None, "birth_date"),
        (BEIJING, "female", date(1949, 12, 30), "birth_date"),
        (BEIJING, "male", date(1949, 12, 31), "sex"),
        (GUANGDONG, "female", None, "sex"),
        ("110105194912310021", "female", None, "check_digit"),
        ("440524188001010041", "", None, "check_digit"),  # two digits exchanged
    ],
)
def test_the_first_fault_is_named(number: str, sex: str, born_on: date | None, fault: str) -> None:
    assert identity_fault(number, sex, born_on) == fault


def test_a_leap_day_is_a_day() -> None:
    assert identity_fault("11010520000229002" + check_digit("11010520000229002")) == "valid"


def check_digit(digits: str) -> str:
    """ISO 7064, MOD 11-2, as the standard's pure system recursion states it, digit by digit."""
    product = 0
    for digit in digits:
        product = (product + int(digit)) * 2 % 11
    return "0123456789X"[(12 - product) % 11]


@given(
    st.sampled_from(["110105", "440524", "520526", "650101", "820000"]),
    st.integers(0, 60_000).map(lambda days: date(1870, 1, 1) + timedelta(days)),
    st.integers(0, 999),
)
def test_every_well_formed_number_is_valid_and_no_single_wrong_digit_is(region: str, born_on: date, order: int) -> None:
    digits = f"{region}{born_on:%Y%m%d}{order:03d}"
    number = digits + check_digit(digits)
    sex = "male" if order % 2 else "female"
    assert identity_fault(number, sex, born_on) == "valid"
    wrong = [number[:i] + other + number[i + 1 :] for i in range(18) for other in "0123456789" if other != number[i]]
    assert "valid" not in set(identity_faults(wrong, [""] * len(wrong), [None] * len(wrong)))


@given(st.lists(st.tuples(st.sampled_from([BEIJING, GUANGDONG, "12", "990105"]), st.sampled_from(["male", "female", ""]))))
def test_a_column_is_judged_as_each_of_its_numbers(rows: list[tuple[str, str]]) -> None:
    together = identity_faults([n for n, _ in rows], [s for _, s in rows], [None] * len(rows))
    assert list(together) == [identity_fault(number, sex) for number, sex in rows]
    assert set(together) <= set(FAULTS)


def test_dates_may_be_text_or_missing() -> None:
    found = identity_faults([BEIJING] * 4, ["female"] * 4, ["1949-12-31", "", pd.NaT, "1949-12-30"])
    assert list(found) == ["valid", "valid", "valid", "birth_date"]


# --- seals, tails, masks


def test_a_seal_is_keyed_blake2b() -> None:
    assert sealed(BEIJING, SALT) == hashlib.blake2b(BEIJING.encode(), digest_size=16, key=SALT).hexdigest()
    assert len(sealed("", SALT)) == 32


def test_a_seal_does_not_depend_on_how_the_number_was_typed() -> None:
    assert sealed(" 110105 19491231 002x\u3000", SALT) == sealed(BEIJING, SALT)


def test_another_salt_gives_another_seal() -> None:
    assert sealed(BEIJING, SALT) != sealed(BEIJING, SALT + b"x")


@pytest.mark.parametrize("salt", [b"", b"short", b"x" * 65])
def test_a_salt_that_could_be_guessed_or_is_too_long_is_refused(salt: bytes) -> None:
    with pytest.raises(ValueError, match="salt"):
        sealed(BEIJING, salt)


@pytest.mark.parametrize(
    ("number", "digits", "shown"), [("6222020012345678841", 4, "8841"), ("12345678", 4, ""), ("12", 2, ""), ("123", 0, "")]
)
def test_a_tail_never_shows_half_of_the_number(number: str, digits: int, shown: str) -> None:
    assert tail(number, digits) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"身份证{BEIJING}。", "身份证" + "*" * 16 + "2X。"),
        ("110105 19491231 002X", "*" * 18 + "2X"),
        ("card 6222 0200 1234 5678 841 of H00001", "card " + "*" * 21 + "41 of H00001"),
        ("call 13800138000", "call " + "*" * 9 + "00"),
        ("paid 653.34 yuan on 2020-09-03, batch 20200903", "paid 653.34 yuan on 2020-09-03, batch 20200903"),
        ("2019-06 2019-07 2019-08", "2019-06 2019-07 2019-08"),
    ],
)
def test_numbers_of_people_are_starred_and_dates_are_not(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(masked(text)) == shown


# --- small groups


def sheet(**households: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"village": list(households), "households": list(households.values()), "paid_fen": [100 * n for n in households.values()]}
    )


def blanked(frame: pd.DataFrame) -> set[str]:
    return set(frame.loc[frame["paid_fen"].isna(), "village"])


@pytest.mark.parametrize(
    ("households", "hidden"),
    [
        ({"a": 20, "b": 9, "c": 7}, set()),
        ({"a": 20, "b": 4, "c": 7}, {"b", "c"}),  # b could be had from the total
        ({"a": 20, "b": 4, "c": 3}, {"b", "c"}),
        ({"a": 20, "b": 1, "c": 2, "d": 30}, {"b", "c", "a"}),  # b and c together are three households
        ({"a": 3}, {"a"}),
        ({"a": 7, "b": 3, "c": 7}, {"a", "b"}),  # the next smallest by name
        ({"a": 5, "b": 5}, set()),
        ({"a": 0, "b": 9}, set()),
    ],
)
def test_small_groups_and_what_would_betray_them_are_blank(households: dict[str, int], hidden: set[str]) -> None:
    shown = suppress_small(sheet(**households), "village", ["paid_fen"], 5)
    assert blanked(shown) == hidden
    assert shown["paid_fen"].dtype == "Int64"


def test_rows_of_households_are_counted_by_name() -> None:
    rows = pd.DataFrame({"village": ["a"] * 6 + ["b"] * 5, "household": ["H1"] * 6 + list("ABCDE"), "paid_fen": range(11), "kind": "rent"})
    shown = suppress_small(rows, "village", ["paid_fen", "kind"], 5)
    assert shown[["paid_fen", "kind"]].isna().all(axis=None)
    assert rows.notna().all(axis=None)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8), st.integers(1, 8))
def test_nothing_about_fewer_households_can_be_reckoned_from_the_total(counts: list[int], least: int) -> None:
    frame = sheet(**{f"v{i}": n for i, n in enumerate(counts)})
    shown = suppress_small(frame, "village", ["paid_fen"], least)
    hidden = frame["village"].isin(blanked(shown))
    count = frame["households"]
    assert not (~hidden & (count > 0) & (count < least)).any()
    rest = int(count[hidden].sum())
    others = int((~hidden & (count > 0)).sum())
    assert rest == 0 or others == 0 or (rest >= least and hidden.sum() >= 2)
    assert np.array_equal(shown.loc[~hidden, "paid_fen"].to_numpy(dtype=int), frame.loc[~hidden, "paid_fen"].to_numpy())


def test_a_hash_is_shown_whole_and_a_number_beside_it_is_not() -> None:
    digest = "1234567890123456" * 3 + "123456789012345f"
    assert masked(f"{digest} 110105194912310021") == f"{digest} {'*' * 16}21"
    assert masked("1" * 64) == "*" * 62 + "11"  # digits alone may be numbers run together
