"""``comparison_page``: what a planner sees of a comparison, as one page that opens offline and prints on A4."""

from __future__ import annotations

from importlib import resources

from optimizer.policy.comparison import Comparison
from optimizer.report.compare.labels import Labels
from optimizer.report.compare.sections_coordination import coordination
from optimizer.report.compare.sections_opening import opening, policies
from optimizer.report.compare.sections_pairs import pairs
from optimizer.report.compare.sections_plans import balances, crops
from optimizer.report.compare.sections_sensitivity import sensitivity
from optimizer.report.compare.sections_tradeoffs import tradeoffs
from optimizer.report.compare.sections_whole import whole
from optimizer.report.page import page
from optimizer.report.parts import Section
from optimizer.texts import say

SECTIONS = (opening, policies, tradeoffs, crops, balances, coordination, sensitivity, whole, pairs)


def comparison_page(comparison: Comparison) -> str:
    """The page as text; the same comparison gives the same bytes (times of solving do not stand on it)."""
    return page(
        say("compared.page_title", title=comparison.instance.title),
        say("compared.subtitle", reference=Labels(comparison).policy(comparison.reference.policy)),
        comparison.reference.changes,
        sections_of(comparison),
        kicker=say("compared.kicker"),
        footer=say("compared.footer"),
        styles=_own("compare.css"),
        script=_own("compare.js"),
    )


def sections_of(comparison: Comparison) -> list[Section]:
    """The sections that have something to show, in order."""
    labels = Labels(comparison)
    found = [section(comparison, labels) for section in SECTIONS]
    return [section for section in found if section is not None]


def _own(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
