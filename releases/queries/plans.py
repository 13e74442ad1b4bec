"""A release before it runs: what can be released, and the plan as a person reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clusters.models import Blueprint, Version
from clusters.queries import FieldChange, read_changes
from journal.core.reasons import Reason
from releases.core.outlook import AfterWave
from releases.core.plan import Plan, PlannedProd
from releases.outlook import preview_outlook
from releases.preview import Preview, preview_release

from .ahead import Ahead
from .shares import NOBODY, Served, Share, percent_words, percents, read_served
from .waves import WAVE_NAMES


@dataclass(frozen=True, slots=True)
class Releasable:
    """A Version that can be chosen; `veto` is why it cannot (empty: it can)."""

    id: int
    name: str
    images: tuple[tuple[str, str], ...]
    created_at: datetime
    prods: int
    veto: str


@dataclass(frozen=True, slots=True)
class NewPage:
    """The choice of a Version, by Blueprint, the newest first."""

    blueprints: tuple[tuple[str, tuple[Releasable, ...]], ...]


@dataclass(frozen=True, slots=True)
class PlanProd:
    """A Prod of a plan: as planned, what blocks it, what else to know, whom it serves, what changes on its
    Cluster."""

    planned: PlannedProd
    blockers: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    served: Served
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class PlanWave:
    """A wave of a plan; `share` is of all users, in words. `after`: what a rollback after it would do at once (None: it
    changes nobody)."""

    number: int
    name: str
    parallel: int
    asks: bool
    share: str
    prods: tuple[PlanProd, ...]
    after: AfterWave | None


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The plan review. `stops` hold the whole plan back; empty: it can be started."""

    plan: Plan
    strategy: dict[str, Any]
    waves: tuple[PlanWave, ...]
    bar: tuple[Share, ...]
    stops: tuple[Reason, ...]
    held: int
    prods: int
    ahead: Ahead


def read_new() -> NewPage:
    """What can be released. Five queries."""
    versions = Version.objects.select_related("blueprint").order_by("blueprint__name", "-pk")
    running: dict[int, int] = {}
    for version in Blueprint.objects.values_list("prods__version", flat=True):
        running[version] = running.get(version, 0) + 1
    groups: dict[str, list[Releasable]] = {}
    for version in versions:
        groups.setdefault(version.blueprint.name, []).append(_releasable(version, running.get(version.pk, 0)))
    return NewPage(tuple((name, tuple(group)) for name, group in groups.items()))


def _releasable(version: Version, prods: int) -> Releasable:
    return Releasable(
        id=version.pk,
        name=version.name,
        images=tuple(sorted(version.images.items())),
        created_at=version.created_at,
        prods=prods,
        veto=version.veto_reason,
    )


def read_plan(
    blueprint: str, version: str, strategy: dict[str, Any], exclude: Sequence[Mapping[str, str]]
) -> PlanPage:
    """The plan as it would run now. Raises Refused and BadStrategy as `preview_release` does."""
    preview = preview_release(blueprint, version, strategy, exclude)
    plan = preview.plan
    served = read_served()
    changes = read_changes(blueprint, version)
    ahead = Ahead(preview_outlook(plan))
    waves = _waves(preview, served, changes, ahead)
    stops = tuple(blocker.reason for blocker in preview.blockers if not blocker.prods)
    claimed = tuple(blocker.reason for blocker in preview.blockers if blocker.reason.code == "claimed")
    return PlanPage(
        plan=plan,
        strategy=strategy,
        waves=waves,
        bar=_bar(waves),
        stops=tuple(dict.fromkeys((*stops, *claimed))),
        held=sum(bool(prod.blockers) for wave in waves for prod in wave.prods),
        prods=sum(len(wave.prods) for wave in plan.waves),
        ahead=ahead,
    )


def _waves(
    preview: Preview,
    served: Mapping[str, Served],
    changes: Mapping[str, tuple[FieldChange, ...]],
    ahead: Ahead,
) -> tuple[PlanWave, ...]:
    whole = sum(one.users for one in served.values()) or 1
    afters = {one.wave: one for one in ahead.waves}
    waves = []
    for number, wave in enumerate(preview.plan.waves, start=1):
        users = sum(served.get(prod.name, NOBODY).users for prod in wave.prods)
        prods = tuple(
            PlanProd(
                planned=prod,
                blockers=tuple(blocker.reason for blocker in preview.blockers if prod.name in blocker.prods),
                notes=tuple(note.reason for note in preview.notes if prod.name in note.prods),
                served=served.get(prod.name, NOBODY),
                changes=changes.get(prod.name, ()),
            )
            for prod in wave.prods
        )
        name = str(WAVE_NAMES.get(wave.name, wave.name))
        share = percent_words(100 * users / whole)
        after = afters.get(number)
        waves.append(PlanWave(number, name, wave.parallel, bool(wave.gates), share, prods, after))
    return tuple(waves)


def _bar(waves: Sequence[PlanWave]) -> tuple[Share, ...]:
    users = {str(wave.number): sum(prod.served.users for prod in wave.prods) for wave in waves}
    parts = percents(users, users) if users else []
    return tuple(
        Share(
            f"part planned-{int(key) % 2}",
            _("wave %(number)s · %(share)s") % {"number": key, "share": percent_words(percent)},
            percent,
            users[key],
        )
        for key, percent in parts
    )
