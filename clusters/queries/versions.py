"""Versions as pages show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from clusters.core.images import image_hint
from clusters.core.promises import ANY
from clusters.models import Blueprint, BlueprintRevision, Prod, Version
from journal.core.reasons import Reason

SHOWN = 200
RUNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ImageLine:
    """One component: its image, the other Version's (None: no other is compared, "": it has none), and
    what to think about."""

    component: str
    image: str
    before: str | None
    hint: Reason | None

    @property
    def differs(self) -> bool:
        """Whether the other Version has another image."""
        return self.before is not None and self.before != self.image


@dataclass(frozen=True, slots=True)
class RunLine:
    """A Run of the Version."""

    id: int
    kind: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One Version. `against` is the other one it is compared with ("": none), `others` what there is to
    compare with. `shares` are Versions whose data it can share; `any_data`: those of all."""

    id: int
    blueprint: str
    name: str
    revision: int
    against: str
    against_revision: int
    images: tuple[ImageLine, ...]
    rollback: str
    rollback_until: str
    shares: tuple[str, ...]
    any_data: bool
    created_at: datetime
    by: str
    vetoed_at: datetime | None
    vetoed_by: str
    veto: str
    prods: tuple[str, ...]
    settled: tuple[str, ...]
    runs: tuple[RunLine, ...]
    others: tuple[str, ...]


def read_version(blueprint: str, name: str, against: str = "") -> VersionPage:
    """One Version, compared with `against`, or with the one made before it; 404 for what is not there."""
    rows = Version.objects.select_related("revision", "created_by", "vetoed_by", "blueprint")
    rows = rows.defer("revision__manifests").filter(blueprint__name=blueprint)
    row = get_object_or_404(rows, name=name)
    before = rows.filter(pk__lt=row.pk).order_by("-pk").first()
    other = get_object_or_404(rows, name=against) if against else before
    prods = Prod.objects.filter(blueprint=row.blueprint_id).exclude(lifecycle=Prod.Lifecycle.RETIRED)
    return VersionPage(
        id=row.pk,
        blueprint=blueprint,
        name=name,
        revision=row.revision.number,
        against=other.name if other else "",
        against_revision=other.revision.number if other else 0,
        images=_images(row, other),
        rollback=row.rollback,
        rollback_until=row.rollback_until,
        shares=tuple(one for one in row.shares_data_with if one != ANY),
        any_data=ANY in row.shares_data_with,
        created_at=row.created_at,
        by=row.created_by.get_username() if row.created_by else "",
        vetoed_at=row.vetoed_at,
        vetoed_by=row.vetoed_by.get_username() if row.vetoed_by else "",
        veto=row.veto_reason,
        prods=_names(prods.filter(version=row)),
        settled=_names(prods.filter(settled_version=row).exclude(version=row)),
        runs=_runs(row),
        others=tuple(rows.exclude(pk=row.pk).order_by("-pk").values_list("name", flat=True)[:SHOWN]),
    )


def _names(prods: Any) -> tuple[str, ...]:
    return tuple(prods.order_by("name").values_list("name", flat=True))


def _images(row: Version, other: Version | None) -> tuple[ImageLine, ...]:
    before = other.images if other else None
    return tuple(
        ImageLine(component, image, None if before is None else before.get(component, ""), image_hint(image))
        for component, image in sorted(row.images.items())
    )


def _runs(row: Any) -> tuple[RunLine, ...]:
    """The newest Runs; they hang below the Version, though this package does not know them."""
    found = row.runs.order_by("-pk").values_list("pk", "kind", "state", "created_at")
    return tuple(RunLine(*run) for run in found[:RUNS_SHOWN])


@dataclass(frozen=True, slots=True)
class NewVersionPage:
    """What a new Version is made on: a revision of the Blueprint, its components, and the images that the
    newest Version has."""

    blueprint: str
    revision: int
    revisions: tuple[int, ...]
    components: tuple[str, ...]
    secrets: tuple[str, ...]
    images: dict[str, str]
    newest: str


def read_new_version(name: str, number: int | None = None) -> NewVersionPage:
    """For the revision `number`, or the newest; 404 for what is not there."""
    blueprint = get_object_or_404(Blueprint, name=name)
    rows = BlueprintRevision.objects.filter(blueprint=blueprint).defer("manifests").order_by("-number")
    row = rows.filter(number=number).first() if number else rows.first()
    if row is None:
        raise Http404
    newest = Version.objects.filter(blueprint=blueprint).order_by("-pk").first()
    return NewVersionPage(
        blueprint=name,
        revision=row.number,
        revisions=tuple(rows.values_list("number", flat=True)[:SHOWN]),
        components=tuple(row.components),
        secrets=tuple(row.secrets),
        images=newest.images if newest else {},
        newest=newest.name if newest else "",
    )
