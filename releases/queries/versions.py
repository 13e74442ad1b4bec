"""Versions with where they run, and their vetoes."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.shortcuts import get_object_or_404

from clusters.models import Prod, Version
from releases.marks import RELEASABLE, VETOED, Mark


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A Version: its images, on how many Prods it is asked for, and the veto with who and when."""

    id: int
    blueprint: str
    name: str
    images: tuple[tuple[str, str], ...]
    created_at: datetime
    prods: int
    mark: Mark
    veto: str
    vetoed_by: str
    vetoed_at: datetime | None


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """All Versions, the newest first."""

    versions: tuple[VersionLine, ...]


def read_versions() -> VersionsPage:
    """Four queries."""
    asked = Counter(Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED).values_list("version", flat=True))
    rows = Version.objects.select_related("blueprint", "vetoed_by").order_by("-pk")[:200]
    return VersionsPage(tuple(_line(version, asked[version.pk]) for version in rows))


def read_version(version_id: int) -> VersionLine:
    """One Version; 404 if there is none."""
    rows = Version.objects.select_related("blueprint", "vetoed_by")
    return _line(get_object_or_404(rows, pk=version_id), 0)


def _line(version: Version, prods: int) -> VersionLine:
    return VersionLine(
        id=version.pk,
        blueprint=version.blueprint.name,
        name=version.name,
        images=tuple(sorted(version.images.items())),
        created_at=version.created_at,
        prods=prods,
        mark=VETOED if version.vetoed_at else RELEASABLE,
        veto=version.veto_reason,
        vetoed_by=version.vetoed_by.get_username() if version.vetoed_by else "",
        vetoed_at=version.vetoed_at,
    )
