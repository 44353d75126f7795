"""Ten million households: dividing, checking and writing by us, and the bare division of the same data by columnar engines.

The data are made from a seed, so that every process makes its own: 300 bases, twelve months, a dividend for every household by
the weight of its link (one in ten is tied to a base elsewhere), wages for four in ten and rent for half of them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import tempfile
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.generate.sizes import Sizes
from optimizer.generate.writing import generate
from optimizer.instance.instance import Instance
from optimizer.instance.loading import instance_of, read_given
from optimizer.report.streamed import FILE, divide_and_write
from optimizer.revenue.ledger import LANDHOLDERS, POT, WAGES
from tests.benchmarks.measuring import Figures, Stopped, measured, note, peak_of

MONTHS = 12
FULL, QUICK = (10_000_000, 300), (20_000, 300)
"""Households and bases."""
LIMIT_S = 900
DIVIDING = ("index", "divide")
"""What an engine does bare (though it gets its tables ready)."""
MICRO = 1_000_000
OTHERS_MILLI_MU = 100_500
"""Land of every base that no household of the register leases to it."""
ENGINES = ("polars", "duckdb")
BESIDE = "on a second thread, beside divide"

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Links:
    """Who shares in the pots of one kind, by base and household: places of bases and households, and integer weights."""

    base: Ints
    household: Ints
    weight: Ints


@dataclass(frozen=True)
class Made:
    """A county's links by kind, and fen of each pot by kind (base × month)."""

    households: int
    bases: int
    village: Ints
    links: dict[str, Links]
    pots: dict[str, Ints]


def made(households: int, bases: int, seed: int = 1) -> Made:
    """The county of so many households; the same one every time."""
    rng = np.random.default_rng([seed, households, bases])
    village = np.arange(households) * bases // households
    base = np.where(rng.random(households) < 0.1, rng.integers(0, bases, households), village)
    order = np.argsort(base.astype(np.int16), kind="stable")
    works, leases = (np.flatnonzero(rng.random(households) < share) for share in (0.4, 0.5))
    links = {
        "dividend": Links(base[order], order, rng.integers(1, 10, households)[order]),
        "wage": Links(village[works], works, rng.integers(1, 4, len(works))),
        "rent": Links(village[leases], leases, rng.integers(500, 5_000, len(leases))),
    }
    pots = {kind: rng.integers(10**6, 10**9, (bases, MONTHS)) for kind in ("dividend", "wage")}
    pots["rent"] = rng.integers(10**6, 10**9, (bases, 1))
    return Made(households, bases, village, links, pots)


def with_others(of: Made) -> Links:
    """The leases of a county with, at the end of each base, the land of others, who stand as household −1."""
    rent = of.links["rent"]
    base = np.append(rent.base, np.arange(of.bases))
    order = np.argsort(base.astype(np.int16), kind="stable")
    household = np.append(rent.household, np.full(of.bases, -1))
    return Links(base[order], household[order], np.append(rent.weight, np.full(of.bases, OTHERS_MILLI_MU))[order])


def run(results: Path, quick: bool = False) -> None:
    """Write results/households.csv: seconds, peak memory and ratios of every phase and engine, and whether the fen agree."""
    households, bases = QUICK if quick else FULL
    rows: list[dict[str, object]] = []
    digests: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        ours = measured(divided_by_us, households, bases, folder, limit_s=LIMIT_S)
        digests["ours"] = str(measured(digest_of_file, folder, households, limit_s=LIMIT_S).figures["digest"])
    phases, known = ours.figures["phases"], ours.figures
    total_s = phases.pop("all")
    rows += [_row("ours", name, seconds, None, BESIDE if name == "check" else "") for name, seconds in phases.items()]
    rows.append(_row("ours", "dividing", round(sum(phases[name] for name in DIVIDING), 3), None))
    rows.append(_row("ours", "all", total_s, ours.peak_mb, f"{known['broken']} divisions found wrong"))
    for name in ENGINES:
        if importlib.util.find_spec(name) is None:
            rows.append(_row(name, "dividing", None, None, "not installed"))
            continue
        try:
            found = measured(divided_by, name, households, bases, limit_s=LIMIT_S)
        except Stopped as stopped:
            rows.append(_row(name, "dividing", None, stopped.so_far.peak_mb, stopped.reason))
            continue
        digests[name] = str(found.figures["digest"])
        rows.append(_row(name, "dividing", found.figures["seconds"], found.peak_mb))
    table = compared(pd.DataFrame(rows), digests)
    table.insert(0, "households", households)
    table.insert(1, "entitlements", known["entitlements"])
    table["input_mb"] = np.where((table["by"] == "ours") & (table["phase"] == "all"), known["input_mb"], np.nan)
    table.to_csv(results / "households.csv", index=False, lineterminator="\n")


