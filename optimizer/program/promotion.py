"""Promotion: money that opens sales the market would not take by itself, in steps of falling return."""

from __future__ import annotations

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.promoting import budgets, first_of, offered_promotion
from optimizer.program.rows import AT_MOST, Columns, Rows, gives, make_rows, terms_of

STEP = ["promotion", "step"]


def add_promotion(instance: Instance, columns: Columns) -> None:
    """One ``promote`` decision per step of each promotion that is offered: the yuan spent on it."""
    steps = offered_promotion(instance.tables)
    columns.add("promote", "yuan", steps[STEP], upper=steps["yuan_most"].to_numpy(dtype=float))


@gives("promoted")
def promoted(instance: Instance, columns: Columns) -> Rows:
    """What is sold through a promotion was opened by what is spent on it:

    Σ sell[o,p,t,m,c,k] over all markets, products and periods of the step ≤ t_per_yuan · promote[c,k]   (t),
    where the channel c is the promotion and the tier k its step

    These sales are new demand: ``safety_share`` and ``group_tier`` do not count them. What is promised to a channel, or
    limited over all channels together (``contract``, ``market_limit``), counts them where its channels include them.

    Shadow price: what one more tonne opened for nothing would add.
    """
    opened = columns["promote"].merge(offered_promotion(instance.tables)[[*STEP, "t_per_yuan"]], on=STEP)
    sold = columns["sell"].rename(columns={"channel": "promotion", "tier": "step"})
    sold = sold[sold["promotion"].isin(set(opened["promotion"]))]
    terms = [terms_of(sold), terms_of(opened, -opened["t_per_yuan"].astype(float))]
    return make_rows("promoted", "t", STEP, terms, AT_MOST, opened.assign(rhs=0.0), True)


@gives("promotion_budget")
def promotion_budget(instance: Instance, columns: Columns) -> Rows:
    """A promotion keeps within its budget:  Σ_k promote[c,k] ≤ budget   (yuan).

    Shadow price: what one more yuan of budget would add.
    """
    limits = budgets(offered_promotion(instance.tables)).rename("rhs").reset_index()
    return make_rows("promotion_budget", "yuan", ["promotion"], [terms_of(columns["promote"])], AT_MOST, limits, True)


def spent(instance: Instance, columns: Columns) -> pd.DataFrame:
    """The ``promote`` decisions with who pays (``bearer``, and ``base`` or ``company`` by name) and the ``period`` of payment,
    the first one of the step's scope."""
    steps = offered_promotion(instance.tables)[[*STEP, "payer", "period"]]
    found = columns["promote"].merge(steps, on=STEP)
    is_base, is_company = (found["payer"].isin(set(instance.universe(kind))) for kind in ("bases", "companies"))
    bearer = pd.Series("government", index=found.index, dtype=object).mask(is_base, "base").mask(is_company, "company")
    return found.assign(
        bearer=bearer,
        base=found["payer"].where(is_base, ""),
        company=found["payer"].where(is_company, ""),
        period=[first_of(instance, scope) for scope in found["period"]],
    )
