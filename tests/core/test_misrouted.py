"""Which requests count as misrouted where users are measured."""

from typing import Any

import pytest

from tests.e2e.astray import LATE_S, misrouted

EPOCHS = {
    "shop-r": [
        {"epoch": 2, "at": "2026-01-01T00:00:10Z", "weights": {"a-2": 0, "b-1": 100}},
        {"epoch": 1, "at": "2026-01-01T00:00:00Z", "weights": {"a-2": 50, "b-1": 50}},
    ]
}
BEGAN = 1767225600.0


def request(at: float, prod: str, **more: Any) -> dict[str, Any]:
    return {"t": BEGAN + at, "group": "shop-r", "prod": prod, "latency_ms": 5.0, "error": ""} | more


@pytest.mark.parametrize(
    ("sent", "astray"),
    [
        (request(5, "a-2"), False),
        (request(10 + LATE_S / 2, "a-2"), False),
        (request(10 + 2 * LATE_S, "a-2"), True),
        (request(5, "c-1"), True),
        (request(15, "b-1"), False),
        (request(9.9, "a-2", latency_ms=5000.0), False),
        (request(15, "a-2", error="status-503"), False),
    ],
)
def test_a_request_is_misrouted_where_no_weight_of_then_sent_it(sent: dict[str, Any], astray: bool) -> None:
    assert misrouted([sent], EPOCHS) == ([sent] if astray else [])
