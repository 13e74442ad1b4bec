"""Weights of a Route's members: whole percents that never sum to 0."""

from collections.abc import Mapping


def without(weights: Mapping[str, int], gone: str) -> dict[str, int]:
    """The weights of the other members when `gone` leaves: its part goes to those that have weight, in
    proportion, 100 in all. Empty where nobody else has any: then it must not leave.

    >>> without({"a-2": 34, "b-1": 33, "c-1": 33}, "a-2")
    {'b-1': 50, 'c-1': 50}
    >>> without({"a-2": 100, "b-1": 0}, "a-2")
    {}
    """
    rest = {name: weight for name, weight in weights.items() if name != gone}
    whole = sum(rest.values())
    if not whole:
        return {}
    if not weights.get(gone):
        return rest
    shares = {name: 100 * weight // whole for name, weight in rest.items()}
    # What rounding left goes to the largest, one each, so that the order among equals is by name.
    ranked = sorted((name for name in rest if rest[name]), key=lambda name: (-rest[name], name))
    for name in ranked[: 100 - sum(shares.values())]:
        shares[name] += 1
    return shares
