"""Broken rows of a register set aside: exactly those and what depends on them, listed with their reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.problems import InputError

from .registers import BROKEN, PAYMENTS, aside, broken, column, refused, register_in, same


def test_broken_rows_are_left_out_and_listed_and_the_rest_loads(tmp_path: Path) -> None:
    wrong = {"replace": {PAYMENTS: [["10.5", "10.505"], ["50,2020-12-01", "fifty,2020-13-01"]], "register/members.csv": [["C4,C", "C4,D"]]}}
    found = register_in(tmp_path, True, **wrong)
    assert found.set_aside.to_dict("list") == {
        "file": ["members.csv", "payments.csv", "payments.csv", "payments.csv"],
        "row": [8, 2, 5, 5],
        "column": ["household", "amount_yuan", "amount_yuan", "paid_on"],
        "found": ["D", "10.505", "fifty", "2020-13-01"],
        "expected": [
            "a known name of households",
            *["a number from -10000000000 to 10000000000 yuan, written like 1234.56, with at most 2 decimals"] * 2,
            "a date such as 2019-06-30",
        ],
    }
    assert column(found, "payments", "payment") == ["Z2", "Z3"]
    assert column(found, "members", "person") == ["A1", "B1", "B2", "C1", "C2", "C3"]


def test_nothing_is_set_aside_of_a_sound_register(tmp_path: Path) -> None:
    same(register_in(tmp_path / "strict"), register_in(tmp_path / "lenient", True))


def test_what_depends_on_a_household_set_aside_goes_with_it(tmp_path: Path) -> None:
    found = register_in(tmp_path, True, replace={"register/households.csv": [["C,lower,4,2", "C,lower,4,5"]]})
    assert aside(found) == [
        ("households.csv", 4, "workers"),
        ("links.csv", 4, "household"),
        ("links.csv", 5, "household"),
        *(("members.csv", row, "household") for row in (5, 6, 7, 8)),
    ]
    assert column(found, "households", "household") == ["A", "B"] == list(found.instance.universe("households"))


def test_a_household_whose_people_are_all_set_aside_goes_with_them_and_with_its_ties_in_the_plan(tmp_path: Path) -> None:
    wrong = {"replace": {"register/members.csv": [["A1,A,赵一,female", "A1,A,赵一,woman"]]}}
    found = register_in(tmp_path, True, remove=["register/households.csv", "register/links.csv"], **wrong)
    assert aside(found) == [
        ("members.csv", 2, "sex"),
        ("instance.yaml", 1, "household"),
        ("accounts.csv", 2, "household"),
    ]  # the household and its link stand in one line of the plan's file, and are one place
    assert column(found, "households", "household") == ["B", "C"]
    assert column(found, "links", "household") == ["B", "C"]


def test_second_row_of_a_key_is_set_aside_and_the_first_one_stays(tmp_path: Path) -> None:
    found = register_in(tmp_path, True, append={PAYMENTS: "Z1,A,dividend,hill,year,99,2020-12-01,K1\n"})
    assert aside(found) == [("payments.csv", 6, "payment")]
    assert column(found, "payments", "amount_yuan") == [10.5, 21, 42, 50]


def test_lines_with_another_number_of_cells_are_set_aside(tmp_path: Path) -> None:
    wrong = {
        "replace": {"register/members.csv": [["B1,B,钱二,male,1980-02-29,,,", "B1,B"]]},
        "append": {PAYMENTS: "Z5,A,1,2,3,4,5,6,7,8\n"},
    }
    found = register_in(tmp_path, True, **wrong)
    assert aside(found) == [("members.csv", 3, ""), ("payments.csv", 6, "")]
    assert len(found.instance.table("members")) == 6
    assert len(found.instance.table("payments")) == 4


def test_a_household_in_a_line_set_aside_is_not_known_any_more(tmp_path: Path) -> None:
    found = register_in(tmp_path, True, replace={"register/households.csv": [["A,upper,1,1,1000", "A,upper"]]})
    assert aside(found) == [
        ("households.csv", 2, ""),
        *((file, 2, "household") for file in ("links.csv", "members.csv", "accounts.csv")),
    ]


def test_checks_resume_once_broken_rows_are_out(tmp_path: Path) -> None:
    found = register_in(
        tmp_path, True, append={"register/due_dates.csv": "wage,year,soon\n"}, replace={PAYMENTS: [["hill,late,50", "hill,year,50"]]}
    )
    assert aside(found) == [("due_dates.csv", 3, "due_on"), ("payments.csv", 5, "period")]


WHOLE_FILES = (
    "table_of_the_plan", "unknown_table", "unknown_column", "missing_column", "misspelt_required_column",
    "quote_never_closed", "semicolons", "bytes_of_no_text", "plain_numbers_without_a_salt", "rent_of_more_land_than_there_is",
)  # fmt: skip


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_what_is_wrong_with_a_whole_file_cannot_be_set_aside(name: str, tmp_path: Path) -> None:
    entry = next(entry for entry in BROKEN if entry["name"] == name)
    says = refused(tmp_path, True, **broken(entry))
    assert list(says) == entry["says"]


def test_every_twentieth_row_broken_is_listed_at_once_and_left_out_exactly(tmp_path: Path) -> None:
    numbers = range(1, 401)
    places = {number: ("amount_yuan", "x") for number in numbers if number % 20 == 0}
    places |= {7: ("base", "hall"), 47: ("period", "year"), 87: ("paid_on", "2020-02-30"), 127: ("period", "*"), 167: ("kind", "gift")}
    header = ("payment", "household", "kind", "base", "period", "amount_yuan", "paid_on")
    rows = []
    for number in numbers:
        cells = {"payment": f"Q{number:03d}", "household": "ABC"[number % 3], "kind": "wage", "base": "hill", "period": "early",
                 "amount_yuan": f"{number}.25", "paid_on": "2020-06-01"}  # fmt: skip
        cells |= dict([places[number]]) if number in places else {}
        rows.append(",".join(cells[column] for column in header))
    entry = {"write": {PAYMENTS: "\n".join([",".join(header), *rows]) + "\n"}}
    expected = [("payments.csv", number + 1, column) for number, (column, _) in sorted(places.items())]
    with pytest.raises(InputError) as caught:
        register_in(tmp_path / "strict", **entry)
    assert [(problem.file, problem.row, problem.column) for problem in caught.value.problems] == expected
    found = register_in(tmp_path / "lenient", True, **entry)
    assert sorted(aside(found)) == expected
    assert column(found, "payments", "amount_yuan") == [number + 0.25 for number in numbers if number not in places]
