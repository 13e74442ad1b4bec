"""People's writes to Versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.core.images import image_problem
from clusters.core.promises import ANY, GO_BACK_UNTIL, VERSION_NAME
from clusters.core.reserved import VERSIONS
from clusters.models import BlueprintRevision, Version
from journal.core.reasons import FieldErrors, Reason, Refused, because
from journal.log import event, record

Errors = list[tuple[str, Reason]]


@dataclass(frozen=True, slots=True)
class Promises:
    """What a Version says about going back: `rollback` is safe, until (the end of the step
    `rollback_until`) or never; `shares_data_with` are names of Versions, or `*` for any."""

    rollback: str = Version.Rollback.SAFE
    rollback_until: str = ""
    shares_data_with: tuple[str, ...] = ()


def create_version(
    person: Person,
    blueprint: str,
    name: str,
    images: Mapping[str, str],
    rollback: str = Version.Rollback.SAFE,
    *,
    revision: int | None = None,
    rollback_until: str = "",
    shares_data_with: Iterable[str] = (),
) -> Version:
    """A new Version on a revision of the Blueprint, the newest unless one is named. The same again changes
    nothing. Raises Refused where a component has no image, an image has no component, or the name is
    taken by another content; FieldErrors for what is no name, image or promise."""
    require(person, "version.create")
    promises = Promises(rollback, rollback_until, tuple(sorted(set(shares_data_with))))
    base = _revision(blueprint, revision)
    _check(base, name, images, promises)
    problems = _image_problems(base.components, images)
    if problems:
        raise Refused(*problems)
    with transaction.atomic():
        version, new = Version.objects.get_or_create(
            blueprint=base.blueprint,
            name=name,
            defaults={**_content(base, images, promises), "created_by": person},
        )
        if new:
            why = because("version-created", blueprint=blueprint, version=name)
            record([event(timezone.now(), "version", actor=person, reason=why)])
        else:
            _check_same(version, _content(base, images, promises), named=revision is not None)
        return version


def _content(base: BlueprintRevision, images: Mapping[str, str], promises: Promises) -> dict[str, object]:
    return {
        "revision": base,
        "images": dict(images),
        "rollback": promises.rollback,
        "rollback_until": promises.rollback_until,
        "shares_data_with": list(promises.shares_data_with),
    }


def _check_same(version: Version, content: dict[str, object], *, named: bool) -> None:
    """The revision only counts if it was named: there may be a newer one by now."""
    differs = [
        field
        for field, value in content.items()
        if getattr(version, field) != value and (named or field != "revision")
    ]
    if differs:
        raise Refused(because("version-exists", blueprint=version.blueprint.name, version=version.name))


def _revision(blueprint: str, number: int | None) -> BlueprintRevision:
    rows = BlueprintRevision.objects.filter(blueprint__name=blueprint).select_related("blueprint")
    newest = rows.order_by("-number").first()
    if newest is None:
        raise Refused(because("blueprint-unknown", blueprint=blueprint))
    found = newest if number is None else rows.filter(number=number).first()
    if found is None:
        raise FieldErrors(
            (("revision", because("revision-unknown", blueprint=blueprint, revision=number or 0)),)
        )
    return found


def _check(base: BlueprintRevision, name: str, images: Mapping[str, str], promises: Promises) -> None:
    errors: Errors = []
    if not VERSION_NAME.fullmatch(name):
        errors.append(("name", because("version-name-invalid")))
    elif name in VERSIONS:
        errors.append(("name", because("name-reserved", name=name)))
    for component, image in images.items():
        problem = image_problem(image) if image else None
        if problem:
            errors.append((f"images.{component}"[:100], problem))
    errors += _promise_errors(base, promises)
    if errors:
        raise FieldErrors(tuple(errors))


def _promise_errors(base: BlueprintRevision, promises: Promises) -> Errors:
    errors: Errors = []
    if promises.rollback not in Version.Rollback.values:
        allowed = ", ".join(Version.Rollback.values)
        errors.append(("rollback", because("field-value", allowed=allowed)))
    wants_step = promises.rollback == Version.Rollback.UNTIL
    if wants_step and promises.rollback_until not in GO_BACK_UNTIL:
        errors.append(("rollback_until", because("field-value", allowed=", ".join(GO_BACK_UNTIL))))
    if not wants_step and promises.rollback_until:
        errors.append(("rollback_until", because("until-without-step")))
    named = set(promises.shares_data_with) - {ANY}
    known = Version.objects.filter(blueprint=base.blueprint_id, name__in=named).values_list("name", flat=True)
    for missing in sorted(named - set(known)):
        why = because("version-unknown", blueprint=base.blueprint.name, version=missing[:100])
        errors.append(("shares_data_with", why))
    return errors


def _image_problems(names: list[str], images: Mapping[str, str]) -> list[Reason]:
    missing = [because("image-missing", component=name) for name in names if not images.get(name)]
    surplus = [because("component-unknown", component=name[:100]) for name in images if name not in names]
    return missing + surplus
