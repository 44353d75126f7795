"""What every household may gain over all years, held against the division of each year by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.household.distribution import distribute
from optimizer.program.live import Live
from optimizer.program.recourse import first_stage, in_year
from optimizer.season.seasons import season_of

TINY = Path(__file__).parent.parent.parent / "instances" / "tiny" / "instance.yaml"
YEARS = """
scenarios: [{scenario: usual, probability: 3/4}, {scenario: cheap, probability: 1/4}]
scenario_factors: [{scenario: cheap, figure: price, factor: "0.05"}]
"""
PERSONS, LINE = {"H1": 4, "H2": 5, "H3": 6, "H4": 3, "H5": 2}, 15_000
BEFORE = {"H1": 10_000, "H2": 20_000, "H3": 12_000, "H4": 15_000, "H5": 5_000}


def test_gains_of_households_are_those_of_the_years(tmp_path: Path) -> None:
    """The county worked out by hand, in its own prices in three years of four and at a twentieth of them in the fourth."""
    (tmp_path / "instance.yaml").write_text(TINY.read_text(encoding="utf-8") + YEARS, encoding="utf-8")
    line = f"poverty_lines[year=2019].line_yuan={LINE}"  # so that some are below it in one year and not in the other
    changes = ("settings.risk.measure=expected", "settings.participation.base=none", "settings.participation.company=none", line)
    found = optimizer.distribute(optimizer.solve(optimizer.load(tmp_path, changes=changes)))
    season, plan = season_of(found), found.plan
    assert season is not None and plan.uncertain is not None
    divided = {s.name: distribute(in_year(s.instance, first_stage(plan), Live(), f))
               for s, f in zip(plan.uncertain.scenarios, plan.uncertain.floors, strict=True)}  # fmt: skip
    gains = {name: of.households.set_index("household")["gain_fen"] / 100 for name, of in divided.items()}
    table = season.household_gains.set_index("household")
    assert set(table.index) == set(PERSONS)  # H6 has no tie
    assert (gains["cheap"][list(PERSONS)] < gains["usual"][list(PERSONS)]).any()
    for household, row in table.iterrows():
        usual, cheap = gains["usual"][household], gains["cheap"][household]
        assert row["expected_gain_yuan"] == pytest.approx(0.75 * usual + 0.25 * cheap, abs=0.006), household
        assert (row["worst_gain_yuan"], row["best_gain_yuan"]) == (min(usual, cheap), max(usual, cheap)), household
        below = [(BEFORE[household] + gain) / PERSONS[household] < LINE for gain in (usual, cheap)]
        assert row["share_of_years_below"] == 0.75 * below[0] + 0.25 * below[1], household
    assert set(table["share_of_years_below"]) == {0, 0.25, 1}
    villages = {year.scenario: year.villages.set_index("village") for year in season.years}
    for name, of in divided.items():
        linked = of.households[of.households["linked"]]
        poor = linked[linked["income_after_fen"] < linked["persons"] * LINE * 100]
        assert villages[name]["persons_below"].sum() == poor["persons"].sum(), name
        assert villages[name]["households_below"].sum() == len(poor), name
