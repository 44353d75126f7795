"""docs/instance-format.md: the text of docs/instance-format.in.md and every table of the attribute registry.

Write it anew with ``python -m optimizer.instance.documentation``.
"""

from __future__ import annotations

from pathlib import Path

from optimizer.instance.document import BORNE_COSTS, DIVISION_KEYS, OBJECTIVES
from optimizer.instance.names import kind_of
from optimizer.instance.registry import Attribute, Table, registry

DOCS = Path(__file__).parents[2] / "docs"
SOURCE = "instance-format.in.md"
TARGET = "instance-format.md"

FARM = """\
title: A farm with two crops and one market
periods: [spring, autumn]
products: [{product: cabbage}, {product: potato}]
resources: [{resource: labour, unit: day, account: labour}]
activities:
  - {activity: grow_cabbage, input_cost_yuan_per_mu: 900}
  - {activity: grow_potato, input_cost_yuan_per_mu: 700}
occupancy:
  - {activity: grow_cabbage, land_class: field, period: spring, land_share: 1}
  - {activity: grow_potato, land_class: field, period: "*", land_share: 1}
activity_use:
  - {activity: grow_cabbage, period: spring, resource: labour, use_per_mu: 8}
  - {activity: grow_potato, period: autumn, resource: labour, use_per_mu: 5}
yields:
  - {activity: grow_cabbage, product: cabbage, period: spring, yield_kg_per_mu: 4000}
  - {activity: grow_potato, product: potato, period: autumn, yield_kg_per_mu: 2000}
bases: [{base: farm}]
land: [{base: farm, land_class: field, area_mu: 60}]
supply: [{resource: labour, own: 200, hire_limit: 100, hire_price_yuan: 100}]
markets: [{market: town}]
lanes: [{from: farm, to: town, cost_yuan_per_t: 80}]
demand:
  - {market: town, product: cabbage, tier: 1, quantity_t: 100, price_yuan_per_kg: 1.20}
  - {market: town, product: cabbage, tier: 2, quantity_t: 100, price_yuan_per_kg: 0.80}
  - {market: town, product: potato, quantity_t: 60, price_yuan_per_kg: 2.50}
rules:
  - {name: half, rule: max_share, of: each product, within: each base, share: 1/2, denominator: land}"""

CHANGES = (
    "rules[name=half].share=0.4",
    "demand[market=town;product=potato].price_yuan_per_kg*=1.1",
    "supply.own+=50",
    "demand.quantity_t<=80",
    "lanes[to=town].cost_yuan_per_t>=100",
    "rules[name=half]=remove",
    "settings.objective.maximise=sales",
)
"""Examples that can be tried on the farm."""

KINDS = {
    "id": "name",
    "name": "name",
    "text": "text",
    "secret": "letters and digits, hashed on reading",
    "number": "number",
    "integer": "whole number",
    "price": "price, up to 6 decimals",
    "money": "amount, up to 2 decimals",
    "limit": "number or unlimited",
    "share": "exact share",
    "flag": "yes or no",
    "date": "date",
    "ref": "one of the {names}",
    "each": "each of the {names}",
    "scope": "scope of {names}",
    "selector": "selector of {names}",
    "choice": "{choices}",
}


def instance_format(docs: Path = DOCS) -> str:
    """The whole document."""
    text = (docs / SOURCE).read_text(encoding="utf-8")
    parts = {
        "farm": FARM,
        "changes": "\n".join(f"--set '{change}'" for change in CHANGES),
        "objectives": ", ".join(f"`{name}`" for name in OBJECTIVES),
        "keys": ", ".join(f"`{key}`" for key in DIVISION_KEYS),
        "costs": ", ".join(f"`{account}`" for account in BORNE_COSTS),
        "tables": _tables("plan"),
        "register": _tables("register"),
    }
    for name, part in parts.items():
        text = text.replace("{" + name + "}", part)
    return text.rstrip() + "\n"


def _tables(part: str) -> str:
    return "\n\n".join(_table(table) for table in registry().values() if table.part == part)


def _table(table: Table) -> str:
    lines = [
        f"### {table.name}",
        "",
        f"{table.meaning[0].upper()}{table.meaning[1:]}.",
        "",
        "| column | key | kind | unit | default | bounds | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(attribute) for attribute in table.attributes)])


def _row(attribute: Attribute) -> str:
    kind = KINDS[attribute.kind].format(names=kind_of(attribute.refers_to), choices=", ".join(attribute.refers_to))
    bounds = "" if attribute.low is None else f"{attribute.low:.15g} … {attribute.high:.15g}"
    key = "key" if attribute.key else ""
    default = attribute.default.replace("*", "\\*")
    cells = (f"`{attribute.column}`", key, kind, attribute.unit, default, bounds, attribute.meaning.replace("*", "\\*"))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    (DOCS / TARGET).write_text(instance_format(), encoding="utf-8")
