"""From the program's figures to practical ones: 0.01 mu, whole kilograms.

Harvests and flows are rounded down along the way the goods take, so that no cap is exceeded; what this leaves over at a
node goes where there is still room, else it stays unsold. Sources of resources follow what is then used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd

from optimizer.program.balance import LANE
from optimizer.program.matrix import Matrix
from optimizer.program.program import Program
from optimizer.program.reach import STATE, next_period, open_lanes
from optimizer.program.resources import KEYS as RESOURCE
from optimizer.program.rounding_cover import round_insured, round_promoted
from optimizer.program.rounding_land import NEAR, Room, Units, down, round_areas, up, uses_of
from optimizer.program.rows import AT_LEAST, AT_MOST

DIGITS = 6
"""Digits of the program's figures that count: the last ones depend on the way to an optimum, and decide no kilogram."""


def round_plan(program: Program, matrix: Matrix, values: np.ndarray) -> np.ndarray:
    """Practical values of all decisions; the program's own if practical units are off."""
    settings = program.instance.settings.practical_units
    if not settings.on:
        return values
    units = Units(float(settings.mu), float(settings.kg) / 1000)
    values = values.round(DIGITS)
    rounded = values.copy()
    round_areas(program, matrix, rounded, units)
    round_insured(program, matrix, rounded, values, units)
    round_promoted(program, matrix, rounded)
    planned = rounded.copy()
    _round_harvest(program, rounded, units)
    _round_goods(program, matrix, rounded, values, units)
    _round_group_sales(program, rounded, units)
    _follow_resources(program, rounded, planned)
    _follow_rows(program, matrix, rounded, "shortfall", "contract")
    _follow_cash(program, matrix, rounded)
    return rounded


def _round_harvest(program: Program, rounded: np.ndarray, units: Units) -> None:
    """Harvests are what the rounded area yields at most."""
    for rows in program.rows:
        if rows.rule != "harvest":
            continue
        harvest = set(program.columns["harvest"]["column"])
        own = np.array([c in harvest for c in rows.column])
        grown = np.bincount(rows.row[~own], weights=-rows.coefficient[~own] * rounded[rows.column[~own]], minlength=len(rows))
        columns = rows.column[own][np.argsort(rows.row[own])]
        rounded[columns] = down(np.minimum(rounded[columns], grown), units.tonne)


# --- goods -------------------------------------------------------------------------------------------------------


def _edges(program: Program) -> pd.DataFrame:
    """Every way goods leave a state: column, from state, to state ('' if they leave the chain), tonnes that arrive."""
    instance, columns = program.instance, program.columns
    lanes = open_lanes(instance)[[*LANE, "arrives_share"]]
    ship = columns["ship"].merge(lanes, on=LANE).rename(columns={"from_node": "node", "to_node": "to", "arrives_share": "share"})
    ship = ship.assign(to_product=ship["product"], to_period=ship["period"])
    keeps = instance.table("storage")[["node", "product", "keeps_share"]].rename(columns={"keeps_share": "share"})
    store = columns["store"].merge(keeps, on=["node", "product"]).merge(next_period(instance), on="period", how="left")
    store = store.assign(to=store["node"], to_product=store["product"], to_period=store["period_next"])
    process = columns["process"].merge(
        instance.table("process_outputs")[["process", "product", "t_per_t"]].rename(columns={"product": "to_product", "t_per_t": "share"}),
        on="process",
    )
    process = process.assign(to=process["node"], to_period=process["period"])
    leaving = [
        columns["sell"].rename(columns={"market": "node"}),
        columns["consume"].rename(columns={"base": "node"}),
        columns["own_use"],
        columns["unsold"],
    ]
    wanted = [*STATE, "column", "to", "to_product", "to_period", "share"]
    frames = [f.reindex(columns=wanted) for f in (ship, store, process, *leaving)]
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)  # a lost year moves no goods


@dataclass(frozen=True)
class Ways:
    """All ways of goods, one entry each: its column, the states it leaves and reaches (as keys, and as numbers, the latter
    −1 where goods leave the chain), the share that arrives, and whether it is the way of unsold goods."""

    column: np.ndarray
    source: Sequence[tuple[str, ...]]
    target: Sequence[tuple[str, ...]]
    leaves: np.ndarray
    reaches: np.ndarray
    share: np.ndarray
    unsold: np.ndarray
    number: dict[tuple[str, ...], int]


