"""The split rule applied: each amount divided by its tree, to the fen, ordered as the rule lists the parties."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.document import SplitRule
from optimizer.revenue.fen import split_rows

READINGS = ("nested", "points")
BASES = ("gross", "net")


def divide_by_tree(amounts: np.ndarray, rule: SplitRule) -> pd.DataFrame:
    """One row per amount, one column per leaf: party, or ``households.KIND`` for what goes to a pot.

    Every node divides its own integer amount, so that each level ties to what the level above paid out. Within a node
    the branches listed under ``of_which`` come before what the party keeps.
    """
    top = split_rows(amounts, [branch.share for branch in rule.tree])
    leaves: dict[str, np.ndarray] = {}
    for number, branch in enumerate(rule.tree):
        parts = [(leaf_name(part.to, part.link), _of_parent(rule, branch.share, part.share)) for part in branch.of_which]
        kept = Fraction(1) - sum((share for _, share in parts), Fraction(0))
        names = [*(name for name, _ in parts), leaf_name(branch.to, branch.link)]
        inner = split_rows(top[:, number], [*(share for _, share in parts), kept])
        for column, name in enumerate(names):
            leaves[name] = leaves.get(name, np.zeros(len(amounts), dtype=np.int64)) + inner[:, column]
    return pd.DataFrame(leaves)


def leaf_name(party: str, link: str) -> str:
    """``households.dividend`` for a pot, the party's own name for all others."""
    return f"households.{link}" if party == "households" else party


def _of_parent(rule: SplitRule, parent: Fraction, share: Fraction) -> Fraction:
    """``nested``: a share of the parent's amount. ``points``: points of the whole, hence share/parent of the amount."""
    return share if rule.reading == "nested" or parent == 0 else share / parent


def with_reading(rule: SplitRule, reading: str, basis: str) -> SplitRule | None:
    """The same rule under another reading and basis; None where its shares make that reading impossible."""
    try:
        return SplitRule.model_validate({**rule.model_dump(), "reading": reading, "basis": basis})
    except ValueError:
        return None
