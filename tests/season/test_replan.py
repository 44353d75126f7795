"""The rest of a season planned again, against figures worked out by hand for the county of instances/tiny."""

from __future__ import annotations

from pathlib import Path

import pytest
from counties import TINY
from stored_plans import Kept, kept, replanned, total

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.household.figures import chain_accounts
from optimizer.problems import InputError, NoPlan, Problem
from optimizer.program.plan import Plan
from optimizer.season.done import read_done

HEAD = "kind,base,land_class,activity,product,period,market,channel,tier,origin,from,to,node,quantity\n"
NOTHING_DONE = HEAD


@pytest.fixture(scope="module")
def plan(tiny: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept(tiny, tmp_path_factory.mktemp("kept") / "result")


def margin_fen(plan: Plan) -> int:
    return sum(chain_accounts(optimizer.distribute(plan)).values())


def with_changes(tiny: Distribution, plan: Kept, *changes: str) -> Kept:
    return kept(tiny, plan.folder, optimizer.load(TINY, changes=changes))


def test_with_nothing_new_the_plan_stays_as_it_is(plan: Kept, tiny: Distribution, tmp_path: Path) -> None:
    again = replanned(plan, tmp_path, NOTHING_DONE, "late")
    for kind in ("area", "rented", "harvest", "ship", "sell", "work"):
        assert total(again, kind) == pytest.approx(total(tiny.plan, kind), abs=1e-6), kind
    assert margin_fen(again) == 51995000


def test_a_bad_harvest_is_sold_where_it_earns_most(plan: Kept, tmp_path: Path) -> None:
    # 10 t less at hill are 10 t less in near's second tier: 519950 - 10 * (855 - 100) = 512400
    again = replanned(plan, tmp_path, HEAD + "harvest,hill,,,cabbage,early,,,,,,,,110\n")
    assert total(again, "harvest", base="hill", product="cabbage") == 110
    assert total(again, "sell", origin="hill", product="cabbage", tier=2) == 10
    assert margin_fen(again) == 51240000
    assert any("late" in note for note in again.notes)


def test_new_prices_move_only_what_is_still_open(plan: Kept, tiny: Distribution, tmp_path: Path) -> None:
    # In late potato falls to 1.00 at near, where 2 t earn 2*950 - 100 = 1800 a mu: planted in early, it stands. Radish at far
    # falls to 1.00: 5*0.8*950 - 1250 - 1600 - 0 = 950 a mu of late land, still planted. In early nothing changes.
    dearer = with_changes(
        tiny, plan, "demand[product=potato].price_yuan_per_kg=1.00", "demand[market=far;product=radish].price_yuan_per_kg=1.00",
        "settings.participation.base=none",
    )  # fmt: skip
    again = replanned(dearer, tmp_path, NOTHING_DONE, "late")
    assert total(again, "area", activity="grow_potato") == 50
    assert total(again, "area", activity="grow_radish") == 45
    # 100 t of potato lose 1400 yuan each and 80 t of radish 1000, less 5 % of fees
    assert margin_fen(again) == 51995000 - (14000000 + 8000000) * 95 // 100
    anew = optimizer.distribute(optimizer.solve(dearer.instance))
    assert total(anew.plan, "area", activity="grow_potato") < 50


def test_land_is_not_planted_where_it_no_longer_pays(plan: Kept, tiny: Distribution, tmp_path: Path) -> None:
    # radish at far for 0.70: 5*0.8*665 - 1250 - 1600 = -190 a mu, so that only near's 25 mu are planted; the lease of valley's
    # 90 mu stands. 519950 - 20 * (4*1900 - 1250 - 1600) = 519950 - 95000
    cheap = with_changes(tiny, plan, "demand[market=far;product=radish].price_yuan_per_kg=0.70")
    again = replanned(cheap, tmp_path, NOTHING_DONE, "late")
    assert total(again, "area", activity="grow_radish") == 25
    assert total(again, "rented", base="valley") == 90
    assert margin_fen(again) == 51995000 - 9500000


def test_sums_over_names_that_are_left_blank_are_kept(plan: Kept, tmp_path: Path) -> None:
    # all cabbage together 300 t of the 312 planned; the cheapest sale goes first, by tier
    again = replanned(plan, tmp_path, HEAD + "sell,,,,cabbage,early,,,,,,,,300\nharvest,,,,cabbage,early,,,,,,,,350\n")
    assert total(again, "sell", product="cabbage") == pytest.approx(300, abs=1e-9)
    assert total(again, "harvest", product="cabbage") == pytest.approx(350, abs=1e-9)


def test_planting_is_a_fact_and_names_the_first_open_period(plan: Kept, tmp_path: Path) -> None:
    again = replanned(plan, tmp_path, HEAD + "area,valley,field,grow_potato,,,,,,,,,,25\n")
    assert total(again, "area", base="valley", activity="grow_potato") == 25
    assert total(again, "sell", origin="valley", product="potato") == 50
    assert "late" in again.notes[0]


def test_what_cannot_have_been_names_the_row_and_what_could(plan: Kept, tmp_path: Path) -> None:
    # 30 mu of 4 t each are planted at hill: 120 t
    with pytest.raises(NoPlan) as error:
        replanned(plan, tmp_path, HEAD + "harvest,hill,,,cabbage,early,,,,,,,,121\narea,hill,field,grow_cabbage,,,,,,,,,,30\n")
    told = [line for line in error.value.lines if "done.csv row 2" in line]
    assert len(told) == 1 and "121 t" in told[0] and "120 t" in told[0]


def test_rules_that_what_was_done_leaves_no_way_to_keep_are_named(plan: Kept, tmp_path: Path) -> None:
    # 35 of hill's 50 mu are above the cap of 0.6
    with pytest.raises(NoPlan, match="one_crop_cap"):
        replanned(plan, tmp_path, HEAD + "area,hill,field,grow_cabbage,,,,,,,,,,35\narea,hill,field,grow_potato,,,,,,,,,,15\n")


def test_bases_that_plan_alone_are_not_replanned(plan: Kept, tiny: Distribution, tmp_path: Path) -> None:
    alone = with_changes(tiny, plan, "settings.planting=alone")
    with pytest.raises(InputError, match="together"):
        replanned(alone, tmp_path, NOTHING_DONE, "late")


def test_a_sale_the_instance_no_longer_knows_matters_only_where_it_is_past(plan: Kept, tiny: Distribution, tmp_path: Path) -> None:
    closed = with_changes(tiny, plan, "demand[market=far;product=radish].quantity_t=0")
    again = replanned(closed, tmp_path, NOTHING_DONE, "late")
    assert total(again, "sell", market="far", product="radish") == 0
    gone = with_changes(tiny, plan, "demand[market=far;product=cabbage].quantity_t=0")
    with pytest.raises(InputError, match=r"sales\.csv"):
        replanned(gone, tmp_path, NOTHING_DONE, "late")


# --- the file


def problems(plan: Kept, place: Path, text: str, begin: str | None = None) -> list[Problem]:
    file = place / "done.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_done(file, plan.program, begin)
    assert all("\n" not in str(problem) for problem in error.value.problems)
    return list(error.value.problems)


@pytest.mark.parametrize(
    ("row", "column", "nearest"),
    [
        ("sel,hill,,,cabbage,early,,,,,,,,1", "kind", "sell"),
        ("sell,hil,,,cabbage,early,,,,,,,,1", "origin", "hill"),
        ("sell,hill,,,cabage,early,,,,,,,,1", "product", "cabbage"),
        ("sell,hill,,,cabbage,erly,,,,,,,,1", "period", "early"),
        ("sell,hill,,,cabbage,early,,,7,,,,,1", "tier", ""),
        ("sell,hill,field,,cabbage,early,,,,,,,,1", "land_class", ""),
        ("sell,hill,,,cabbage,early,,,,,,,,", "quantity", ""),
        ("sell,hill,,,cabbage,early,,,,,,,,-1", "quantity", ""),
        ("sell,hill,,,cabbage,early,,,,,,,,1e400", "quantity", ""),
        ("sell,hill,,,cabbage,early,,,,,,,,1.0005", "quantity", ""),
        ("area,hill,field,grow_cabbage,,,,,,,,,,1.005", "quantity", ""),
        ("sell,hill,,,radish,early,,,,,,,,1", "", ""),
        ("=1+1,hill,,,radish,early,,,,,,,,1", "kind", ""),
    ],
)
def test_every_mistake_in_a_row_has_its_place(plan: Kept, tmp_path: Path, row: str, column: str, nearest: str) -> None:
    (problem,) = problems(plan, tmp_path, HEAD + row + "\n")
    assert (problem.file, problem.row, problem.column, problem.nearest) == ("done.csv", 2, column, nearest)


def test_all_mistakes_are_told_at_once(plan: Kept, tmp_path: Path) -> None:
    rows = "sel,,,,,,,,,,,,,1\nsell,hil,,,cabage,early,,,,,,,,x\nharvest,hill,,,cabbage,early,,,,,,,,5,6\n"
    found = problems(plan, tmp_path, HEAD + rows, "lat")
    assert [(problem.file, problem.row) for problem in found] == [("--from", None), *[("done.csv", n) for n in (2, 3, 3, 3, 4)]]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", ""), ("kind;quantity\n", ""), ("kind,qantity\nsell,1\n", "qantity"), ("kind,kind,quantity\n", "kind"),
        ("quantity\n1\n", "kind"), ("product,quantity\ncabbage,1\n", "kind"),
    ],
)  # fmt: skip
def test_a_wrong_first_line_is_told(plan: Kept, tmp_path: Path, text: str, column: str) -> None:
    found = problems(plan, tmp_path, text, "late")
    assert all(problem.row == 1 for problem in found)
    assert column in {problem.column for problem in found}


