"""Checks of where the money went: to an account of the payee, that serves nobody else, and not just exchanged."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.payment_evidence import day_of, of_line
from optimizer.audit.finding import Evidence, Finding
from optimizer.audit.spans import with_spans
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say


def account_mismatch(books: Books) -> Iterator[Finding]:
    """P05: a payment through the bank went to an account that is not in the register, or is another household's, or was not
    in use on the day, or whose holder is somebody else by the bank's word; at risk is what was paid.

    Names are compared without spaces, in one form of each letter and without regard to capitals; a holder that one side
    does not name is not compared. Payees who are not in the register are left to P04; lines that take money back may name
    any account. Raises NotChecked where no payment names an account.
    """
    payments = books.payments
    payments = payments[(payments["method"] == "bank") & (payments["amount_fen"] > 0)]
    if not (payments["account"] != "").any():
        raise NotChecked(say("payments.no_accounts"))
    payments = payments[payments["household"].isin(set(books.table("households")["household"]))]
    accounts = with_spans(books.table("accounts"))
    own = accounts.set_index("account", drop=False).reindex(payments["account"]).reset_index(drop=True)
    is_unknown = own["account"].isna()
    day = payments["paid_on"].reset_index(drop=True)
    name, bank_name = _plain(own["holder"].fillna("")), _plain(payments["holder"].reset_index(drop=True))
    reasons = (
        (payments["account"] == "", "account_blank"),
        (is_unknown, "account_unknown"),
        (own["household"].to_numpy() != payments["household"].to_numpy(), "account_of_another"),
        ((day < own["begin"]) | (day >= own["end"]), "account_not_in_use"),
        ((name != bank_name) & (name != "") & (bank_name != ""), "account_holder"),
    )
    why = np.select([np.asarray(condition) for condition, _ in reasons], [reason for _, reason in reasons], "").astype(object)
    for place in np.flatnonzero(why != ""):
        line, account = payments.iloc[place], own.iloc[place]
        named = {"account": line.account, "holder": line.holder, "household": account.household, "day": day_of(line.paid_on)}
        found = say(f"payments.{why[place]}", **named)
        shown = () if is_unknown[place] else (_account_evidence(books, account),)
        expected = say("payments.account_own", holder=account.holder if why[place] == "account_holder" else line.household)
        yield of_line("P05", line, expected, found, line.amount_fen, *shown)


def _plain(names: pd.Series) -> pd.Series:
    """Names in one form: without spaces, compatible characters made one, capitals made small."""
    codes, values = pd.factorize(names)
    plain = np.array(["".join(unicodedata.normalize("NFKC", value).casefold().split()) for value in values], dtype=object)
    return pd.Series(plain[codes] if len(plain) else [], index=names.index, dtype=object)


def _account_evidence(books: Books, account: pd.Series) -> Evidence:
    says = say("payments.account_line", account=account["account"], household=account["household"], tail=account["number_tail"])
    return books.evidence("accounts", account["_row"], says)


def account_shared(books: Books) -> Iterator[Finding]:
    """P06: one account number (by its hash) is in use for more households at the same time than cards_per_account, or than
    cards_per_pooled_account where every row of it is marked as pooled.

    At risk is what was paid through it to all households but the one that had it first.
    """
    accounts = with_spans(books.table("accounts"))
    accounts = accounts[accounts["number_hash"] != ""]
    shared = accounts[accounts.groupby("number_hash")["household"].transform("nunique") > 1]
    for _, rows in shared.sort_values(["begin", "household", "_row"]).groupby("number_hash"):
        limits = books.limits
        allowed = limits.cards_per_pooled_account if rows["pooled"].all() else limits.cards_per_account
        at_once = max(rows.loc[(rows["begin"] <= day) & (rows["end"] > day), "household"].nunique() for day in rows["begin"])
        if at_once <= allowed:
            continue
        first = rows["household"].iat[0]
        through = books.payments[books.payments["account"].isin(set(rows["account"]))]
        at_risk = int(through.loc[through["household"] != first, "amount_fen"].sum()) if len(through) else 0
        households = rows["household"].drop_duplicates()
        yield Finding(
            "P06",
            (("account", rows["account"].iat[0]), *(("household", name) for name in households)),
            say("payments.account_serves", allowed=f"{allowed:g}"),
            say("payments.account_shared", count=at_once, yuan=in_yuan(at_risk), first=first),
            tuple(_account_evidence(books, row) for _, row in rows.iterrows()),
            fen=max(at_risk, 0),
        )


def account_changed_late(books: Books) -> Iterator[Finding]:
    """P07: the account of a payment had been in use for no more than change_days, and the household had another one that
    began before; at risk is what was paid."""
    accounts = with_spans(books.table("accounts"))
    earliest = accounts.groupby("household")["begin"].min()
    later = accounts[accounts["begin"] > accounts["household"].map(earliest)] if len(accounts) else accounts
    later = later[["account", "household", "begin", "change_reason", "_row"]].rename(columns={"_row": "account_row"})
    lines = books.payments[books.payments["amount_fen"] > 0].merge(later, on=["account", "household"])
    days = (lines["paid_on"] - lines["begin"]).dt.days
    for line in lines.assign(days=days)[days.between(0, books.limits.change_days)].itertuples():
        begun = day_of(line.begin)
        expected = say("payments.account_settled", days=f"{books.limits.change_days:g}")
        reason = line.change_reason or say("payments.no_reason")
        found = say("payments.account_changed", account=line.account, day=begun, days=line.days, reason=reason)
        evidence = books.evidence("accounts", line.account_row, say("payments.account_begun", account=line.account, day=begun))
        yield of_line("P07", line, expected, found, line.amount_fen, evidence)
