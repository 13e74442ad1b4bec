"""What every controller is given."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from simulator.controllers.loads import Loads
from simulator.controllers.recorder import Recorder
from simulator.faults import FaultBook
from simulator.lifecycle.backend import Backend
from simulator.settings import Range, Settings


@dataclass(frozen=True, slots=True)
class Context:
    """One cluster as its controllers see it. `settings` is asked anew each time."""

    cluster: str
    backend: Backend
    faults: FaultBook
    recorder: Recorder
    random: random.Random
    settings: Callable[[], Settings]
    loads: Loads

    def draw(self, span: Range) -> float:
        """A seeded value within a range."""
        return self.random.uniform(*span)

    def lag(self) -> float:
        """How long until the Deployment controller sees a change."""
        return self.draw(self.settings().controller_lag)
