"""docs/instance-format.md is current, and its examples work as written."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

import optimizer
from optimizer.instance.document import Document
from optimizer.instance.documentation import CHANGES, DOCS, TARGET, instance_format
from optimizer.instance.instance import Instance
from optimizer.instance.registry import registry
from optimizer.instance.scenarios import scenarios

FORMAT = (DOCS / TARGET).read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:yaml)?\n(.*?)```", FORMAT, flags=re.DOTALL)


def farm(folder: Path, changes: tuple[str, ...] = ()) -> Instance:
    (folder / "farm").mkdir()
    (folder / "farm" / "instance.yaml").write_text(BLOCKS[0], encoding="utf-8")
    return optimizer.load(folder / "farm", changes=changes)


def test_document_is_current() -> None:
    assert instance_format() == FORMAT, "run python -m optimizer.instance.documentation"


def test_every_table_and_column_is_described() -> None:
    for table in registry().values():
        section = FORMAT.split(f"### {table.name}\n")[1].split("\n### ")[0]
        assert all(f"| `{column}` |" in section for column in table.columns)


def test_farm_is_short() -> None:
    assert len(BLOCKS[0].splitlines()) < 40


def test_farm_solves_to_what_can_be_reckoned_by_hand(tmp_path: Path) -> None:
    """A mu of cabbage brings 4 t at 1120 less 900 and 8 days, one of potato 2 t at 2420 less 700 and 5 days.

    The cap leaves 30 mu to each. 25 mu of cabbage fill the first tier; beyond it a mu brings 4 * 720 - 900 = 1980, more
    than its 8 days at 100 if they are hired. 30 mu of potato take 150 days of autumn, 30 mu of cabbage 240 of spring,
    40 of them hired: 100 * 1120 + 20 * 720 - 27000 - 4000 + 60 * 2420 - 21000 = 219600.
    """
    assert optimizer.solve(farm(tmp_path)).objective_yuan == pytest.approx(219_600)


@pytest.mark.parametrize("change", CHANGES)
def test_changes_of_the_examples_work(change: str, tmp_path: Path) -> None:
    assert f"--set '{change}'" in FORMAT
    assert farm(tmp_path, (change,)).changes == (change,)


def test_possible_years_of_the_example_are_two(tmp_path: Path) -> None:
    """Potatoes yield 0.7 x 0.9 of 2000 kg in the drought, a cabbage 0.7 of 4000, as the text says."""
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "instance.yaml").write_text(BLOCKS[0] + BLOCKS[1], encoding="utf-8")
    usual, drought = scenarios(optimizer.load(tmp_path / "farm"))[::-1]
    assert (usual.name, usual.probability, drought.label) == ("usual", Fraction(2, 3), "A dry summer")
    yields = drought.instance.table("yields").set_index("product")["yield_kg_per_mu"]
    assert yields.to_dict() == pytest.approx({"cabbage": 2800.0, "potato": 1260.0})


def test_split_of_the_example_is_one() -> None:
    split = yaml.load(BLOCKS[2], Loader=yaml.BaseLoader)["split"]
    document = Document.model_validate({"title": "Example", "periods": ["year"], "split": split})
    assert document.split[0].name == "example_49_49_2"


def test_settings_named_in_the_document_exist() -> None:
    section = FORMAT.split("## Settings")[1].split("##")[0]
    for path in re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", section):
        model = Document.model_fields["settings"].annotation
        first, _, second = path.partition(".")
        if first in model.model_fields and second:
            assert second in model.model_fields[first].annotation.model_fields, path
