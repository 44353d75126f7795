"""Write the SYNTHETIC register of households and their links: households.csv and links.csv.

Nobody in it exists. Totals are those of the programme (65,000 people, 13,078 households, 10,000 registered workers);
everything else is drawn from the distributions below with a fixed seed, so that a rerun gives the same bytes:
    python make_register.py
"""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from make_tables import REGISTERED_WORKERS, VILLAGES, read, shared_out, workers_per_village

HERE = Path(__file__).parent
SEED = 2019
HOUSEHOLDS = 13_078
SIZES = (0.02, 0.06, 0.12, 0.20, 0.24, 0.17, 0.10, 0.05, 0.03, 0.01)
"""Share of households with 1, 2, … 10 members; nudged afterwards so that every village has its exact people."""
ABLE = (0.09, 0.24, 0.42, 0.13, 0.08, 0.04)
"""Share of households with 0, 1, … 5 members able to work."""
MEDIAN_INCOME_PER_HEAD, SIGMA = 6_800, 0.45
LETTING_SHARE, LEAST_MU, MOST_MU = 0.55, 3, 10
LEAST_FORGONE, MOST_FORGONE = 600, 1_000
REGISTERED_YEARS = (2014, 2017)
OWN_WORK_YUAN_PER_MU = 8 * 40
"""Eight days of own work on a mu at the reservation value: freed when the land is let, so not forgone with it."""


def drawn(random: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Which of the classes each random number falls into."""
    return np.minimum(np.searchsorted(np.cumsum(shares), random, side="right"), len(shares) - 1)


def sizes(rng: np.random.Generator, households: int, persons: int) -> np.ndarray:
    """Sizes 1 to 10 that sum to ``persons``."""
    members = drawn(rng.random(households), SIZES) + 1
    while (gap := persons - members.sum()) != 0:
        step = int(np.sign(gap))
        movable = np.flatnonzero((members + step >= 1) & (members + step <= len(SIZES)))
        chosen = movable[np.argsort(rng.random(len(movable)), kind="stable")[: abs(gap)]]
        members[chosen] += step
    return members


def registered(rng: np.random.Generator, able: np.ndarray, wanted: int) -> np.ndarray:
    """How many of the able members of each household are registered to work at the bases."""
    slots = np.repeat(np.arange(len(able)), able)
    chosen = slots[np.argsort(rng.random(len(slots)), kind="stable")[:wanted]]
    return np.bincount(chosen, minlength=len(able))


def register() -> pd.DataFrame:
    """One row per household: village, base, members, workers, income, leased land."""
    rng = np.random.default_rng(SEED)
    cells = VILLAGES.assign(persons=VILLAGES["persons"].astype(int))
    counts = shared_out(HOUSEHOLDS, dict(enumerate(cells["persons"])))
    parts = []
    for cell in cells.itertuples():
        size = sizes(rng, counts[cell.Index], cell.persons)
        parts.append(pd.DataFrame({"village": cell.village, "base": cell.base, "persons": size}))
    frame = pd.concat(parts, ignore_index=True)
    n = len(frame)
    frame.insert(0, "household", [f"H{i:05d}" for i in range(1, n + 1)])
    frame["workers"] = np.minimum(drawn(rng.random(n), ABLE), frame["persons"])
    normal = np.array([NormalDist().inv_cdf(u) for u in rng.uniform(1e-9, 1 - 1e-9, n)])
    per_head = MEDIAN_INCOME_PER_HEAD * np.exp(SIGMA * normal)
    frame["income_before_yuan"] = (per_head * frame["persons"]).round().astype(int)
    frame["registered"] = 0
    for village, number in workers_per_village().items():
        mine = frame["village"] == village
        frame.loc[mine, "registered"] = registered(rng, frame.loc[mine, "workers"].to_numpy(), number)
    lets = rng.random(n) < LETTING_SHARE
    frame["leased_mu"] = np.where(lets, LEAST_MU + (rng.random(n) * (MOST_MU - LEAST_MU + 1)).astype(int), 0)
    steps = (MOST_FORGONE - LEAST_FORGONE) // 50 + 1
    frame["forgone"] = LEAST_FORGONE + 50 * (rng.random(n) * steps).astype(int) - OWN_WORK_YUAN_PER_MU
    rent = read("bases").set_index("base")["rent_yuan_per_mu"].astype(int)
    frame["forgone"] = np.minimum(frame["forgone"], frame["base"].map(rent))  # nobody lets land for less than it would earn
    frame["registered_on"] = _registered_on(n)
    return _within_land(frame)


def _registered_on(households: int) -> np.ndarray:
    """Days on which the households were entered, from draws of their own."""
    first, last = (np.datetime64(f"{year}-01-01") for year in (REGISTERED_YEARS[0], REGISTERED_YEARS[1] + 1))
    days = np.random.default_rng([SEED, 1]).integers(0, (last - first).astype(int), households)
    return np.datetime_as_string(first + days)


def _within_land(frame: pd.DataFrame) -> pd.DataFrame:
    """No base can lease more than its land; the last households in line keep theirs."""
    area = read("bases").set_index("base")["area_mu"].astype(float)
    beyond = frame.groupby("base")["leased_mu"].cumsum() > frame["base"].map(area)
    frame.loc[beyond, "leased_mu"] = 0
    return frame


def links(frame: pd.DataFrame) -> pd.DataFrame:
    """A dividend at one base each; wages at every base the village reaches; rent where land is let."""
    dividend = frame.assign(kind="dividend", to=frame["base"], weight=1)
    commutes = pd.read_csv(HERE / "commutes.csv", dtype=str)[["village", "base"]].rename(columns={"base": "to"})
    wage = frame[frame["registered"] > 0].merge(commutes, on="village").assign(kind="wage")
    wage["weight"] = wage["registered"]
    rent = frame[frame["leased_mu"] > 0].assign(kind="rent", to=lambda f: f["base"], weight=1)
    rent["area_mu"], rent["forgone_yuan_per_mu"] = rent["leased_mu"], rent["forgone"]
    both = pd.concat([dividend, wage, rent], ignore_index=True)
    both[["area_mu", "forgone_yuan_per_mu"]] = both[["area_mu", "forgone_yuan_per_mu"]].fillna(0).astype(int)
    both["source"] = "synthetic"
    columns = ["household", "kind", "to", "weight", "area_mu", "forgone_yuan_per_mu", "source"]
    return both.sort_values(["household", "kind", "to"], kind="stable")[columns]


if __name__ == "__main__":
    households = register()
    assert len(households) == HOUSEHOLDS and households["persons"].sum() == 65_000
    assert households["registered"].sum() == REGISTERED_WORKERS
    columns = ["household", "village", "persons", "workers", "income_before_yuan", "registered_on"]
    households[columns].assign(source="synthetic").to_csv(HERE / "households.csv", index=False, lineterminator="\n")
    links(households).to_csv(HERE / "links.csv", index=False, lineterminator="\n")
