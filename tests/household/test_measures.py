"""The set of measures in one long table."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest

from optimizer.household.measures import COLUMNS, FORMS, UNITS, form_name, measure_meanings, measure_names, measures

LINE = 100


def households(**columns: list[object]) -> pd.DataFrame:
    """Four households: two below the line of 100 per head, one without a village."""
    frame = pd.DataFrame({
        "household": ["A", "B", "C", "D"], "persons": [2, 1, 1, 4], "village": ["upper", "lower", "lower", None],
        "income_before_fen": [120, 90, 200, 800], "income_planned_fen": [160, 130, 220, 800],
        "income_paid_fen": [160, 90, 220, 800],
        "dividend_fen": [30, 0, 0, 0], "wage_fen": [10, 0, 20, 0], "rent_fen": [0, 0, 0, 0],
    })  # fmt: skip
    return frame.assign(**columns)


def value(table: pd.DataFrame, measure: str, form: str = "", group: str = "all", moment: str = "paid") -> object:
    rows = table[(table["measure"] == measure) & (table["form"] == form) & (table["group"] == group) & (table["moment"] == moment)]
    [found] = rows["value"]
    return found


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return measures(households(), LINE, ["village"])


def test_columns_and_units(table: pd.DataFrame) -> None:
    assert list(table.columns) == COLUMNS
    assert set(table["measure"]) == set(UNITS)
    assert (table["unit"] == table["measure"].map(UNITS)).all()
    assert not table.duplicated(["measure", "form", "group_by", "group", "moment"]).any()


def test_poverty_at_each_moment(table: pd.DataFrame) -> None:
    assert [value(table, "poor", moment=moment) for moment in ("before", "planned", "paid")] == [3, 2, 3]
    assert [value(table, "total_gap", moment=moment) for moment in ("before", "planned", "paid")] == [90, 40, 50]
    assert value(table, "headcount") == 3 / 8
    assert value(table, "mean_income", moment="before") == 1210 / 8


def test_areas_tie_to_gains_and_gap_in_fen(table: pd.DataFrame) -> None:
    for moment in ("planned", "paid"):
        a, b, c, d = (value(table, area, moment=moment) for area in ("gap_closed", "gain_above_line", "gain_of_others", "gap_left"))
        assert all(type(area) is int for area in (a, b, c, d))
        assert a + b + c == value(table, "gains", moment=moment)  # type: ignore[operator]
        assert a + d == value(table, "total_gap", moment="before")  # type: ignore[operator]
    # planned: A gains 40 of its gap of 80, B 10 of 10 and 30 beyond, C 20
    areas = ("gap_closed", "gain_above_line", "gain_of_others", "gap_left")
    assert [value(table, area, moment="planned") for area in areas] == [50, 30, 20, 40]


def test_amounts_in_fen_are_exact(table: pd.DataFrame) -> None:
    assert {type(found) for found in table.loc[table["unit"] == "fen", "value"]} == {int}
    third = measures(households(), Fraction(301, 3))
    assert value(third, "total_gap", moment="before") == 2 * Fraction(301, 3) + Fraction(301, 3) - 210
    assert isinstance(value(measures(households(), Fraction(201, 2)), "total_gap", moment="before"), Fraction)


def test_groups_by_name_and_those_without_one_apart(table: pd.DataFrame) -> None:
    grouped = table[(table["group_by"] == "village") & (table["measure"] == "persons") & (table["moment"] == "before")]
    assert dict(zip(grouped["group"], grouped["value"], strict=True)) == {"lower": 2, "upper": 2, "none": 4}


def test_groups_contribute_what_is_in_all(table: pd.DataFrame) -> None:
    for measure in ("headcount", "poverty_gap", "poverty_severity"):
        parts = table[(table["measure"] == measure) & (table["form"] == "contribution") & (table["moment"] == "paid")]
        assert parts["value"].sum() == pytest.approx(value(table, measure))


def test_within_and_between_groups_add_up(table: pd.DataFrame) -> None:
    for measure in ("theil_t", "mean_log_deviation"):
        assert value(table, measure, "within") + value(table, measure, "between") == pytest.approx(value(table, measure))  # type: ignore[operator]


def test_kinds_take_off_what_poverty_fell_by(table: pd.DataFrame) -> None:
    for measure in ("headcount", "poverty_gap", "poverty_severity"):
        parts = table[(table["measure"] == f"{measure}_drop") & (table["group_by"] == "all")]
        assert list(parts["form"]) == ["dividend", "wage", "rent"]
        assert set(parts["moment"]) == {"paid"}
        fall = value(table, measure, moment="before") - value(table, measure)  # type: ignore[operator]
        assert parts["value"].sum() == pytest.approx(fall)


def test_income_forgone_is_a_kind_of_its_own() -> None:
    less = measures(households(income_paid_fen=[150, 90, 220, 800]), LINE)
    assert value(less, "poverty_gap_drop", "other") == pytest.approx(-10 / 800)


def test_without_payments_the_kinds_lead_to_the_plan() -> None:
    planned = measures(households(dividend_fen=[30, 40, 0, 0]).drop(columns="income_paid_fen"), LINE)
    assert set(planned["moment"]) == {"before", "planned"}
    assert value(planned, "headcount_drop", "dividend", moment="planned") == pytest.approx(1 / 8)


def test_incomes_before_alone() -> None:
    alone = measures(households().drop(columns=["income_paid_fen", "income_planned_fen"]), LINE)
    assert set(alone["moment"]) == {"before"}
    assert "coverage" not in set(alone["measure"])


def test_a_moment_that_is_not_all_known_has_no_rows() -> None:
    paid = pd.array([160, None, 220, 800], dtype="Int64")
    assert set(measures(households(income_paid_fen=paid), LINE)["moment"]) == {"before", "planned"}
    before = pd.array([None, 90, 200, 800], dtype="Int64")
    unknown = measures(households(income_before_fen=before), LINE)
    assert set(unknown["moment"]) == {"planned", "paid"}
    assert "gains" not in set(unknown["measure"])


def test_households_may_count_for_one_each() -> None:
    table = measures(households(), LINE, counted="households")
    assert value(table, "headcount", moment="before") == 1 / 2
    assert set(table.loc[table["measure"] == "poor", "unit"]) == {"households"}


def test_an_empty_register_has_measures_that_are_absent() -> None:
    table = measures(households().head(0), LINE, ["village"])
    everybody = table[table["measure"] != "persons"]
    assert len(everybody)
    assert everybody["value"].isna().all()


def test_the_order_of_households_does_not_matter(table: pd.DataFrame) -> None:
    turned = measures(households().iloc[::-1].reset_index(drop=True), LINE, ["village"])
    keys = ["measure", "form", "group_by", "group", "moment"]
    both = table.merge(turned, on=keys, suffixes=("", "_turned"))
    assert len(both) == len(table) == len(turned)
    assert both["value"].astype(float).to_numpy() == pytest.approx(both["value_turned"].astype(float).to_numpy(), nan_ok=True)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match="village"):
        measures(households().drop(columns="village"), LINE, ["village"])


def test_every_measure_and_form_has_its_text(table: pd.DataFrame) -> None:
    assert set(measure_names()) == set(measure_meanings()) == set(UNITS)
    assert all(form_name(form) for form in set(table["form"]) - {""})
    assert all(form_name(form) for form in FORMS)
    assert form_name("p20") == "poorest 20 %"
    assert form_name("") == ""
