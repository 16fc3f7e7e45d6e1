"""Drawing by chance: which records a quality check takes; the same seed draws the same again. Plain values."""

import random
from collections.abc import Collection

#: What a draw may take, in per cent. [default] 5
LEAST_PERCENT, USUAL_PERCENT, MOST_PERCENT = 1, 5, 20


def draw_size(population: int, percent: int) -> int:
    """How many of `population` a share of `percent` is: rounded up, at least one, none of nothing."""
    return -(-population * percent // 100) if population else 0


def draw(candidates: Collection[int], number: int, seed: int) -> list[int]:
    """`number` of the keys `candidates` (all, if there are fewer), each equally likely, in ascending order.

    The order in which the keys are given changes nothing, so that a draw can be repeated from its seed.
    """
    pool = sorted(candidates)
    return sorted(random.Random(seed).sample(pool, min(number, len(pool))))  # noqa: S311 repeatable, not secret
