"""The page of a comparison: offline, the same bytes each time, nothing of an instance read as markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import plotly.graph_objects as go
import pytest
from comparisons import many, outcome, small

from optimizer.instance.instance import Instance
from optimizer.policy.comparison import Comparison, Outcome
from optimizer.policy.difference import waterfall
from optimizer.report.compare.labels import Labels, folder_name
from optimizer.report.compare.page import comparison_page, sections_of
from optimizer.report.compare.sections_opening import sentences
from optimizer.report.compare.sections_pairs import MOST_POLICIES, data
from optimizer.report.compare.sections_tradeoffs import undominated
from optimizer.report.page import plotly_js
from optimizer.report.parts import Chart, Points, Table, Text


class Outside(HTMLParser):
    """Tags and addresses of a page, and its text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] not in (["script"], ["style"]):
            self.text.append(data)


def without_plotly(page: str) -> str:
    return page.replace(plotly_js(), "")


def shown(comparison: Comparison) -> dict[str, Any]:
    return {section.key: section for section in sections_of(comparison)}


def charts(comparison: Comparison) -> dict[str, Chart]:
    return {part.name: part for section in sections_of(comparison) for part in section.parts if isinstance(part, Chart)}


def tables(comparison: Comparison, key: str) -> list[Table]:
    return [part for part in shown(comparison)[key].parts if isinstance(part, Table)]


def words(comparison: Comparison, key: str) -> str:
    parts = shown(comparison)[key].parts
    texts = [part.text for part in parts if isinstance(part, Text)]
    return plain(" ".join([*texts, *(item for part in parts if isinstance(part, Points) for item in part.items)]))


def plain(text: str) -> str:
    """With plain spaces in the place of those that hold a figure and its unit together."""
    return text.replace("\u00a0", " ")


def test_the_same_comparison_gives_the_same_bytes(compared: Comparison, tiny_instance: Instance) -> None:
    again = small(tiny_instance)
    slower = replace(again, outcomes=tuple(replace(o, solve_seconds=9.0) for o in again.outcomes))
    assert comparison_page(compared) == comparison_page(slower)


def test_the_page_opens_offline_and_holds_plotly_once(compared: Comparison) -> None:
    page = comparison_page(compared)
    assert page.count(plotly_js()) == 1
    addresses = Outside(without_plotly(page)).addresses
    assert all(address.startswith(("#", "plans/")) for address in addresses)
    assert not re.search(r"https?://", without_plotly(page))


def test_every_section_is_there(compared: Comparison) -> None:
    keys = ["answers", "policies", "tradeoffs", "crops", "balances", "coordination", "sensitivity", "whole", "pairs"]
    assert list(shown(compared)) == keys


def test_a_comparison_of_one_policy_without_anything_beside_it_still_has_a_page(tiny_instance: Instance) -> None:
    single = Comparison(tiny_instance, (Outcome("default", "", "no plan", why=("No land.",)),))
    assert list(shown(single)) == ["answers", "policies"]
    assert "No land." in comparison_page(single)


def test_nothing_of_an_instance_becomes_markup(evil_compared: Comparison) -> None:
    page = without_plotly(comparison_page(evil_compared))
    parsed = Outside(page)
    assert "<b>bold</b>" not in page
    assert parsed.tags.count("script") == without_plotly(comparison_page(evil_compared)).count("<script")
    assert "alert" not in " ".join(re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL))
    for chart in charts(evil_compared).values():
        for text in strings([chart.data, chart.layout]):
            assert "<script" not in text and "<b>bold" not in text
    found = data(evil_compared, Labels(evil_compared))
    assert not any("<" in text for text in found["ticks"])
    assert any("<script" in text for text in found["words"])  # these the script sets as text


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for part in parts for text in strings(part)]


def test_all_pictures_are_valid(compared: Comparison) -> None:
    for chart in charts(compared).values():
        go.Figure({"data": chart.data, "layout": chart.layout})
        json.dumps(chart.data, allow_nan=False)


def test_the_answers_come_first(tiny_instance: Instance) -> None:
    def with_margin(policy: str, margin: float, gain: float) -> Outcome:
        return Outcome(policy, "", "optimal", figures={"margin_yuan": margin, "household_gain_yuan": gain})

    outcomes = (
        with_margin("default", 90e6, 40e6),
        with_margin("no_diversification", 100e6, 35e6),
        with_margin("uncoordinated", 60e6, 45e6),
        with_margin("coordinated", 95e6, 38e6),
        Outcome("tight", "default", "no plan", why=("Too tight.",)),
    )
    comparison = Comparison(tiny_instance, outcomes)
    said = plain(" ".join(sentences(comparison, Labels(comparison))))
    assert "Diversification costs 10.0 million yuan a year: so much more, 10.0 % of its margin" in said
    assert "households would gain 5.00 million yuan less" in said
    assert "Coordinating the bases earns up to 35.0 million yuan" in said
    assert "The plan in force earns 30.0 million yuan more than uncoordinated planting." in said
    assert "Greatest margin: no diversification, 100.0 million yuan (plan in force: 90.0 million yuan)." in said
    assert "Best for households: uncoordinated, they gain 45.0 million yuan" in said
    assert "tight (no plan is possible): Too tight." in words(comparison, "answers")


