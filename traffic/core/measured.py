"""Load units that were measured: what Prometheus answers, given to Tenants. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from math import ceil, isfinite
from typing import Any

from .demand import BadAnswer
from .weights import apportion

EVERY_S = 60
OLD_S = 300
LABELS = ("tenant", "hostname", "route")
MOST = 1_000_000_000

Key = tuple[str, str]  # (label, its value)


def parse_loads(body: Any) -> dict[Key, float]:
    """The values in an answer of Prometheus to an instant query, by the first of LABELS that each has; several with one
    are summed, what is no number above or at 0 is left out. BadAnswer.

    >>> said = [({"tenant": "acme", "zone": "x"}, "2.5"), ({"tenant": "acme"}, "1"), ({"route": "r-1"}, "NaN")]
    >>> parse_loads({"data": {"result": [{"metric": metric, "value": [1, value]} for metric, value in said]}})
    {('tenant', 'acme'): 3.5}
    """
    found: dict[Key, float] = defaultdict(float)
    try:
        for one in body["data"]["result"]:
            label = next(label for label in LABELS if label in one["metric"])
            name, value = str(one["metric"][label]), float(one["value"][1])
            if isfinite(value) and value >= 0 and name.isprintable():
                found[label, name] += value
    except StopIteration as error:
        raise BadAnswer(f"a value without one of the labels {', '.join(LABELS)}") from error
    except (TypeError, KeyError, IndexError, AttributeError, ValueError) as error:
        raise BadAnswer(f"not a vector: {error}") from error
    return dict(found)


def loads_of(
    found: Mapping[Key, float], owners: Mapping[str, str], on: Mapping[str, Mapping[str, int]]
) -> dict[str, int]:
    """Tenant -> whole load units, rounded up, 1 at least. `owners`: hostname -> its Tenant; `on`: Route -> its Tenants
    and the loads that people have given, in proportion to which they share what is of the Route alone.

    >>> found = {("tenant", "acme"): 2.1, ("hostname", "b.example"): 0.0, ("hostname", "www.b.example"): 4.0}
    >>> loads_of(found, {"b.example": "bolt", "www.b.example": "bolt"}, {})
    {'acme': 3, 'bolt': 4}
    >>> loads_of({("route", "r-1"): 10.0}, {}, {"r-1": {"acme": 1, "bolt": 4}})
    {'acme': 2, 'bolt': 8}
    """
    own: dict[str, float] = defaultdict(float)
    shared: dict[str, int] = {}
    for (label, name), value in found.items():
        if label == "route":
            shared |= apportion(_whole(value), on[name]) if on.get(name) else {}
        elif label == "tenant":
            own[name] += value
        elif name in owners:
            own[owners[name]] += value
    return {name: max(1, part) for name, part in shared.items() if name not in own} | {
        name: _whole(value) for name, value in own.items()
    }


def _whole(value: float) -> int:
    return min(MOST, max(1, ceil(value)))
