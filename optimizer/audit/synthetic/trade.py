"""What a plan comes to in a made-up year: sales a few per cent off it, money that comes in, days on the foremen's sheets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.audit.due import rounded
from optimizer.audit.result import Result
from optimizer.audit.synthetic.calendar import Calendar
from optimizer.audit.synthetic.writing import numbered
from optimizer.instance.document import COST_ACCOUNTS
from optimizer.instance.instance import Instance
from optimizer.revenue.fen import half_up

SPREAD, RISE = 0.03, 0.01
"""Real kilograms lie within this share of the plan's, and a base sells by so much more than planned on the whole."""

LAST_RECEIPT_DAYS = 20
IN_TWO_PARTS = 0.25
FULL_DAYS, MOST_DAYS = 24, 26
"""Days one person works in a month while there is work, and at most."""

FOREMEN = "周建军 吴秀兰 郑国强 冯玉梅 陈光明 褚德华 卫春燕 蒋永福"


def sales(result: Result, calendar: Calendar, rng: np.random.Generator) -> pd.DataFrame:
    """One sale for each base, product, period and market of the plan; ``amount_fen`` beside the register's columns."""
    plan = result.table("sales")
    keys = ["base", "product", "period", "market"]
    frame = plan[plan["kg"] > 0].groupby(keys, as_index=False)[["kg", "amount_fen"]].sum()
    price_fen = half_up((frame["amount_fen"] / 100 / frame["kg"]).to_numpy(dtype=float))
    moved = pd.Series(rng.uniform(-SPREAD, SPREAD, len(frame)))
    of_base = frame.groupby("base")["amount_fen"].transform("sum")
    weighted = ((moved * frame["amount_fen"]).groupby(frame["base"]).transform("sum") / of_base).fillna(0)
    frame["kg"] = np.rint(frame["kg"] * (1 + RISE + moved - weighted)).astype("int64").clip(lower=1)
    frame["amount_fen"] = frame["kg"] * price_fen
    frame["price_yuan_per_kg"] = price_fen / 100
    frame["amount_yuan"] = frame["amount_fen"] / 100
    frame["sold_on"] = calendar.days_of(frame["period"], rng.random(len(frame)))
    frame = frame.sort_values(["sold_on", *keys], ignore_index=True).rename(columns={"market": "buyer"})
    frame.insert(0, "sale", numbered("S", len(frame)))
    frame["delivery_note"] = [f"N{name[1:]}" for name in frame["sale"]]
    return frame


