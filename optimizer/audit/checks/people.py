"""Who the people are: sound identities, nobody twice, no household split off to be paid, no official among the payees."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.duplicates import FIELDS, match_weights
from optimizer.audit.finding import Evidence, Finding
from optimizer.audit.spans import cells_by_household, day_text, overlaps, with_spans
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say


def identity_invalid(books: Books) -> Iterator[Finding]:
    """I01: an identity number is invalid by its own digits (``members.id_check``, set when the number was hashed). No money."""
    members = books.table("members")
    wrong = members[~members["id_check"].isin(["", "valid"])]
    for row, person, household, tail, check in wrong[["_row", "person", "household", "id_tail", "id_check"]].itertuples(index=False):
        evidence = books.evidence("members", row, f"id_tail {tail}")
        subjects = (("person", person), ("household", household))
        yield Finding("I01", subjects, say("check.identity_invalid.expected"), say(f"check.identity_invalid.{check}"), (evidence,))


def identity_twice(books: Books) -> Iterator[Finding]:
    """I02: one identity number (by its hash) belongs to two people of the register at once.

    At once: both have joined and have neither left nor died, on some day. Named first is the one who joined later (then by
    row). At risk is that person's head in the household's dividends and shares: of every due line divided per head in whose
    period both were there, due ÷ heads, rounded down; nothing where the rule divides otherwise.
    """
    members = books.table("members")
    ends = pd.concat([members["left_on"], members["died_on"]], axis=1).min(axis=1)
    known = with_spans(members.assign(ends=ends), "joined_on", "ends")
    known = known[(known["id_hash"] != "") & (known["begin"] < known["end"])]
    pairs = overlaps(known, ["id_hash"])
    per_head = books.due[(books.due["key"] == "per_head") & books.due["household"].isin(known.loc[pairs["later"], "household"])]
    lines = {str(name): rows for name, rows in per_head.groupby("household", sort=False)} if len(per_head) else {}
    for earlier, later, begin, end in pairs.itertuples(index=False):
        one, other = known.loc[earlier], known.loc[later]
        at_risk = _heads_money(books, lines.get(other["household"]), begin, end)
        yield Finding(
            "I02",
            (("person", other["person"]), ("person", one["person"]), ("household", other["household"]), ("household", one["household"])),
            say("check.identity_twice.expected"),
            say("check.identity_twice.found", one=one["person"], other=other["person"], yuan=in_yuan(at_risk)),
            tuple(books.evidence("members", person["_row"], f"id_tail {person['id_tail']}") for person in (one, other)),
            fen=at_risk,
        )


def _heads_money(books: Books, lines: pd.DataFrame | None, begin: pd.Timestamp, end: pd.Timestamp) -> int:
    """What one head brought a household in the periods that end from ``begin`` to before ``end``."""
    if lines is None:
        return 0
    periods, found = books.instance.periods, 0
    for period, due_fen, weight in lines[["period", "due_fen", "weight"]].itertuples(index=False):
        rule, days = books.instance.rule_for(period), 1
        if periods.last_days:
            first, last = (pd.Timestamp(bounds[periods.number[period]]) for bounds in (periods.first_days, periods.last_days))
            if not begin <= last < end:
                continue
            days = (last - first).days + 1 if rule is not None and rule.prorate == "days" else 1
        found += int(due_fen) * days // int(weight)
    return max(0, found)


def probable_duplicate(books: Books) -> Iterator[Finding]:
    """I03: two people of different households are probably one, by ``duplicate_weight`` bits or more (audit/duplicates.py).

    Compared are name, date of birth, sex, village, telephone tail and the household's account; the evidence is the bits each
    of them adds to the prior. Two with one identity number are I02. No money is named before somebody has looked.
    """
    members = books.table("members")
    village = books.table("households").set_index("household")["village"]
    people = members[["person", "household", "id_hash", "name", "sex", "phone_tail"]].assign(
        born_on=members["born_on"].dt.strftime("%Y-%m-%d").fillna(""),
        village=village.reindex(members["household"]).fillna("").to_numpy(),
        account=_account(books).reindex(members["household"]).fillna("").to_numpy(),
    )
    for pair in match_weights(people.reset_index(drop=True), books.limits.duplicate_weight).to_dict("records"):
        one, other = members.iloc[pair["one"]], members.iloc[pair["other"]]
        parts = {name: pair[name] for name in ("prior", *(field.name for field in FIELDS))}
        waterfall = ", ".join(f"{say(f'check.probable_duplicate.{name}')} {bits:+.1f}" for name, bits in parts.items())
        yield Finding(
            "I03",
            (("person", one["person"]), ("person", other["person"]), ("household", one["household"]), ("household", other["household"])),
            say("check.probable_duplicate.expected", bits=f"{books.limits.duplicate_weight:g}"),
            say("check.probable_duplicate.found", bits=f"{pair['weight']:.1f}", waterfall=waterfall),
            tuple(books.evidence("members", person["_row"], f"person {person['person']}") for person in (one, other)),
        )


def _account(books: Books) -> pd.Series:
    """The hash of each household's own account, the last it named; pooled cards tell nobody apart."""
    accounts = books.table("accounts")
    own = accounts[~accounts["pooled"] & (accounts["number_hash"] != "")].sort_values(["valid_from", "account"], na_position="first")
    return own.drop_duplicates("household", keep="last").set_index("household")["number_hash"]


