"""Who is linked to what, and with which weight: the recipients of a pot, before and after solving alike."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.document import SplitRule
from optimizer.instance.instance import Instance

KEYS_AFTER_SOLVING = ("labour_days",)
MICRO = 1_000_000
FEN = 100


def in_force(instance: Instance, links: pd.DataFrame, period: str) -> pd.DataFrame:
    """Links in force on the last day of ``period`` (all of them if the periods have no dates)."""
    days = instance.periods.last_days
    if not days:
        return links
    day = pd.Timestamp(days[instance.periods.number[period]])
    begun = links["valid_from"].isna() | (links["valid_from"] <= day)
    return links[begun & (links["valid_to"].isna() | (day < links["valid_to"]))]


class Ties:
    """Who is tied to what, looked up once for every set of links that is in force together (an *era*)."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.register = instance.table("households").drop(columns="_row").sort_values("household", ignore_index=True)
        links = instance.table("links")
        self.links = links.assign(number=pd.Index(self.register["household"]).get_indexer(links["household"]))
        self.places = links.groupby(["kind", "to"]).indices
        self.company = dict(instance.table("bases")[["base", "company"]].itertuples(index=False))
        self.holding: list[np.ndarray] = []
        """Of each era, which links are in force."""
        self.eras: dict[str, int] = {}
        self.known: dict[tuple[str, str, int], pd.DataFrame] = {}
        seen: dict[bytes, int] = {}
        for period in instance.periods.names:
            held = links.index.isin(in_force(instance, links, period).index)
            era = seen.setdefault(held.tobytes(), len(self.holding))
            if era == len(self.holding):
                self.holding.append(held)
            self.eras[period] = era

    def recipients(self, kind: str, base: str, period: str) -> pd.DataFrame:
        """Households tied to ``base`` or to its company by links of ``kind``, with their figures; sorted by household.

        Columns: those of the register, ``number`` (the household's place in it), ``weight`` and ``leased_mu`` (its land
        leased to any base). A household that is tied to both base and company counts once, with the greater weight.
        """
        era = self.eras[period]
        if (kind, base, era) not in self.known:
            links = pd.concat([self.of(kind, base, era), self.of(kind, self.company[base], era)])
            weight = links.groupby("number")["weight"].max()
            people = self.register.iloc[weight.index].assign(number=weight.index, weight=weight.to_numpy())
            self.known[kind, base, era] = people.assign(leased_mu=self._leased(era)[weight.index]).reset_index(drop=True)
        return self.known[kind, base, era]

    def of(self, kind: str, to: str, era: int) -> pd.DataFrame:
        """The links of a kind to a base or company that are in force in an era."""
        places = self.places.get((kind, to), np.zeros(0, dtype=np.int64))
        return self.links.iloc[places[self.holding[era][places]]]

    def hands(self, era: int) -> pd.DataFrame:
        """Wage links in force in an era: household, number, village, base, weight, and the ``part`` of the village's
        days at the base that falls to the household; sorted by household."""
        links = self.links[self.holding[era] & (self.links["kind"] == "wage").to_numpy() & (self.links["weight"] > 0).to_numpy()]
        links = links.rename(columns={"to": "base"})
        links["village"] = self.register["village"].to_numpy()[links["number"]]
        links["part"] = links["weight"] / links.groupby(["village", "base"])["weight"].transform("sum")
        return links[["household", "number", "village", "base", "weight", "part"]].sort_values("number", ignore_index=True)

    def _leased(self, era: int) -> np.ndarray:
        rents = self.links[self.holding[era] & (self.links["kind"] == "rent").to_numpy()]
        return np.bincount(rents["number"], weights=rents["area_mu"], minlength=len(self.register))


def leased_mu(instance: Instance) -> pd.DataFrame:
    """Area each household leases to each base in each year: household, village, to, year, area_mu, forgone_yuan_per_mu.

    Rent is paid in the first period of a year, to those whose lease is then in force.
    """
    rents = instance.table("links")
    rents = rents[rents["kind"] == "rent"]
    periods = instance.periods
    first = {year: name for name, year in reversed(list(zip(periods.names, periods.years, strict=True)))}
    yearly = [in_force(instance, rents, name).assign(year=year) for year, name in sorted(first.items())]
    return pd.concat(yearly, ignore_index=True).merge(instance.table("households")[["household", "village"]], on="household")


def weights(instance: Instance, people: pd.DataFrame, key: str, days: pd.Series | None = None) -> np.ndarray:
    """Integer weights of the recipients under one division key.

    per_head: persons · per_household: 1 · weight: the link's weight in millionths · land: leased mu in thousandths ·
    need: fen by which the household's income lies below the line · labour_days: hundredths of a day worked (``days``
    by household, known only after solving).
    """
    if key == "per_head":
        return people["persons"].to_numpy(dtype=np.int64)
    if key == "per_household":
        return np.ones(len(people), dtype=np.int64)
    if key == "weight":
        return np.rint(people["weight"].to_numpy(dtype=float) * MICRO).astype(np.int64)
    if key == "land":
        return np.rint(people["leased_mu"].to_numpy(dtype=float) * 1000).astype(np.int64)
    if key == "need":
        gap = people["persons"] * poverty_line(instance) - people["income_before_yuan"]
        return np.rint(gap.clip(lower=0).to_numpy(dtype=float) * FEN).astype(np.int64)
    worked = people["household"].map(days).fillna(0) if days is not None else pd.Series(0.0, index=people.index)
    return np.rint(worked.to_numpy(dtype=float) * 100).astype(np.int64)


def poverty_line(instance: Instance) -> float:
    """The poverty line per head of the year the settings name, in yuan."""
    lines = instance.table("poverty_lines").set_index("year")["line_yuan"]
    return float(lines[instance.settings.poverty_line_year])


def household_branches(rule: SplitRule) -> list[tuple[str, Fraction]]:
    """Kinds of link and the share of the basis their households receive under the rule's reading."""
    found: list[tuple[str, Fraction]] = []
    for branch in rule.tree:
        if branch.to == "households":
            found.append((branch.link, branch.share))
        for part in branch.of_which:
            if part.to == "households":
                found.append((part.link, branch.share * part.share if rule.reading == "nested" else part.share))
    return found


def party_shares(rule: SplitRule) -> dict[str, Fraction]:
    """The share of the basis each kind of party ends up with under the rule's reading; they sum to 1."""
    shares: dict[str, Fraction] = {}
    for branch in rule.tree:
        kept = branch.share
        for part in branch.of_which:
            given = branch.share * part.share if rule.reading == "nested" else part.share
            shares[part.to] = shares.get(part.to, Fraction(0)) + given
            kept -= given
        shares[branch.to] = shares.get(branch.to, Fraction(0)) + kept
    return shares
