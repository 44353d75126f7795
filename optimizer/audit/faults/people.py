"""Planted faults of people: I01 to I05."""

from __future__ import annotations

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.faults.following import add, put, value_of
from optimizer.audit.faults.planting import Expected, Planter, Tables, pick
from optimizer.instance.pools import held_on

DAYS_BEFORE_PAYMENT = 10


def plant_identity_invalid(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """I01: a wrong check digit: on the number where it is kept in plain, else as the verdict kept with its hash."""
    person = pick(books.table("members")["person"], "I01", number)
    plain = value_of(tables, "members", "id_number", person=person)
    if plain:
        put(tables, "members", {"person": person}, id_number=plain[:-1] + ("1" if plain[-1] != "1" else "2"))
    else:
        put(tables, "members", {"person": person}, id_check="check_digit")
    return (Expected("I01", 0, ("person", person)),)


def plant_identity_twice(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """I02: a person entered with the identity number of another household's member."""
    members = _there(books)
    even, odd = members.iloc[::2], members.iloc[1::2]  # so that nobody is one of two pairs
    one = pick(even["person"], "I02", number)
    household = members.loc[members["person"] == one, "household"].iloc[0]
    other = pick(odd.loc[odd["household"] != household, "person"], "I02", number)
    numbers = {column: value_of(tables, "members", column, person=one) for column in ("id_number", "id_hash", "id_tail")}
    like = {column: value_of(tables, "members", column, person=one) for column in ("sex", "born_on")} if numbers["id_number"] else {}
    put(tables, "members", {"person": other}, **{name: value for name, value in {**numbers, **like}.items() if value})
    both = members[members["person"].isin([one, other])].sort_values(["joined_on", "_row"], na_position="first")
    later = both.iloc[1]
    return (Expected("I02", _head_fen(books, later), ("person", later["person"])),)


def _head_fen(books: Books, person: pd.Series) -> int:
    """What one head of the household was due per head since the person joined."""
    lines = books.due[(books.due["household"] == person["household"]) & (books.due["key"] == "per_head")]
    days = dict(zip(books.instance.periods.names, books.instance.periods.last_days, strict=True))
    there = [pd.isna(person["joined_on"]) or person["joined_on"].date() <= days[period] for period in lines["period"]]
    return int((lines["due_fen"] // lines["weight"])[there].sum())


def plant_probable_duplicate(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """I03: somebody of another household of the village under the name, birthday and telephone of a person with a rare name,
    and without an identity number."""
    members = _there(books)
    village = members["household"].map(books.table("households").set_index("household")["village"])
    members = members.assign(village=village, common=members.groupby("name")["name"].transform("size"))
    holders = set(books.table("accounts")["holder"])
    known = members[(members["name"] != "") & (members["phone_tail"] != "") & members["born_on"].notna()]
    known = known[known["common"] == known["common"].min()]
    one = pick(known["person"], "I03", number)
    of_one = members[members["person"] == one].iloc[0]
    near = members[(members["household"] != of_one["household"]) & ~members["name"].isin(holders)]
    same = near[near["village"] == of_one["village"]]
    other = pick((same if len(same) else near)["person"], "I03", number)
    copied = {column: value_of(tables, "members", column, person=one) for column in ("name", "sex", "born_on", "phone_tail")}
    blank = {column: "" for column in ("id_number", "id_hash", "id_tail", "id_check") if column in tables["members"]}
    put(tables, "members", {"person": other}, **copied, **blank)
    rows = members[members["person"].isin([one, other])].sort_values("person")
    return (Expected("I03", 0, ("person", rows["person"].iloc[0])),)


def plant_split_household(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """I04: a household said to be split off another, entered some days before its first payment."""
    first = books.payments.groupby("household")["paid_on"].min()
    household = pick(first.index, "I04", number)
    origin = pick(set(books.table("households")["household"]) - {household}, "I04", number)
    entered = first[household] - pd.Timedelta(days=DAYS_BEFORE_PAYMENT)
    put(tables, "households", {"household": household}, split_from=origin, registered_on=f"{entered:%Y-%m-%d}")
    paid = books.cells.loc[books.cells["household"] == household, "paid_fen"].sum()
    return (Expected("I04", int(paid), ("household", household)),)


def plant_insider(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """I05: a village cadre of a household that was paid, whom nobody cleared."""
    household = pick(books.payments["household"], "I05", number)
    name = f"OX{number + 1}"
    add(tables, "officials", official=name, role="village accountant", household=household)
    mine = books.payments[books.payments["household"] == household]
    return (Expected("I05", int((mine["amount_fen"] - mine["returned_fen"]).sum()), ("official", name)),)


def _there(books: Books) -> pd.DataFrame:
    """Members who are there on the first day and have not left or died since."""
    members = books.table("members")
    first = books.instance.periods.first_days
    begun = held_on(members, first[0] if first else None, "joined_on", "left_on")
    return members[begun & members["left_on"].isna().to_numpy() & members["died_on"].isna().to_numpy()]


PLANTERS: dict[str, Planter] = {
    "I01": plant_identity_invalid,
    "I02": plant_identity_twice,
    "I03": plant_probable_duplicate,
    "I04": plant_split_household,
    "I05": plant_insider,
}
