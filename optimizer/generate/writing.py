"""The folder of a made-up county: ``instance.yaml`` and one CSV file per table, the same bytes for the same sizes and seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from optimizer.generate import bases as growers
from optimizer.generate import growing, people, trade
from optimizer.generate.sizes import Sizes, check_sizes
from optimizer.texts import say

MAIN_FILE = "instance.yaml"
SOURCE = "synthetic"
ONE_CROP_SHARE, ONE_CROP_OF_TWO_SHARE, COUNTY_SHARE = 0.45, 0.6, 0.35
"""Caps on one product: of what a base plants (looser where there are only two), and of what all bases plant together."""


def generate(sizes: Sizes, folder: Path) -> None:
    """Write a county of these sizes into ``folder``, which is there and empty. Raises InputError for sizes that cannot be.

    Everything but the households is held at once; these are written CHUNK by CHUNK.
    """
    check_sizes(sizes)
    months = growing.Months(sizes.periods)
    products = growing.products_of(sizes)
    crops = growing.crops_of(sizes, months, products)
    bases = growers.bases_of(sizes, months, crops)
    markets = trade.markets_of(sizes, bases)
    going = _write_people(sizes, bases, folder)
    for made in (
        growing.tables(crops, months, products),
        growers.tables(sizes, bases, crops, products),
        trade.tables(sizes, months, bases, markets, crops, products),
        people.tables(sizes, bases, going),
        _rules(sizes),
    ):
        for name, frame in made:
            _write(frame, folder / f"{name}.csv")
    text = yaml.safe_dump(_document(sizes, months), sort_keys=False, allow_unicode=True, width=120)
    (folder / MAIN_FILE).write_text(text, encoding="utf-8", newline="\n")


def _write_people(sizes: Sizes, bases: growers.Bases, folder: Path) -> np.ndarray:
    """Tables households and links; returns the workers of each village who go to its bases."""
    going = np.zeros(sizes.villages, dtype=np.int64)
    for number, chunk in enumerate(people.chunks(sizes, bases)):
        _write(chunk.households, folder / "households.csv", number > 0)
        _write(chunk.links, folder / "links.csv", number > 0)
        going += chunk.workers
    return going


def _write(frame: pd.DataFrame, file: Path, is_more: bool = False) -> None:
    frame = frame.assign(source=SOURCE)
    frame.to_csv(file, mode="a" if is_more else "w", header=not is_more, index=False, lineterminator="\n", encoding="utf-8")


def _rules(sizes: Sizes) -> Iterator[tuple[str, pd.DataFrame]]:
    """No base lives on one product and, of four or more, the county does not either."""
    caps: list[tuple[str, str, float]] = []
    if sizes.products >= 2:
        caps.append(("one_crop_cap", "each base", ONE_CROP_SHARE if sizes.products > 2 else ONE_CROP_OF_TWO_SHARE))
    if sizes.products >= 4:
        caps.append(("county_cap", "all", COUNTY_SHARE))
    if caps:
        rules = pd.DataFrame(caps, columns=["name", "within", "share"])
        yield "rules", rules.assign(rule="max_share", of="each product", denominator="planted")


def _document(sizes: Sizes, months: growing.Months) -> dict[str, Any]:
    counts = {name: getattr(sizes, name) for name in ("bases", "products", "periods", "markets", "households", "seed")}
    return {
        "title": say("generate.title", **counts),
        "notice": say("generate.notice", **counts),
        "periods": {"start": months.start, "count": months.count, "step": "month", "cyclic": months.is_cyclic},
        "settings": {
            "objective": {"maximise": "margin"},
            "participation": {"company": 0, "base": 0},
            "poverty_line_year": people.LINE_YEAR,
        },
        "split": {
            "name": "synthetic_49_49_2",
            "basis": "gross",
            "reading": "nested",
            "tree": [
                {"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]},
                {"to": "base", "share": "0.49"},
                {"to": "collective", "share": "0.02"},
            ],
            "household_key": "per_head",
            "carry": True,
            "costs_borne_by": {
                **dict.fromkeys(("inputs", "labour", "rent", "harvest"), "base"),
                **dict.fromkeys(("freight", "fees", "handling"), "company"),
            },
        },
    }
