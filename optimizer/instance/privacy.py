"""What may be kept and shown of identity numbers, account numbers and small groups of people."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

LEAST_SALT = 16
"""Bytes of salt below which a seal could be undone by trying all salts."""

PROVINCE_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
PROVINCES = frozenset(str(code) for first, last in PROVINCE_RANGES for code in range(first, last + 1))
"""First two digits of the codes of administrative divisions (GB/T 2260-2007)."""

WEIGHTS = np.array([2 ** (17 - place) % 11 for place in range(17)])
"""7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2: powers of two modulo 11 (ISO 7064, MOD 11-2)."""

CHECK_DIGITS = np.array(list("10X98765432"))
"""The check digit by the weighted sum of the other digits, modulo 11."""

FAULTS = ("valid", "length", "region", "birth_date", "sex", "check_digit")

NUMBERS_IN_TEXT = re.compile(r"(?<![\d*])(?:\d{11,}[Xx]?|\d{6}[ -]\d{8}[ -]\d{3}[\dXx]|\d{4}(?:[ -]\d{4}){2,}(?:[ -]?\d{1,4})?)(?!\d)")
"""Runs of eleven digits or more (telephone, account, identity number), also where written in groups."""

HASH_OR_NUMBER = re.compile(r"\b((?=\d*[a-f])[0-9a-f]{64})\b|" + NUMBERS_IN_TEXT.pattern)
"""A SHA-256 (one letter in it at least) is left as it is: whoever compares hashes needs every digit."""


def sealed(number: str, salt: bytes) -> str:
    """The number as 32 hex digits nobody can turn back without the salt: keyed BLAKE2b (RFC 7693) of 16 bytes.

    Blanks and the case of a final x do not matter, so that one number has one seal however it was typed. A salt is 16 to
    64 bytes, kept apart from the data (ValueError otherwise): with a known salt all identity numbers can be tried.
    """
    if not LEAST_SALT <= len(salt) <= hashlib.blake2b.MAX_KEY_SIZE:
        raise ValueError(f"a salt of {len(salt)} bytes; expected {LEAST_SALT} to {hashlib.blake2b.MAX_KEY_SIZE}")
    plain = "".join(str(number).split()).upper()
    return hashlib.blake2b(plain.encode(), digest_size=16, key=salt).hexdigest()


def tail(number: str, digits: int) -> str:
    """The last ``digits`` characters; nothing where they would be half of the number or more.

    >>> tail("6222 0200 1234 5678 841", 4), tail("841", 4)
    ('8841', '')
    """
    plain = "".join(str(number).split())
    return plain[-digits:] if digits > 0 and len(plain) > 2 * digits else ""


def masked(text: str) -> str:
    """The text with every telephone, account or identity number in it starred, all but its last two characters.

    >>> masked("ID 11010519491231002X, paid on 2020-09-03")
    'ID ****************2X, paid on 2020-09-03'
    >>> masked("sha256 " + "1234567890123456" * 3 + "123456789012345f")[:30]
    'sha256 12345678901234561234567'
    """
    return HASH_OR_NUMBER.sub(lambda found: found[0] if found[1] else "*" * (len(found[0]) - 2) + found[0][-2:], text)


def identity_fault(number: str, sex: str = "", born_on: date | None = None) -> str:
    """What an identity number's own digits say of it: ``valid`` or the first fault, see ``identity_faults``."""
    return str(identity_faults([number], [sex], [born_on])[0])


def identity_faults(numbers: Sequence[str], sexes: Sequence[str], born_on: Sequence[object]) -> np.ndarray:
    """The first fault of each identity number by GB 11643-1999, in the order of ``FAULTS``, or ``valid``.

    * ``length``: not 17 digits and a digit or X (the 15 digits of before 1999 are no longer issued);
    * ``region``: the first two digits are no province of GB/T 2260 (residence permits of other series are faults too);
    * ``birth_date``: digits 7 to 14 are no day of the calendar, or not ``born_on`` (a date or YYYY-MM-DD; blank: unknown);
    * ``sex``: the 17th digit, odd for a man, contradicts ``sexes`` (male or female; anything else: unknown);
    * ``check_digit``: the last is not that of ISO 7064, MOD 11-2.
    """
    texts = pd.Series(numbers, dtype=object).fillna("").astype(str).str.strip().str.upper()
    long_enough = texts.str.fullmatch(r"[0-9]{17}[0-9X]").to_numpy(dtype=bool)
    found = np.full(len(texts), "length", dtype=object)
    if not long_enough.any():
        return found
    good = texts[long_enough]
    digits = np.frombuffer("".join(good).encode("ascii"), dtype=np.uint8).reshape(-1, 18)
    values = digits[:, :17].astype(np.int64) - ord("0")
    expected = CHECK_DIGITS[values @ WEIGHTS % 11]
    is_man = values[:, 16] % 2 == 1
    sex = pd.Series(sexes, dtype=object)[long_enough]
    checks = {
        "region": ~good.str[:2].isin(PROVINCES).to_numpy(),
        "birth_date": ~_is_day(values[:, 6:14]) | _other_day(good.str[6:14], pd.Series(born_on, dtype=object)[long_enough]),
        "sex": ((sex == "male").to_numpy() & ~is_man) | ((sex == "female").to_numpy() & is_man),
        "check_digit": good.str[17].to_numpy() != expected,
    }
    found[long_enough] = np.select(list(checks.values()), list(checks), default="valid")
    return found


def _is_day(digits: np.ndarray) -> np.ndarray:
    """Whether eight digits, YYYYMMDD, are a day of the calendar."""
    year, month, day = digits[:, :4] @ [1000, 100, 10, 1], digits[:, 4:6] @ [10, 1], digits[:, 6:] @ [10, 1]
    in_year = (year > 0) & (month >= 1) & (month <= 12)
    first = ((np.where(in_year, year, 1970) - 1970) * 12 + np.where(in_year, month, 1) - 1).astype("datetime64[M]")
    days = ((first + np.timedelta64(1, "M")).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    return in_year & (day >= 1) & (day <= days)


def _other_day(digits: pd.Series, born_on: pd.Series) -> np.ndarray:
    """Whether a known date of birth is another day than the one in the number."""
    known = born_on.where(born_on.notna(), "").astype(str).str[:10].str.replace("-", "")
    return ((known != "") & (known != digits)).to_numpy()


def suppress_small(frame: pd.DataFrame, by: str, columns: Sequence[str], least: int = 5) -> pd.DataFrame:
    """The frame with the figures in ``columns`` blanked (NA) for groups (values of ``by``) of fewer than ``least`` households.

    Households are counted by the column ``households`` where there is one (a row per group), else as different names in
    ``household`` (a row per household). Totals may be shown beside the groups, and the blanked part can then be reckoned
    from them: while that is fewer than ``least`` households in all, as a single small group is, the next smallest group is
    blanked too (complementary suppression; ties by name). ``frame`` itself must hold no total.
    """
    groups = frame.groupby(by)
    count = groups["households"].sum() if "households" in frame else groups["household"].nunique()
    count = count[count > 0].sort_index().sort_values(kind="stable")
    hidden = int((count < least).sum())
    while 0 < hidden < len(count) and int(count.iloc[:hidden].sum()) < least:
        hidden += 1
    small = frame[by].isin(count.index[:hidden])
    shown = frame.copy()
    for column in columns:
        whole = pd.api.types.is_integer_dtype(frame[column].dtype)
        shown[column] = (frame[column].astype("Int64") if whole else frame[column]).mask(small)
    return shown