def _ways(program: Program) -> Ways:
    edges = _edges(program)
    source = list(zip(edges["origin"], edges["product"], edges["node"], edges["period"], strict=True))
    target = list(zip(edges["origin"], edges["to_product"], edges["to"], edges["to_period"], strict=True))
    onward = edges["share"].notna().to_numpy() & edges["to_period"].notna().to_numpy()
    number: dict[tuple[str, ...], int] = {}
    leaves = np.array([number.setdefault(state, len(number)) for state in source], dtype=np.int64)
    reaches = np.array(
        [number.setdefault(state, len(number)) if on else -1 for state, on in zip(target, onward, strict=True)], dtype=np.int64
    )
    column = edges["column"].to_numpy(dtype=np.int64)
    unsold = np.isin(column, program.columns["unsold"]["column"].to_numpy())
    return Ways(column, source, target, leaves, reaches, edges["share"].to_numpy(dtype=float), unsold, number)


def _taken(ways: Ways, values: np.ndarray, entered: Iterable[tuple[str, ...]], units: Units) -> list[int]:
    """The ways that goods may take: those of the program's plan, and that of unsold goods where any goods come at all."""
    planned = values[ways.column] > NEAR * units.tonne
    touched = np.zeros(len(ways.number) + 1, dtype=bool)  # the last one is outside the chain
    touched[ways.leaves[planned]] = True
    touched[ways.reaches[planned]] = True
    touched[[ways.number[state] for state in entered if state in ways.number]] = True
    return np.flatnonzero(planned | (ways.unsold & touched[ways.leaves])).tolist()


def _round_goods(program: Program, matrix: Matrix, rounded: np.ndarray, values: np.ndarray, units: Units) -> None:
    columns = program.columns
    ways = program.once("ways", lambda: _ways(program))
    if not len(ways.column):
        return
    values = _with_need(program, values, rounded)
    available = _entering(program, rounded, values, units)
    taken = _taken(ways, values, available, units)
    column, share, onward = ways.column[taken], ways.share[taken], ways.reaches[taken] >= 0
    source, target = [ways.source[i] for i in taken], [ways.target[i] for i in taken]
    leaving: dict[tuple[str, ...], list[int]] = {}
    for index, state in enumerate(source):
        leaving.setdefault(state, []).append(index)
    graph, early = _acyclic(source, target, onward)
    rounded[ways.column] = 0.0
    for index in early:  # goods that come round the year's end: known before their state is reached
        rounded[column[index]] = down(values[column[index]], units.tonne)
        available[target[index]] = available.get(target[index], 0.0) + float(down(share[index] * rounded[column[index]], units.tonne))
    room = Room(matrix, rounded, column.tolist())
    sinks = program.once("sinks", lambda: {kind: set(columns[kind]["column"].tolist()) for kind in ("unsold", "consume", "own_use")})
    for state in nx.lexicographical_topological_sort(graph):
        mine = leaving.get(state, [])
        fixed = sum(rounded[column[i]] for i in mine if i in early)
        free = [i for i in mine if i not in early]
        outs = [int(column[i]) for i in free]
        left = _serve_needs(available.get(state, 0.0) - fixed, outs, values, room, sinks, units)
        _share_out(left, [c for c in outs if c not in sinks["consume"] | sinks["own_use"]], values, room, sinks["unsold"], units)
        for i in free:
            if onward[i]:
                arrived = float(down(share[i] * rounded[column[i]], units.tonne))
                available[target[i]] = available.get(target[i], 0.0) + arrived


def _entering(program: Program, rounded: np.ndarray, values: np.ndarray, units: Units) -> dict[tuple[str, ...], float]:
    """Tonnes that enter each state from outside: harvest, purchases (rounded up, within the offer), opening stock."""
    instance, columns = program.instance, program.columns
    found: dict[tuple[str, ...], float] = {}
    for row in columns["harvest"].itertuples():
        state = (row.base, row.product, row.base, row.period)
        found[state] = found.get(state, 0.0) + rounded[row.column]
    offers = columns["buy"].merge(instance.table("purchases"), on=["node", "product", "period", "channel", "tier"])
    for row in offers.itertuples():
        offered = float(row.quantity_t)
        rounded[row.column] = min(float(up(values[row.column], units.tonne)), float(down(offered, units.tonne)))
        state = ("bought", row.product, row.node, row.period)
        found[state] = found.get(state, 0.0) + rounded[row.column]
    first = instance.periods.names[0]
    keeps = instance.table("storage").set_index(["node", "product"])["keeps_share"].to_dict()
    for row in columns["opening"].itertuples():
        rounded[row.column] = float(down(values[row.column], units.tonne))
        state = (row.origin, row.product, row.node, first)
        found[state] = found.get(state, 0.0) + float(down(keeps[row.node, row.product] * rounded[row.column], units.tonne))
    for row in instance.table("storage").itertuples():
        if row.opening_t > 0 and not row.opening_decided:
            state = (row.opening_origin or "bought", row.product, row.node, first)
            found[state] = found.get(state, 0.0) + float(down(row.opening_t * row.keeps_share, units.tonne))
    return found


