"""Rules of markets: tiers, shared capacity, limits, contracts, own use and the oversupply safety share."""

from __future__ import annotations

from optimizer.instance.instance import Instance
from optimizer.problems import InputError, Problem
from optimizer.program.decisions import group_members, in_the_market
from optimizer.program.diversification import matches_nothing, rules_of
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows, gives, make_rows, terms_of
from optimizer.texts import say


@gives("tier")
def tier(instance: Instance, columns: Columns) -> Rows:
    """A market buys no more at a price than the tier holds:  Σ_o sell[o,p,t,m,c,k] ≤ quantity   (t).

    Shadow price: what one more tonne bought at that tier's price would add.
    """
    keys = ["market", "product", "period", "channel", "tier"]
    rhs = instance.table("demand").rename(columns={"quantity_t": "rhs"})
    possible = columns["sell"][keys].drop_duplicates()
    return make_rows("tier", "t", keys, [terms_of(columns["sell"])], AT_MOST, rhs.merge(possible, on=keys), True)


@gives("purchase")
def purchase(instance: Instance, columns: Columns) -> Rows:
    """No more is bought at a price than is offered:  buy[n,p,t,c,k] ≤ quantity   (t).

    Shadow price: what one more tonne offered at that price would add.
    """
    keys = ["node", "product", "period", "channel", "tier"]
    rhs = instance.table("purchases").rename(columns={"quantity_t": "rhs"})
    possible = columns["buy"][keys].drop_duplicates()
    return make_rows("purchase", "t", keys, [terms_of(columns["buy"])], AT_MOST, rhs.merge(possible, on=keys), True)


@gives("group_sales", "group_tier")
def group_tier(instance: Instance, columns: Columns) -> list[Rows]:
    """Products that replace one another share a market's capacity, in steps that cut every price by an amount.

    ``group_sales``:  Σ_k group_sell[o,m,g,t,k] = Σ_{p∈g} sell[o,p,t,m]   ·   ``group_tier``:  Σ_o group_sell ≤ quantity  (t)

    Shadow price of ``group_tier``: what one more tonne in that step would add.
    """
    groups = group_members(instance)
    members = groups[["market", "product", "period", "group"]].drop_duplicates()
    sold = in_the_market(instance, columns["sell"]).merge(members, on=["market", "product", "period"])
    keys = ["origin", "market", "group", "period"]
    balance = make_rows("group_sales", "t", keys, [terms_of(columns["group_sell"]), terms_of(sold, -1.0)], EQUAL, 0.0)
    keys = ["market", "group", "period", "tier"]
    limits = groups.drop_duplicates(keys).rename(columns={"quantity_t": "rhs"})
    return [balance, make_rows("group_tier", "t", keys, [terms_of(columns["group_sell"])], AT_MOST, limits, True)]


@gives("market_limit")
def market_limit(instance: Instance, columns: Columns) -> Rows:
    """Sales (or purchases) over several markets, products, periods or channels together stay within a limit:

    Σ sell ≤ limit,   or  Σ buy ≤ limit   (t)

    Shadow price: what one more tonne over all of them would add.
    """
    keys = ["market", "product", "period", "channel", "direction"]
    limits = instance.table("market_limits")
    parts = []
    for limit in limits.itertuples():
        sold = columns["sell"] if limit.direction == "sell" else columns["buy"].rename(columns={"node": "market"})
        inside = sold[
            sold["market"].isin(instance.members("nodes", limit.market))
            & sold["product"].isin(instance.members("products", limit.product))
            & sold["period"].isin(instance.members("periods", limit.period))
            & ((limit.channel == "*") | (sold["channel"] == limit.channel))
        ]
        parts.append(terms_of(inside, 1.0, **{key: getattr(limit, key) for key in keys}))
    return make_rows("market_limit", "t", keys, parts, AT_MOST, limits.assign(rhs=limits["limit_t"]), True)


@gives("contract", "contract_at_most")
def contract(instance: Instance, columns: Columns) -> list[Rows]:
    """What was promised is delivered or paid for:  Σ sell + shortfall ≥ quantity,  Σ sell ≤ at_most   (t).

    A hard contract has no shortfall. Shadow price: what one tonne more promised, or one more allowed, would add.
    """
    contracts = instance.table("contracts")
    parts = []
    for promise in contracts.itertuples():
        sold = columns["sell"]
        inside = sold[
            sold["market"].isin(instance.members("nodes", promise.market))
            & sold["product"].isin(instance.members("products", promise.product))
            & sold["period"].isin(instance.members("periods", promise.period))
            & sold["origin"].isin(instance.members("origins", promise.base))
            & ((promise.channel == "*") | (sold["channel"] == promise.channel))
        ]
        parts.append(terms_of(inside, contract=promise.contract))
    least = contracts[contracts["quantity_t"] > 0].rename(columns={"quantity_t": "rhs"})
    most = contracts.rename(columns={"at_most_t": "rhs"})
    return [
        make_rows("contract", "t", ["contract"], [*parts, terms_of(columns["shortfall"])], AT_LEAST, least, True),
        make_rows("contract_at_most", "t", ["contract"], parts, AT_MOST, most, True),
    ]


@gives("own_use", "own_use_at_most")
def own_use(instance: Instance, columns: Columns) -> list[Rows]:
    """What must be kept for own use is kept, over the products and periods that can meet the need:

    ``own_use``:  Σ own_use = quantity,   or where a part will do  ``own_use_at_most``:  Σ own_use ≤ quantity   (t)

    Shadow price: what one tonne more needed (or allowed) would add.
    """
    keys = ["node", "need", "when"]
    needs = instance.table("own_use").rename(columns={"product": "need", "period": "when", "quantity_t": "rhs"})
    terms = [terms_of(columns["own_use"])]
    return [
        make_rows("own_use", "t", keys, terms, EQUAL, needs[~needs["at_most"]], True),
        make_rows("own_use_at_most", "t", keys, terms, AT_MOST, needs[needs["at_most"]], True),
    ]


@gives("safety_share")
def safety_share(instance: Instance, columns: Columns) -> list[Rows]:
    """Sales keep within a share of what the market absorbs, so that they do not move its price:

    Σ_{o,c,k} sell[o,p,t,m] ≤ share · absorbs_t[m,p,t]   (t), for the products and markets the rule names.

    Shadow price: what one more tonne allowed would add.
    """
    found = []
    keys = ["market", "product", "period"]
    for rule in rules_of(instance, "safety_share"):
        markets = {m for _, members in instance.groups("markets", rule.within) for m in members}
        products = {p for _, members in instance.groups("subjects", rule.of) for p in members}
        sell = in_the_market(instance, columns["sell"])
        sold = sell[sell["market"].isin(markets) & sell["product"].isin(products)]
        if sold.empty:
            raise matches_nothing(rule)
        absorbs = sold[keys].drop_duplicates().merge(instance.table("absorption"), on=keys, how="left")
        missing = absorbs[absorbs["absorbs_t"].isna()]
        if len(missing):
            problems = [Problem("absorption", None, "", ", ".join(map(str, k)), say("expected.absorption"))
                        for k in missing[keys].itertuples(index=False)]  # fmt: skip
            raise InputError(problems)
        rhs = absorbs.assign(rhs=absorbs["absorbs_t"] * float(rule.share), name=rule.name)
        found.append(make_rows("safety_share", "t", ["name", *keys], [terms_of(sold, name=rule.name)], AT_MOST, rhs, True))
    return found