def _row(by: str, phase: str, seconds: float | None, peak_mb: float | None, note: str = "") -> dict[str, object]:
    return {"by": by, "phase": phase, "seconds": seconds, "peak_mb": peak_mb, "note": note}


def compared(table: pd.DataFrame, digests: dict[str, str]) -> pd.DataFrame:
    """``table`` with the ratio of each row to the fastest engine's bare division, and whether each engine's fen are ours.

    An engine that comes to other fen did other work, and is no yardstick.
    """
    same = {name: digests.get(name) == digests["ours"] for name in ENGINES if name in digests}
    fastest = table.loc[table["by"].isin([name for name, is_same in same.items() if is_same]), "seconds"].min()
    return table.assign(
        ratio_to_fastest_engine=(table["seconds"].astype(float) / fastest).round(3),
        same_fen=[{True: "yes", False: "no", None: ""}[same.get(str(by))] for by in table["by"]],
    )


# --- ours


@dataclass(frozen=True)
class Decided:
    """What a plan decides, as far as the households' accounts ask for it: all land rented, and days of work."""

    instance: Instance

    def decisions(self, kind: str) -> pd.DataFrame:
        bases, villages = (self.instance.universe(name) for name in ("bases", "villages"))
        year = self.instance.periods.years[0]
        if kind == "rented":
            return pd.DataFrame({"base": bases, "year": year, "value": 1.0})
        rows = [
            (village, "labour", base, period, 100.0)
            for village, base in zip(villages, bases, strict=True)
            for period in self.instance.periods.names
        ]
        return pd.DataFrame(rows, columns=["village", "resource", "base", "period", "value"])


def divided_by_us(households: int, bases: int, folder: str) -> Figures:
    """Divide, check and write; seconds by phase."""
    instance, ledger = county(made(households, bases), Path(folder) / "county")
    input_mb = peak_of()
    found = divide_and_write(Decided(instance), ledger, Path(folder))
    note({})
    return {
        "phases": {name: phase.seconds for name, phase in found.phases.items()},
        "input_mb": input_mb,
        "entitlements": found.entitlements,
        "broken": len(found.broken),
    }


def county(of: Made, folder: Path) -> tuple[Instance, pd.DataFrame]:
    """An instance with these households and links, put together in memory, and a ledger with these pots."""
    folder.mkdir(parents=True, exist_ok=True)
    generate(Sizes(of.bases, 1, MONTHS, 1, of.bases), folder)
    bare = instance_of(read_given(folder))
    rule = bare.split[0].model_copy(update={"household_key": {"weight": Fraction(1)}, "carry": True})
    leased = np.bincount(of.links["rent"].base, weights=of.links["rent"].weight, minlength=of.bases)
    land = bare.table("land").drop_duplicates("base").assign(area_mu=(leased + OTHERS_MILLI_MU) / 1000)
    tables = {**bare.tables, "households": _register(of, bare), "land": land}
    tables["links"] = _links(of, bare, tables["households"]["household"].dtype)
    return replace(bare, tables=tables, split=(rule,)), _ledger(of, bare)


