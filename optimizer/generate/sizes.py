"""How large a made-up county is to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problems import InputError, Problem
from optimizer.texts import say

MOST = {"bases": 10_000, "products": 120, "periods": 240, "markets": 1_000, "households": 100_000_000}
"""More of each than any province has."""
MOST_TOGETHER = {("bases", "markets", "products"): 20_000_000, ("markets", "products", "periods"): 5_000_000}
"""What is counted together in the two tables that grow with a product of sizes: lanes and demand."""
LAST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Sizes:
    """The counts of a county (periods are months) and the number its figures are drawn from."""

    bases: int
    products: int
    periods: int
    markets: int
    households: int
    seed: int = 1

    @property
    def villages(self) -> int:
        """One at every base, as long as there are households for all of them."""
        return min(self.bases, self.households)

    @property
    def companies(self) -> int:
        """One leading company for about eight bases."""
        return -(-self.bases // 8)

    def draw(self, *topic: int) -> np.random.Generator:
        """Random numbers of one topic, which do not depend on how many were drawn for others."""
        return np.random.default_rng([self.seed, *topic])


def check_sizes(sizes: Sizes) -> None:
    """Raise InputError with every count that is below 1, beyond MOST or too large together with others."""
    counts = {name: getattr(sizes, name) for name in MOST}
    problems = [
        Problem(f"--{name}", None, "", str(count), say("generate.expected_size", most=MOST[name], name=name))
        for name, count in counts.items()
        if not 1 <= count <= MOST[name]
    ]
    if not 0 <= sizes.seed <= LAST_SEED:
        problems.append(Problem("--seed", None, "", str(sizes.seed), say("generate.expected_seed", most=LAST_SEED)))
    if not problems:
        for names, most in MOST_TOGETHER.items():
            together = int(np.prod([counts[name] for name in names], dtype=object))
            if together > most:
                options = " ".join(f"--{name}" for name in names)
                problems.append(
                    Problem(options, None, "", f"{together:,}", say("generate.expected_together", most=most, names=" × ".join(names)))
                )
    if problems:
        raise InputError(problems)


def names(kind: str, count: int) -> np.ndarray:
    """``base_001`` … : as many digits as the last one needs, so that the order of names is the order of numbers."""
    width = len(str(count))
    return np.array([f"{kind}_{number:0{width}d}" for number in range(1, count + 1)], dtype=object)