def test_a_file_that_is_not_there_or_no_text(plan: Kept, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv"):
        read_done(tmp_path / "none.csv", plan.program, "late")
    (tmp_path / "bytes.csv").write_bytes(b"kind,quantity\n\x00\xff\n")
    with pytest.raises(InputError, match=r"bytes\.csv"):
        read_done(tmp_path / "bytes.csv", plan.program, "late")


def test_a_fact_of_an_open_period_and_one_said_twice_are_refused(plan: Kept, tmp_path: Path) -> None:
    late = "sell,hill,,,potato,late,,,,,,,,1\n"
    (problem,) = problems(plan, tmp_path, HEAD + late, "late")
    assert (problem.row, problem.column) == (2, "period")
    twice = "harvest,hill,,,cabbage,early,,,,,,,,1\nharvest,hill,,,cabbage,,,,,,,,,2\n"
    (problem,) = problems(plan, tmp_path, HEAD + twice, "late")
    assert problem.row == 3


def test_without_a_period_it_must_be_said_from_when_on(plan: Kept, tmp_path: Path) -> None:
    (problem,) = problems(plan, tmp_path, NOTHING_DONE)
    assert problem.file == "--from"


def test_sets_and_the_words_of_the_result_files_are_understood(plan: Kept, tmp_path: Path) -> None:
    file = tmp_path / "done.csv"
    first = "harvest,,,,whites,early,,,,,,,,360\nship,hill,,,cabbage,early,,,,,hill,near,,120\n"
    rows = first + "sell,,,,cabbage,early,in_province,,,hill,,,,120\n"
    file.write_text(HEAD + rows, encoding="utf-8-sig")
    done = read_done(file, plan.program)
    assert [len(fact.columns) for fact in done.facts] == [2, 1, 2]
    assert done.begin == 1