def _acyclic(source: Sequence[tuple[str, ...]], target: Sequence[tuple[str, ...]], onward: np.ndarray) -> tuple[nx.DiGraph, set[int]]:
    """The order in which states can be rounded, and the edges that had to be taken out because goods go round."""
    graph = nx.DiGraph()
    graph.add_nodes_from(source)
    for index in np.flatnonzero(onward).tolist():
        graph.add_edge(source[index], target[index])
    early: set[int] = set()
    by_pair: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for index in np.flatnonzero(onward).tolist():
        by_pair.setdefault((source[index], target[index]), []).append(int(index))
    while not nx.is_directed_acyclic_graph(graph):
        cycle = [(a, b) for a, b, *_ in nx.find_cycle(graph)]
        pair = max(cycle, key=lambda edge: (str(edge[0][3]), edge))  # the store over the year's end, as a rule
        graph.remove_edge(*pair)
        early.update(by_pair[pair])
    return graph, early


def _with_need(program: Program, values: np.ndarray, rounded: np.ndarray) -> np.ndarray:
    """The program's figures, with the use of goods by activities (feed, seed) as the rounded areas need it."""
    wanted = values.copy()
    users = program.columns["consume"]["column"].to_numpy()
    for rows in program.rows:
        if rows.rule != "consume":
            continue
        own = np.isin(rows.column, users)
        before, now = (np.bincount(rows.row[~own], weights=(rows.coefficient * of[rows.column])[~own], minlength=len(rows))
                       for of in (values, rounded))  # fmt: skip
        ratio = np.divide(now, before, out=np.zeros_like(now), where=np.abs(before) > 0)
        wanted[rows.column[own]] *= ratio[rows.row[own]]
    return wanted


def _serve_needs(available: float, outs: list[int], values: np.ndarray, room: Room, sinks: dict[str, set[int]], units: Units) -> float:
    """What activities use up and what is kept for own use comes first, in whole units; returns what is left."""
    for column in outs:
        if column not in sinks["consume"] | sinks["own_use"]:
            continue
        whole = float(up(values[column], units.tonne))
        amount = whole if room.takes(column, whole) else float(down(values[column], units.tonne))
        amount = min(amount, float(down(max(available, 0.0), units.tonne)))
        room.set(column, amount)
        available -= amount
    return available


def _share_out(available: float, outs: list[int], values: np.ndarray, room: Room, unsold: set[int], units: Units) -> None:
    """Give what is at a state to its ways out, in proportion to the program's figures, in whole units."""
    planned = float(values[outs].sum()) if outs else 0.0
    if not outs or available <= 0:
        return
    ratio = min(1.0, available / planned) if planned > 0 else 0.0
    wanted = values[outs] * ratio
    shares = down(wanted, units.tonne)
    for column, share in zip(outs, shares, strict=True):
        room.set(column, float(share))
    left = round((available - float(shares.sum())) / units.tonne)
    sinks = [c for c in outs if c in unsold]
    order = sorted((c for c in outs if c not in unsold), key=lambda c: (-(values[c] * ratio - room.rounded[c]), c))
    for column in order:
        if left > 0 and room.takes(column, units.tonne):
            room.set(column, float(down(room.rounded[column] + units.tonne, units.tonne)))
            left -= 1
    if left > 0 and sinks:
        room.set(sinks[0], float(down(room.rounded[sinks[0]] + left * units.tonne, units.tonne)))


def _round_group_sales(program: Program, rounded: np.ndarray, units: Units) -> None:
    """What was sold of a group is laid into its steps again, each no fuller than it was."""
    frame = program.columns["group_sell"]
    if frame.empty:
        return
    rows = next(r for r in program.rows if r.rule == "group_sales")
    own = np.isin(rows.column, frame["column"].to_numpy())
    sold = np.bincount(rows.row[~own], weights=-rows.coefficient[~own] * rounded[rows.column[~own]], minlength=len(rows))
    order = np.lexsort((rows.column[own], rows.row[own]))
    steps_row, steps_column = rows.row[own][order], rows.column[own][order]
    before = rounded.copy()
    rounded[steps_column] = 0.0
    starts = np.searchsorted(steps_row, np.arange(len(rows) + 1))
    for row in np.flatnonzero(sold > 0):
        columns = steps_column[starts[row] : starts[row + 1]]
        left = sold[row]
        for column in columns:
            rounded[column] = min(float(down(before[column], units.tonne)), left)
            left = float(down(left - rounded[column], units.tonne))
        fractions = sorted(columns, key=lambda c: (down(before[c], units.tonne) - before[c], c))
        for column in fractions:  # single kilograms lost to rounding go back to the steps that lost most
            if left > units.tonne / 2:
                rounded[column] += units.tonne
                left -= units.tonne
        if left > units.tonne / 2 and len(columns):
            rounded[columns[-1]] += left


