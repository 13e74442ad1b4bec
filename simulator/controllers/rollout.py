"""The arithmetic of rolling updates: pure functions on plain numbers.

Source: pkg/controller/deployment/util/deployment_util.go.
"""

from __future__ import annotations

import math

Count = int | str


def resolved(value: Count, total: int, round_up: bool) -> int:
    """A count, or a percentage of the total.

    >>> resolved("25%", 3, True), resolved("25%", 3, False), resolved(2, 3, True)
    (1, 0, 2)
    """
    if isinstance(value, str) and value.endswith("%"):
        share = int(value[:-1]) * total / 100
        return math.ceil(share) if round_up else math.floor(share)
    return int(value)


def fenceposts(max_surge: Count, max_unavailable: Count, replicas: int) -> tuple[int, int]:
    """(surge, unavailable) as counts; if both would be 0, one may be unavailable.

    >>> fenceposts("25%", "25%", 3), fenceposts(1, 0, 3), fenceposts("0%", "10%", 3)
    ((1, 0), (1, 0), (0, 1))
    """
    surge = resolved(max_surge, replicas, True)
    unavailable = resolved(max_unavailable, replicas, False)
    return (0, 1) if surge == 0 and unavailable == 0 else (surge, unavailable)


def new_size(replicas: int, surge: int, all_sizes: int, own_size: int) -> int:
    """How large the new ReplicaSet may be now.

    >>> new_size(3, 1, all_sizes=3, own_size=0), new_size(3, 1, 4, 1), new_size(3, 1, 0, 0)
    (1, 1, 3)
    """
    if own_size > replicas:
        return replicas
    room = replicas + surge - all_sizes
    return own_size if room <= 0 else own_size + min(room, replicas - own_size)


def removable_unhealthy(all_sizes: int, min_available: int, new_unavailable: int) -> int:
    """How many pods of old ReplicaSets may go at most, counting new ones that are not available.

    >>> removable_unhealthy(4, 3, 1), removable_unhealthy(4, 3, 0)
    (0, 1)
    """
    return max(0, all_sizes - min_available - new_unavailable)


def proportional(sizes: tuple[tuple[str, int, int], ...], allowed: int, total: int) -> dict[str, int]:
    """New sizes when a Deployment is scaled in the middle of a rollout.

    `sizes` is (name, size, max-replicas of its last scaling) in the order in which rounding leftovers
    are given out; `allowed` is what all may have together, `total` what they have.

    >>> proportional((("new", 5, 13), ("old", 8, 13)), 18, 13)
    {'new': 7, 'old': 11}
    """
    to_add = allowed - total
    given, result = 0, {}
    for name, size, max_size in sizes:
        share = round(size * allowed / max(max_size, 1)) - size if to_add else 0
        left = to_add - given
        share = min(max(share, 0), left) if to_add > 0 else max(min(share, 0), left)
        given += share
        result[name] = max(0, size + share)
    if sizes and to_add != given:
        first = sizes[0][0]
        result[first] = max(0, result[first] + to_add - given)
    return result
