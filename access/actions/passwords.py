"""Passwords: a new one for somebody else, a change of one's own."""

import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from access.models import ApiToken, Person
from access.permissions import Denied, require
from journal.core.reasons import FieldErrors, Refused, because
from journal.log import event, record

from .locks import locked_person
from .tokens import revoke_all
from .words import refuse_field


def new_password() -> str:
    """20 characters, 120 bits."""
    return secrets.token_urlsafe(15)


def reset_password(person: Person, username: str) -> str:
    """A new password of somebody else, shown this once.

    All their sessions end and their tokens are revoked: whoever knew the old password may have made some.
    """
    require(person, "people.write")
    password, now = new_password(), timezone.now()
    with transaction.atomic():
        other = locked_person(person, username)
        if other.pk == person.pk:
            raise Refused(because("own-account"))
        _store(other, password)
        why = because("password-reset", person=other.get_username())
        record([event(now, "person", actor=person, moved=("", "password reset"), reason=why)])
        tokens = ApiToken.objects.filter(person=other, revoked_at=None).select_related("person")
        revoke_all(person, list(tokens), "token-revoked-with-password", "", now)
        return password


def change_own_password(person: Person, current: str, new: str) -> None:
    """The person's password is `new` from now on; their sessions end. Never through a token."""
    require(person, "token.own")
    if person.through is not None:
        raise Denied(because("not-through-a-token"))
    if not person.check_password(current):
        raise refuse_field("current", "password-wrong")
    _check_strength(person, new)
    with transaction.atomic():
        _store(person, new)
        why = because("password-changed", person=person.get_username())
        record([event(timezone.now(), "person", actor=person, moved=("", "password changed"), reason=why)])


def _store(person: Person, password: str) -> None:
    """Sessions carry a hash of the password's hash, so they end with it."""
    person.set_password(password)
    Person.objects.filter(pk=person.pk).update(password=person.password)


def _check_strength(person: Person, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        said = " ".join(error.messages)
        raise FieldErrors((("new", because("password-weak", said=said)),)) from error
