"""Identity and account numbers never get past reading: they are hashed with the register's salt, and only their last
digits and the verdict on their own check digits are kept."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from optimizer.instance.privacy import identity_faults, sealed, tail
from optimizer.problems import Problem
from optimizer.texts import say

SALT = re.compile(rb"[0-9A-Za-z]{16,64}")
"""As long as a key of BLAKE2b may be."""

ID_DIGITS, ACCOUNT_DIGITS = 2, 4
"""How many last digits are kept: two tell people of a village apart, four are what a bank slip shows."""


def seal_tables(tables: dict[str, pd.DataFrame], salt_file: Path, files: Mapping[str, str], problems: list[Problem]) -> None:
    """Put hashes in place of the numbers of ``members`` and ``accounts``; without a salt, plain numbers are a problem."""
    plain = {"members": tables["members"]["id_number"] != "", "accounts": tables["accounts"]["number"] != ""}
    count = sum(int(there.sum()) for there in plain.values())
    if not count:
        return
    salt = salt_file.read_bytes().removeprefix(BOM_UTF8).strip() if salt_file.is_file() else b""
    if not SALT.fullmatch(salt):
        found = say("found.plain_numbers", count=count)
        problems.append(Problem(salt_file.name, None, "", found, say("expected.salt", file=salt_file.name)))
        return
    tables["members"] = _members(tables["members"], plain["members"], salt)
    tables["accounts"] = _accounts(tables["accounts"], plain["accounts"], salt)


def _members(members: pd.DataFrame, plain: pd.Series, salt: bytes) -> pd.DataFrame:
    members = members.copy()
    numbers = members.loc[plain, "id_number"]
    members.loc[plain, "id_hash"] = [sealed(number, salt) for number in numbers]
    members.loc[plain, "id_tail"] = [tail(number, ID_DIGITS) for number in numbers]
    people = members.loc[plain]
    members.loc[plain, "id_check"] = identity_faults(people["id_number"], people["sex"], people["born_on"])
    return members.assign(id_number="")


def _accounts(accounts: pd.DataFrame, plain: pd.Series, salt: bytes) -> pd.DataFrame:
    accounts = accounts.copy()
    numbers = accounts.loc[plain, "number"]
    accounts.loc[plain, "number_hash"] = [sealed(number, salt) for number in numbers]
    accounts.loc[plain, "number_tail"] = [tail(number, ACCOUNT_DIGITS) for number in numbers]
    return accounts.assign(number="")
