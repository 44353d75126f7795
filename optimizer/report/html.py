"""The report as one page that opens offline: text, tables, calendars and plotly charts, readable on paper and on a phone."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment
from markupsafe import Markup

from optimizer.report.charts import CONFIG, to_json
from optimizer.report.contents import Report
from optimizer.report.naming import Names, plain
from optimizer.report.parts import Chart, Section
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
from optimizer.texts import say

SECTIONS = (opening, land, sold, money_flow, split, accounts, participation, crops, households, oversupply, limits, known, solved)


def to_html(report: Report) -> str:
    """The whole page as text; the same report gives the same bytes."""
    sections = sections_of(report)
    charts = [part for section in sections for part in section.parts if isinstance(part, Chart)]
    return _template().render(
        say=say,
        title=report.instance.title,
        policy=policy_in_words(report),
        changes=list(report.instance.changes),
        sections=sections,
        figures={chart.name: Markup(to_json({"data": chart.data, "layout": chart.layout})) for chart in charts},
        config=Markup(to_json(CONFIG)),
        plotly=Markup(plotly_js()) if charts else "",
    )


def sections_of(report: Report) -> list[Section]:
    """The sections that have something to show, in order."""
    names = Names(report.instance)
    found = [section(report, names) for section in SECTIONS]
    return [section for section in found if section is not None]


def policy_in_words(report: Report) -> str:
    policy = report.instance.policy
    return say("report.policy.default") if policy == "default" else say("report.policy", policy=plain(policy))


@cache
def plotly_js() -> str:
    """plotly.js as plotly itself ships it."""
    return resources.files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")


@cache
def _template():  # type: ignore[no-untyped-def]
    text = resources.files(__package__).joinpath("template.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
