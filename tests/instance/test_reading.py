"""Files as planners' machines write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from optimizer.instance.instance import Instance
from optimizer.instance.raw import RawInstance
from optimizer.instance.reading_csv import careful_columns, quick_columns
from optimizer.problems import InputError, Problem

Farm = Callable[..., Instance]
DEMAND = "market,product,period,quantity_t,price_yuan_per_kg\n城镇,cabbage,spring,100,1.20\n"
CHINESE = {"instance.yaml": [["town", "城镇"]]}
NO_POLICY = {"instance.yaml": [["town", "城镇"], ["where: product=potato", "where: product=cabbage"]]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_encoding_of_a_table(encoding: str, farm: Farm) -> None:
    found = farm(replace=NO_POLICY, write={"demand.csv": {"text": DEMAND, "encoding": encoding}})
    assert found.table("demand")["market"].tolist() == ["城镇"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends(ends: str, farm: Farm) -> None:
    found = farm(replace=NO_POLICY, write={"demand.csv": {"text": DEMAND.replace("\n", ends)}})
    assert found.table("demand")["_row"].tolist() == [2]


def test_document_with_a_mark_and_windows_line_ends(farm: Farm) -> None:
    text = "title: A\r\nperiods: [year]\r\nproducts: [{product: leek}]\r\nbases: [{base: b}]\r\n"
    found = farm(write={"instance.yaml": {"text": text, "encoding": "utf-8-sig"}}, remove=["demand.csv"])
    assert found.universe("products") == ("leek",)


def test_blank_rows_are_passed_over_and_counted(farm: Farm) -> None:
    found = farm(replace={"demand.csv": [["town,potato", "\n,,,,,\ntown,potato"]]})
    assert found.table("demand")["_row"].tolist() == [2, 3, 6]


def test_spaces_around_cells_do_not_matter(farm: Farm) -> None:
    found = farm(replace={"demand.csv": [["town,potato", " town , potato\u3000"]]})
    assert found.table("demand")["product"].tolist()[-1] == "potato"


def test_letters_composed_in_another_way_are_the_same_name(farm: Farm) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    found = farm(replace={"instance.yaml": [["town", composed]], "demand.csv": [["town", decomposed]]})
    assert set(found.table("demand")["market"]) == {composed}


def test_list_of_names_in_a_cell(farm: Farm) -> None:
    found = farm(replace={"instance.yaml": [["of: each product", "of: [cabbage, potato]"]]})
    assert found.table("rules")["of"].tolist() == ["cabbage potato"]


def test_files_are_told_apart_by_their_hashes(farm: Farm) -> None:
    assert set(farm().hashes) == {"instance.yaml", "demand.csv"}


def test_other_files_may_lie_in_the_folder(farm: Farm) -> None:
    farm(write={"README.md": {"text": "# A farm"}, "make_tables.py": {"text": "raise SystemExit"}})


def test_one_place_is_told_once() -> None:
    twice = [Problem("demand.csv", 2, "tier", "x", expected) for expected in ("a", "b")]
    assert InputError(twice).lines == ("demand.csv row 2, tier: found x; expected a",)


# --- large tables ----------------------------------------------------------------------------------------------


def both_ways(text: str) -> tuple[list[list[object]] | None, list[list[object]]]:
    quick = quick_columns(text)
    careful = careful_columns(RawInstance("x", None), "x.csv", text)  # type: ignore[arg-type]
    return (None if quick is None else plain(quick)), plain(careful)


def plain(columns: tuple[list[str], list[np.ndarray], np.ndarray]) -> list[list[object]]:
    header, cells, rows = columns
    return [list(header), *(column.tolist() for column in cells), rows.tolist()]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a,b\n1,2\n3,4",
        "a,b\r\n1,2\r\n",
        'a,b\n"x, y","say ""z"""\n',
        "a,b\n1,2\n,\n3,4\n",
        "a,b\n01,NA\n1e3,nan\n",
        " a ,b\n",
    ],
)
def test_quick_way_reads_what_the_careful_way_reads(text: str) -> None:
    quick, careful = both_ways(text)
    assert quick == careful


@pytest.mark.parametrize(
    "text",
    ["a,b\n1\n", "a,b\n1,2,3\n", "a,b\n1,2\n\n3,4\n", 'a,b\n"x\ny",2\n', 'a,b\n"x,2\n', "a,b\r1,2\r", 'a,b,c\n"1,2",3\n', ""],
)
def test_quick_way_gives_up_where_lines_and_rows_may_differ(text: str) -> None:
    assert quick_columns(text) is None


def test_short_row_of_a_large_table_is_found(farm: Farm) -> None:
    rows = "".join(f"H{number},east,3\n" for number in range(9000))
    text = "household,village,persons\n" + rows + "H9000,east\n"
    village = {"instance.yaml": "villages: [{village: east}]\n"}
    with pytest.raises(InputError, match=r"^households.csv row 9002: found 2 cells; expected 3 cells as in the first line$"):
        farm(write={"households.csv": {"text": text}}, append=village)
