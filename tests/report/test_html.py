"""The page: offline, the same bytes each time, nothing of an instance read as markup, no section without data."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import plotly.graph_objects as go
import pytest

from optimizer.report.charts import escaped, to_json
from optimizer.report.contents import Report
from optimizer.report.html import sections_of, to_html
from optimizer.report.naming import Names
from optimizer.report.page import plotly_js
from optimizer.report.parts import Cell, Chart, Table
from optimizer.report.sections.split import left_after_costs
from optimizer.texts import catalogue


class Tags(HTMLParser):
    """Collects tags, addresses and text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.opened: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.opened.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        while self.opened and self.opened.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" not in self.opened and "style" not in self.opened:
            self.text.append(data)


def without_plotly(page: str) -> str:
    return page.replace(plotly_js(), "")


def charts(report: Report) -> dict[str, Chart]:
    return {part.name: part for section in sections_of(report) for part in section.parts if isinstance(part, Chart)}


def tables_of(report: Report, key: str) -> list[Table]:
    section = next(s for s in sections_of(report) if s.key == key)
    return [part for part in section.parts if isinstance(part, Table)]


def test_the_same_report_gives_the_same_bytes(tiny_report: Report) -> None:
    assert to_html(tiny_report) == to_html(tiny_report)


def test_the_page_asks_for_nothing_from_the_network(tiny_report: Report) -> None:
    page = to_html(tiny_report)
    assert page.count(plotly_js()) == 1
    assert all(address.startswith("#") for address in Tags(without_plotly(page)).addresses)
    assert "default-src 'none'" in page


def test_sections_come_in_the_order_a_meeting_needs(tiny_report: Report) -> None:
    keys = [section.key for section in sections_of(tiny_report)]
    assert keys == [
        "plan",
        "land",
        "markets",
        "money",
        "split",
        "parties",
        "participation",
        "crops",
        "households",
        "oversupply",
        "limits",
        "why",
        "solved",
    ]


def test_names_are_never_read_as_markup(evil_report: Report) -> None:
    page = to_html(evil_report)
    tags = Tags(without_plotly(page)).tags
    blocks = len(re.findall(r'<script type="application/json"', page))
    assert tags.count("script") == blocks + 2  # plotly and the few lines that draw
    assert "<b>bold" not in page
    assert "<script>alert" not in page


def test_plotly_gets_entities_instead_of_tags(evil_report: Report) -> None:
    for chart in charts(evil_report).values():
        text = json.dumps([chart.data, chart.layout], ensure_ascii=False)
        assert "<b>" not in text and "<script" not in text
        assert "%{x}" not in json.dumps([trace.get("hovertemplate", "") for trace in chart.data]).replace("%{x:", "")
    assert any("&lt;b&gt;" in json.dumps(chart.data) for chart in charts(evil_report).values())


def test_json_cannot_end_its_script() -> None:
    text = to_json({"name": "</script><!-- & \u2028"})
    assert "<" not in text and "&" not in text and "\u2028" not in text
    assert json.loads(text) == {"name": "</script><!-- & \u2028"}


def test_escaped_keeps_the_text() -> None:
    assert escaped("a < b & c") == "a &lt; b &amp; c"


def test_every_chart_is_one_plotly_knows(tiny_report: Report) -> None:
    for chart in charts(tiny_report).values():
        data = json.loads(to_json(chart.data))
        for trace in data:
            for part in (trace.get("node", {}), trace.get("link", {})):
                part.pop("sort", None)  # younger than the oldest plotly that is allowed
                part.pop("align", None)
        go.Figure({"data": data, "layout": chart.layout})


def test_money_flows_are_conserved(tiny_report: Report) -> None:
    trace = charts(tiny_report)["money"].data[0]
    labels = [str(text) for text in trace["node"]["customdata"]]
    came, went = [0.0] * len(labels), [0.0] * len(labels)
    for source, target, value in zip(trace["link"]["source"], trace["link"]["target"], trace["link"]["value"], strict=True):
        went[source] += value
        came[target] += value
    through = [(a, b, label) for a, b, label in zip(came, went, labels, strict=True) if a and b]
    sales, parties = through[0], through[1:4]
    assert sales[0] == pytest.approx(sales[1]) == pytest.approx(1_096_000)
    assert all(a == pytest.approx(b) for a, b, _ in parties)
    households = next(
        a for a, b, label in zip(came, went, labels, strict=True) if label.startswith(catalogue()["report.parties.households"])
    )
    assert households == pytest.approx(214_816 + 148_000 + 92_000)  # dividends, wages and rent, as worked out by hand


