"""What becomes of the way back with the waves to come, as pages say it."""

from dataclasses import dataclass

from releases.core.outlook import AfterWave, nobody_after


@dataclass(frozen=True, slots=True)
class Ahead:
    """`waves`: what a rollback after each wave to come would do at once; empty where none is to come."""

    waves: tuple[AfterWave, ...]

    @property
    def nobody(self) -> int | None:
        """The wave from whose end on nobody can be sent away at once; None: there is none."""
        return nobody_after(self.waves)

    @property
    def last(self) -> AfterWave | None:
        """The last wave after which somebody can be."""
        return next((one for one in reversed(self.waves) if one.at_once), None)
