"""Books put together from a few rows of CSV, for cases worked out by hand: the county of county.py without its people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from counties import county, with_parts
from county import SPLIT, document

from optimizer.audit.books import Books, open_books
from optimizer.audit.finding import Finding
from optimizer.instance.instance import Instance
from optimizer.instance.register import REGISTER_FOLDER, load_register

PEOPLE = """household,village,persons,status
A,upper,1,registered
B,upper,1,registered
C,upper,2,registered
D,upper,4,registered
E,upper,2,registered
"""
"""Ten heads at the base hill."""

TIED = "household,kind,to,weight,area_mu,valid_from,valid_to,agreement\n"
EVERYBODY = TIED + "".join(f"{name},dividend,hill,1,0,,,\n" for name in "ABCDE")
SALES = "sale,base,product,period,sold_on,kg,price_yuan_per_kg,amount_yuan\n"
PAID = "payment,household,kind,base,period,amount_yuan,paid_on\n"


def books(folder: Path, key: object = "per_head", **tables: str) -> Books:
    """The books of a county of which only these register tables exist (households and links besides, if not given)."""
    register = folder / REGISTER_FOLDER
    register.mkdir(parents=True)
    instance = replace(_without_people(json.dumps(key)), folder=folder)
    if "members" in tables:
        tables["members"] += _others(tables["members"])
    for name, text in {"households": PEOPLE, "links": EVERYBODY, **tables}.items():
        (register / f"{name}.csv").write_text(text, encoding="utf-8")
    return open_books(instance, load_register(instance, register), None)


@cache
def _without_people(key: str) -> Instance:
    """The county of a key (as JSON) without its people, loaded once for all tests."""
    split: dict[str, Any] = {**SPLIT, "household_key": json.loads(key)}
    return county(Path(mkdtemp()) / "county", with_parts(document(), households=None, links=None, split=split))


def _others(members: str) -> str:
    """One person of whom nothing is known for each household that a table of members leaves out."""
    blank = "," * members.splitlines()[0].count(",")
    return "".join(f"{name.lower()}0,{name}{blank[1:]}\n" for name in "ABCDE" if f",{name}," not in members)


def sold(*periods: str, base: str = "hill", yuan: int = 10_000) -> str:
    """One sale at a base in each period: of 10,000 yuan, hence pots of 1,960 for dividends and 700 for shares."""
    return SALES + "".join(f"S{i},{base},cabbage,{period},{period}-10,{yuan},1,{yuan}\n" for i, period in enumerate(periods))


def told(check: Callable[[Books], Iterator[Finding]], found_in: Books) -> list[tuple[str, int]]:
    """First subject and fen at risk of what a check finds."""
    return [(" ".join(finding.subjects[0]), finding.fen) for finding in check(found_in)]
