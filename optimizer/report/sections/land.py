"""What each base grows: planted land by product, the crop calendar, and how full the land is in each period."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.program.calendar import planting_periods
from optimizer.report.contents import Report
from optimizer.report.naming import Names
from optimizer.report.parts import Bar, Calendar, CalendarRow, Cell, Legend, Part, Section, Table, Text, table
from optimizer.report.wording import brief, listed, number, percent, with_unit
from optimizer.texts import say

MOST_BASES, MOST_ROWS, MOST_PRODUCTS = 12, 30, 9
THICK, THIN = 26, 4
"""Pixels of the bar of a base's largest crop and of its smallest."""


class Planted:
    """The areas of a plan by base and activity, with product, planting, standing and harvest periods."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.instance: Instance = report.instance
        self.all = report.distribution.plan.decisions("area")
        landed = self.all[self.all["land_class"] != ""]
        self.area = landed.groupby(["base", "data_activity"], as_index=False)["value"].sum()
        self.area["product"] = self.area["data_activity"].map(self.products).fillna("")

    @cached_property
    def products(self) -> dict[str, str]:
        """The product each activity yields most of."""
        yields = self.instance.table("yields")
        sums = yields[yields["yield_kg_per_mu"] > 0].groupby(["activity", "product"], as_index=False)["yield_kg_per_mu"].sum()
        first = sums.sort_values(["activity", "yield_kg_per_mu", "product"], ascending=[True, False, True]).drop_duplicates("activity")
        return dict(zip(first["activity"], first["product"], strict=True))

    @cached_property
    def stands(self) -> dict[str, set[int]]:
        occupancy = self.instance.table("occupancy")
        return self._periods(occupancy[occupancy["land_share"] > 0])

    @cached_property
    def harvests(self) -> dict[str, set[int]]:
        yields = self.instance.table("yields")
        return self._periods(yields[yields["yield_kg_per_mu"] > 0])

    @cached_property
    def begins(self) -> dict[str, int]:
        return {name: self.instance.periods.number[period] for name, period in planting_periods(self.instance).items()}

    def _periods(self, frame: pd.DataFrame) -> dict[str, set[int]]:
        number = frame["period"].map(self.instance.periods.number)
        return {str(name): set(part) for name, part in number.groupby(frame["activity"])}


def land(report: Report, names: Names) -> Section | None:
    planted = Planted(report)
    if planted.all.empty:
        return None
    parts: list[Part] = []
    if len(planted.area):
        bases = list(planted.area.groupby("base")["value"].sum().sort_values(ascending=False, kind="stable").index)
        parts.append(areas_table(planted, names, bases))
        if len(report.instance.periods) > 1:
            parts += _calendars(planted, names, bases)
            parts += _fullness(planted, names, bases)
    parts += _landless(planted, names)
    return Section("land", say("report.title.land"), tuple(parts))


def areas_table(planted: Planted, names: Names, bases: list[str]) -> Table:
    """Planted mu by base and product, beside the land used and what there is."""
    wide = planted.area.pivot_table(index="base", columns="product", values="value", aggfunc="sum", fill_value=0.0)
    order = list(wide.sum().sort_values(ascending=False, kind="stable").index)
    shown = order if len(order) <= MOST_PRODUCTS else order[: MOST_PRODUCTS - 1]
    years = planted.instance.periods.year_count
    rented = planted.report.distribution.plan.decisions("rented").groupby("base")["value"].sum() / years
    owned = planted.instance.table("land").groupby("base")["area_mu"].sum()
    header = [say("report.column.base"), *(names.of("products", p) if p else say("report.no_product") for p in shown)]
    header += [say("report.others")] * (len(shown) < len(order))
    header += [say(f"report.column.{c}") for c in ("planted", "land_used", "land_owned", "crops_per_mu")]
    rows = []
    for base in [*bases[: 4 * MOST_BASES], *([""] if len(bases) > 1 else [])]:
        part = wide.loc[base] if base else wide.sum()
        used = float(rented.get(base, 0.0) if base else rented.sum())
        own = float(owned.get(base, 0.0) if base else owned[owned.index.isin(bases)].sum())
        figures = [float(part[p]) for p in shown] + ([float(part[order[len(shown) :]].sum())] if len(shown) < len(order) else [])
        cells = [number(v) if v else "" for v in figures]
        cells += [number(float(part.sum())), number(used), number(own), brief(part.sum() / used / years) if used else ""]
        tone = "" if base else "strong"
        rows.append([Cell(names.of("bases", base) if base else say("report.total"), tone), *(Cell(c, tone) for c in cells)])
    return table(header, rows, caption=with_unit(say("report.caption.areas"), say("report.unit.mu")))


def _calendars(planted: Planted, names: Names, bases: list[str]) -> list[Part]:
    products = sorted(p for p in planted.area["product"].unique() if p)
    legend = tuple((names.of("products", p), names.colour(p)) for p in products)
    parts: list[Part] = [Legend(legend, say("report.calendar_remark"))]
    parts += [calendar(planted, names, base) for base in bases[:MOST_BASES]]
    if len(bases) > MOST_BASES:
        parts.append(Text(say("report.more_in_workbook", count=number(len(bases) - MOST_BASES)), "note"))
    return parts


def calendar(planted: Planted, names: Names, base: str) -> Calendar:
    """One row per activity and planting period, in the order of the year; the thicker the bar, the more land."""
    mine = planted.area[planted.area["base"] == base]
    largest = float(mine["value"].max())
    if len(mine) > MOST_ROWS:
        mine = mine.nlargest(MOST_ROWS, "value")
    order = mine["data_activity"].map(planted.begins)
    mine = mine.assign(begins=order).sort_values(["begins", "data_activity"], kind="stable")
    rows = []
    for line in mine.itertuples():
        rows.append(
            CalendarRow(
                label=names.of("activities", line.data_activity),
                amount=say("report.amount.mu", amount=number(line.value) if line.value >= 10 else number(line.value, 2)),
                thickness=max(THIN, round(THICK * line.value / largest)),
                colour=names.colour(line.product),
                bars=tuple(bars(planted, line.data_activity)),
            )
        )
    columns = tuple(names.period(p) for p in planted.instance.periods.names)
    total = say("report.calendar_total", amount=number(float(planted.area.loc[planted.area["base"] == base, "value"].sum())))
    return Calendar(names.of("bases", base), total, _thinned(columns), tuple(rows))


def _thinned(columns: tuple[str, ...]) -> tuple[str, ...]:
    """At most about a dozen names across; the others stay blank."""
    step = -(-len(columns) // 13)
    return tuple(name if i % step == 0 else "" for i, name in enumerate(columns))


def bars(planted: Planted, activity: str) -> list[Bar]:
    """Stretches of periods in which the activity stands or is harvested; a stretch over the year's end is two."""
    stands, harvests = planted.stands.get(activity, set()), planted.harvests.get(activity, set())
    kinds = {n: n in harvests for n in stands | harvests}
    found: list[Bar] = []
    for n in sorted(kinds):
        last = found[-1] if found else None
        if last and last.start - 1 + last.span == n and last.harvest == kinds[n]:
            found[-1] = Bar(last.start, last.span + 1, last.harvest)
        else:
            found.append(Bar(n + 1, 1, kinds[n]))
    return found


