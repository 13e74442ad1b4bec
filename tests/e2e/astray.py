"""Which requests went where their Route did not send them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.e2e.users import Request

LATE_S = 1.0  # how long routers may still send users where an epoch that is over has sent them


def misrouted(sent: Sequence[Request], epochs: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Request]:
    """The requests that a Prod answered to which no epoch that was in force then, or until `LATE_S` before, gave a
    weight. `epochs` are those of each Route as the API lists them, in any order."""
    spans = {route: _spans(found) for route, found in epochs.items()}
    return [
        one
        for one in sent
        if not one["error"]
        and not any(
            began <= one["t"] + one["latency_ms"] / 1000
            and one["t"] <= ended + LATE_S
            and one["prod"] in prods
            for began, ended, prods in spans[one["group"]]
        )
    ]


def _spans(epochs: Sequence[Mapping[str, Any]]) -> list[tuple[float, float, set[str]]]:
    """(from, until, the Prods with a weight) of each epoch, in seconds since 1970."""
    found = sorted(epochs, key=lambda epoch: int(epoch["epoch"]))
    began = [datetime.fromisoformat(epoch["at"]).timestamp() for epoch in found]
    served = [{prod for prod, weight in epoch["weights"].items() if weight} for epoch in found]
    return list(zip(began, [*began[1:], float("inf")], served, strict=True))