def test_a_difference_too_small_to_read_is_no_answer(tiny_instance: Instance) -> None:
    figures = {"margin_yuan": 136e6, "household_gain_yuan": 147e6}
    freed = {"margin_yuan": 136e6 + 59.0, "household_gain_yuan": 147e6 - 40.0}
    outcomes = (Outcome("default", "", "optimal", figures=figures), Outcome("no_diversification", "", "optimal", figures=freed))
    comparison = Comparison(tiny_instance, outcomes)
    said = plain(" ".join(sentences(comparison, Labels(comparison))))
    assert "costs next to nothing: without its rules the chain would earn only 59.00 yuan more." in said
    assert "Without these rules households" not in said
    row = tables(comparison, "policies")[0].rows[1]
    assert [(cell.small, cell.small_tone) for cell in row[1:]] == [("~0", ""), ("~0", "")]


def test_a_policy_without_a_plan_is_a_row_that_says_so(compared: Comparison) -> None:
    (table,) = tables(compared, "policies")
    rows = {row[0].text: row for row in table.rows}
    assert len(table.rows) == len(compared.outcomes)
    assert rows["herbs floor"][0].small == "no plan is possible"
    assert {cell.text for cell in rows["herbs floor"][1:]} == {""}
    assert rows["killed"][0].small == "failed: worker died"
    assert sum(count for _, count in table.groups) == len(table.header)


def test_losses_and_changes_for_the_worse_are_red(tiny_instance: Instance) -> None:
    def made(policy: str, balance: float, unsold: float) -> Outcome:
        return Outcome(policy, "", "optimal", figures={"margin_yuan": 500.0, "company_balance_yuan": balance, "unsold_t": unsold})

    comparison = Comparison(tiny_instance, (made("default", 100.0, 5.0), made("b", -20.0, 9.0), made("c", 150.0, 5.0)))
    (table,) = tables(comparison, "policies")
    worse, better = table.rows[1], table.rows[2]
    balance, unsold = table.header.index("companies"), table.header.index("unsold (t)")
    assert (worse[balance].text, worse[balance].tone, worse[balance].small, worse[balance].small_tone) == ("−20", "loss", "−120", "worse")
    assert (worse[unsold].small, worse[unsold].small_tone) == ("+4.0", "worse")
    assert (better[balance].small, better[balance].small_tone) == ("+50", "")
    assert better[unsold].small == "="


def test_plans_are_linked_where_their_files_are(compared: Comparison) -> None:
    (table,) = tables(compared, "policies")
    assert [row[0].href for row in table.rows[:3]] == ["plans/default/report.html", "plans/no_diversification/report.html", ""]
    curve = charts(compared)["frontier-0"]
    assert curve.data[1]["meta"] == [f"plans/cap-{share}/report.html" for share in (0.25, 0.5, 0.75, 1.0)]
    assert folder_name("../a b:c") == "_a_b_c"


def test_dominated_points_are_hollow_and_off_the_line(compared: Comparison) -> None:
    line, points = charts(compared)["frontier-0"].data
    assert line["x"] == [0.25, 0.5, 1.0]
    assert points["marker"]["color"][2] == "#ffffff"
    assert "No plan is possible for share (one crop cap) at: 10.0 %." in words(compared, "tradeoffs")


def test_undominated_policies_are_told(tiny_instance: Instance) -> None:
    figures = {"a": (5, 1), "b": (4, 3), "c": (4, 2), "d": (1, 4), "e": (0, 4)}
    outcomes = [Outcome(n, "", "optimal", figures={"margin_yuan": m, "household_gain_yuan": g}) for n, (m, g) in figures.items()]
    assert [o.policy for o in undominated(outcomes)] == ["a", "b", "d"]


def test_shares_of_crops_sum_to_all_that_is_planted(compared: Comparison) -> None:
    (table,) = tables(compared, "crops")
    assert len(table.rows) == 5  # those with a plan
    reference = compared.reference
    planted = sum(area.mu for area in reference.areas)
    largest = max({p: sum(a.mu for a in reference.areas if a.product == p) for p in ("cabbage", "potato", "radish")}.values())
    assert f"{100 * largest / planted:.0f}" in [cell.text for cell in table.rows[0][1:-1]]


