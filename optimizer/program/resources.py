"""Rules of resources: what is used is owned, hired or worked by villagers; own stock may be let."""

from __future__ import annotations

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.program.decisions import per_area, pools
from optimizer.program.rows import AT_MOST, EQUAL, Columns, Rows, gives, make_rows, terms_of

KEYS = ["base", "resource", "period"]


def units(instance: Instance) -> dict[str, str]:
    """The unit of each resource; of several together theirs if it is the same."""
    own = instance.table("resources").set_index("resource")["unit"].to_dict()
    found = dict(own)
    for text in instance.table("supply_totals")["resource"]:
        several = {own[member] for member in instance.members("resources", text)}
        found[text] = several.pop() if len(several) == 1 else "unit"
    return found


def resource_uses(instance: Instance, columns: Columns) -> pd.DataFrame:
    """Every use of a resource as terms over (base, resource, period); supplies are negative."""
    by_area = per_area(instance, columns, "activity_use")
    by_area = terms_of(by_area, by_area["use_per_mu"])
    at_harvest = columns["harvest"].merge(instance.table("harvest_use").drop(columns="_row"), on=["base", "product", "period"])
    at_harvest = terms_of(at_harvest, at_harvest["use_per_t"])
    supply = pools(instance)
    hired = columns["hire"].merge(supply[supply["hire_uses_resource"] != ""], on=KEYS)
    credit = hired.drop(columns="resource").rename(columns={"hire_uses_resource": "resource"})
    credit = terms_of(credit, credit["hire_uses_per_unit"])
    wanted = [*KEYS, "column", "coefficient"]
    return pd.concat([by_area[wanted], at_harvest[wanted], credit[wanted]], ignore_index=True)


@gives("resource")
def resource(instance: Instance, columns: Columns) -> Rows:
    """What is used is what is paid: use equals own use, hiring and villagers' work, in units of the resource.

    For each base b, resource r and period t:
    Σ_a use[a,b,r,t]·area + Σ_p use[p,b,r,t]·harvest + Σ hire_uses·hire = own + hire + Σ_v work[v,b,r,t] − idle

    ``idle`` exists only where an activity supplies the resource and is at most that supply. An equality, so that no
    objective can hire idle hands for the sake of their wage.

    Shadow price: what one more unit, free of charge, would add at that base in that period.
    """
    uses = resource_uses(instance, columns)
    sources = [terms_of(columns[kind], -1.0) for kind in ("own", "hire", "work")]
    needed = uses[KEYS].drop_duplicates()
    sources = [frame.merge(needed, on=KEYS) for frame in sources]
    return make_rows("resource", units(instance), KEYS, [uses, *sources, terms_of(columns["idle"])], EQUAL, 0.0)


@gives("unused", "idle")
def unused(instance: Instance, columns: Columns) -> list[Rows]:
    """Sources of a resource that nothing can use stay at zero, and no more of a supply idles than is supplied:

    ``unused``:  own + hire + Σ_v work[v] ≤ 0 where nothing uses r,   ``idle``:  idle[b,r,t] + Σ_a use[a,b,r,t]·area ≤ 0 over
    the activities that supply it (use < 0)   (units of the resource)

    Shadow price: what one more unit that may be taken (or idle) for nothing would add.
    """
    uses = resource_uses(instance, columns)
    needed = pd.MultiIndex.from_frame(uses[KEYS].drop_duplicates())
    rows = []
    spare = [columns[k][~pd.MultiIndex.from_frame(columns[k][KEYS]).isin(needed)] for k in ("own", "hire", "work")]
    rows.append(make_rows("unused", units(instance), KEYS, [terms_of(frame) for frame in spare], AT_MOST, 0.0))
    supplied = uses[uses["coefficient"] < 0]
    rows.append(make_rows("idle", units(instance), KEYS, [terms_of(columns["idle"]), supplied], AT_MOST, 0.0))
    return rows


@gives("own", "hire", "let")
def supply(instance: Instance, columns: Columns) -> list[Rows]:
    """A pool gives no more than it has:  Σ_b own + Σ_b let ≤ own,  Σ_b hire ≤ hire_limit,  Σ_b let ≤ let_limit.

    A pool is a base, or several bases that share. Shadow price: what one more unit owned (``own``), hireable (``hire``)
    or lettable (``let``) would add.
    """
    keys = ["pool", "resource", "period"]
    members = pools(instance)
    of_pool = {kind: terms_of(columns[kind].merge(members[["pool", *KEYS]], on=KEYS)) for kind in ("own", "hire", "let")}
    limits, unit = members.drop_duplicates(keys), units(instance)
    return [
        make_rows("own", unit, keys, [of_pool["own"], of_pool["let"]], AT_MOST, limits.assign(rhs=limits["own"]), True),
        make_rows("hire", unit, keys, [of_pool["hire"]], AT_MOST, limits.assign(rhs=limits["hire_limit"]), True),
        make_rows("let", unit, keys, [of_pool["let"]], AT_MOST, limits.assign(rhs=limits["let_limit"]), True),
    ]


@gives("supply_own_total", "supply_hire_total", "supply_use_total")
def supply_totals(instance: Instance, columns: Columns) -> list[Rows]:
    """Limits over several bases, resources or periods together:  Σ own ≤ own_limit, Σ hire ≤ hire_limit, and all use
    (own, hired and villagers' work) ≤ use_limit.

    Shadow price: what one more unit over the whole of them would add.
    """
    totals = instance.table("supply_totals")
    keys = ["base", "resource", "period"]
    found = []
    for limit, kinds in (("own_limit", ("own",)), ("hire_limit", ("hire",)), ("use_limit", ("own", "hire", "work"))):
        terms = [_within(instance, columns[kind], totals) for kind in kinds]
        rhs = totals.assign(rhs=totals[limit])
        found.append(make_rows("supply_" + limit.replace("_limit", "_total"), units(instance), keys, terms, AT_MOST, rhs, True))
    return found


def _within(instance: Instance, decisions: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for total in totals.itertuples():
        inside = decisions[
            decisions["base"].isin(instance.members("bases", total.base))
            & decisions["resource"].isin(instance.members("resources", total.resource))
            & decisions["period"].isin(instance.members("periods", total.period))
        ]
        parts.append(terms_of(inside, 1.0, base=total.base, resource=total.resource, period=total.period))
    return pd.concat(parts, ignore_index=True) if parts else terms_of(decisions.head(0))


@gives("workers")
def workers(instance: Instance, columns: Columns) -> Rows:
    """A village offers no more days than it has:  Σ_b work[v,b,r,t] ≤ days[v,r,t]   (days).

    Shadow price: what one more day offered in that village and period would add, its wage paid.
    """
    keys = ["village", "resource", "period"]
    rhs = instance.table("workers").rename(columns={"days": "rhs"})
    return make_rows("workers", units(instance), keys, [terms_of(columns["work"])], AT_MOST, rhs, True)
