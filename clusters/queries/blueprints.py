"""Blueprints and their revisions as pages show them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from clusters.core.differences import Difference, diff_manifests
from clusters.core.kinds import order_of
from clusters.core.manifests import Manifest, key_of, name_of
from clusters.core.yaml_print import as_yaml
from clusters.models import Blueprint, BlueprintRevision, Prod, Version

SHOWN = 200


def newest_revisions(blueprints: Iterable[Blueprint]) -> dict[int, BlueprintRevision]:
    """The newest revision of each Blueprint, by its id. One query."""
    rows = BlueprintRevision.objects.filter(blueprint__in=[row.pk for row in blueprints])
    newest = rows.order_by("blueprint", "-number").distinct("blueprint")
    return {row.blueprint_id: row for row in newest.select_related("created_by").defer("manifests")}


@dataclass(frozen=True, slots=True)
class BlueprintLine:
    """A Blueprint in the list: its newest revision, how many Versions and living Prods it has."""

    name: str
    revision: int
    note: str
    components: tuple[str, ...]
    created_at: datetime | None
    by: str
    versions: int
    prods: int


@dataclass(frozen=True, slots=True)
class BlueprintsPage:
    """All Blueprints, by name."""

    blueprints: tuple[BlueprintLine, ...]


def read_blueprints() -> BlueprintsPage:
    """Four queries."""
    rows = list(Blueprint.objects.order_by("name")[:SHOWN])
    newest = newest_revisions(rows)
    prods = Counter(_living().values_list("blueprint_id", flat=True))
    versions = Counter(Version.objects.values_list("blueprint_id", flat=True))
    return BlueprintsPage(
        tuple(_line(row, newest.get(row.pk), versions[row.pk], prods[row.pk]) for row in rows)
    )


def _living() -> "QuerySet[Prod]":
    return Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED)


def _line(row: Blueprint, newest: BlueprintRevision | None, versions: int, prods: int) -> BlueprintLine:
    return BlueprintLine(
        name=row.name,
        revision=newest.number if newest else 0,
        note=newest.note if newest else "",
        components=tuple(newest.components) if newest else (),
        created_at=newest.created_at if newest else None,
        by=_who(newest),
        versions=versions,
        prods=prods,
    )


def _who(revision: BlueprintRevision | None) -> str:
    person = revision.created_by if revision else None
    return person.get_username() if person else ""


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """A revision in the list of its Blueprint."""

    number: int
    note: str
    created_at: datetime
    by: str
    objects: int
    digest: str


@dataclass(frozen=True, slots=True)
class VersionShort:
    """A Version of the Blueprint, and how many Prods are asked to run it."""

    name: str
    revision: int
    created_at: datetime
    vetoed: bool
    prods: int


@dataclass(frozen=True, slots=True)
class BlueprintPage:
    """One Blueprint: revisions and Versions, the newest first; `components`, `kinds` and `secrets` are of
    the newest revision."""

    name: str
    newest: int
    components: tuple[str, ...]
    kinds: tuple[str, ...]
    secrets: tuple[str, ...]
    revisions: tuple[RevisionLine, ...]
    versions: tuple[VersionShort, ...]
    prods: tuple[str, ...]


def read_blueprint(name: str) -> BlueprintPage:
    """One Blueprint; 404 if there is none. Four queries."""
    row = get_object_or_404(Blueprint, name=name)
    revisions = list(
        BlueprintRevision.objects.filter(blueprint=row)
        .select_related("created_by")
        .order_by("-number")[:SHOWN]
    )
    prods = list(_living().filter(blueprint=row).order_by("name").values_list("name", "version_id"))
    asked = Counter(version for _, version in prods)
    versions = Version.objects.filter(blueprint=row).select_related("revision").defer("revision__manifests")
    newest = revisions[0] if revisions else None
    return BlueprintPage(
        name=name,
        newest=newest.number if newest else 0,
        components=tuple(newest.components) if newest else (),
        kinds=tuple(sorted(newest.kinds, key=order_of)) if newest else (),
        secrets=tuple(newest.secrets) if newest else (),
        revisions=tuple(_revision_line(revision) for revision in revisions),
        versions=tuple(
            VersionShort(
                one.name, one.revision.number, one.created_at, one.vetoed_at is not None, asked[one.pk]
            )
            for one in versions.order_by("-pk")[:SHOWN]
        ),
        prods=tuple(prod for prod, _ in prods),
    )


def _revision_line(row: BlueprintRevision) -> RevisionLine:
    return RevisionLine(row.number, row.note, row.created_at, _who(row), len(row.manifests), row.digest[:12])


@dataclass(frozen=True, slots=True)
class ObjectText:
    """One object as YAML."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What a page can be asked for: other revisions, Prods, Versions, the newest first."""

    revisions: tuple[int, ...]
    prods: tuple[str, ...]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RevisionPage:
    """One revision: its objects in the order of an apply, and what differs `against` another (0: none)."""

    blueprint: str
    number: int
    newest: int
    note: str
    created_at: datetime
    by: str
    digest: str
    components: tuple[str, ...]
    secrets: tuple[str, ...]
    objects: tuple[ObjectText, ...]
    against: int
    differences: tuple[Difference, ...]
    choices: Choices