def receipts(sold: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Every sale paid in full within 20 days of it, some in two parts."""
    days = rng.integers(1, LAST_RECEIPT_DAYS - 5, len(sold))
    second = days + rng.integers(1, 6, len(sold))
    has_two = (rng.random(len(sold)) < IN_TWO_PARTS) & (sold["amount_fen"] >= 100).to_numpy()
    first_fen = np.where(has_two, sold["amount_fen"] * 3 // 5, sold["amount_fen"])
    parts = [
        pd.DataFrame({"sale": sold["sale"], "after": days, "fen": first_fen}),
        pd.DataFrame({"sale": sold["sale"], "after": second, "fen": sold["amount_fen"] - first_fen})[has_two],
    ]
    frame = pd.concat(parts).merge(sold[["sale", "sold_on"]], on="sale")
    frame["received_on"] = frame["sold_on"] + pd.to_timedelta(frame["after"], unit="D")
    frame = frame.sort_values(["received_on", "sale"], ignore_index=True)
    names = numbered("R", len(frame))
    references = [f"B{name[1:]}" for name in names]
    columns = {"receipt": names, "amount_yuan": frame["fen"] / 100, "bank_reference": references}
    return frame.assign(**columns)[["receipt", "sale", "received_on", "amount_yuan", "bank_reference"]]


def expenses(instance: Instance, result: Result) -> pd.DataFrame:
    """The plan's bills, where a split is net of costs."""
    columns = ["expense", "base", "period", "account", "party", "amount_yuan"]
    if all(rule.basis != "net" for rule in instance.split):
        return pd.DataFrame(columns=columns)
    ledger = result.table("ledger")
    bills = ledger[ledger["account"].isin(COST_ACCOUNTS) & ledger["payer"].isin(["company", "base", "government"]) & (ledger["base"] != "")]
    frame = bills.groupby(["base", "period", "account", "payer"], as_index=False)["amount_fen"].sum().rename(columns={"payer": "party"})
    return frame.assign(expense=numbered("X", len(frame)), amount_yuan=frame["amount_fen"] / 100)[columns]


def work_records(instance: Instance, result: Result, people: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """The plan's days given to registered workers in half days, one line per person, base and period.

    Whoever is furthest behind the household's part of the village's days comes first and works ``FULL_DAYS`` (up to
    ``MOST_DAYS`` where hands are short), so that few people are at two bases in a month.
    """
    hands = _hands(instance, people)
    plan = result.table("plan")
    if hands.empty or not (plan["decision"] == "work").any():
        return pd.DataFrame()
    work = plan[plan["decision"] == "work"].merge(_rates(instance), on=["village", "resource", "period"])
    owed = dict.fromkeys(hands["person"], 0.0)
    rows: list[tuple[object, ...]] = []
    for (village, period), part in work.groupby(["village", "period"], sort=False):
        months = max(1.0, ((calendar.last[period] - calendar.first[period]).days + 1) / 30.5)
        mine = hands[hands["village"] == village]
        rows += _month(part, mine, owed, str(period), months)
    columns = ["household", "person", "base", "period", "days", "rate_fen"]
    frame = pd.DataFrame(rows, columns=columns)
    order = frame["period"].map(instance.periods.number)
    frame = frame.assign(order=order).sort_values(["order", "base", "household", "person"], ignore_index=True)
    return _slips(frame, instance)


def _hands(instance: Instance, people: pd.DataFrame) -> pd.DataFrame:
    """Who may work where: household, person, village, base, part (of the village's days at the base).

    Of each household as many of the able as its wage link weighs, one at least.
    """
    links = instance.table("links")
    wage = links[(links["kind"] == "wage") & (links["weight"] > 0)].rename(columns={"to": "base"})
    wage = wage.merge(instance.table("households")[["household", "village", "workers"]], on="household")
    wage["hands"] = np.clip(np.rint(wage["weight"]), 1, wage["workers"].clip(lower=1)).astype(int)
    frame = wage.merge(people[["household", "person", "place"]], on="household")
    frame = frame[frame["place"] < frame["hands"]]
    frame["part"] = frame["weight"] / frame["hands"]
    frame["part"] /= frame.groupby(["village", "base"])["part"].transform("sum")
    return frame[["household", "person", "village", "base", "part"]].sort_values("person", ignore_index=True)


def _rates(instance: Instance) -> pd.DataFrame:
    workers = instance.table("workers")[["village", "resource", "period", "wage_yuan_per_day"]]
    return workers.assign(rate_fen=half_up(workers["wage_yuan_per_day"].to_numpy(dtype=float)))


def _month(work: pd.DataFrame, hands: pd.DataFrame, owed: dict[str, float], period: str, months: float) -> list[tuple[object, ...]]:
    """Days of one village and period: base after base, to whoever is furthest behind."""
    wanted = work.groupby("base").agg(days=("value", "sum"), rate_fen=("rate_fen", "max"))
    wanted = wanted[wanted["days"] > 0]
    for base, days in wanted["days"].items():
        for person, part in hands.loc[hands["base"] == base, ["person", "part"]].itertuples(index=False):
            owed[person] += part * days
    people = hands["person"].nunique()
    half_days = 2 * wanted["days"].sum() / max(people, 1)
    level = int(min(max(2 * FULL_DAYS * months, np.ceil(half_days)), 2 * MOST_DAYS * months))
    free = dict.fromkeys(hands["person"], level)
    rows: list[tuple[object, ...]] = []
    for base, days, rate_fen in wanted.itertuples():
        rest = round(2 * days)
        at_base = hands[hands["base"] == base]
        order = sorted(
            at_base[["person", "household"]].itertuples(index=False), key=lambda who: (free[who[0]] < level, -owed[who[0]], who[0])
        )
        for person, household in order:
            given = min(rest, free[person])
            if given <= 0:
                continue
            rows.append((household, person, base, period, given / 2, rate_fen))
            free[person] -= given
            owed[person] -= given / 2
            rest -= given
    return rows


def _slips(frame: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    foremen = FOREMEN.split()
    number = {base: i for i, base in enumerate(sorted(instance.universe("bases")))}
    thousandths = np.rint(frame["days"].to_numpy(dtype=float) * 1000).astype(np.int64)
    sheets = frame.groupby(["order", "base"], sort=False).ngroup() + 1
    return frame.assign(
        record=numbered("W", len(frame)),
        rate_yuan_per_day=frame["rate_fen"] / 100,
        due_yuan=rounded(thousandths * frame["rate_fen"].to_numpy(dtype=np.int64), 1000) / 100,
        foreman=[foremen[number[base] % len(foremen)] for base in frame["base"]],
        sheet=[f"F{sheet}" for sheet in sheets],
    )
