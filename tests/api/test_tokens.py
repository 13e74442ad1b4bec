"""Tokens: who may make them for whom, what bounds them, and what ends them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from access import actions
from access.models import ApiToken, Person
from access.permissions import Denied
from access.tokens import issue_token, person_of
from journal.core.reasons import FieldErrors, Refused
from journal.models import Event
from tests import build

pytestmark = pytest.mark.django_db


def through(token_text: str) -> Person:
    """The person as they come through this token."""
    found = person_of(token_text, timezone.now())
    assert found
    return found


def code_of(error: pytest.ExceptionInfo[FieldErrors]) -> tuple[str, str]:
    ((field, reason),) = error.value.errors
    return field, reason.code


def test_one_makes_tokens_of_ones_own_up_to_ones_role() -> None:
    person = build.person("on-call")
    token, text = actions.create_token(person, person, "ci", "viewer", None)
    assert (token.hint, token.made_by, token.parent) == (text[:8], person, None)
    assert through(text).acting_role == "viewer"
    with pytest.raises(FieldErrors) as error:
        actions.create_token(person, person, "more", "admin", None)
    assert code_of(error) == ("role", "role-too-high")


def test_for_others_only_an_admin_makes_them_and_not_above_the_owner() -> None:
    viewer, admin = build.person("viewer"), build.person("admin")
    with pytest.raises(Denied):
        actions.create_token(build.person("release-manager"), viewer, "ci", "viewer", None)
    with pytest.raises(FieldErrors) as error:
        actions.create_token(admin, viewer, "ci", "on-call", None)
    assert code_of(error) == ("role", "role-too-high")
    _, text = actions.create_token(admin, viewer, "ci", "viewer", None)
    assert through(text) == viewer


BAD = {
    "no name": ({"name": " "}, ("name", "name-not-usable")),
    "long name": ({"name": "x" * 101}, ("name", "name-not-usable")),
    "control characters": ({"name": "a\0b"}, ("name", "name-not-usable")),
    "taken": ({"name": "taken"}, ("name", "token-name-taken")),
    "unknown role": ({"role": "god"}, ("role", "role-not-known")),
    "past end": ({"expires_at": timezone.now() - timedelta(days=1)}, ("expires_at", "end-in-the-past")),
}


@pytest.mark.parametrize(("wrong", "said"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_named_and_makes_nothing(wrong: dict[str, object], said: tuple[str, str]) -> None:
    admin = build.person("admin")
    actions.create_token(admin, admin, "taken", "viewer", None)
    asked = {"name": "ci", "role": "viewer", "expires_at": None} | wrong
    with pytest.raises(FieldErrors) as error:
        actions.create_token(admin, admin, **asked)  # type: ignore[arg-type]
    assert code_of(error) == said
    assert ApiToken.objects.count() == 1


def test_a_child_may_not_more_and_lives_not_longer_than_its_parent() -> None:
    admin = build.person("admin")
    end = timezone.now() + timedelta(hours=1)
    _, parent = issue_token(admin, "parent", "on-call", end)
    acting = through(parent)
    child, _ = actions.create_token(acting, acting, "child", "viewer", None)
    assert child.expires_at == end and child.parent == acting.through
    with pytest.raises(FieldErrors) as error:
        actions.create_token(acting, acting, "longer", "viewer", end + timedelta(seconds=1))
    assert code_of(error) == ("expires_at", "end-after-parent")
    with pytest.raises(FieldErrors) as error:
        actions.create_token(acting, acting, "higher", "admin", None)
    assert code_of(error) == ("role", "role-too-high")
    with pytest.raises(Denied):  # the token may not what its person may
        actions.create_token(acting, build.person("viewer"), "other", "viewer", None)


def test_revoking_a_token_revokes_its_children_and_grandchildren() -> None:
    admin = build.person("admin")
    first, text = issue_token(admin, "first", "admin")
    _, second = actions.create_token(through(text), admin, "second", "admin", None)
    _, third = actions.create_token(through(second), build.person("viewer"), "third", "viewer", None)
    actions.revoke_token(admin, first.pk, "leaked")
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    assert person_of(third, timezone.now()) is None
    codes = [event.reason["code"] for event in Event.objects.filter(to_state="revoked")]
    assert codes == ["token-revoked-because", *["token-revoked-with-parent-because"] * 2]


def test_a_revoked_token_is_not_revoked_twice() -> None:
    admin = build.person("admin")
    token, _ = issue_token(admin, "ci", "admin")
    actions.revoke_token(admin, token.pk)
    with pytest.raises(Refused) as error:
        actions.revoke_token(admin, token.pk)
    assert error.value.reasons[0].code == "token-revoked-already"


def test_a_token_of_somebody_else_is_not_there_for_those_who_may_not() -> None:
    token, _ = issue_token(build.person("viewer"), "ci", "viewer")
    with pytest.raises(Refused) as error:
        actions.revoke_token(build.person("release-manager"), token.pk)
    assert error.value.reasons[0].code == "token-unknown"
    assert actions.revoke_token(build.person("admin"), token.pk).revoked_at


def test_through_a_lesser_token_one_revokes_only_it_and_its_children() -> None:
    person = build.person("admin")
    strong, _ = issue_token(person, "strong", "admin")
    weak, text = issue_token(person, "weak", "viewer")
    with pytest.raises(Refused):
        actions.revoke_token(through(text), strong.pk)
    child, _ = actions.create_token(through(text), person, "child", "viewer", None)
    actions.revoke_token(through(text), child.pk)
    assert actions.revoke_token(through(text), weak.pk).revoked_at


def test_no_event_holds_a_token() -> None:
    admin = build.person("admin")
    token, text = actions.create_token(admin, admin, "ci", "admin", None)
    actions.revoke_token(admin, token.pk)
    stored = str(list(Event.objects.values()))
    assert text not in stored and text[8:20] not in stored and token.hash not in stored
