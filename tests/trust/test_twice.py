"""Every operation that changes something, sent twice, and by two people who have read the same: the second is told,
or answered as if it had been first, and changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from access.api.conditional import Conditional
from orchestrator.api_schema import PREFIX
from tests import build
from tests.trust.bodies import VALID, WITHOUT_BODY
from tests.trust.conftest import session
from tests.trust.hostile import busy_fleet, state_of_everything
from tests.trust.test_bad_input_api import OPERATIONS, ids
from tests.trust.twice import AGAIN, ANEW, LOOK, OF_A_STEP, SAME, UNCONDITIONAL, Key, arranged, send
from traffic.models import RouterInstance


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


def test_every_write_honours_if_match_or_is_listed_with_the_reason() -> None:
    """The schema offers If-Match where the view is Conditional, and nowhere else."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    writes = {
        (method, path.removeprefix(PREFIX)): offers(item[method])
        for path, item in paths.items()
        for method in {"post", "put", "patch", "delete"} & set(item)
    }
    listed = [key for keys in UNCONDITIONAL.values() for key in keys]
    assert sorted(key for key, offered in writes.items() if not offered) == sorted(listed)
    assert {key for key, offered in writes.items() if offered} >= set(conditional())


def offers(operation: dict[str, Any]) -> bool:
    """Whether it takes If-Match; 412 is told exactly then."""
    offered = {"$ref": "#/components/parameters/IfMatch"} in operation["parameters"]
    assert ("412" in operation["responses"]) == offered
    return offered


def test_what_is_conditional_speaks_to_nobody() -> None:
    """The write and what is compared are one transaction, which is held over no call of a network."""
    assert not [key for key in conditional() if getattr(view_of(key), "outside", False)]


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


@pytest.mark.django_db
def test_news_of_a_router_keeps_nobody_from_a_write(admin: Client) -> None:
    """What the publisher writes of an instance is in its tag, but not in the half that If-Match compares."""
    with transaction.atomic():
        path, body = arranged(("post", "/routers/{name}/actions/publish/"))
        tag = admin.get(thing(path)).headers["ETag"]
        RouterInstance.objects.update(health="unreachable", read_at=timezone.now())
        seen = admin.get(thing(path)).headers["ETag"]
        answer = send(admin, ("post", ""), path, body, **{"If-Match": tag})
        transaction.set_rollback(True)
    assert (seen == tag, answer) == (False, (200, SAME))


def thing(path: str) -> str:
    """The path of what is changed at `path`: that of the first name or number in it."""
    return "/".join(path.split("/")[:5]) + "/"
