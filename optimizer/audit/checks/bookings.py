"""How sales were booked and how the signed agreements would divide them: what C01, C02 and R01 to R04 hold together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.finding import Evidence
from optimizer.instance.document import Branch, SplitRule
from optimizer.instance.pools import held_on, party_shares
from optimizer.revenue.fen import in_yuan
from optimizer.revenue.ledger import COLUMNS, split_entries
from optimizer.texts import say

ALL, SPLIT, NESTED = "all", "split", "nested"
LINE = ["sale", "recipient", "to"]
SHOWN = 6
"""So many rows are shown as evidence; the amounts say the rest."""

Shares = Mapping[tuple[str, str], Fraction]
"""(the part it is a share of, recipient) → share."""


def booked_lines(books: Books) -> pd.DataFrame:
    """``books.booked`` where a sale was divided at all; raises NotChecked where nothing is divided or no books were kept.

    A line that does not say which company, base or village it went to went to the only one the rule names.
    """
    if not books.instance.split:
        raise NotChecked(say("bookings.no_split"))
    if books.booked is None:
        raise NotChecked(say("audit.not_checked", tables="booked_splits"))
    booked = books.booked.copy()
    silent = (booked["to"] == "").to_numpy()
    if silent.any():
        named = books.split.groupby(["sale", "recipient"])["to"].agg(["first", "size"])
        only = named.loc[named["size"] == 1, "first"].reset_index()
        found = booked[["sale", "recipient"]].merge(only, on=["sale", "recipient"], how="left")["first"].fillna("")
        booked["to"] = booked["to"].mask(silent, found.to_numpy())
    return booked


def to_be_divided(books: Books) -> pd.Series:
    """Fen by document: a sale's gross amount less what was taken off before the split (R05 asks whether that was allowed);
    of a split net of costs, what the year of a base leaves over."""
    sales = books.sales
    of_sales = pd.Series((sales["amount_fen"] - _taken_off(sales)).to_numpy(dtype="int64"), index=sales["sale"])
    documents = books.split.groupby("sale")["amount_fen"].sum()
    return pd.concat([of_sales, documents[~documents.index.isin(of_sales.index)]]).astype("int64")


def _taken_off(sales: pd.DataFrame) -> pd.Series:
    return sales["deducted_fen"] if "deducted_fen" in sales else pd.Series(0, index=sales.index)


def agreed_lines(books: Books) -> pd.DataFrame:
    """How every document ought to have been divided by the agreement in force on its day: sale, recipient, to, amount_fen.

    Where exactly one agreement holds whose shares sum to one and differ from the rule's, they take the rule's place; an
    odd fen goes by the order of the rule. Otherwise this is ``books.split``, on what was left after deductions.
    """
    sales = books.sales
    gross = [p for p in books.instance.periods.names if (rule := books.instance.rule_for(p)) is not None and rule.basis == "gross"]
    sales = sales.assign(agreement=_other_agreement(books), taken_fen=_taken_off(sales))
    again = sales[((sales["agreement"] != "") | (sales["taken_fen"] != 0)) & sales["period"].isin(gross)]
    if again.empty:
        return books.split
    parts = [books.split[~books.split["sale"].isin(again["sale"])]]
    for agreement, mine in again.groupby("agreement"):
        rules = tuple(rule.model_copy(update={"basis": "gross"}) for rule in books.instance.split)
        if agreement:
            rules = tuple(with_signed_shares(rule, signed_shares(books)[str(agreement)]) for rule in rules)
        left = mine.assign(amount_fen=mine["amount_fen"] - mine["taken_fen"])
        entries = split_entries(books.instance, left, pd.DataFrame(columns=COLUMNS), rules)
        parts.append(replace(books, actual=replace(books.actual, ledger=entries)).split)
    return pd.concat(parts, ignore_index=True)


def _other_agreement(books: Books) -> pd.Series:
    """Of each sale the one agreement in force whose shares are not the rule's; '' where the rule says the same."""
    holding = agreements_of_sales(books)
    once = holding[~holding["sale"].duplicated(keep=False)].set_index("sale")["agreement"]
    agreement = books.sales["sale"].map(once.astype(object)).astype(object).fillna("")
    signed = {name: shares for name, shares in signed_shares(books).items() if not unsound_parts(shares)}
    differs = {
        (name, period)
        for name in set(agreement) & set(signed)
        for period in books.instance.periods.names
        if (rule := books.instance.rule_for(period)) is not None and not says_the_same(rule, signed[name])
    }
    return agreement.where([key in differs for key in zip(agreement, books.sales["period"], strict=True)], "")


def agreements_of_sales(books: Books) -> pd.DataFrame:
    """Pairs of a sale and a split agreement in force on its day [valid_from, valid_to) for its base: sale, agreement."""
    days = days_of_sales(books)
    company = books.sales["base"].map(books.table("bases").set_index("base")["company"])
    pairs = [pd.DataFrame({"sale": [], "agreement": []}, dtype=object)]
    for row in split_agreements(books).itertuples():
        holds = pd.isna(row.valid_from) | (days >= row.valid_from)
        holds &= pd.isna(row.valid_to) | (days < row.valid_to)
        if row.to:
            holds &= (books.sales["base"] == row.to) | (company == row.to)
        pairs.append(books.sales.loc[holds, ["sale"]].assign(agreement=row.agreement))
    return pd.concat(pairs, ignore_index=True)


