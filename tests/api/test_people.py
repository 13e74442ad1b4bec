"""People: made, promoted, closed, opened; always an admin, never by oneself."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth import authenticate
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import timezone

from access import actions
from access.models import ApiToken, Person
from access.permissions import Denied
from access.tokens import issue_token, person_of
from journal.core.reasons import FieldErrors, Refused
from journal.models import Event
from tests import build

pytestmark = pytest.mark.django_db


def logged_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as error:
        act()
    return error.value.reasons[0].code


def test_a_new_person_logs_in_with_the_password_that_was_shown_once() -> None:
    made, password = actions.create_person(build.person("admin"), "mika", "on-call")
    asked = RequestFactory().post("/login/")
    assert authenticate(asked, username="mika", password=password) == made
    assert len(password) >= 20 and password not in str(list(Event.objects.values()))


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("", "name-not-usable"),
        ("a b", "username-not-usable"),
        ("x" * 151, "name-not-usable"),
        ("<b>", "username-not-usable"),
        ("Mika", "username-taken"),
        ("m\0", "name-not-usable"),
    ],
    ids=["empty", "space", "long", "markup", "taken but for its case", "control character"],
)
def test_a_bad_name_is_refused(username: str, code: str) -> None:
    build.person("viewer", "mika")
    with pytest.raises(FieldErrors) as error:
        actions.create_person(build.person("admin"), username, "viewer")
    assert [(field, why.code) for field, why in error.value.errors] == [("username", code)]


WRITES: dict[str, Callable[[Person], object]] = {
    "create": lambda by: actions.create_person(by, "new", "viewer"),
    "role": lambda by: actions.set_role(by, "other", "on-call"),
    "deactivate": lambda by: actions.deactivate_person(by, "other"),
    "activate": lambda by: actions.activate_person(by, "closed"),
    "password": lambda by: actions.reset_password(by, "other"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_only_an_admin_writes_to_people(write: Callable[[Person], object]) -> None:
    build.person("viewer", "other")
    Person.objects.filter(pk=build.person("viewer", "closed").pk).update(is_active=False)
    for role in build.ROLES[:-1]:
        with pytest.raises(Denied):
            write(build.person(role))
    assert not Event.objects.exists()
    write(build.person("admin"))
    assert Event.objects.filter(kind="person").count() == 1


def test_nobody_changes_their_own_role_or_closes_their_own_account() -> None:
    admin = build.person("admin")
    build.person("admin", "second")
    assert refusal(lambda: actions.set_role(admin, "admin", "viewer")) == "own-role"
    assert refusal(lambda: actions.deactivate_person(admin, "admin")) == "own-account"
    assert refusal(lambda: actions.reset_password(admin, "admin")) == "own-account"


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_shut_each_other_out_leave_one() -> None:
    people = [build.person("admin", "one"), build.person("admin", "two")]
    together = threading.Barrier(2)
    ended: list[str] = []

    def close(by: Person, other: Person) -> None:
        together.wait()
        try:
            actions.deactivate_person(by, other.username)
            ended.append("closed")
        except (Denied, Refused):
            ended.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=close, args=pair) for pair in (people, people[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["closed", "refused"]
    assert Person.objects.filter(role="admin", is_active=True).count() == 1


def test_closing_an_account_ends_sessions_and_tokens_and_those_they_made_for_others() -> None:
    admin, other = build.person("admin"), build.person("admin", "other")
    client = logged_in(other)
    _, own = issue_token(other, "own", "admin")
    _, handed_out = actions.create_token(other, build.person("viewer"), "ci", "viewer", None)
    actions.deactivate_person(admin, "other", "has left")
    assert client.get("/").status_code == 302
    assert [person_of(text, timezone.now()) for text in (own, handed_out)] == [None, None]
    actions.activate_person(admin, "other")
    assert person_of(own, timezone.now()) is None
    assert ApiToken.objects.filter(revoked_at=None).count() == 0


def test_a_new_password_ends_sessions_and_tokens() -> None:
    other = build.person("on-call", "other")
    client = logged_in(other)
    _, token = issue_token(other, "own", "viewer")
    assert client.get("/").status_code == 200
    password = actions.reset_password(build.person("admin"), "other")
    assert client.get("/").status_code == 302
    assert person_of(token, timezone.now()) is None
    assert authenticate(RequestFactory().post("/"), username="other", password=password) == other


def test_a_role_that_stays_the_same_leaves_no_event() -> None:
    build.person("viewer", "other")
    actions.set_role(build.person("admin"), "other", "viewer")
    assert not Event.objects.exists()


def test_one_changes_ones_own_password_by_the_old_one_and_never_through_a_token() -> None:
    person, old = actions.create_person(build.person("admin"), "mika", "viewer")
    with pytest.raises(FieldErrors):
        actions.change_own_password(person, "wrong", "a-long-new-password-71")
    with pytest.raises(FieldErrors):
        actions.change_own_password(person, old, "short")
    _, text = issue_token(person, "ci", "viewer")
    acting = person_of(text, timezone.now())
    assert acting
    with pytest.raises(Denied):
        actions.change_own_password(acting, old, "a-long-new-password-71")
    actions.change_own_password(person, old, "a-long-new-password-71")
    assert person.check_password("a-long-new-password-71")