def read_revision(name: str, number: int, against: int | None = None) -> RevisionPage:
    """One revision, beside the one before it unless another is asked for; 404 for what is not there."""
    rows = BlueprintRevision.objects.filter(blueprint__name=name).select_related("created_by")
    row = get_object_or_404(rows, number=number)
    numbers = tuple(rows.order_by("-number").values_list("number", flat=True)[:SHOWN])
    other = number - 1 if against is None else against
    before = get_object_or_404(rows, number=other) if other else None
    return RevisionPage(
        blueprint=name,
        number=number,
        newest=max(numbers),
        note=row.note,
        created_at=row.created_at,
        by=_who(row),
        digest=row.digest[:12],
        components=tuple(row.components),
        secrets=tuple(row.secrets),
        objects=object_texts(row.manifests),
        against=other,
        differences=diff_manifests(before.manifests, row.manifests) if before else (),
        choices=Choices(tuple(n for n in numbers if n != number), (), ()),
    )


def object_texts(manifests: Iterable[Manifest]) -> tuple[ObjectText, ...]:
    """Each object as YAML, in the order of an apply."""
    ordered = sorted(manifests, key=lambda item: (order_of(key_of(item)), key_of(item), name_of(item)))
    return tuple(ObjectText(key_of(item), name_of(item), as_yaml([item])) for item in ordered)


def read_choices(name: str) -> Choices:
    """What of the Blueprint there is to choose from."""
    revisions = BlueprintRevision.objects.filter(blueprint__name=name).order_by("-number")
    prods = _living().filter(blueprint__name=name)
    versions = Version.objects.filter(blueprint__name=name).order_by("-pk")
    return Choices(
        tuple(revisions.values_list("number", flat=True)[:SHOWN]),
        tuple(prods.order_by("name").values_list("name", flat=True)),
        tuple(versions.values_list("name", flat=True)[:SHOWN]),
    )


def read_text(name: str, number: int) -> str:
    """A revision as one YAML text; 404 if there is none."""
    row = get_object_or_404(BlueprintRevision, blueprint__name=name, number=number)
    return as_yaml(row.manifests)


def newest_number(name: str, missing: int | None = None) -> int:
    """The number of the Blueprint's newest revision; `missing`, or 404, where there is none."""
    rows = BlueprintRevision.objects.filter(blueprint__name=name)
    newest: int | None = rows.aggregate(newest=Max("number"))["newest"]
    if newest is None and missing is None:
        raise Http404
    return newest or missing or 0
