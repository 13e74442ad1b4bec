"""The simulated load of workloads: what horizontal autoscalers measure."""

from __future__ import annotations

from collections.abc import Callable

Name = tuple[str, str]  # namespace, name of the workload


class Loads:
    """Percent of one pod's request that a workload uses in all: 400 is four pods at 100 %."""

    def __init__(self) -> None:
        self._percents: dict[Name, float] = {}
        self._listeners: list[Callable[[Name], None]] = []

    def listen(self, listener: Callable[[Name], None]) -> None:
        """Call the listener with the workload whose load has changed."""
        self._listeners.append(listener)

    def set(self, name: Name, percent: float | None) -> None:
        """Set the load of a workload; None forgets it."""
        if percent is None:
            self._percents.pop(name, None)
        else:
            self._percents[name] = percent
        for listener in self._listeners:
            listener(name)

    def of(self, name: Name) -> float | None:
        """The load, None when nobody has set one."""
        return self._percents.get(name)
