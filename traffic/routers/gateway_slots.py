"""Which HTTPRoute of a Route binds which hostnames. Pure.

A hostname stays where it is: it would be unbound for a moment if it went, and every move of it is a write.
"""

from collections.abc import Collection, Mapping
from itertools import chain, count
from math import ceil

from .gateway_objects import HOSTNAMES_MAX

Slots = dict[int, tuple[str, ...]]


def placed(
    hostnames: Collection[str],
    now: Mapping[int, Collection[str]],
    staying: Collection[str] = (),
    *,
    compact: bool = False,
) -> Slots:
    """Number -> hostnames, sorted; number 0 without any if there are none.

    `staying` are those that go to another Route: they keep their place here until they are bound there. With
    `compact` there are no more numbers than are needed, for a time when each is written in any case.

    >>> placed(["a", "c"], {0: ["a", "b"]})
    {0: ('a', 'c')}
    >>> placed(["a", "c"], {0: ["a"], 1: ["c"]}), placed(["a", "c"], {0: ["a"], 1: ["c"]}, compact=True)
    ({0: ('a',), 1: ('c',)}, {0: ('a', 'c')})

    Whoever moves is bound at the new place before the old one is touched: a number that is given up is nobody's
    until its HTTPRoute is gone.
    """
    wanted, kept = set(hostnames), _kept(set(hostnames), now)
    binding = {number for number, held in now.items() if wanted & set(held)}
    guests = {number: [host for host in held if host in staying] for number, held in now.items()}
    while compact and len(kept) > max(1, ceil(len(wanted) / HOSTNAMES_MAX)):
        fewest = min(kept, key=lambda number: (len(kept[number]), -number))
        others = {number: held for number, held in kept.items() if number != fewest}
        taken = sum(len(held) + len(guests.get(number, ())) for number, held in others.items())
        left = len(wanted) - sum(map(len, others.values()))
        if left > HOSTNAMES_MAX * len(others) - taken:
            break  # they would go to a new number, and from there to the next
        kept = others
    for host in sorted(wanted - {host for held in kept.values() for host in held}):
        kept.setdefault(_free(kept, guests, binding), set()).add(host)
    return {number: tuple(sorted(held)) for number, held in sorted(kept.items())} or {0: ()}


def _kept(wanted: set[str], now: Mapping[int, Collection[str]]) -> dict[int, set[str]]:
    """What may stay, each hostname once; numbers that keep none are left out."""
    kept: dict[int, set[str]] = {}
    for number, held in sorted(now.items()):
        mine = (wanted & set(held)) - {host for others in kept.values() for host in others}
        if mine and number >= 0:
            kept[number] = mine
    return kept


def _free(
    kept: Mapping[int, Collection[str]], guests: Mapping[int, Collection[str]], binding: Collection[int]
) -> int:
    """A number with a place that nobody has, those on their way out included: one in use if there is any, and none
    of `binding` that is not."""
    unused = (number for number in count() if number not in kept and number not in binding)
    for number in chain(sorted(kept), unused):
        if len(kept.get(number, ())) + len(guests.get(number, ())) < HOSTNAMES_MAX:
            return number
    raise AssertionError("there are always more numbers")
