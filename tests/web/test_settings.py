"""The settings pages: tokens, people, roles, one's own password."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from access.models import ApiToken, Person
from access.tokens import person_of
from journal.models import Event
from tests import build
from tests.web.conftest import Browser


def made_token(client: Client, role: str = "viewer", name: str = "CI") -> str:
    """Makes a token on the page, and returns the text that is shown."""
    page = client.post("/settings/tokens/", {"name": name, "role": role, "days": "30"}).content.decode()
    (text,) = re.findall(r"drv_[\w-]{49}", page)
    return text


def test_a_new_token_is_shown_once_and_works(browser: Browser) -> None:
    client = browser("release-manager")
    text = made_token(client, "on-call")
    assert text not in client.get("/settings/tokens/").content.decode()
    speaker = person_of(text, timezone.now())
    assert speaker
    assert (speaker.username, speaker.acting_role) == ("release-manager", "on-call")


@pytest.mark.parametrize("role", build.ROLES)
def test_nobody_is_offered_a_role_above_their_own(browser: Browser, role: str) -> None:
    offered = browser(role).get("/settings/tokens/").context["form"].fields["role"].choices
    assert [value for value, _ in offered] == list(build.ROLES[: build.ROLES.index(role) + 1])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "a\x00b"),
        ("role", "admin"),
        ("role", "nonsense"),
        ("days", "31"),
    ],
)
def test_a_wrong_field_of_a_token_is_named_and_nothing_is_made(
    browser: Browser, field: str, value: str
) -> None:
    asked = {"name": "CI", "role": "viewer", "days": "30", field: value}
    answer = browser("on-call").post("/settings/tokens/", asked)
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {field}
    assert not ApiToken.objects.exists()


def test_two_tokens_of_one_name_are_told_apart(browser: Browser) -> None:
    client = browser("viewer")
    made_token(client)
    answer = client.post("/settings/tokens/", {"name": "CI", "role": "viewer", "days": ""})
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"name"}


def test_a_revoked_token_is_dead_and_its_reason_kept(browser: Browser) -> None:
    client = browser("viewer")
    text = made_token(client)
    token = ApiToken.objects.get()
    client.post(f"/settings/tokens/{token.pk}/revoke/", {"reason": "laptop lost"})
    assert person_of(text, timezone.now()) is None
    assert "laptop lost" in str(Event.objects.filter(kind="token").latest("id").reason)


def test_a_token_of_somebody_else_is_not_there(browser: Browser) -> None:
    text = made_token(browser("release-manager"), name="of the manager")
    token = ApiToken.objects.get()
    other = browser("viewer")
    assert other.get(f"/settings/tokens/{token.pk}/revoke/").status_code == 404
    assert other.post(f"/settings/tokens/{token.pk}/revoke/", {"reason": "why not"}).status_code == 404
    assert "of the manager" not in other.get("/settings/tokens/?whose=all").content.decode()
    assert person_of(text, timezone.now())


def test_an_admin_sees_and_revokes_tokens_of_all(browser: Browser) -> None:
    text = made_token(browser("viewer"), name="of the viewer")
    admin = browser("admin")
    assert "of the viewer" in admin.get("/settings/tokens/?whose=all").content.decode()
    admin.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke/", {"reason": "not needed"})
    assert person_of(text, timezone.now()) is None


def test_words_in_a_name_are_shown_as_text(browser: Browser) -> None:
    client = browser("viewer")
    made_token(client, name="<img src=x>")
    assert "<img src=x>" not in client.get("/settings/tokens/").content.decode()


def test_a_new_person_logs_in_with_the_password_that_is_shown_once(browser: Browser) -> None:
    admin = browser("admin")
    page = admin.post("/settings/people/", {"username": "yuki", "role": "on-call"}).content.decode()
    (password,) = re.findall(r'<code class="secret">([^<]+)</code>', page)
    assert password not in admin.get("/settings/people/").content.decode()
    newcomer = Client()
    newcomer.post("/login/", {"username": "yuki", "password": password})
    assert newcomer.get("/").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "viewer"),
        ("username", "a b"),
        ("username", "x" * 151),
        ("username", "<b>"),
        ("username", "a\x00"),
        ("role", "root"),
        ("role", ""),
    ],
)
def test_a_wrong_field_of_a_person_is_named_and_nobody_is_made(
    browser: Browser, field: str, value: str
) -> None:
    build.person("viewer")
    admin = browser("admin")
    before = Person.objects.count()
    answer = admin.post("/settings/people/", {"username": "yuki", "role": "viewer", field: value})
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {field}
    assert Person.objects.count() == before


def test_another_role_counts_from_the_next_page_on(browser: Browser) -> None:
    manager = browser("release-manager")
    assert manager.get("/releases/new/").status_code == 200
    asked = {"role": "viewer", "reason": "changed teams"}
    browser("admin").post("/settings/people/release-manager/", asked)
    assert manager.get("/line/stop/").status_code == 403


def test_who_is_shut_out_is_out_at_once(browser: Browser) -> None:
    viewer = browser("viewer")
    text = made_token(viewer)
    browser("admin").post("/settings/people/viewer/out/")
    assert viewer.get("/").status_code == 302
    assert person_of(text, timezone.now()) is None
    browser("admin").post("/settings/people/viewer/in/")
    assert Person.objects.get(username="viewer").is_active


def test_the_last_admin_stays(browser: Browser) -> None:
    admin = browser("admin")
    admin.post("/settings/people/admin/out/")
    admin.post("/settings/people/admin/", {"role": "viewer", "reason": "I am tired"})
    assert Person.objects.get(username="admin").role == "admin"
    assert Person.objects.get(username="admin").is_active


def test_a_new_password_ends_the_sessions(browser: Browser) -> None:
    viewer = browser("viewer")
    assert "<code" in browser("admin").post("/settings/people/viewer/password/").content.decode()
    assert viewer.get("/").status_code == 302


def test_ones_own_password_is_changed_and_this_session_stays(browser: Browser) -> None:
    person = build.person("viewer")
    person.set_password("the one before, long")
    person.save(update_fields=["password"])
    here, there = browser("viewer"), browser("viewer")
    asked = {
        "current": "the one before, long",
        "new": "four brown cows graze",
        "again": "four brown cows graze",
    }
    assert here.post("/settings/password/", asked).status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [("current", "wrong"), ("new", "short"), ("new", "password1234"), ("again", "other")],
)
def test_a_wrong_password_changes_nothing(browser: Browser, field: str, value: str) -> None:
    person = build.person("viewer")
    person.set_password("the one before, long")
    person.save(update_fields=["password"])
    asked = {
        "current": "the one before, long",
        "new": "four brown cows graze",
        "again": "four brown cows graze",
    }
    asked |= {"again": value} if field == "new" else {}
    answer = browser("viewer").post("/settings/password/", asked | {field: value})
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert Person.objects.get(username="viewer").check_password("the one before, long")


def test_the_roles_page_shows_the_table_that_is_asked(browser: Browser) -> None:
    page = browser("viewer").get("/settings/roles/").context["page"]
    granted = dict(page.actions)
    assert granted["run.rollback"] == (False, True, True, True)
    assert granted["cluster.write"] == (False, False, False, True)
