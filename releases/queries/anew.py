"""How a pre-empted release would go on, as a person reads it before."""

from dataclasses import dataclass

from django.utils.functional import Promise

from journal.core.reasons import Reason
from releases.core.anew import Place
from releases.models import Run
from releases.resuming import Anew, preview_anew

from .waves import WAVE_NAMES


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """The number of a wave, its name in words, and why the Prod could not start (None: it could)."""

    wave: int
    name: str | Promise
    held: Reason | None


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A Prod that is planned otherwise than before; `why` it is in its wave now."""

    prod: str
    before: PlaceLine
    after: PlaceLine
    why: Reason


@dataclass(frozen=True, slots=True)
class AnewPage:
    """`by` is the Run that has pre-empted it; `waves` are (number, name, Prods) of what has not begun, `changes` what is
    otherwise than before, and `same` counts the other Prods. `reasons`: why it cannot go on yet."""

    by: int
    digest: str
    changes: tuple[ChangeLine, ...]
    same: int
    reasons: tuple[Reason, ...]
    waves: tuple[tuple[int, str | Promise, tuple[str, ...]], ...]


def read_anew(run: Run) -> AnewPage:
    """Of a Run that was pre-empted."""
    anew = preview_anew(run)
    changes = tuple(
        ChangeLine(one.prod, _line(one.before), _line(one.after), one.why) for one in anew.changes
    )
    return AnewPage(
        by=run.preempted_by_id or 0,
        digest=anew.plan.digest,
        changes=changes,
        same=len(anew.left) - len(changes),
        reasons=anew.reasons,
        waves=tuple(_waves(anew)),
    )


def _line(place: Place) -> PlaceLine:
    return PlaceLine(place.wave, WAVE_NAMES.get(place.name, place.name), place.held)


def _waves(anew: Anew):  # type: ignore[no-untyped-def]
    for number, wave in enumerate(anew.plan.waves, start=1):
        left = tuple(prod.name for prod in wave.prods if prod.name not in anew.begun)
        if left:
            yield number, WAVE_NAMES.get(wave.name, wave.name), left