def _register(of: Made, bare: Instance) -> pd.DataFrame:
    width = len(str(of.households))
    names = pd.Index([f"H{number:0{width}d}" for number in range(of.households)], dtype=object)
    assert names.is_monotonic_increasing  # known to be unique from here on without a table of them
    household = pd.Categorical.from_codes(np.arange(of.households, dtype=np.int32), dtype=pd.CategoricalDtype(names))
    village = pd.Categorical.from_codes(of.village.astype(np.int16), categories=list(bare.universe("villages")))
    persons = (np.arange(of.households) * 7 % 9 + 1).astype(np.int8)
    columns = {"_row": np.int8(2), "household": household, "village": village, "persons": persons}
    return pd.DataFrame({**columns, "income_before_yuan": persons * np.float32(3_000)})


def _links(of: Made, bare: Instance, household: pd.CategoricalDtype) -> pd.DataFrame:
    """All links as the loader orders them: by household, then kind."""
    kinds = sorted(of.links)
    number = np.concatenate([of.links[kind].household.astype(np.int32) for kind in kinds])
    kind = np.repeat(np.arange(len(kinds), dtype=np.int8), [len(of.links[kind].household) for kind in kinds])
    order = np.argsort(number, kind="stable").astype(np.int32)
    to = np.concatenate([of.links[kind].base.astype(np.int16) for kind in kinds])[order]
    weight = np.concatenate([of.links[kind].weight.astype(np.int16) for kind in kinds])[order]
    number, kind = number[order], kind[order]
    is_rent = kind == kinds.index("rent")
    never = np.full(len(order), np.datetime64("NaT", "s"))
    return pd.DataFrame(
        {
            "household": pd.Categorical.from_codes(number, dtype=household),
            "kind": pd.Categorical.from_codes(kind, categories=kinds),
            "to": pd.Categorical.from_codes(to, categories=list(bare.universe("bases"))),
            "weight": np.where(is_rent, 1.0, weight),
            "area_mu": np.where(is_rent, weight / 1000, 0.0),
            "forgone_yuan_per_mu": np.where(is_rent, np.float32(200), np.float32(0)),
            "valid_from": never,
            "valid_to": never,
        },
        copy=False,
    )


def _ledger(of: Made, bare: Instance) -> pd.DataFrame:
    rows = []
    for place, (base, village) in enumerate(zip(bare.universe("bases"), bare.universe("villages"), strict=True)):
        for month, period in enumerate(bare.periods.names):
            rows.append((POT, f"dividend/{base}/{period}", base, period, int(of.pots["dividend"][place, month])))
            rows.append((WAGES, f"{village}/{base}/{period}", base, period, int(of.pots["wage"][place, month])))
        rows.append((LANDHOLDERS, f"{base}/{bare.periods.names[0]}", base, bare.periods.names[0], int(of.pots["rent"][place, 0])))
    return pd.DataFrame(rows, columns=["receiver", "receiver_id", "base", "period", "amount_fen"])


def digest_of_file(folder: str, households: int) -> Figures:
    """What the file that was written says each household receives."""
    found = {kind: np.empty(households, dtype=np.int64) for kind in ("dividend", "wage", "rent")}
    at = 0
    for part in pd.read_csv(Path(folder) / FILE, usecols=[f"{kind}_fen" for kind in found], chunksize=500_000):
        for kind, fen in found.items():
            fen[at : at + len(part)] = part[f"{kind}_fen"]
        at += len(part)
    assert at == households, f"{FILE} has {at:,} households"
    return {"digest": digest(found)}


def digest(fen: dict[str, Ints]) -> str:
    """One short text for what all households receive of each kind."""
    return hashlib.sha256(b"".join(fen[kind].tobytes() for kind in sorted(fen))).hexdigest()[:16]


# --- engines


