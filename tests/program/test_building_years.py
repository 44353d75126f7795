"""A county in another year, built from its program of this year: the same program as one built from nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from counties import county
from rich_county import rich, same, year

from optimizer.instance.factors import TABLES
from optimizer.instance.instance import Instance
from optimizer.program.program import FIGURES, READS_FIGURES, RULES, Program, Rule, build, has_the_same_decisions

FEWEST = [{"name": "few", "rule": "max_bases", "of": "each cabbage", "within": "all", "count": 2}]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Program:
    document = rich(1)
    document["rules"] = [*document["rules"], *FEWEST]
    return build(county(tmp_path_factory.mktemp("rich"), document))


def differs(one: Program, other: Program) -> bool:
    """Whether any figure of two programs differs."""
    if one.columns.count != other.columns.count:
        return True
    rows = any(
        not (np.array_equal(a.rhs, b.rhs) and np.array_equal(a.coefficient, b.coefficient))
        for a, b in zip(one.rows, other.rows, strict=True)
    )
    return rows or not np.array_equal(one.objective("margin"), other.objective("margin"))


WHERE = {"yield": {"base": "lake"}, "price": {"product": "radish"}, "capacity": {"market": "city"}, "lane": {"from": "hill", "to": "depot"}}


def changed(usual: Program, figure: str, factor: float) -> Instance:
    return year(usual.instance, {"figure": figure, "factor": factor, **WHERE.get(figure, {})})


@pytest.mark.parametrize("figure", TABLES)
def test_a_year_built_from_another_equals_one_built_from_nothing(usual: Program, figure: str) -> None:
    """For every figure that a year can change, in some of its rows."""
    other = changed(usual, figure, 0.7)
    assert has_the_same_decisions(other, usual)
    fresh = build(other)
    same(build(other, usual), fresh)
    assert differs(fresh, usual)


@pytest.mark.parametrize("figure", TABLES)
def test_a_factor_of_zero_opens_or_closes_decisions(usual: Program, figure: str) -> None:
    other = changed(usual, figure, 0.0)
    assert not has_the_same_decisions(other, usual)
    if figure in ("yield", "lane"):
        made = build(other, usual)
        same(made, build(other))
        assert differs(made, usual)


def test_a_usual_year_after_a_strange_one(usual: Program) -> None:
    """Back again, several figures at a time."""
    strange = year(usual.instance, *({"figure": figure, "factor": 1.3} for figure in TABLES))
    program = build(strange, usual)
    same(program, build(strange))
    same(build(usual.instance, program), usual)


def test_what_does_not_read_a_figure_that_changed_is_taken_over(usual: Program) -> None:
    made = build(year(usual.instance, {"figure": "yield", "factor": 0.7}), usual)
    anew = {rule for rule in RULES if made.made[rule] is not usual.made[rule]}
    assert anew == {rule for rule, tables in READS_FIGURES.items() if "yields" in tables}
    assert made.columns is usual.columns


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_rule_reads_a_figure_it_is_not_said_to_read(usual: Program, rule: Rule) -> None:
    """Figures of all other tables are taken away."""
    given, read = usual.instance, READS_FIGURES.get(rule, ())
    blind = {name: given.table(name).drop(columns=list(columns)) for name, columns in FIGURES.items() if name not in read}
    rule(replace(given, tables={**given.tables, **blind}), usual.columns)


def test_another_county_is_built_from_nothing(usual: Program, tmp_path: Path) -> None:
    other = county(tmp_path, rich(2))
    assert not has_the_same_decisions(other, usual)


def with_settings(instance: Instance, **changes: object) -> Instance:
    return replace(instance, settings=instance.settings.model_copy(update=changes))


def test_other_settings_are_no_other_year(usual: Program) -> None:
    assert not has_the_same_decisions(with_settings(usual.instance, county_rules=False), usual)
