"""What differs between two outcomes: the input, the plan, and the money by cause, to the fen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from optimizer.policy.comparison import Outcome

SALE = "sale"
TONNES, PRICE, PRICES, OTHERS = "tonnes", "price", "prices", "others"
"""Kinds of steps of the sales: more or less of a product, its price, small prices together, small steps together."""

SMALL_SHARE = Fraction(1, 50)
"""Price steps below this share of all that moved are joined into one."""

MOST_STEPS = 24


class Step(NamedTuple):
    """A part of a difference in money. ``cause`` is an account (``freight``), or ``tonnes:PRODUCT``, ``price:PRODUCT``,
    ``prices`` (small price steps together) or ``others`` (small steps together)."""

    cause: str
    amount_fen: int


class Change(NamedTuple):
    """A figure before and after: its names (a product, a base and a product, a party and its id ...)."""

    key: tuple[str, ...]
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True)
class Difference:
    """What outcome b has otherwise than outcome a, largest change first; what did not change is left out.

    ``only_a`` and ``only_b``: changes of the input that the other has not. ``products`` (mu by product), ``areas`` (mu by base
    and product), ``sold`` (kg by product and market), ``parties`` (balance in fen by party and id).
    """

    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    products: tuple[Change, ...] = ()
    areas: tuple[Change, ...] = ()
    sold: tuple[Change, ...] = ()
    parties: tuple[Change, ...] = ()


def causes(outcome: Outcome) -> dict[str, int]:
    """Signed fen of the chain's margin by cause: ``sale:PRODUCT`` for the sales of each product, and every other account.

    They sum to the margin. Raises AssertionError where the sales by product are not the account ``sale``, or where the
    accounts do not sum to the figure ``margin_yuan``: such an outcome is broken.
    """
    sales = {product: fen for product, (_, fen) in sorted(_sales(outcome).items())}
    assert sum(sales.values()) == outcome.money.get(SALE, 0), f"{outcome.policy}: sales by product are not the account {SALE}"
    accounts = {account: fen for account, fen in outcome.money.items() if account != SALE}
    found = {**{f"{SALE}:{product}": fen for product, fen in sales.items()}, **accounts}
    _check(outcome, "margin_yuan", sum(found.values()))
    return found


def household_causes(outcome: Outcome) -> dict[str, int]:
    """Signed fen of the household gain by account. They sum to the gain; AssertionError otherwise."""
    found = dict(outcome.household_money)
    if found:
        _check(outcome, "household_gain_yuan", sum(found.values()))
    return found


def waterfall(a: Outcome, b: Outcome, small_share: Fraction = SMALL_SHARE, most: int = MOST_STEPS) -> list[Step]:
    """The steps from the margin of ``a`` to that of ``b``; they sum to the difference to the fen. Steps of 0 are left out.

    Of each product's sales, the kilograms more or less at the mean price of ``a`` are its tonnes (rounded half up once; all
    of it where ``a`` sold none), and the rest is its price. Price steps below ``small_share`` of all that moved are joined
    into ``prices``; beyond ``most`` steps the smallest are joined into ``others``. Then every other account. Raises
    AssertionError where an outcome's money does not add up.
    """
    before, after = causes(a), causes(b)
    steps = _sale_steps(_sales(a), _sales(b))
    accounts = [*before, *(cause for cause in after if cause not in before)]
    steps += _account_steps({c: before.get(c, 0) for c in accounts if not _is_sale(c)}, {c: after.get(c, 0) for c in accounts})
    steps = _joined(steps, PRICES, _small_prices(steps, small_share))
    steps = _joined(steps, OTHERS, _smallest(steps, most))
    total = sum(step.amount_fen for step in steps)
    assert total == sum(after.values()) - sum(before.values()), f"{a.policy} to {b.policy}: the steps do not sum to the difference"
    return steps


def household_waterfall(a: Outcome, b: Outcome) -> list[Step]:
    """The steps from the household gain of ``a`` to that of ``b`` by account, to the fen. Steps of 0 are left out."""
    before, after = household_causes(a), household_causes(b)
    names = [*before, *(name for name in after if name not in before)]
    return _account_steps({name: before.get(name, 0) for name in names}, after)


def difference(a: Outcome, b: Outcome) -> Difference:
    """What was changed in the input and what changed in the plan from ``a`` to ``b``; without two plans only the input."""
    only_a = tuple(change for change in a.changes if change not in b.changes)
    only_b = tuple(change for change in b.changes if change not in a.changes)
    if not (a.is_plan and b.is_plan):
        return Difference(only_a, only_b)
    return Difference(
        only_a,
        only_b,
        products=_changes(*(_summed((((area.product,), area.mu) for area in o.areas), 6) for o in (a, b))),
        areas=_changes(*(_summed((((area.base, area.product), area.mu) for area in o.areas), 6) for o in (a, b))),
        sold=_changes(*(_summed(((s.product, s.market), s.kg) for s in o.sold) for o in (a, b))),
        parties=_changes(*(_summed(((p.party, p.id), p.balance_fen) for p in o.parties) for o in (a, b))),
    )


def mu_by_product(outcome: Outcome) -> dict[str, float]:
    """Mu planted with each product over the county."""
    return {key[0]: mu for key, mu in _summed((((area.product,), area.mu) for area in outcome.areas), 6).items()}


def _sales(outcome: Outcome) -> dict[str, tuple[int, int]]:
    """Kilograms and fen of each product over all markets."""
    kg: dict[str, int] = defaultdict(int)
    fen: dict[str, int] = defaultdict(int)
    for sold in outcome.sold:
        kg[sold.product] += sold.kg
        fen[sold.product] += sold.amount_fen
    return {product: (kg[product], fen[product]) for product in kg}


def _sale_steps(before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]]) -> list[Step]:
    steps = []
    for product in sorted({*before, *after}):
        (kg_a, fen_a), (kg_b, fen_b) = before.get(product, (0, 0)), after.get(product, (0, 0))
        tonnes = _half_up(fen_a * (kg_b - kg_a), kg_a) if kg_a else fen_b - fen_a
        steps += [Step(f"{TONNES}:{product}", tonnes), Step(f"{PRICE}:{product}", fen_b - fen_a - tonnes)]
    return [step for step in steps if step.amount_fen]


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _account_steps(before: Mapping[str, int], after: Mapping[str, int]) -> list[Step]:
    steps = [Step(cause, after.get(cause, 0) - fen) for cause, fen in before.items()]
    return [step for step in steps if step.amount_fen]


def _is_sale(cause: str) -> bool:
    return cause.startswith(f"{SALE}:")


def _small_prices(steps: Sequence[Step], share: Fraction) -> set[str]:
    least = share * sum(abs(step.amount_fen) for step in steps)
    return {step.cause for step in steps if step.cause.startswith(f"{PRICE}:") and abs(step.amount_fen) < least}


def _smallest(steps: Sequence[Step], most: int) -> set[str]:
    if len(steps) <= most:
        return set()
    ranked = sorted(steps, key=lambda step: (-abs(step.amount_fen), step.cause))
    return {step.cause for step in ranked[most - 1 :]}


def _joined(steps: list[Step], name: str, members: set[str]) -> list[Step]:
    """The steps with ``members`` as one, in the place of the last of them; a single member stays as it is."""
    if len(members) < 2:
        return steps
    last = max(i for i, step in enumerate(steps) if step.cause in members)
    total = Step(name, sum(step.amount_fen for step in steps if step.cause in members))
    found = [total if i == last else step for i, step in enumerate(steps) if i == last or step.cause not in members]
    return [step for step in found if step.amount_fen]


def _check(outcome: Outcome, figure: str, fen: int) -> None:
    if figure in outcome.figures:
        stated = round(outcome.figures[figure] * 100)
        assert stated == fen, f"{outcome.policy}: {figure} is {stated} fen, its accounts sum to {fen}"


def _summed(parts: Iterable[tuple[tuple[str, ...], float]], decimals: int | None = None) -> dict[tuple[str, ...], float]:
    sums: dict[tuple[str, ...], float] = defaultdict(int)
    for key, amount in parts:
        sums[key] += amount
    # the order of summing must not show as a change of the last bits
    return dict(sums) if decimals is None else {key: round(amount, decimals) for key, amount in sums.items()}


def _changes(before: Mapping[tuple[str, ...], float], after: Mapping[tuple[str, ...], float]) -> tuple[Change, ...]:
    found = [Change(key, before.get(key, 0), after.get(key, 0)) for key in {**before, **after}]
    return tuple(sorted((change for change in found if change.change), key=lambda change: (-abs(change.change), change.key)))
