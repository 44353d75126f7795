"""The audit's page: its verdict, what it hides, and that nothing of a file is read as markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
from audits import ACCOUNT, EVIL, IDENTITY, missing

from optimizer.audit.audit import Audit
from optimizer.audit.statement import BROKEN, Level
from optimizer.report.audit.labels import css_text, running_head
from optimizer.report.audit.page import audit_page, sections
from optimizer.report.audit.sections_findings import MOST_FINDINGS
from optimizer.report.audit.tables import tables
from optimizer.report.naming import Names
from optimizer.report.page import plotly_js
from optimizer.report.parts import Cases, Section, Table, Text
from optimizer.texts import say


def found(audit: Audit) -> dict[str, Section]:
    return {section.key: section for section in sections(audit, Names(audit.books.instance), tables(audit))}


def texts(section: Section) -> list[str]:
    return [part.text for part in section.parts if isinstance(part, Text)]


def a_table(section: Section, place: int = 0) -> list[list[str]]:
    return [[cell.text for cell in row] for row in [p for p in section.parts if isinstance(p, Table)][place].rows]


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text.replace(plotly_js(), ""))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def with_aside(audit: Audit, cell: str) -> Audit:
    """The audit as if a broken row of the register had been set aside."""
    aside = pd.DataFrame([("members.csv", 7, "born_on", cell, "a day")], columns=["file", "row", "column", "found", "expected"])
    return replace(audit, books=replace(audit.books, register=replace(audit.books.register, set_aside=aside)))


def test_the_first_thing_is_the_verdict_and_that_figures_are_planned(planned: Audit, underpaid: Audit) -> None:
    assert list(found(planned))[:2] == ["statement", "findings"]
    assert say("audited.planned_sentence") in texts(found(planned)["statement"])
    assert say("audited.label.planned") in audit_page(planned)
    assert say("audited.planned_sentence") not in audit_page(underpaid)


def test_a_grave_finding_is_in_the_verdict(underpaid: Audit, audited: Callable[..., Audit]) -> None:
    assert say("audited.verdict.stopped") in texts(found(underpaid)["statement"])[0]
    assert say("audited.verdict.clear") in texts(found(audited())["statement"])[0]


def test_a_level_that_does_not_hold_is_shown_with_its_difference(underpaid: Audit) -> None:
    broken = replace(underpaid, statement=(Level("buyers", 100_00, (("received", 99_99),), BROKEN), *underpaid.statement[1:]))
    row = a_table(found(broken)["statement"])[0]
    assert row == ["1. From buyers", "BROKEN", "received 99.99", "100.00", "99.99", "0.01"]
    assert "From buyers" in texts(found(broken)["statement"])[0]


def test_a_level_that_was_not_checked_has_no_difference(planned: Audit) -> None:
    row = a_table(found(planned)["statement"])[0]
    assert row[1] == "not checked" and row[-2:] == ["", ""]


def test_rows_set_aside_are_told_on_top_and_in_the_margin(planned: Audit) -> None:
    audit = with_aside(planned, "yesterday")
    assert any("set aside" in text for text in texts(found(audit)["statement"]))
    assert css_text("Rows set aside as broken") in running_head(audit.books)
    assert "yesterday" in audit_page(audit)


def test_words_of_files_are_never_read_as_markup(audited: Callable[..., Audit]) -> None:
    audit = with_aside(audited(found=[missing(says=EVIL)]), EVIL)
    page = audit_page(audit)
    tags = Tags(page).tags
    assert tags.count("script") == page.count('<script type="application/json"') + 2  # plotly and what draws with it
    assert "<b>" not in page.replace(plotly_js(), "") and "&lt;b&gt;bold" in page


def test_numbers_of_cards_are_starred(audited: Callable[..., Audit]) -> None:
    audit = with_aside(audited(found=[missing(says=f"card {ACCOUNT}")]), IDENTITY)
    page = audit_page(audit)
    assert ACCOUNT not in page and IDENTITY not in page
    assert "card *****************41" in page


def test_the_gravest_findings_are_shown_and_the_rest_counted(audited: Callable[..., Audit]) -> None:
    many = [missing(f"H{i}", fen=i) for i in range(MOST_FINDINGS + 5)]
    section = found(audited(found=many))["findings"]
    cases = next(part for part in section.parts if isinstance(part, Cases)).items
    assert len(cases) == MOST_FINDINGS
    assert cases[0].remark == say("audited.risk_and_state", risk=say("audited.at_risk", amount="2.04"), state="open")
    assert say("audited.more_findings", shown=MOST_FINDINGS, count="5") in texts(section)


def test_a_settled_finding_comes_last_with_its_reason(audited: Callable[..., Audit]) -> None:
    audit = audited(found=[missing("H1", 9_00), missing("H2", 5)])
    settled = audit.findings["fen_at_risk"] == 9_00
    findings = audit.findings.assign(
        state=audit.findings["state"].mask(settled, "explained"), decided_by=settled.map({True: "Li", False: ""}), reason="paid in cash"
    )
    cases = next(part for part in found(replace(audit, findings=findings))["findings"].parts if isinstance(part, Cases)).items
    assert [case.tone for case in cases] == ["bad", ""]
    assert any("paid in cash" in text for _, text in cases[1].lines)


def test_what_was_not_checked_is_listed_with_the_reason(planned: Audit) -> None:
    rows = {row[0]: row[2] for row in a_table(found(planned)["unchecked"])}
    assert rows["S2 W05"] == "not checked: the register has no table shares"
    assert "S2 P01" not in rows


def test_areas_tie_to_the_money(planned: Audit, underpaid: Audit) -> None:
    for audit in (planned, underpaid):
        assert texts(found(audit)["areas"])[0].startswith("Ties to the money")
    people = underpaid.incomes.assign(dividend_paid_fen=underpaid.incomes["dividend_paid_fen"] + 1)
    assert texts(found(replace(underpaid, incomes=people))["areas"])[0].startswith("DOES NOT TIE")


def test_a_small_village_has_no_measures(planned: Audit, underpaid: Audit) -> None:
    small = a_table(found(planned)["measures"], 2)
    assert {row[1] for row in small} == {"3"} and all(set(row[2:]) == {""} for row in small)
    assert all("" not in row for row in a_table(found(underpaid)["measures"], 2))


def test_sections_without_anything_to_show_are_left_out(planned: Audit) -> None:
    assert not {"match", "arrears", "visits"} & set(found(planned))


def test_the_page_is_the_same_each_time_and_asks_for_nothing(underpaid: Audit) -> None:
    page = audit_page(underpaid, "ab" * 32)
    assert page == audit_page(underpaid, "ab" * 32, tables(underpaid))
    assert "ab" * 32 in page
    assert all(address.startswith("#") for address in Tags(page).addresses)
