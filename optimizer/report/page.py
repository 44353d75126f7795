"""A page that opens offline: what the report, the audit and its sheets share of their look."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment
from markupsafe import Markup

from optimizer.report.charts import CONFIG, to_json
from optimizer.report.parts import Chart, Section, Widget
from optimizer.texts import say


def page(
    title: str,
    subtitle: str,
    changes: Sequence[str],
    sections: Sequence[Section],
    kicker: str = "",
    footer: str = "",
    styles: str = "",
    script: str = "",
    plotly_from: str = "",
) -> str:
    """The whole page as text; the same arguments give the same bytes.

    ``changes`` are listed under the title. ``kicker`` and ``footer`` (by default those of the report) stand above the title
    and at the end; ``styles`` is further CSS and ``script`` runs once the charts are drawn; both must hold no text from
    outside. ``plotly_from`` is the address of a file beside the page that holds plotly.js, where pages share one; without it
    the page carries its own copy.
    """
    parts = [part for section in sections for part in section.parts]
    charts = [part for part in parts if isinstance(part, Chart)]
    return _template().render(
        say=say,
        title=title,
        policy=subtitle,
        changes=list(changes),
        sections=sections,
        kicker=kicker or say("report.kicker"),
        footer=footer or say("report.footer"),
        styles=Markup(styles),
        figures={chart.name: Markup(to_json({"data": chart.data, "layout": chart.layout})) for chart in charts},
        widgets={part.name: Markup(to_json(part.data)) for part in parts if isinstance(part, Widget)},
        script=Markup(script),
        config=Markup(to_json(CONFIG)),
        plotly=Markup("" if plotly_from else plotly_js()) if charts or script else "",
        plotly_from=plotly_from if charts or script else "",
    )


@cache
def plotly_js() -> str:
    """plotly.js as plotly itself ships it."""
    return resources.files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")


@cache
def _template():  # type: ignore[no-untyped-def]
    text = resources.files(__package__).joinpath("template.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
