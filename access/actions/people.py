"""Making people, their roles, closing and opening accounts."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import ApiToken, Person
from access.permissions import require
from access.roles import RANK, Role
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record

from .locks import locked_person
from .passwords import new_password
from .tokens import revoke_all
from .words import checked_name, optional_reason, refuse_field, told


def create_person(person: Person, username: str, role: str) -> tuple[Person, str]:
    """The new person and their first password, shown this once."""
    require(person, "people.write")
    name, now = checked_username(username), timezone.now()
    _check_role(role)
    password = new_password()
    made = Person(username=name, role=role)
    made.set_password(password)
    try:
        with transaction.atomic():
            if Person.objects.filter(username__iexact=name).exists():
                raise refuse_field("username", "username-taken", username=name)
            made.save(force_insert=True)
            _tell(person, made, ("", "active"), because("person-created", person=name, role=role), now)
    except IntegrityError as error:  # somebody else made the same at this moment
        raise refuse_field("username", "username-taken", username=name) from error
    return made, password


def set_role(person: Person, username: str, role: str, reason: str = "") -> Person:
    """The person with this role from now on. Nobody changes their own; an admin always stays."""
    require(person, "people.write")
    _check_role(role)
    text, now = optional_reason(reason), timezone.now()
    with transaction.atomic():
        other = locked_person(person, username)
        if other.pk == person.pk:
            raise Refused(because("own-role"))
        if other.role == role:
            return other
        _keep_an_admin(other, Role(role))
        old, other.role = other.role, role
        Person.objects.filter(pk=other.pk).update(role=role)
        why = told("role-set", text, person=other.get_username(), role=role, was=old)
        _tell(person, other, (old, role), why, now)
        return other


def deactivate_person(person: Person, username: str, reason: str = "") -> Person:
    """The account is closed: no session, no token of theirs, and none that they made, is good any more."""
    require(person, "people.write")
    text, now = optional_reason(reason), timezone.now()
    with transaction.atomic():
        other = locked_person(person, username)
        if other.pk == person.pk:
            raise Refused(because("own-account"))
        if not other.is_active:
            raise Refused(because("person-not-active", person=other.get_username()))
        _keep_an_admin(other, None)
        Person.objects.filter(pk=other.pk).update(is_active=False)
        other.is_active = False
        _tell(
            person,
            other,
            ("active", "closed"),
            told("person-deactivated", text, person=other.get_username()),
            now,
        )
        revoke_all(person, _tokens_of(other), "token-revoked-with-person", "", now)
        return other


def activate_person(person: Person, username: str, reason: str = "") -> Person:
    """The account is open again. Its tokens stay revoked."""
    require(person, "people.write")
    text, now = optional_reason(reason), timezone.now()
    with transaction.atomic():
        other = locked_person(person, username)
        if other.is_active:
            raise Refused(because("person-active", person=other.get_username()))
        Person.objects.filter(pk=other.pk).update(is_active=True)
        other.is_active = True
        why = told("person-activated", text, person=other.get_username())
        _tell(person, other, ("closed", "active"), why, now)
        return other


def _keep_an_admin(other: Person, role: Role | None) -> None:
    if other.role != Role.ADMIN or role is Role.ADMIN:
        return
    if not Person.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=other.pk).exists():
        raise Refused(because("last-admin", person=other.get_username()))


def _tokens_of(other: Person) -> list[ApiToken]:
    live = ApiToken.objects.filter(revoked_at=None).select_related("person")
    return list((live.filter(person=other) | live.filter(made_by=other)).order_by("pk"))


def _check_role(role: str) -> None:
    if role not in RANK:
        raise refuse_field("role", "role-not-known", roles=", ".join(RANK))


def checked_username(username: str) -> str:
    """The name as it is stored. Raises FieldErrors for one that nobody could log in with."""
    name = Person.normalize_username(checked_name(username, "username", 150))
    try:
        Person._meta.get_field("username").run_validators(name)  # noqa: SLF001  (Django's public Meta API)
    except ValidationError as error:
        raise refuse_field("username", "username-not-usable") from error
    return str(name)


def _tell(person: Person, other: Person, moved: tuple[str, str], why: Reason, now: datetime) -> None:
    record([event(now, "person", actor=person, moved=moved, reason=why)])
