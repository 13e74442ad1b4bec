"""What a person may set: when the fleet starts, and while it runs over the control API."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Settings:
    """Ranges are (low, high) in seconds; a value in between is drawn for each occasion."""

    pod_start: Range = (2.0, 6.0)  # from a pod's creation until it is Ready
    termination: Range = (0.05, 0.3)  # from a pod's deletion until it is gone
    job_run: Range = (1.0, 4.0)  # how long a pod that is to end runs until it has succeeded
    controller_lag: Range = (0.004, 0.03)  # from a change until the Deployment controller sees it
    crash_backoff: Range = (0.5, 10.0)  # first and longest wait between restarts of a crashing container
    pull_backoff: Range = (0.3, 10.0)  # likewise between two attempts to pull a missing image


class BadSetting(ValueError):
    """A setting that does not exist or has no sense; the message says which and why."""


def changed_settings(settings: Settings, changes: dict[str, Any]) -> Settings:
    """The settings with the changes; ranges may be given as [low, high], one number or "low-high"."""
    known = {field.name for field in fields(Settings)}
    for name in changes:
        if name not in known:
            raise BadSetting(f"there is no setting {name!r}; there are: {', '.join(sorted(known))}")
    return replace(settings, **{name: parse_range(value, name) for name, value in changes.items()})


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
