"""People's writes to Blueprints."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.core.blueprint import digest_of_manifests
from clusters.core.manifest_rules import NAME
from clusters.core.manifests import components, key_of
from clusters.core.references import secret_references
from clusters.core.reserved import BLUEPRINTS
from clusters.models import Blueprint, BlueprintRevision
from journal.core.reasons import FieldErrors, Reason, Refused, because
from journal.log import event, record

NOTE_MAX = 200


def add_revision(
    person: Person,
    blueprint: str,
    manifests: list[dict[str, Any]],
    note: str = "",
    *,
    base: int | None = None,
    new: bool = False,
) -> BlueprintRevision:
    """The Blueprint's newest revision, with these (checked) manifests. The same again changes nothing.

    `base` is the revision that a person began with: refused if there is a newer one by now. `new`: refused
    if there is a Blueprint of this name.
    """
    require(person, "blueprint.write")
    _check_words(blueprint, note)
    with transaction.atomic():
        row, _ = Blueprint.objects.select_for_update().get_or_create(name=blueprint)
        newest = row.revisions.defer("manifests").order_by("-number").first()
        digest = digest_of_manifests(manifests)
        if newest and newest.digest == digest and not new:
            return newest
        number = newest.number if newest else 0
        _check_base(blueprint, number, 0 if new else base)
        revision = _create(person, row, number + 1, manifests, digest, note)
        why = because("revision-added", blueprint=blueprint, revision=revision.number)
        record([event(timezone.now(), "blueprint", actor=person, reason=why)])
        return revision


def _check_words(blueprint: str, note: str) -> None:
    errors: list[tuple[str, Reason]] = []
    if not NAME.fullmatch(blueprint):
        errors.append(("name", because("name-invalid")))
    elif blueprint in BLUEPRINTS:
        errors.append(("name", because("name-reserved", name=blueprint)))
    if len(note) > NOTE_MAX or not note.isprintable():
        errors.append(("note", because("note-invalid", limit=NOTE_MAX)))
    if errors:
        raise FieldErrors(tuple(errors))


def _check_base(blueprint: str, newest: int, base: int | None) -> None:
    """Somebody else's revision is never written over by one who has not seen it."""
    if base is None or base == newest:
        return
    if base == 0:
        raise Refused(because("blueprint-exists", blueprint=blueprint))
    raise Refused(because("revision-moved-on", blueprint=blueprint, base=base, newest=newest))


def _create(
    person: Person, row: Blueprint, number: int, manifests: list[dict[str, Any]], digest: str, note: str
) -> BlueprintRevision:
    return BlueprintRevision.objects.create(
        blueprint=row,
        number=number,
        manifests=manifests,
        components=list(components(manifests)),
        kinds=sorted({key_of(manifest) for manifest in manifests}),
        secrets=list(secret_references(manifests)),
        digest=digest,
        note=note,
        created_by=person,
    )
