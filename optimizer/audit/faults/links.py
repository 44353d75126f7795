"""Planted faults of links and pools: L01 to L09."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.faults.following import Cell, add, never_sent_back, owe, paid_once, pay, put, stays_on_its_side, value_of
from optimizer.audit.faults.planting import Expected, Planter, Tables, pick
from optimizer.audit.matching import CELL
from optimizer.audit.spans import IN_POTS, windows
from optimizer.revenue.fen import divide

APPROVER = "town office"


def plant_unlinked(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L01: one more household, of one person and without income, that nobody linked."""
    like = pick(books.table("households")["household"], "L01", number)
    name = f"{like}-{number + 1}b"
    income = "0" if value_of(tables, "households", "income_before_yuan", household=like) else ""
    village = value_of(tables, "households", "village", household=like)
    add(tables, "households", household=name, village=village, persons="1", workers="0", income_before_yuan=income, status="registered")
    if books.has("members"):
        add(tables, "members", person=f"{name}-1", household=name, sex="female", joined_on=_day(books, 0, -400))
    return (Expected("L01", 0, ("household", name)),)


def plant_linked_twice(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L02: the same dividend link entered again, from the first day of the last period that was paid for."""
    cells = _last_of_each(books, "dividend")
    household, kind, base, settlement = _victim(cells, "L02", number)
    first = min(first for first, _ in windows(books, kind, settlement)).replace(day=1)
    add(tables, "links", household=household, kind=kind, to=base, weight="1", valid_from=f"{first:%Y-%m-%d}")
    paid = cells[(cells["household"] == household) & (cells["base"] == base)]["paid_fen"].iloc[0]
    return (Expected("L02", int(paid), ("household", household)),)


def plant_linked_to_two(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L03: a dividend link to a second base for five days in the middle of a period, too short to draw anything."""
    links = books.table("links")
    ties = links[(links["kind"] == "dividend") & links["to"].isin(books.instance.universe("bases"))]
    household = pick(ties.loc[~ties.duplicated("household", keep=False), "household"], "L03", number)
    own = set(ties.loc[ties["household"] == household, "to"])
    other = pick(set(books.instance.universe("bases")) - own, "L03", number)
    begin, end = _day(books, 0, 4), _day(books, 0, 9)
    add(tables, "links", household=household, kind="dividend", to=other, weight="1", valid_from=begin, valid_to=end)
    return (Expected("L03", 0, ("household", household)),)


def plant_link_out_of_force(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L04: a wage link ended before the last period the household was paid a wage for."""
    cells = _last_of_each(books, "wage")
    household, kind, base, settlement = _victim(cells, "L04", number)
    first = min(first for first, _ in windows(books, kind, settlement))
    put(tables, "links", {"household": household, "kind": kind, "to": base}, valid_to=f"{first:%Y-%m-%d}")
    paid = cells[(cells["household"] == household) & (cells["base"] == base)]["paid_fen"].iloc[0]
    return (Expected("L04", int(paid), ("household", household)),)


def plant_weight_unsupported(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L05: a rent link of half a mu less than the lease."""
    rents = books.table("links")
    rents = rents[(rents["kind"] == "rent") & (rents["area_mu"] > 1)]
    household = pick(rents["household"], "L05", number)
    link = rents[rents["household"] == household].iloc[0]
    key = {"household": household, "kind": "rent", "to": link["to"]}
    put(tables, "links", key, area_mu=f"{link['area_mu'] - 0.5:.15g}")
    return (Expected("L05", 0, ("household", household)),)


def plant_simple_averaging(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L06: everybody of a pool is paid the same, whatever the pay list says; who gets too little or too much follows from it."""
    for pool in _pools(books, number):
        alike, _ = divide(int(pool["paid_fen"].sum()), pool["paid_fen"].to_numpy() * 0 + 1)
        change = dict(zip(pool["household"], (alike - pool["paid_fen"]).tolist(), strict=True))
        if pool["paid_fen"].max() - pool["paid_fen"].min() > 1 and stays_on_its_side(books, {name: -more for name, more in change.items()}):
            break
    never_sent_back(books, tables, pool)
    pay(books, tables, dict(zip(pool["payment"], pool["household"].map(change).tolist(), strict=True)), APPROVER)
    followed = []
    for line in pool.itertuples(index=False):
        if change[line.household]:
            code = "P02" if change[line.household] > 0 else "P01"
            followed.append(Expected(code, abs(change[line.household]), ("household", line.household)))
    missing = -sum(more for more in change.values() if more < 0)
    return (Expected("L06", missing, ("base", pool["base"].iloc[0])), *followed)


def plant_paper_linkage(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L07: all links of a pool ended on the last day of the last period, whose pot then finds nobody (and pays nobody)."""
    last = books.instance.periods.names[-1]
    for pool in _pools(books, number, last):
        kind, base = pool["kind"].iloc[0], pool["base"].iloc[0]
        due = books.due[(books.due["kind"] == kind) & (books.due["base"] == base) & (books.due["period"] == last)]
        gone = due.groupby("household")["due_fen"].sum()
        if len(due) and stays_on_its_side(books, gone.to_dict()):
            break
    never_sent_back(books, tables, pool)
    pay(books, tables, {line.payment: -int(gone.get(line.household, 0)) for line in pool.itertuples()})
    owe(books, tables, base, last, -int(gone.sum()))
    put(tables, "links", {"kind": kind, "to": base}, valid_to=f"{books.instance.periods.last_days[-1]:%Y-%m-%d}")
    return (Expected("L07", int(gone.sum()), ("pot", due["pot"].iloc[0])),)


def plant_capture(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L08: one lease at so many times the rate that its household draws more than half of a base's rent."""
    totals = books.due[books.due["kind"] == "rent"].groupby(["base", "household"], as_index=False)["due_fen"].sum()
    leases = books.table("leases")
    single = leases[~leases.duplicated("household", keep=False)]
    cells = paid_once(books)
    cells = cells[cells["kind"] == "rent"].merge(
        single[["household", "base", "lease", "area_mu", "rate_yuan_per_mu"]], on=["household", "base"]
    )
    cells = cells[(cells["area_mu"] * cells["rate_yuan_per_mu"] * 100 - cells["paid_fen"]).abs() < 1e-6]
    sizes = totals.groupby("base").size()
    bases = sizes[(sizes >= books.limits.capture_recipients) & sizes.index.isin(cells["base"])].sort_values(kind="stable").index
    base = bases[number % len(bases)]
    household = pick(cells.loc[cells["base"] == base, "household"], "L08", number)
    cell = cells[(cells["household"] == household) & (cells["base"] == base)].iloc[0]
    others = int(totals.loc[totals["base"] == base, "due_fen"].sum()) - int(cell["paid_fen"])
    share = Fraction(str(books.limits.capture_share))
    times = int(others * share / (1 - share)) // int(cell["paid_fen"]) + 2
    rate = f"{cell['rate_yuan_per_mu'] * times:.15g}"
    put(tables, "leases", {"lease": cell["lease"]}, rate_yuan_per_mu=rate, agreed_rate_yuan_per_mu=rate)
    more = int(cell["paid_fen"]) * (times - 1)
    pay(books, tables, {cell["payment"]: more})
    owe(books, tables, base, cell["settlement"], more)
    now = int(cell["paid_fen"]) + more
    return (Expected("L08", now - int((now + others) * share), ("household", household)),)


def plant_ended_before_payout(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """L09: a wage link with a gap from five days before a period's end to five days after it."""
    periods = books.instance.periods
    due = books.due[(books.due["kind"] == "wage") & books.due["period"].isin(periods.names[:-1])]
    household = pick(due["household"], "L09", number)
    line = due[due["household"] == household].iloc[0]
    at = periods.number[line["period"]]
    key = {"household": household, "kind": "wage", "to": line["base"]}
    link = {column: value_of(tables, "links", column, **key) for column in ("weight", "valid_to", "agreement")}
    put(tables, "links", key, valid_to=_day(books, at, -6, last=True))
    add(tables, "links", **key, **link, area_mu="0", forgone_yuan_per_mu="0", valid_from=_day(books, at, 5, last=True))
    return (Expected("L09", 0, ("household", household)),)


def _day(books: Books, at: int, days: int, last: bool = False) -> str:
    """So many days after the first (or last) day of a period."""
    periods = books.instance.periods
    day = (periods.last_days if last else periods.first_days)[at] + timedelta(days=days)
    return f"{day:%Y-%m-%d}"


def _last_of_each(books: Books, kind: str) -> pd.DataFrame:
    """The last settlement that was paid of each household and base, of households with one link of the kind."""
    cells = paid_once(books)
    links = books.table("links")
    single = links[(links["kind"] == kind) & links["valid_to"].isna()].drop_duplicates(["household"], keep=False)
    cells = cells[(cells["kind"] == kind) & cells["household"].isin(single["household"])]
    cells = cells.assign(order=cells["settlement"].map(books.settlements.number)).sort_values("order", kind="stable")
    return cells.drop_duplicates(["household", "base"], keep="last")


def _victim(cells: pd.DataFrame, code: str, number: int) -> Cell:
    household = pick(cells["household"], code, number)
    cell = cells[cells["household"] == household].iloc[0]
    return tuple(cell[CELL])  # type: ignore[return-value]


def _pools(books: Books, number: int, period: str = "") -> list[pd.DataFrame]:
    """Cells of pools (kind, base, settlement) in which everybody was paid once, the plain and small ones first; the
    first ``number`` come last. ``period``: only settlements it belongs to.
    """
    cells, plain = paid_once(books, sent_back=True), set(paid_once(books)["payment"])
    cells = cells[cells["kind"].isin(IN_POTS)]
    due = books.cells[books.cells["due_fen"] > 0].groupby(["kind", "base", "settlement"]).size()
    found = []
    for (kind, base, settlement), pool in cells.groupby(["kind", "base", "settlement"]):
        is_whole = len(pool) == due[kind, base, settlement] and len(pool) >= books.limits.capture_recipients
        if is_whole and (not period or books.settlements.of[str(kind), period] == settlement):
            found.append(pool)
    found.sort(key=lambda pool: (not plain.issuperset(pool["payment"]), int(pool["paid_fen"].sum()), pool["base"].iloc[0]))
    return found[number % len(found) :] + found[: number % len(found)]


PLANTERS: dict[str, Planter] = {
    "L01": plant_unlinked,
    "L02": plant_linked_twice,
    "L03": plant_linked_to_two,
    "L04": plant_link_out_of_force,
    "L05": plant_weight_unsupported,
    "L06": plant_simple_averaging,
    "L07": plant_paper_linkage,
    "L08": plant_capture,
    "L09": plant_ended_before_payout,
}
