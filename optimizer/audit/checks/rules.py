"""The rule signed against the rule applied (R01 to R06)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.bookings import (
    ALL,
    LINE,
    agreed_lines,
    agreements_of_sales,
    booked_lines,
    days_of_sales,
    line_evidence,
    rules_during,
    says_the_same,
    signed_shares,
    split_agreements,
    to_be_divided,
    unsound_parts,
)  # fmt: skip
from optimizer.audit.checks.pay_lists import DIVIDED, NOT_AGREED, STEERED, differing_lines
from optimizer.audit.finding import Evidence, Finding, due_item, sale_item
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say


def shares_not_whole(books: Books) -> Iterator[Finding]:
    """R01. The shares of an agreement of what is divided (``all``) sum to exactly 1; what is given of a party's part sums to
    at most 1, and only of a part the party has. One finding per agreement and node; no fen (R03 has the money)."""
    table = books.table("agreed_shares")
    for agreement, shares in signed_shares(books).items():
        for of, whole in unsound_parts(shares).items():
            rows = table[(table["agreement"] == agreement) & (table["of"] == of)]
            evidence = tuple(
                books.evidence("agreed_shares", row, say("rules.share", recipient=recipient, share=_exact(share)))
                for row, recipient, share in rows[["_row", "recipient", "share"]].itertuples(index=False)
            )
            expected = say("rules.expected.whole" if of == ALL else "rules.expected.part")
            found = say("rules.found.sum", share=_exact(whole))
            yield Finding("R01", (("agreement", agreement), ("party", of)), expected, found, evidence)


def _exact(share: Fraction) -> str:
    decimal = f"{float(share):.6g}"
    return decimal if Fraction(decimal) == share else str(share)


def no_rule_or_two(books: Books) -> Iterator[Finding]:
    """R02. The day of a sale lies in [valid_from, valid_to) of exactly one split agreement for its base (an agreement that
    names no base or company is for all). A sale without a day is taken at the end of its period; where periods have no
    dates either it is not judged. Fen at risk: the sale, if no rule holds; none where two do (R03 has the money)."""
    sales = books.sales.assign(day=days_of_sales(books))
    sales = sales[sales["day"].notna()]
    if sales.empty:
        raise NotChecked(say("rules.no_days"))
    holding = agreements_of_sales(books)
    count = sales["sale"].map(holding["sale"].value_counts()).fillna(0)
    rows = split_agreements(books).set_index("agreement")["_row"]
    for sale in sales[count != 1].itertuples():
        names = sorted(holding.loc[holding["sale"] == sale.sale, "agreement"])
        found = say("rules.found.several", names=", ".join(names)) if names else say("rules.found.no_rule")
        day = f"{sale.day:%Y-%m-%d}"
        evidence = [books.evidence("sales", sale.row, say("rules.sold_on", day=day))] if "row" in sales else []
        evidence += [books.evidence("agreements", rows[name], say("rules.agreement", name=name)) for name in names]
        subjects = (("sale", sale.sale), *(("agreement", name) for name in names))
        risk = 0 if names else abs(int(sale.amount_fen))
        yield Finding("R02", subjects, say("rules.expected.one_rule", day=day), found, tuple(evidence), fen=risk, item=sale_item(sale.sale))


def applied_not_agreed(books: Books) -> Iterator[Finding]:
    """R03. Every sale is divided anew with the shares signed for its day (those of the split rule where none are kept) and
    held against the booked lines, and every pay list against what is due.

    Owned here: lines that differ by a fen or more while the node sums (what does not sum is C01's, a sale without lines
    C02's); of pay lists those that differ by more than the odd fen (R06), see checks/pay_lists.py. One finding per sale,
    whose fen is what parties received beyond their share; one per listed household, whose fen is the difference.
    """
    if not books.is_paid or (books.instance.split and books.booked is not None):
        yield from _booked_otherwise(books)
    if books.is_paid:
        yield from _listed_otherwise(books, NOT_AGREED)


def _booked_otherwise(books: Books) -> Iterator[Finding]:
    booked = booked_lines(books)
    sums, whole = booked.groupby("sale")["amount_fen"].sum(), to_be_divided(books)
    sound = sums.index[sums.eq(whole.reindex(sums.index))]
    agreed = agreed_lines(books)
    agreed = agreed[agreed["sale"].isin(sound)].groupby(LINE)["amount_fen"].sum()
    applied = booked[booked["sale"].isin(sound)].groupby(LINE)["amount_fen"].sum()
    off = applied.sub(agreed, fill_value=0).astype("int64")
    off = off[off != 0].reset_index(name="off_fen")
    for sale, lines in off.groupby("sale"):
        mine = booked[(booked["sale"] == sale) & booked["recipient"].isin(lines["recipient"])]
        expected, found = [], []
        for line in lines.itertuples():
            key = (line.sale, line.recipient, line.to)
            expected.append(say("rules.part", recipient=line.recipient, to=line.to, yuan=in_yuan(agreed.get(key, 0))))
            found.append(say("rules.part", recipient=line.recipient, to=line.to, yuan=in_yuan(applied.get(key, 0))))
        risk = int(lines["off_fen"].clip(lower=0).sum())
        evidence = line_evidence(books, mine)
        yield Finding("R03", (("sale", str(sale)),), "; ".join(expected), "; ".join(found), evidence, fen=risk, item=sale_item(str(sale)))


def _listed_otherwise(books: Books, code: str) -> Iterator[Finding]:
    lines = differing_lines(books)
    for line in lines[lines["code"] == code].itertuples():
        expected, found = say("rules.due", yuan=in_yuan(line.due_fen)), say("rules.listed", yuan=in_yuan(line.listed_fen))
        subjects = (("household", line.household), ("kind", line.kind), ("base", line.base))
        item = due_item(line.household, line.kind, line.base, line.settlement)
        evidence = (Evidence(line.file, int(line.row), found),)
        yield Finding(code, subjects, expected, found, evidence, period=line.settlement, fen=abs(int(line.off_fen)), item=item)


def rule_changed(books: Books) -> Iterator[Finding]:
    """R04. A split agreement names the rule that is in force while it holds and gives every party the share the rule gives;
    and one recorded after it began was approved by somebody. Shares that do not add up are R01's and not compared. No fen:
    what was divided otherwise than signed is R03's money."""
    signed = signed_shares(books)
    for row in split_agreements(books).index:
        agreement = books.table("agreements").loc[row]
        expected, found = [], []
        shares = signed.get(agreement["agreement"], {})
        rules = rules_during(books, agreement)
        other = [rule.name for rule in rules if agreement["rule"] and rule.name != agreement["rule"]]
        if other:
            expected.append(say("rules.expected.named", name=agreement["rule"]))
            found.append(say("rules.found.named", names=", ".join(other)))
        changed = [rule.name for rule in rules if shares and not unsound_parts(shares) and not says_the_same(rule, shares)]
        if changed:
            expected.append(say("rules.expected.shares"))
            found.append(say("rules.found.shares", names=", ".join(changed)))
        if agreement["recorded_on"] > agreement["valid_from"] and not agreement["approved_by"]:
            expected.append(say("rules.expected.approved", day=f"{agreement['valid_from']:%Y-%m-%d}"))
            found.append(say("rules.found.recorded", day=f"{agreement['recorded_on']:%Y-%m-%d}"))
        if found:
            subjects = (("agreement", agreement["agreement"]), *(("rule", name) for name in dict.fromkeys([*other, *changed])))
            evidence = (books.evidence("agreements", agreement["_row"], say("rules.agreement", name=agreement["agreement"])),)
            yield Finding("R04", subjects, "; ".join(expected), "; ".join(found), evidence)


def basis_eroded(books: Books) -> Iterator[Finding]:
    """R05. Nothing is taken off a sale before the split but for a cost account the rule lists (``net_of``), and nothing at all
    where the rule divides gross sales. Fen at risk: what was taken off."""
    sales = books.sales
    for sale in sales[sales["deducted_fen"] > 0].itertuples():
        rule = books.instance.rule_for(sale.period)
        if rule is None or (rule.basis == "net" and sale.deduction in rule.net_of):
            continue
        amount = in_yuan(sale.deducted_fen)
        listed = ", ".join(rule.net_of) if rule.basis == "net" else ""
        expected = say("rules.expected.listed", accounts=listed) if listed else say("rules.expected.gross")
        found = say("rules.found.deducted", yuan=amount, account=sale.deduction or say("found.nothing"))
        evidence = (books.evidence("sales", sale.row, found),)
        yield Finding(
            "R05",
            (("sale", sale.sale), ("rule", rule.name)),
            expected,
            found,
            evidence,
            fen=int(sale.deducted_fen),
            item=sale_item(sale.sale),
        )


def extra_fen_steered(books: Books) -> Iterator[Finding]:
    """R06. In a pot of dividends or shares the odd fen go to the largest claims; lines that differ by exactly one fen while
    these cancel show that somebody else was given it (checks/pay_lists.py). One finding per line; fen at risk: 1."""
    claims = books.due[books.due["kind"].isin(DIVIDED)]
    for finding in _listed_otherwise(books, STEERED):
        names = dict(finding.subjects)
        mine = claims[(claims["household"] == names["household"]) & (claims["kind"] == names["kind"]) & (claims["base"] == names["base"])]
        mine = mine[books.settlements.named(mine["kind"], mine["period"]) == finding.period]
        yield replace(finding, evidence=(*finding.evidence, *map(_claim, mine.itertuples())))


def _claim(line) -> Evidence:  # type: ignore[no-untyped-def]
    """A row of the claim table: what decided who received the odd fen of a pot."""
    return Evidence(line.pot, None, say("rules.claim", floor=in_yuan(line.floor_fen), claim=f"{int(line.claim):,}", extra=int(line.extra)))
