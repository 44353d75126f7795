"""The report as one page that opens offline: text, tables, calendars and plotly charts, readable on paper and on a phone."""

from __future__ import annotations

from optimizer.report.contents import Report
from optimizer.report.naming import Names, plain
from optimizer.report.page import page
from optimizer.report.parts import Section
from optimizer.report.season.sections import uncertain
from optimizer.report.season.words import STYLES
from optimizer.report.sections.accounts import accounts, crops, participation
from optimizer.report.sections.flows import sold
from optimizer.report.sections.households import households
from optimizer.report.sections.land import land
from optimizer.report.sections.limits import limits
from optimizer.report.sections.money import money_flow
from optimizer.report.sections.opening import opening
from optimizer.report.sections.oversupply import oversupply
from optimizer.report.sections.solved import known, solved
from optimizer.report.sections.split import split
from optimizer.report.sections.why import why
from optimizer.texts import say

SECTIONS = (
    opening, land, sold, money_flow, split, accounts, participation, crops, households, uncertain, oversupply, limits, why, known, solved,
)  # fmt: skip


def to_html(report: Report, plotly_from: str = "") -> str:
    """The whole page as text; the same report gives the same bytes. ``plotly_from`` is as ``page`` has it."""
    styles = "" if report.season is None else STYLES
    shown = sections_of(report)
    return page(report.instance.title, policy_in_words(report), report.instance.changes, shown, styles=styles, plotly_from=plotly_from)


def sections_of(report: Report) -> list[Section]:
    """The sections that have something to show, in order."""
    names = Names(report.instance)
    found = [section(report, names) for section in SECTIONS]
    return [section for section in found if section is not None]


def policy_in_words(report: Report) -> str:
    policy = report.instance.policy
    return say("report.policy.default") if policy == "default" else say("report.policy", policy=plain(policy))