def divided_by(engine: str, households: int, bases: int) -> Figures:
    """The bare division: floors and largest claims per base and month, carried from month to month, added up per household."""
    of = made(households, bases)
    way = {"polars": by_polars, "duckdb": by_duckdb}[engine]
    found, seconds = {}, 0.0
    for kind, pots in of.pots.items():
        links = with_others(of) if kind == "rent" else of.links[kind]
        total, took = way(links, pots)
        seconds += took
        found[kind] = np.zeros(households, dtype=np.int64)
        found[kind][links.household[links.household >= 0]] = total[links.household >= 0]
    return {"digest": digest(found), "seconds": round(seconds, 3)}


def by_polars(links: Links, pots: Ints) -> tuple[Ints, float]:
    """Polars, with windows over the base, month by month; what each link is paid, and the seconds it took."""
    import polars as pl

    frame = pl.DataFrame({"base": links.base.astype(np.int32), "weight": links.weight, "carry": 0, "paid": 0})
    clock = time.perf_counter()
    weight, whole, claim = pl.col("weight"), pl.col("whole"), pl.col("claim")
    frame = frame.with_columns(whole=weight.sum().over("base"))
    for month in range(pots.shape[1]):
        amount = pl.lit(pl.Series(pots[:, month])).gather(pl.col("base"))
        frame = (
            frame.lazy()
            .with_columns(amount=amount)
            .with_columns(floor=pl.col("amount") * weight // whole)
            .with_columns(claim=pl.col("carry") + MICRO * (pl.col("amount") * weight - pl.col("floor") * whole) // whole)
            .with_columns(left=pl.col("amount") - pl.col("floor").sum().over("base"), rank=(-claim).rank("ordinal").over("base"))
            .with_columns(odd=(pl.col("rank") <= pl.col("left")).cast(pl.Int64))
            .select("base", "weight", "whole", carry=claim - MICRO * pl.col("odd"), paid=pl.col("paid") + pl.col("floor") + pl.col("odd"))
            .collect()
        )
    return frame["paid"].to_numpy(), time.perf_counter() - clock


DUCKDB_MONTH = """
CREATE OR REPLACE TABLE next AS
WITH floors AS (SELECT place, base, weight, whole, carry, paid, amount, (amount * weight) // whole AS floor
                FROM links JOIN pots USING (base) WHERE month = ?),
     claims AS (SELECT *, carry + 1000000 * (amount * weight - floor * whole) // whole AS claim,
                       amount - sum(floor) OVER (PARTITION BY base) AS remaining FROM floors),
     ranked AS (SELECT *, row_number() OVER (PARTITION BY base ORDER BY claim DESC, place) <= remaining AS odd FROM claims)
SELECT place, base, weight, whole, claim - 1000000 * odd::BIGINT AS carry, paid + floor + odd::BIGINT AS paid FROM ranked
"""


def by_duckdb(links: Links, pots: Ints) -> tuple[Ints, float]:
    """DuckDB, with windows over the base, month by month; what each link is paid, and the seconds it took."""
    import duckdb

    engine = duckdb.connect()
    engine.execute("SET enable_progress_bar = false")
    given = pd.DataFrame({"place": np.arange(len(links.base)), "base": links.base, "weight": links.weight})
    months = pots.shape[1]
    money = pd.DataFrame(
        {"base": np.repeat(np.arange(len(pots)), months), "month": np.tile(np.arange(months), len(pots)), "amount": pots.ravel()}
    )
    engine.register("given", given)
    engine.register("money", money)
    engine.execute("CREATE TABLE links AS SELECT *, 0::BIGINT AS carry, 0::BIGINT AS paid FROM given; CREATE TABLE pots AS FROM money")
    clock = time.perf_counter()
    engine.execute(
        "CREATE OR REPLACE TABLE links AS SELECT l.*, whole FROM links l "
        "JOIN (SELECT base, sum(weight)::BIGINT AS whole FROM links GROUP BY base) USING (base)"
    )
    for month in range(months):
        engine.execute(DUCKDB_MONTH, [month])
        engine.execute("DROP TABLE links; ALTER TABLE next RENAME TO links")
    paid = engine.execute("SELECT paid FROM links ORDER BY place").fetchnumpy()["paid"]
    return np.asarray(paid, dtype=np.int64), time.perf_counter() - clock
