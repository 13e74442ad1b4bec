"""People with their roles, and what each role may do."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404

from access.models import Person
from access.roles import PERMISSIONS, Role, allows


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person; `tokens` that are not revoked."""

    name: str
    role: str
    active: bool
    last_login: datetime | None
    tokens: int
    me: bool


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """All people, those who can log in first."""

    people: tuple[PersonLine, ...]
    roles: tuple[str, ...] = tuple(Role)


@dataclass(frozen=True, slots=True)
class RolesPage:
    """Action -> for each role, in the order of `roles`, whether it may."""

    roles: tuple[str, ...]
    actions: tuple[tuple[str, tuple[bool, ...]], ...]


def read_people(person: Person) -> PeoplePage:
    """All people. One query."""
    rows = _rows().order_by("-is_active", "username")
    return PeoplePage(tuple(_line(row, person) for row in rows))


def read_person(person: Person, name: str) -> PersonLine:
    """One of them; 404 if there is none."""
    return _line(get_object_or_404(_rows(), username=name), person)


def _rows():  # type: ignore[no-untyped-def]
    return Person.objects.annotate(good=Count("tokens", filter=Q(tokens__revoked_at=None)))


def _line(row: Person, me: Person) -> PersonLine:
    return PersonLine(row.get_username(), row.role, row.is_active, row.last_login, row.good, row.pk == me.pk)


def read_roles() -> RolesPage:
    """The permission table as it is enforced. No query."""
    roles = tuple(Role)
    listed = sorted(PERMISSIONS.items(), key=lambda entry: (roles.index(entry[1]), entry[0]))
    return RolesPage(
        roles, tuple((action, tuple(allows(role, action) for role in roles)) for action, _ in listed)
    )
