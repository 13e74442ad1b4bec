"""Every operation that changes something, sent twice, and by two people who have read the same: the second is told,
or answered as if it had been first, and changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve

from access.api.conditional import Conditional
from tests import build
from tests.trust.bodies import VALID, WITHOUT_BODY
from tests.trust.conftest import session
from tests.trust.hostile import busy_fleet, state_of_everything
from tests.trust.test_bad_input_api import OPERATIONS, ids
from tests.trust.twice import AGAIN, ANEW, LOOK, OF_A_STEP, SAME, Key, arranged, send


def test_every_operation_says_what_the_same_again_is_told() -> None:
    assert set(AGAIN) | ANEW | LOOK | WITHOUT_BODY == set(OPERATIONS)


@pytest.fixture(scope="module")
def admin(django_db_setup: None, django_db_blocker: Any) -> Iterator[Client]:
    """A session in the example fleet, made once: what each test does is undone."""
    with django_db_blocker.unblock(), busy_fleet():
        yield session(build.person("admin"))


@pytest.mark.django_db
@pytest.mark.parametrize("key", sorted(AGAIN), ids=ids)
def test_the_same_again_changes_nothing(admin: Client, key: Key) -> None:
    with transaction.atomic():
        path, body = arranged(key)
        first = send(admin, key, path, body)
        before = state_of_everything()
        again = send(admin, key, path, body)
        after = state_of_everything()
        transaction.set_rollback(True)
    assert first[0] in {200, 201}
    assert again[1] == AGAIN[key]
    assert again[0] in ({200, 201} if AGAIN[key] == SAME else {400, 409})
    assert after == before


def conditional() -> list[Key]:
    """The operations whose views honour If-Match."""
    return [key for key in sorted({*AGAIN, *ANEW}) if issubclass(view_of(key), Conditional)]


def view_of(key: Key) -> Any:
    plain = VALID[key].path.format(run=1, token=1, version=1)
    return resolve(f"/api/v1{plain}").func.cls


@pytest.mark.django_db
@pytest.mark.parametrize("key", conditional(), ids=ids)
def test_who_has_read_what_somebody_changed_meanwhile_is_refused(admin: Client, key: Key) -> None:
    with transaction.atomic():
        path, body = arranged(key)
        tag = admin.get(thing(path)).headers["ETag"]
        first = send(admin, key, path, body, **{"If-Match": tag})
        before = state_of_everything()
        again = send(admin, key, path, body, **{"If-Match": tag})
        after = state_of_everything()
        transaction.set_rollback(True)
    assert first[0] in {200, 201}, first
    assert again == ((409, AGAIN[key]) if key in OF_A_STEP else (412, "changed-meanwhile"))
    assert after == before


def thing(path: str) -> str:
    """The path of what is changed at `path`: that of the first name or number in it."""
    return "/".join(path.split("/")[:5]) + "/"
