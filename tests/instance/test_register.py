"""The register of households and payments: what may lie in its folder, what is refused, what is hidden."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from counties import FARM, SPLIT, county, with_parts
from hypothesis import given, settings
from hypothesis import strategies as st

import optimizer
from optimizer.audit.limits import Limits, limits_of
from optimizer.instance.register import Register, load_register
from optimizer.problems import InputError

from .registers import BROKEN, DOCUMENT, PAYMENTS, SOUND, broken, column, refused, register_in, same, write

# --- what a register is


def test_sound_register_takes_the_place_of_the_plans_tables(tmp_path: Path) -> None:
    found = register_in(tmp_path, replace={"register/households.csv": [["A,upper,1,1,1000", "A,upper,1,1,1234"]]})
    assert column(found, "households", "income_before_yuan") == [1234, 9000, 3000]
    assert column(found, "links", "kind") == ["dividend", "dividend", "dividend", "wage"]  # FARM has no wage
    assert column(found, "payments", "payment") == ["Z1", "Z2", "Z3", "Z4"]
    assert column(found, "payments", "amount_yuan") == [10.5, 21, 42, 50]
    assert (len(found.set_aside), found.notes) == (0, ())
    assert {"members", "payments", "lanes"} <= found.given
    assert not {"shares", "sales"} & found.given
    assert set(found.hashes) == {"instance.yaml", *(Path(name).name for name in SOUND)}
    assert [file.name for file in found.files["payments"]] == ["payments.csv"]


def test_what_the_register_does_not_hold_is_the_plans(tmp_path: Path) -> None:
    found = register_in(tmp_path, remove=["register/households.csv", "register/links.csv"])
    assert column(found, "households", "persons") == [1, 2, 4]
    assert column(found, "links", "kind") == ["dividend"] * 3
    assert found.instance.files["links"] == "instance.yaml"


def test_a_table_without_rows_was_kept_and_one_that_is_not_there_was_not(tmp_path: Path) -> None:
    found = register_in(tmp_path, write={"register/receipts.csv": "receipt,sale,received_on,amount_yuan\n"})
    assert "receipts" in found.given
    assert "bank_lines" not in found.given


def test_without_a_register_only_the_plan_speaks(tmp_path: Path) -> None:
    plan = county(tmp_path, FARM)
    found = load_register(plan)
    assert found.given == {name for name, table in plan.tables.items() if len(table)}
    assert found.hashes == plan.hashes


def test_an_instances_folder_as_register_gives_that_instances_register(tmp_path: Path) -> None:
    plan = county(tmp_path / "plan", DOCUMENT)
    other = tmp_path / "other"
    register_in(other, replace={"register/households.csv": [["1,1000", "1,1234"]]})
    assert column(load_register(plan, other), "households", "income_before_yuan") == [1234, 9000, 3000]
    assert column(load_register(plan, other / "register"), "households", "income_before_yuan") == [1234, 9000, 3000]


def test_the_plans_own_folder_as_register_keeps_its_policy(tmp_path: Path) -> None:
    register_in(tmp_path)
    plan = optimizer.load(tmp_path, changes=("households[household=A].persons=2",))
    assert load_register(plan, tmp_path).instance.policy == plan.policy != "default"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_register(county(tmp_path, FARM), tmp_path / "nowhere")
    assert caught.value.lines == (
        f"{tmp_path}/nowhere: found no such folder; expected a folder of register tables, or an instance's folder",
    )


# --- what is refused


@pytest.mark.parametrize("entry", BROKEN, ids=[entry["name"] for entry in BROKEN])
def test_broken_register_is_refused_with_every_problem_and_nothing_else(entry: dict[str, Any], tmp_path: Path) -> None:
    says = refused(tmp_path, **broken(entry))
    assert list(says) == entry["says"]
    assert not [line for line in says if not line.isprintable() or IDENTITY in line or ACCOUNT in line]


def test_household_division_by_need_needs_incomes(tmp_path: Path) -> None:
    lines = {"poverty_lines": [{"year": 2019, "line_yuan": 3000}], "settings": {"poverty_line_year": 2019}}
    plan = county(tmp_path, with_parts(FARM, split={**SPLIT, "household_key": "need"}, **lines))
    write(tmp_path, {"register/households.csv": "household,village,persons\nA,upper,1\nB,upper,2\nC,lower,4\n"})
    with pytest.raises(InputError, match="household_key"):
        load_register(plan)


def test_wrong_name_of_a_limit(tmp_path: Path) -> None:
    good = register_in(tmp_path / "good", write={"register/audit_limits.csv": "limit,value\nlate_days,3\n"})
    assert limits_of(good.instance) == Limits(late_days=3)
    wrong = register_in(tmp_path / "wrong", write={"register/audit_limits.csv": "limit,value\nlate_days,3\nlate_day,4\n"})
    with pytest.raises(InputError, match=r"^audit_limits.csv row 3, limit: found late_day; .*; nearest known name: late_days$"):
        limits_of(wrong.instance)


def test_command_check_lists_the_registers_problems_too(tmp_path: Path) -> None:
    register_in(tmp_path)
    check = [sys.executable, "-m", "optimizer.cli", "check", str(tmp_path)]
    assert subprocess.run(check, capture_output=True).returncode == 0
    (tmp_path / "register" / "exits.csv").write_text("household,exited_on,income_yuan\nA,2020-13-01,1\nD,2020-12-01,1\n", encoding="utf-8")
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[:2] == [
        "exits.csv row 2, exited_on: found 2020-13-01; expected a date such as 2019-06-30",
        "exits.csv row 3, household: found D; expected a known name of households",
    ]


# --- pay lists

SECOND = "payment,household,kind,base,period,amount_yuan,paid_on\nY1,A,wage,hill,early,7,2020-06-30\n"


def with_lists(folder: Path, *lists: str) -> Register:
    """The sound register with these files as pay lists."""
    register_in(folder)
    return load_register(optimizer.load(folder), None, [folder / name for name in lists])


def test_the_same_pay_list_given_twice_is_ignored_with_a_note(tmp_path: Path) -> None:
    write(tmp_path, {"paid/copy.csv": SOUND[PAYMENTS]})
    found = with_lists(tmp_path, PAYMENTS, PAYMENTS, "paid/copy.csv")
    assert found.notes == (
        "payments.csv has the same content as payments.csv and was ignored",
        "copy.csv has the same content as payments.csv and was ignored",
    )
    assert column(found, "payments", "payment") == ["Z1", "Z2", "Z3", "Z4"]


def test_two_pay_lists_are_joined_in_whichever_order_they_are_named(tmp_path: Path) -> None:
    write(tmp_path, {"paid/second.csv": SECOND})
    one, other = with_lists(tmp_path, PAYMENTS, "paid/second.csv"), with_lists(tmp_path, "paid/second.csv", PAYMENTS)
    assert column(one, "payments", "payment") == ["Y1", "Z1", "Z2", "Z3", "Z4"]
    assert column(one, "payments", "_file") == ["second.csv"] + ["payments.csv"] * 4
    pd.testing.assert_frame_equal(one.instance.table("payments"), other.instance.table("payments"))


def test_a_key_in_two_pay_lists_names_the_other_file_and_row(tmp_path: Path) -> None:
    write(tmp_path, {"paid/second.csv": SECOND + "Z2,A,wage,hill,late,7,2020-12-30\n"})
    with pytest.raises(InputError) as caught:
        with_lists(tmp_path, PAYMENTS, "paid/second.csv")
    assert caught.value.lines == ("second.csv row 3, payment: found Z2; expected one row for this key; payments.csv row 3 has it as well",)


def test_a_period_that_is_no_settlement_is_told_with_its_own_pay_list(tmp_path: Path) -> None:
    write(tmp_path, {"paid/second.csv": SECOND.replace("early", "year")})
    with pytest.raises(InputError, match=r"^second\.csv row 2, period: found year; .* nearest known name: early$"):
        with_lists(tmp_path, PAYMENTS, "paid/second.csv")


def test_different_pay_lists_of_one_file_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"more/payments.csv": SECOND})
    with pytest.raises(InputError, match=r"payments\.csv: found another file of this name; expected pay lists whose file names differ"):
        with_lists(tmp_path, PAYMENTS, "more/payments.csv")


def test_named_pay_lists_take_the_place_of_the_registers(tmp_path: Path) -> None:
    write(tmp_path, {"register/payments.csv": "payment\nrubbish", "paid/second.csv": SECOND})
    assert column(with_lists(tmp_path, "paid/second.csv"), "payments", "payment") == ["Y1"]


def test_every_pay_list_that_is_not_there_is_told_with_all_else(tmp_path: Path) -> None:
    write(tmp_path, {"register/exits.csv": "household,exited_on,income_yuan\nD,2020-12-01,1\n"})
    with pytest.raises(InputError) as caught:
        load_register(county(tmp_path, FARM), None, [tmp_path / "a.csv", tmp_path])
    expected = "a CSV file with the columns of table payments"
    assert caught.value.lines == (
        f"{tmp_path}: found no such file; expected {expected}",
        f"{tmp_path}/a.csv: found no such file; expected {expected}",
        "exits.csv row 2, household: found D; expected a known name of households",
    )


# --- identity and account numbers

IDENTITY, ACCOUNT = "11010519491231002X", "6222020012345678841"
"""The first is an example of GB 11643-1999, annex A: a woman born on 31 December 1949."""

PLAIN: dict[str, Any] = {
    "replace": {
        "register/members.csv": [
            ["id_hash", "id_number"],
            ["1949-12-31,", f"1949-12-31,{IDENTITY}"],
            ["1980-02-29,", f"1980-02-29,{IDENTITY}"],
        ],
        "register/accounts.csv": [["bank,holder", "number,holder"], ["A,rural", f"A,{ACCOUNT}"], ["B,rural", "B,"]],
    }
}
SALT = "0123456789abcdef"


def sealed_with(folder: Path, salt: str, encoding: str = "utf-8") -> Register:
    write(folder, {"register/salt.txt": salt}, encoding)
    return register_in(folder, **PLAIN)


def test_plain_numbers_are_hashed_and_their_last_digits_kept(tmp_path: Path) -> None:
    found = sealed_with(tmp_path, SALT + "\n")
    seal = hashlib.blake2b(IDENTITY.encode(), digest_size=16, key=SALT.encode()).hexdigest()
    assert column(found, "members", "id_hash") == [seal, seal, "", "", "", "", ""]
    assert column(found, "members", "id_tail") == ["2X", "2X", "", "", "", "", ""]
    assert column(found, "members", "id_check") == ["valid", "birth_date", "", "", "", "", ""]
    assert column(found, "members", "id_number") == [""] * 7
    account = hashlib.blake2b(ACCOUNT.encode(), digest_size=16, key=SALT.encode()).hexdigest()
    assert column(found, "accounts", "number_hash") == [account, "", ""]
    assert column(found, "accounts", "number_tail") == ["8841", "", ""]
    assert column(found, "accounts", "number") == [""] * 3


def test_no_plain_number_is_left_anywhere(tmp_path: Path) -> None:
    found = sealed_with(tmp_path, SALT)
    everything = repr(found) + "".join(table.to_csv() for table in found.instance.tables.values())
    assert IDENTITY not in everything
    assert ACCOUNT not in everything
    assert SALT not in everything


def test_one_salt_gives_the_same_hashes_and_another_gives_others(tmp_path: Path) -> None:
    one, again, other = (sealed_with(tmp_path / str(i), salt) for i, salt in enumerate((SALT, SALT, SALT + "x")))
    assert column(one, "members", "id_hash") == column(again, "members", "id_hash")
    assert not set(column(one, "members", "id_hash")) & set(column(other, "members", "id_hash")) - {""}


def test_a_salt_may_have_a_mark_of_its_encoding_and_be_as_long_as_a_key(tmp_path: Path) -> None:
    found = [sealed_with(tmp_path / way, "x" * 64 + "\r\n", way) for way in ("utf-8", "utf-8-sig")]
    assert column(found[0], "members", "id_hash") == column(found[1], "members", "id_hash")


def test_hashes_need_no_salt(tmp_path: Path) -> None:
    found = register_in(tmp_path, replace={"register/members.csv": [["1949-12-31,", "1949-12-31,abc123"]]})
    assert column(found, "members", "id_hash")[0] == "abc123"


# --- files as they come


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk", "gb18030"])
def test_encoding_changes_nothing(encoding: str, tmp_path: Path) -> None:
    plain = register_in(tmp_path)
    write(tmp_path, SOUND, encoding)
    found = load_register(optimizer.load(tmp_path), None, [tmp_path / PAYMENTS])
    assert column(found, "members", "name")[0] == "赵一"
    same(plain, found)


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    shuffled = {}
    for name, text in SOUND.items():
        header, *rows = text.splitlines(keepends=True)
        random.shuffle(rows)
        shuffled[name] = "".join([header, *rows])
    same(register_in(tmp_path_factory.mktemp("sound")), register_in(tmp_path_factory.mktemp("shuffled"), write=shuffled))