# --- what follows from the rest ------------------------------------------------------------------------------------


def _follow_resources(program: Program, rounded: np.ndarray, values: np.ndarray) -> None:
    """Own use, hiring and work shrink in proportion to what the rounded plan uses."""
    uses = uses_of(program)
    kinds = ("own", "hire", "work")
    sources = pd.concat([program.columns[k][[*RESOURCE, "column"]] for k in kinds if len(program.columns[k])] or [uses.head(0)])
    if sources.empty:
        return
    idle = program.columns["idle"]
    for _ in range(2):  # hiring may itself use a resource (credit); a second pass settles that
        used = uses.assign(amount=uses["coefficient"] * rounded[uses["column"]])
        need = used.groupby(RESOURCE)["amount"].sum()
        if len(idle):
            rounded[idle["column"]] = np.maximum(0.0, -idle.set_index(RESOURCE).index.map(need.to_dict()).to_numpy(dtype=float))
        key = pd.MultiIndex.from_frame(sources[RESOURCE])
        wanted = need.reindex(key).fillna(0.0).clip(lower=0.0).to_numpy()
        had = sources.assign(value=values[sources["column"]]).groupby(RESOURCE)["value"].sum().reindex(key).to_numpy()
        ratio = np.divide(wanted, had, out=np.zeros_like(wanted), where=had > 0)
        rounded[sources["column"]] = values[sources["column"]] * ratio


def _follow_rows(program: Program, matrix: Matrix, rounded: np.ndarray, kind: str, rule: str) -> None:
    """A decision that fills the rest of its row (a shortfall) fills exactly that."""
    columns = program.columns[kind]
    if columns.empty:
        return
    rounded[columns["column"]] = 0.0
    for position, rows in enumerate(program.rows):
        if rows.rule != rule:
            continue
        start = program.first_row[position]
        missing = matrix.rhs[start : start + len(rows)] - matrix.activity(rounded)[start : start + len(rows)]
        own = np.isin(rows.column, columns["column"].to_numpy())
        rounded[rows.column[own]] = np.maximum(0.0, missing[rows.row[own]])


def _follow_cash(program: Program, matrix: Matrix, rounded: np.ndarray) -> None:
    """Balances of cash follow from the rounded receipts and payments, period by period."""
    frame = program.columns["cash"]
    for position, rows in enumerate(program.rows):
        if rows.rule != "cash" or frame.empty:
            continue
        start = program.first_row[position]
        number = {tuple(k): i for i, k in enumerate(rows.keys[["party", "id", "period"]].itertuples(index=False))}
        rounded[frame["column"]] = 0.0
        order = {name: i for i, name in enumerate(program.instance.periods.names)}
        for row in sorted(frame.itertuples(), key=lambda r: order[r.period]):
            line = start + number[row.party, row.id, row.period]
            rounded[row.column] = matrix.rhs[line] - matrix.activity(rounded)[line]


def residues(program: Program, matrix: Matrix, rounded: np.ndarray) -> pd.DataFrame:
    """Rows that the rounded plan does not meet: rule, names, amount, unit.

    Caps never are among them; floors, contracts and own use are short of at most one unit for each figure they add up,
    except where the last land or hands are used. Goods are weighed in whole kilograms on arrival, so that a balance
    loses less than one unit per arrival; that is no residue.
    """
    left = matrix.activity(rounded)
    over = np.where(matrix.sense != AT_LEAST, left - matrix.rhs, 0.0)
    under = np.where(matrix.sense != AT_MOST, matrix.rhs - left, 0.0)
    amount = np.maximum(over, under)
    tolerance = 1e-6 * (1 + np.abs(matrix.rhs))
    found = []
    for position, rows in enumerate(program.rows):
        if rows.rule == "balance":
            continue
        start = program.first_row[position]
        mine = amount[start : start + len(rows)]
        for index in np.flatnonzero(mine > tolerance[start : start + len(rows)]):
            names = ", ".join(f"{key} {value}" for key, value in rows.keys.iloc[index].items())
            found.append((rows.rule, names, float(mine[index]), rows.unit[index]))
    return pd.DataFrame(found, columns=["rule", "names", "amount", "unit"])
