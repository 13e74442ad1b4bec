"""How a pre-empted release would go on, as a person reads it before."""

from dataclasses import dataclass

from django.utils.functional import Promise

from journal.core.reasons import Reason
from releases.core.anew import Change, Place
from releases.models import Run
from releases.resuming import Anew, preview_anew

from .waves import WAVE_NAMES


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """The number of a wave, its name in words, why the Prod could not start (None: it could), and the Version that it
    comes from (empty: it is the same before and after)."""

    wave: int
    name: str | Promise
    held: Reason | None
    came_from: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A Prod that is planned otherwise than `before` (None: not at all); `why` it is in its wave now, and whether it has
    `other_steps`."""

    prod: str
    before: PlaceLine | None
    after: PlaceLine
    why: Reason
    other_steps: bool


@dataclass(frozen=True, slots=True)
class AnewPage:
    """`by` is the Run that has pre-empted it; `waves` are (number, name, Prods) of what has not begun, `changes` what is
    otherwise than before, and `same` counts the other Prods. `reasons`: why it cannot go on yet. `left_out` are (Prod, why it stays as
    it is)."""

    by: int
    digest: str
    changes: tuple[ChangeLine, ...]
    same: int
    reasons: tuple[Reason, ...]
    waves: tuple[tuple[int, str | Promise, tuple[str, ...]], ...]
    left_out: tuple[tuple[str, Reason], ...]


def read_anew(run: Run) -> AnewPage:
    """Of a Run that was pre-empted."""
    anew = preview_anew(run)
    changes = tuple(map(_change, anew.changes))
    return AnewPage(
        by=run.preempted_by_id or 0,
        digest=anew.plan.digest,
        changes=changes,
        same=len(anew.left) - len(changes),
        reasons=anew.reasons,
        waves=tuple(_waves(anew)),
        left_out=tuple(anew.left_out.items()),
    )


def _change(one: Change) -> ChangeLine:
    was = one.before
    moved = was is not None and was.came_from != one.after.came_from
    before = _line(was, moved=moved) if was else None
    return ChangeLine(one.prod, before, _line(one.after, moved=moved), one.why, one.other_steps)


def _line(place: Place, *, moved: bool) -> PlaceLine:
    name = WAVE_NAMES.get(place.name, place.name)
    return PlaceLine(place.wave, name, place.held, place.came_from if moved else "")


def _waves(anew: Anew):  # type: ignore[no-untyped-def]
    for number, wave in enumerate(anew.plan.waves, start=1):
        left = tuple(prod.name for prod in wave.prods if prod.name not in anew.begun)
        if left:
            yield number, WAVE_NAMES.get(wave.name, wave.name), left
