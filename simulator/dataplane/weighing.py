"""Choosing by weight, smoothly: 90 and 10 give one in every ten, never ten in a row. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence

FIRST_TURNS = 100  # a seeded number of turns is taken at first, so that not all rules begin alike


def choose(weights: Sequence[tuple[int, int]], memory: dict[int, int], seed: random.Random) -> int:
    """The number that is due among (number, weight above 0) pairs; `memory` is updated.

    The smooth weighted round robin of nginx: each gets its weight, the largest pays the sum.
    """
    if not memory:
        for _ in range(seed.randrange(FIRST_TURNS)):
            _turn(weights, memory)
    return _turn(weights, memory)


def _turn(weights: Sequence[tuple[int, int]], memory: dict[int, int]) -> int:
    for number, weight in weights:
        memory[number] = memory.get(number, 0) + weight
    due = max((number for number, _ in weights), key=lambda number: memory[number])
    memory[due] -= sum(weight for _, weight in weights)
    return due
