"""Locks that keep two people's writes about people apart."""

from access.models import Person
from access.permissions import require
from access.roles import Role
from journal.core.reasons import Refused, because


def locked_person(person: Person, username: str) -> Person:
    """The person named so, locked with all admins until the transaction ends.

    With the admins locked, two of them cannot shut each other out at the same moment; whoever comes
    second is asked again whether they still may.
    """
    list(Person.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk"))
    require(_again(person), "people.write")
    found = Person.objects.select_for_update().filter(username=str(username).replace("\0", "")).first()
    if found is None:
        raise Refused(because("person-unknown", person=str(username)[:150]))
    return found


def _again(person: Person) -> Person:
    """`person` as the row is now, acting as before."""
    now = Person.objects.get(pk=person.pk)
    now.token_role, now.through = person.token_role, person.through
    return now