def split_household(books: Books) -> Iterator[Finding]:
    """I04: a household that was split off another was entered ``split_off_days`` or less before its first payment (or after
    it), or still shares the address or an account holder with the one it came from. At risk is all it was paid."""
    households = books.table("households")
    split = households[households["split_from"] != ""]
    cells = cells_by_household(books, set(split["household"]))
    address = households.set_index("household")["address"]
    holders = books.table("accounts").groupby("household")["holder"].agg(lambda names: set(names) - {""})
    for line in split.rename(columns={"_row": "row"}).itertuples(index=False):
        mine = cells.get(line.household)
        if mine is None or mine["fen"].sum() <= 0:
            continue
        first = mine["first_paid_on"].min()
        reasons = []
        if (first - line.registered_on).days <= books.limits.split_off_days:  # false where either day is unknown
            reasons.append(say("check.split_household.days", registered=day_text(line.registered_on), paid=day_text(first)))
        if line.address and address.get(line.split_from, "") == line.address:
            reasons.append(say("check.split_household.address"))
        if set(holders.get(line.household, ())) & set(holders.get(line.split_from, ())):
            reasons.append(say("check.split_household.holder"))
        if reasons:
            yield Finding(
                "I04",
                (("household", line.household), ("household", line.split_from)),
                say("check.split_household.expected", days=f"{books.limits.split_off_days:g}"),
                say("check.split_household.found", reasons="; ".join(reasons), yuan=in_yuan(mine["fen"].sum())),
                (books.evidence("households", line.row, f"split_from {line.split_from}"),),
                fen=int(mine["fen"].sum()),
            )


def insider(books: Books) -> Iterator[Finding]:
    """I05: an official's household is paid (in a plan: is due something), or money goes to the official's account, and nobody
    cleared it. At risk is what was paid to either, each payment once."""
    officials = books.table("officials")
    open_ones = officials[(officials["cleared_by"] == "") & ((officials["household"] != "") | (officials["account"] != ""))]
    payments = books.payments
    cells = cells_by_household(books, set(open_ones["household"]) - {""})
    for line in open_ones.rename(columns={"_row": "row"}).itertuples(index=False):
        evidence = [books.evidence("officials", line.row, f"{line.official}, {line.role}")]
        if books.is_paid:
            to_household = (payments["household"] == line.household) & (line.household != "")
            mine = payments[to_household | ((payments["account"] == line.account) & (line.account != ""))]
            at_risk = int((mine["amount_fen"] - mine["returned_fen"]).sum())
            evidence += [Evidence(p.file, int(p.row), f"{p.household}, amount_yuan {in_yuan(p.amount_fen)}") for p in mine.itertuples()]
        else:
            at_risk = int(cells[line.household]["fen"].sum()) if line.household in cells else 0
        if at_risk > 0:
            others = tuple(("household", name) for name in [line.household] if name) or (("account", line.account),)
            found = say("check.insider.found", yuan=in_yuan(at_risk))
            yield Finding("I05", (("official", line.official), *others), say("check.insider.expected"), found, tuple(evidence), fen=at_risk)