def _fullness(planted: Planted, names: Names, bases: list[str]) -> list[Part]:
    """Heat map: the share of each base's land on which something stands, per period."""
    landed = planted.all[planted.all["land_class"] != ""]
    occupancy = planted.instance.table("occupancy")[["activity", "land_class", "period", "land_share"]]
    standing = landed.merge(occupancy, left_on=["data_activity", "land_class"], right_on=["activity", "land_class"], suffixes=("", "_o"))
    used = (standing["value"] * standing["land_share"]).groupby([standing["base"], standing["period"]]).sum().unstack(fill_value=0.0)
    owned = planted.instance.table("land").groupby("base")["area_mu"].sum()
    periods = planted.instance.periods.names
    rows = []
    for base in bases[: 4 * MOST_BASES]:
        own = float(owned.get(base, 0.0))
        if base not in used.index or not 0 < own < float("inf"):
            continue
        shares = [float(used.loc[base].get(p, 0.0)) / own for p in periods]
        cells = [Cell(number(100 * s) if s else "", shade=0.9 * s, hint=percent(s, 1)) for s in shares]
        rows.append([Cell(names.of("bases", base)), *cells])
    if not rows:
        return []
    header = [say("report.column.base"), *(names.period(p) for p in periods)]
    return [table(header, rows, caption=with_unit(say("report.caption.fullness"), "%"), is_heat=True)]


def _landless(planted: Planted, names: Names) -> list[Part]:
    """Activities that need no land (livestock, machines)."""
    free = planted.all[planted.all["land_class"] == ""]
    if free.empty:
        return []
    sums = free.groupby("data_activity")["value"].sum()
    items = [say("report.landless_item", name=names.of("activities", str(a)), amount=brief(float(v))) for a, v in sums.items()]
    return [Text(say("report.landless", items=listed(items, 20)))]
