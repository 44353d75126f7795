"""Names and words of the tables, made safe for a ledger file: nothing in them can become a directive or a second line."""

from __future__ import annotations

import hashlib
import re
from functools import cache

AS_IT_IS = re.compile(r"(?!X-)[A-Z0-9](?![a-z])[A-Za-z0-9-]{0,79}|[0-9][A-Za-z0-9-]{0,79}")
LOWER = re.compile(r"[a-z]{2}[A-Za-z0-9_]{0,78}")
LINK = re.compile(r"(?!X-)[A-Za-z0-9_/.-]{1,120}")
READABLE = 24
"""Letters kept of a name that has to be written differently."""


def _plain(letter: str) -> bool:
    return letter.isalpha() or (letter.isascii() and letter.isdigit())


@cache
def segment(name: str) -> str:
    """A name as one part of an account: capital or figure first, then letters, figures and hyphens only.

    ``H00001`` and ``2019-05`` stay as they are; ``hill_village`` becomes ``Hill-village``; 草海 becomes ``X草海``. Any other
    name keeps its letters and figures and gets a mark made of its SHA-256, as ``Hill`` (``X-Hill-…``). Two names never
    become the same part: the second letter tells the first two kinds apart, and what follows X the last two.
    """
    if not name:
        return "X-"
    if AS_IT_IS.fullmatch(name):
        return name
    if LOWER.fullmatch(name):
        return name[0].upper() + name[1:].replace("_", "-")
    if not name[0].isascii() and len(name) <= READABLE and all(map(_plain, name)):
        return f"X{name}"
    return marked(name)


def marked(name: str) -> str:
    """The letters and figures of a name with a mark that no other name has."""
    kept = "".join(letter if _plain(letter) else "-" for letter in name[:READABLE])
    return f"X-{kept}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


@cache
def link(name: str) -> str:
    """A name as a link or code: letters, figures and ``-_/.``; other names get a mark."""
    return name if LINK.fullmatch(name) else re.sub(r"[^A-Za-z0-9-]", "-", marked(name))


def one_line(text: str) -> str:
    """Text without line ends and other signs that are not for printing."""
    return "".join(c if c.isprintable() else " " for c in text)


def quoted(text: str) -> str:
    """Text in quotation marks, as Beancount reads it."""
    return '"' + one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def comment(text: str, mark: str = ";") -> str:
    """Text as lines of comment; the text's own line ends begin new lines of comment."""
    return "".join(f"{mark} {one_line(line)}".rstrip() + "\n" for line in text.strip().split("\n"))
