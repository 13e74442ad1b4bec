"""Weights of a Route's members: whole percents that never sum to 0."""

from collections.abc import Collection, Mapping

from journal.core.reasons import Reason, because

Weights = dict[str, int]


def split(shares: Mapping[str, int]) -> Weights | Reason:
    """Whole percents in proportion to `shares` (any whole numbers), 100 in all: each gets what is whole of its
    part, and what is left goes by largest remainder, one each, ties by name.

    >>> split({"big": 90, "small": 10})
    {'big': 90, 'small': 10}
    >>> split({"c": 1, "a": 1, "b": 1})
    {'a': 34, 'b': 33, 'c': 33}
    >>> split({"a": 2, "b": 1, "idle": 0})
    {'a': 67, 'b': 33, 'idle': 0}
    >>> split({"a": 0}).code, split({}).code, split({"a": 2, "b": -1}).code
    ('weights-sum-to-nothing', 'weights-sum-to-nothing', 'weight-below-nothing')
    """
    below = sorted(name for name, share in shares.items() if share < 0)
    if below:
        return because("weight-below-nothing", prod=below[0], weight=shares[below[0]])
    if not any(shares.values()):
        return because("weights-sum-to-nothing")
    return apportion(100, shares)


def apportion(whole: int, shares: Mapping[str, int]) -> Weights:
    """`whole` cut in proportion to `shares` (none below 0, not all 0), by largest remainder, ties by name.

    >>> apportion(67, {"b": 34, "c": 33})
    {'b': 34, 'c': 33}
    """
    total = sum(shares.values())
    parts = {name: divmod(whole * shares[name], total) for name in sorted(shares)}
    ranked = sorted(parts, key=lambda name: -parts[name][1])
    more = frozenset(ranked[: whole - sum(part for part, _ in parts.values())])
    return {name: part + (name in more) for name, (part, _) in parts.items()}


def without(weights: Mapping[str, int], gone: str) -> Weights:
    """The weights of the other members when `gone` leaves: its part goes to those that have weight, in
    proportion, 100 in all. Empty where nobody else has any: then it must not leave.

    >>> without({"a-2": 34, "b-1": 33, "c-1": 33}, "a-2")
    {'b-1': 50, 'c-1': 50}
    >>> without({"a-2": 100, "b-1": 0}, "a-2")
    {}
    """
    rest = {name: weight for name, weight in weights.items() if name != gone}
    if not any(rest.values()):
        return {}
    return apportion(100, rest) if weights.get(gone) else rest


def drain(weights: Mapping[str, int], prod: str) -> Weights | Reason:
    """The weights when `prod` stays a member but serves nobody: the others take its part in proportion.

    >>> drain({"a-2": 50, "b-1": 50}, "a-2")
    {'a-2': 0, 'b-1': 100}
    >>> drain({"a": 60, "b": 30, "c": 10}, "a")
    {'a': 0, 'b': 75, 'c': 25}
    >>> drain({"a": 100, "b": 0}, "a").code
    'route-needs-a-member'
    """
    rest = without(weights, prod)
    if not rest:
        return because("route-needs-a-member", prod=prod)
    return dict(sorted({**rest, prod: 0}.items())) if prod in weights else rest


def hand_over(weights: Mapping[str, int], givers: Collection[str], takers: Mapping[str, int]) -> Weights:
    """The weights when all that `givers` have goes to `takers` (Prod -> share, not all 0); others keep theirs.

    >>> hand_over({"a": 50, "b": 20, "c": 30}, {"a"}, {"b": 20})
    {'a': 0, 'b': 70, 'c': 30}
    >>> hand_over({"a": 100}, {"a"}, {"c-1": 1})
    {'a': 0, 'c-1': 100}
    """
    part = sum(weight for name, weight in weights.items() if name in givers)
    given = apportion(part, takers)
    names = sorted({*weights, *takers})
    return {name: (0 if name in givers else weights.get(name, 0)) + given.get(name, 0) for name in names}


def restore(weights: Mapping[str, int], targets: Mapping[str, int], prod: str) -> Weights | Reason:
    """The weights when `prod` has its target weight again; see `ramp`.

    >>> restore({"a-2": 0, "b-1": 100}, {"a-2": 50, "b-1": 50}, "a-2")
    {'a-2': 50, 'b-1': 50}
    >>> restore({"a": 0, "b": 50, "c": 50}, {"a": 34, "b": 33, "c": 33}, "a")
    {'a': 34, 'b': 33, 'c': 33}
    >>> restore({"a-1": 0, "c-1": 100}, {"a-1": 100, "c-1": 0}, "a-1")
    {'a-1': 100, 'c-1': 0}
    """
    return ramp(weights, targets, prod, 100)


def ramp(weights: Mapping[str, int], targets: Mapping[str, int], prod: str, percent: int) -> Weights | Reason:
    """The weights when `prod` has `percent` of its target weight, 1 at least.

    The others give in proportion to what they have beyond their own target, so that none goes below it, and
    all are at their targets once all are back. Where `prod` has more than that already, they take.

    >>> ramp({"a-2": 0, "b-1": 100}, {"a-2": 50, "b-1": 50}, "a-2", 10)
    {'a-2': 5, 'b-1': 95}
    >>> ramp({"a": 0, "b": 0, "c": 100}, {"a": 34, "b": 33, "c": 33}, "a", 30)
    {'a': 10, 'b': 0, 'c': 90}
    >>> ramp({"a": 50, "b": 50}, {"a": 50, "b": 50}, "a", 30)
    {'a': 15, 'b': 85}
    >>> ramp({"a": 100}, {"a": 100}, "a", 10)
    {'a': 100}
    >>> ramp({"a": 50, "b": 50}, {"a": 100, "b": 0}, "b", 100).code
    'no-target-weight'
    """
    wanted, now = split({name: targets.get(name, 0) for name in {*weights, *targets}}), split(weights)
    if isinstance(wanted, Reason):
        return wanted
    if isinstance(now, Reason):
        return now
    if not wanted.get(prod):
        return because("no-target-weight", prod=prod)
    now = {name: now.get(name, 0) for name in sorted(wanted)}
    others = {name: weight for name, weight in now.items() if name != prod and weight}
    if not others:
        return {name: 100 if name == prod else 0 for name in now}
    asked = max(1, wanted[prod] * percent // 100) if percent else 0
    return _shift(now, wanted, prod, asked - now[prod], others)


def _shift(now: Weights, wanted: Weights, prod: str, more: int, others: Weights) -> Weights:
    if more <= 0:
        given = apportion(-more, others)
    else:
        # Both sum to 100, so what the others have beyond their targets is at least what `prod` lacks.
        beyond = {name: weight - wanted[name] for name, weight in others.items() if weight > wanted[name]}
        given = {name: -part for name, part in apportion(more, beyond).items()}
    return {name: weight + (more if name == prod else given.get(name, 0)) for name, weight in now.items()}
