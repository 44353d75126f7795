"""A split rule as a table of nodes, each with its exact share of the node above; an auditor can read and reckon it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from optimizer.instance.document import SplitRule
from optimizer.revenue.split import leaf_name

SALES, POT = "sales", "pot"
"""The names of the two wholes that are divided: what was sold, and what came into a pot."""


@dataclass(frozen=True)
class Node:
    """``name``: ``1.2`` is the second branch below the first · ``above``: the node it is a part of · ``place``: its place
    there, which decides ties · ``receiver``: a party, ``households.KIND`` or a key; '' for a node that is divided on."""

    name: str
    above: str
    place: int
    receiver: str
    share: Fraction


def nodes(rule: SplitRule) -> list[Node]:
    """The nodes of the tree and of the division of pots by keys; the shares below one node sum to 1."""
    found: list[Node] = []
    for number, branch in enumerate(rule.tree, start=1):
        name, own = str(number), leaf_name(branch.to, branch.link)
        found.append(Node(name, SALES, number, "" if branch.of_which else own, branch.share))
        parts = [(leaf_name(part.to, part.link), _of_above(rule, branch.share, part.share)) for part in branch.of_which]
        kept = Fraction(1) - sum((share for _, share in parts), Fraction(0))
        for place, (receiver, share) in enumerate([*parts, (own, kept)] if parts else [], start=1):
            found.append(Node(f"{name}.{place}", name, place, receiver, share))
    for place, (key, share) in enumerate(rule.household_key.items(), start=1):
        found.append(Node(f"{POT}.{place}", POT, place, key, share))
    return found


def _of_above(rule: SplitRule, above: Fraction, share: Fraction) -> Fraction:
    """``nested``: a share of the node above. ``points``: points of the whole."""
    return share if rule.reading == "nested" or above == 0 else share / above


def leaves(rule: SplitRule) -> dict[str, Fraction]:
    """The share of the whole each party or kind of pot has, over all branches it stands in."""
    share_of = {SALES: Fraction(1)}
    found: dict[str, Fraction] = {}
    for node in nodes(rule):
        if node.above in share_of:
            share_of[node.name] = share_of[node.above] * node.share
            if node.receiver:
                found[node.receiver] = found.get(node.receiver, Fraction(0)) + share_of[node.name]
    return found
