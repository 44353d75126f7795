"""Rules of land: what stands on it, what is rented, what is harvested from it."""

from __future__ import annotations

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.program.decisions import area_yields, per_area
from optimizer.program.rows import AT_MOST, Columns, Rows, gives, make_rows, terms_of


@gives("land")
def land(instance: Instance, columns: Columns) -> Rows:
    """Occupied land is rented land.

    For each base b, land class l and period t:  Σ_a occupancy[a,l,t] · area[b,l,a] ≤ rented[b,l,year(t)]   (mu)

    Shadow price: what one more mu of that class would add in that period, rent apart.
    """
    keys = ["base", "land_class", "period"]
    occupied = per_area(instance, columns, "occupancy")
    occupied = terms_of(occupied, occupied["land_share"])
    periods = pd.DataFrame({"period": instance.periods.names, "year": instance.periods.years})
    rented = columns["rented"].merge(periods, on="year").merge(occupied[keys].drop_duplicates(), on=keys)
    return make_rows("land", "mu", keys, [occupied, terms_of(rented, -1.0)], AT_MOST, 0.0)


@gives("land_area")
def land_area(instance: Instance, columns: Columns) -> Rows:
    """Rented land exists:  rented[b,l,y] ≤ area_mu[b,l]   (mu).

    Shadow price: what one more mu for the year would add, its rent paid.
    """
    rhs = columns["rented"].merge(instance.table("land"), on=["base", "land_class"]).rename(columns={"area_mu": "rhs"})
    return make_rows("land_area", "mu", ["base", "land_class", "year"], [terms_of(columns["rented"])], AT_MOST, rhs)


@gives("harvest")
def harvest(instance: Instance, columns: Columns) -> Rows:
    """No more is harvested than was grown; less may be, which saves the harvest's labour and cost.

    For each base b, product p and period t:  harvest[b,p,t] ≤ Σ_l,a yield[a,b,l,p,t]/1000 · area[b,l,a]   (t)

    Shadow price: what one more tonne standing in the field would add.
    """
    keys = ["base", "product", "period"]
    grown = area_yields(instance, columns)
    grown = grown[grown["yield_kg_per_mu"] > 0]
    grown = terms_of(grown, -grown["yield_kg_per_mu"] / 1000)
    return make_rows(
        "harvest", "t", keys, [terms_of(columns["harvest"]), grown], AT_MOST, columns["harvest"].assign(rhs=0.0), limit_all=True
    )