def test_negative_balances_are_red_and_named(compared: Comparison) -> None:
    (table,) = tables(compared, "balances")
    for row, made in zip(table.rows, Labels(compared).plans, strict=True):
        losing = sum(p.balance_fen < 0 for p in made.parties if p.party in ("company", "base"))
        assert sum(cell.tone == "loss" for cell in row[1:]) == losing


def test_planned_and_realised_stand_side_by_side(compared: Comparison) -> None:
    """Two bases count on 5 million each (less a yuan); 1 million and -1 million come."""
    assert "the bases count on 10.00 million yuan of margin together" in words(compared, "coordination")
    assert "2 of 2 bases earn less" in words(compared, "coordination")
    came, planned = charts(compared)["planned"].data
    unit = Labels(compared).money_unit[0]
    assert came["x"] == pytest.approx([1e6 / unit, (1 - 1e6) / unit], rel=1e-3)
    assert came["marker"]["color"][1] != came["marker"]["color"][0]
    assert len(planned["x"]) == 2


def test_a_season_without_a_price_is_a_gap_in_the_line(compared: Comparison) -> None:
    lines = {line["name"]: line for line in charts(compared)["season-price"].data}
    assert lines["cabbage"]["y"][1] is None


def test_the_tornado_has_the_longest_bar_at_the_top_and_names_missing_ends(compared: Comparison) -> None:
    chart = charts(compared)["tornado"]
    sizes = [max(abs(v) for bar in chart.data[:2] if (v := bar["x"][i]) is not None) for i in range(2)]
    assert sizes[0] >= sizes[1]
    assert "No bar where no plan was found: hire price 80.00 yuan." in words(compared, "sensitivity")
    rows = {row[0].text: row for row in tables(compared, "sensitivity")[0].rows}
    assert plain(rows["cabbage price"][1].text) == "At −7 % other crops pay better. To +20 %: the same crops."
    assert plain(rows["cabbage price"][2].text) == "Any fall brings into loss: base hill. At +10 % in loss: company leading."
    assert rows["hire price"][1].text == "not known"


def test_the_triangle_of_the_rule_in_force_is_filled(compared: Comparison) -> None:
    """Companies need 25 %, bases 37 %, villages get 2 %: 36 % can go to households."""
    triangles = [trace for trace in charts(compared)["whole-0"].data if trace["mode"] == "lines"]
    filled = [trace for trace in triangles if "fill" in trace]
    assert len(triangles) == 7  # the eighth way leaves no room at all
    assert [filled[0]["x"], filled[0]["y"]] == [pytest.approx([0.25, 0.25, 0.61, 0.25]), pytest.approx([0, 0.36, 0, 0])]
    assert "Somebody loses under: points of the whole, gross sales." in words(compared, "whole")


# --- any two policies


def test_every_pair_of_policies_is_worked_out(compared: Comparison) -> None:
    labels = Labels(compared)
    found = data(compared, labels)
    assert len(found["pairs"]) == 7 * 6
    assert found["chosen"] == [0, 5]
    steps = found["pairs"]["0,1"]["steps"]
    expected = waterfall(compared.outcomes[0], compared.outcomes[1])
    unit = labels.money_unit[0] * 100
    assert steps["sizes"] == [round(step.amount_fen / unit, 6) for step in expected]
    assert steps["ends"][0] + sum(steps["sizes"]) == pytest.approx(steps["ends"][1], abs=1e-4)
    assert "steps" not in found["pairs"]["0,3"]  # no plan: only the input is compared
    assert [found["words"][i] for i in found["pairs"]["0,3"]["b"]] == ["rules[name=herbs].share=0.9"]
    why = found["policies"][3]["why"]
    assert found["words"][why].startswith("herbs floor (no plan is possible)")


def test_beyond_forty_policies_only_pairs_with_the_reference_are_held(tiny_instance: Instance) -> None:
    large = many(tiny_instance, MOST_POLICIES + 1)
    found = data(large, Labels(large))
    assert set(found["pairs"]) == {f"0,{i}" for i in range(1, MOST_POLICIES + 1)}
    assert "With more than 40 policies" in words(large, "pairs")
    (table,) = tables(large, "policies")
    assert len(table.rows) == MOST_POLICIES + 1
    names = charts(large)["scatter"].layout["annotations"]
    assert len(names) > MOST_POLICIES / 2


def test_a_change_of_one_party_shows_in_the_pair(tiny_instance: Instance) -> None:
    a = outcome(tiny_instance, "default", 1)
    first = a.parties[0]
    b = replace(a, policy="other", parties=(first._replace(balance_fen=first.balance_fen + 100_000), *a.parties[1:]))
    comparison = Comparison(tiny_instance, (a, b))
    pair = data(comparison, Labels(comparison))["pairs"]["0,1"]
    assert set(pair) == {"a", "b", "parties", "steps"}
    assert len(pair["parties"]["rows"]) == 1
    assert pair["steps"]["sizes"] == []
