"""The first admin of a new installation."""

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.roles import Role
from journal.core.reasons import Refused, because
from journal.log import event, record

from .passwords import new_password
from .people import checked_username


def create_first_admin(username: str) -> tuple[Person, str]:
    """An admin and their password, shown this once. Refused as soon as there is an admin who can log in.

    Nobody has to permit it: whoever can run it has the database anyway.
    """
    name, password, now = checked_username(username), new_password(), timezone.now()
    with transaction.atomic():
        admins = Person.objects.select_for_update().filter(role=Role.ADMIN, is_active=True)
        if admins.exists():
            raise Refused(because("admin-exists"))
        if Person.objects.filter(username__iexact=name).exists():
            raise Refused(because("username-taken", username=name))
        made = Person(username=name, role=Role.ADMIN)
        made.set_password(password)
        made.save(force_insert=True)
        why = because("first-admin", person=name)
        record([event(now, "person", actor=made, moved=("", "active"), reason=why)])
    return made, password