def test_flows_carry_the_tonnes_sold(tiny_report: Report) -> None:
    link = charts(tiny_report)["flows"].data[0]["link"]
    assert sum(link["value"]) == pytest.approx(tiny_report.distribution.sales["kg"].sum() / 1000)


def test_nodes_stay_inside_their_figure(tiny_report: Report) -> None:
    for name in ("flows", "money"):
        node = charts(tiny_report)[name].data[0]["node"]
        assert all(0 < place < 1 for place in (*node["x"], *node["y"]))


def test_incomes_count_every_person(tiny_report: Report) -> None:
    before, after = charts(tiny_report)["incomes"].data
    persons = tiny_report.distribution.households["persons"].sum()
    assert sum(before["y"]) == persons and sum(after["y"][:-1]) == persons


def test_both_readings_of_both_bases_stand_side_by_side(tiny_report: Report) -> None:
    (shown,) = tables_of(tiny_report, "split")
    assert len(shown.rows) == 4
    assert shown.rows[0][0].tone == "strong"
    losses = [row[0].text for row in shown.rows if any(cell.tone == "loss" for cell in row)]
    assert losses == [catalogue()["report.split.points.gross"]]  # 9 % of the sales cannot pay freight and fees


def test_what_is_left_in_force_is_the_balance(tiny_report: Report) -> None:
    parties = tiny_report.distribution.parties
    for party in ("company", "base"):
        balance = parties.loc[parties["party"] == party, "balance_fen"].sum()
        assert left_after_costs(tiny_report, tiny_report.summary["split"], party) == balance


def test_insolvency_is_said_in_words(tiny_report: Report) -> None:
    page = to_html(tiny_report)
    assert catalogue()["report.all_solvent"] in page
    section = next(s for s in sections_of(tiny_report) if s.key == "participation")
    assert section.parts[0].tone == "bad"  # type: ignore[union-attr]
    assert any(cell.tone == "loss" for row in tables_of(tiny_report, "participation")[0].rows for cell in row)


def test_nothing_pays_is_said_and_nothing_is_shown_as_zero(empty_report: Report) -> None:
    keys = [section.key for section in sections_of(empty_report)]
    assert catalogue()["report.nothing_pays"] in to_html(empty_report)
    assert not {"land", "markets", "money", "crops", "oversupply"} & set(keys)


def test_a_county_without_split_and_households_has_no_such_sections(plain_report: Report) -> None:
    keys = [section.key for section in sections_of(plain_report)]
    assert keys == ["plan", "land", "markets", "money", "oversupply", "limits", "why", "solved"]
    assert not {"flows"} & set(charts(plain_report))  # one base and one market need no picture
    assert "calendar" not in [part.kind for part in sections_of(plain_report)[1].parts]  # one period needs none either


def test_the_reader_sees_no_gaps_of_the_program(tiny_report: Report, empty_report: Report, plain_report: Report) -> None:
    for report in (tiny_report, empty_report, plain_report):
        words = " ".join(Tags(without_plotly(to_html(report))).text).split()
        assert not {"nan", "NaN", "None", "inf", "<NA>", "NaT"} & set(words)


def test_colours_are_the_same_wherever_a_product_appears(tiny_report: Report) -> None:
    names = Names(tiny_report.instance)
    assert len({names.colour(p) for p in tiny_report.instance.universe("products")}) == 3
    calendars = [part for part in sections_of(tiny_report)[1].parts if part.kind == "calendar"]
    used = {row.label.removeprefix("grow "): row.colour for calendar in calendars for row in calendar.rows}  # type: ignore[union-attr]
    assert used == {p: names.colour(p) for p in used}


def test_a_crop_over_the_year_is_drawn_to_its_end(tiny_report: Report) -> None:
    calendars = [part for part in sections_of(tiny_report)[1].parts if part.kind == "calendar"]
    rows = {row.label: row for row in calendars[0].rows}  # type: ignore[union-attr]
    potato = rows["grow potato"].bars
    assert [(bar.start, bar.span, bar.harvest) for bar in potato] == [(1, 1, False), (2, 1, True)]


def test_a_heat_map_is_readable_in_grey() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    shades = [Cell("", shade=i / 10) for i in range(11)]
    greys = [grey(cell.colour) for cell in shades]
    assert greys == sorted(greys, reverse=True)
    for cell, light in zip(shades, greys, strict=True):
        assert abs((255 if cell.is_dark else 31) - light) > 90


def test_every_figure_of_money_is_in_the_unit_of_its_caption(tiny_report: Report) -> None:
    unit = catalogue()["report.table_money"]
    assert all(unit in tables_of(tiny_report, key)[0].caption for key in ("split", "parties", "participation"))