def days_of_sales(books: Books) -> pd.Series:
    """The day of each sale; the last day of its period where it was not kept, none where periods have no dates."""
    periods, sales = books.instance.periods, books.sales
    last = dict(zip(periods.names, pd.to_datetime(list(periods.last_days)), strict=True)) if periods.last_days else {}
    ends = pd.to_datetime(sales["period"].map(last))
    return sales["sold_on"].fillna(ends) if "sold_on" in sales else ends


def split_agreements(books: Books) -> pd.DataFrame:
    """Signed agreements on how sales are divided."""
    table = books.table("agreements")
    return table[table["kind"] == SPLIT]


def rules_during(books: Books, agreement: pd.Series) -> list[SplitRule]:
    """The split rules in force on the last day of any period in which an agreement holds (all where there are no dates)."""
    periods = books.instance.periods
    if not periods.last_days:
        return list(books.instance.split)
    one = agreement.to_frame().T.astype({"valid_from": "datetime64[ns]", "valid_to": "datetime64[ns]"})
    found: list[SplitRule] = []
    for name, day in zip(periods.names, periods.last_days, strict=True):
        rule = books.instance.rule_for(name)
        if rule is not None and rule not in found and held_on(one, day)[0]:
            found.append(rule)
    return found


def signed_shares(books: Books) -> dict[str, dict[tuple[str, str], Fraction]]:
    """The shares of each agreement as signed (read nested: ``of`` names the part a share is of)."""
    found: dict[str, dict[tuple[str, str], Fraction]] = {}
    for agreement, recipient, of, share in books.table("agreed_shares")[["agreement", "recipient", "of", "share"]].itertuples(index=False):
        found.setdefault(agreement, {})[of, recipient] = share
    return found


def unsound_parts(shares: Shares) -> dict[str, Fraction]:
    """Parts whose shares do not add up, and what they sum to: ``all`` must sum to 1, what is given of a party's part to at
    most 1, and only a party with a part of its own can give."""
    sums: dict[str, Fraction] = {ALL: Fraction(0)}
    for (of, _), share in shares.items():
        sums[of] = sums.get(of, Fraction(0)) + share
    parties = {recipient for of, recipient in shares if of == ALL}
    return {of: whole for of, whole in sums.items() if (whole != 1 if of == ALL else whole > 1 or of not in parties)}


def rule_shares(rule: SplitRule) -> dict[tuple[str, str], Fraction]:
    """The tree of a rule as an agreement would state it."""
    found: dict[tuple[str, str], Fraction] = {}
    for branch in rule.tree:
        found[ALL, branch.to] = found.get((ALL, branch.to), Fraction(0)) + branch.share
    for branch in rule.tree:
        for part in branch.of_which:
            # two branches of one party share its part: what they give is weighed by their own share of it
            of_party = branch.share / found[ALL, branch.to] if found[ALL, branch.to] else Fraction(0)
            given = _nested(rule, branch, part)
            found[branch.to, part.to] = found.get((branch.to, part.to), Fraction(0)) + of_party * given
    return found


def says_the_same(rule: SplitRule, signed: Shares) -> bool:
    """Whether an agreement gives every party what the rule gives it, stated part by part or as shares of the whole."""
    if all(of == ALL for of, _ in signed):
        own = {party: share for party, share in party_shares(rule).items() if share}
        return own == {recipient: share for (_, recipient), share in signed.items() if share}
    return {k: s for k, s in rule_shares(rule).items() if s} == {k: s for k, s in signed.items() if s}


def with_signed_shares(rule: SplitRule, signed: Shares) -> SplitRule:
    """The rule with the signed shares in place of its own, its parties in their order, new ones after them by name."""
    nested = []
    for branch in rule.tree:
        parts = tuple(part.model_copy(update={"share": _nested(rule, branch, part)}) for part in branch.of_which)
        nested.append(branch.model_copy(update={"of_which": parts}))
    return rule.model_copy(update={"tree": _branches(nested, ALL, signed), "reading": NESTED})


def _nested(rule: SplitRule, branch: Branch, part: Branch) -> Fraction:
    return part.share if rule.reading == NESTED or not branch.share else part.share / branch.share


def _branches(ruled: list[Branch], of: str, signed: Shares) -> tuple[Branch, ...]:
    whole: dict[str, Fraction] = {}
    for branch in ruled:
        whole[branch.to] = whole.get(branch.to, Fraction(0)) + branch.share
    found = [
        branch.model_copy(update={"share": signed.get((of, branch.to), Fraction(0)) * branch.share / whole[branch.to]})
        for branch in ruled
        if whole[branch.to]
    ]
    known = {branch.to for branch in found}
    added = sorted(recipient for part, recipient in signed if part == of and recipient not in known)
    found += [Branch(to=name, share=signed[of, name]) for name in added]  # type: ignore[arg-type]
    if of != ALL:
        return tuple(found)
    return tuple(branch.model_copy(update={"of_which": _branches(list(branch.of_which), branch.to, signed)}) for branch in found)


def line_evidence(books: Books, lines: pd.DataFrame) -> tuple[Evidence, ...]:
    """The booked lines of a document, in the register or, for a plan, in the result's ledger."""
    shown = lines.head(SHOWN)
    says = [say("bookings.line", recipient=line.recipient, to=line.to, yuan=in_yuan(line.amount_fen)) for line in shown.itertuples()]
    if books.is_paid:
        return tuple(books.evidence("booked_splits", row, text) for row, text in zip(shown["row"], says, strict=True))
    return tuple(Evidence("ledger.csv", int(row), text) for row, text in zip(shown["row"], says, strict=True))
