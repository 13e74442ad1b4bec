"""What a person may set: when the fleet starts, and while it runs over the control API."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

Range = tuple[float, float]
LARGEST = 3600


@dataclass(frozen=True, slots=True)
class Settings:
    """Ranges are (low, high) in seconds, of which a value is drawn for each occasion; the rest are single numbers."""

    pod_start: Range = (2.0, 6.0)  # from a pod's creation until it is Ready
    termination: Range = (0.05, 0.3)  # from a pod's deletion until it is gone
    job_run: Range = (1.0, 4.0)  # how long a pod that is to end runs until it has succeeded
    controller_lag: Range = (0.004, 0.03)  # from a change until the Deployment controller sees it
    crash_backoff: Range = (0.5, 10.0)  # first and longest wait between restarts of a crashing container
    leak_after: Range = (8.0, 20.0)  # from when a leaking container is ready until it is killed
    pull_backoff: Range = (0.3, 10.0)  # likewise between two attempts to pull a missing image
    node_grace: float = 4.0  # seconds until a node that is not heard of counts as lost; 50 on a real cluster
    node_toleration: float = (
        10.0  # the longest its pods then stay before they are evicted; 300 on a real cluster
    )
    health_interval: float = 0.5  # seconds between two checks that a gateway makes of one address
    health_timeout: float = 1.0  # seconds such a check waits, to connect and again for the answer
    health_down: int = 2  # failed checks in a row until an address is down
    health_up: int = 2  # good checks in a row until it is up again
    connect_timeout: float = 0.5  # seconds a gateway waits for a connection to a backend
    response_timeout: float = 2.0  # seconds it then waits for the whole answer


class BadSetting(ValueError):
    """A setting that does not exist or has no sense; the message says which and why."""


def changed_settings(settings: Settings, changes: dict[str, Any]) -> Settings:
    """The settings with the changes; ranges may be given as [low, high], one number or "low-high"."""
    known = {field.name: field.default for field in fields(Settings)}
    for name in changes:
        if name not in known:
            raise BadSetting(f"there is no setting {name!r}; there are: {', '.join(sorted(known))}")
    return replace(settings, **{name: _parsed(name, value, known[name]) for name, value in changes.items()})


def shown_settings(settings: Settings) -> dict[str, Any]:
    """The settings as JSON values."""
    values = {name: getattr(settings, name) for name in settings.__slots__}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _parsed(name: str, value: Any, like: Any) -> Any:
    if isinstance(like, tuple):
        return parse_range(value, name)
    fits = isinstance(value, int) or (isinstance(like, float) and isinstance(value, float))
    if isinstance(value, bool) or not fits or not 0 < value <= LARGEST:
        raise BadSetting(
            f"{name}: {value!r} is not {'a number of seconds' if isinstance(like, float) else 'a count'} "
            f"above 0, up to {LARGEST}"
        )
    return type(like)(value)


def parse_range(value: Any, name: str = "range") -> Range:
    """(low, high) from [low, high], a number or "low-high"; BadSetting when it is none."""
    parts = value.split("-") if isinstance(value, str) else value
    if isinstance(parts, int | float):
        parts = [parts]
    try:
        numbers = [float(part) for part in parts]
        low, high = numbers if len(numbers) == 2 else (numbers[0], numbers[0])
    except (TypeError, ValueError, IndexError) as error:
        raise BadSetting(f"{name}: {value!r} is not a range like 2-6") from error
    if not (math.isfinite(low) and math.isfinite(high) and 0 <= low <= high):
        raise BadSetting(f"{name}: {value!r} must go from a smaller to a larger number of seconds")
    return low, high
