"""Logging in and out."""

import pytest
from django.test import Client

from tests import build

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def known() -> None:
    person = build.person("on-call")
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])


def test_the_right_password_opens_the_page_that_was_asked_for(known: None) -> None:
    client = Client()
    asked = client.get("/versions/")
    assert asked.headers["Location"] == "/login/?next=/versions/"
    answer = client.post("/login/", {"username": "on-call", "password": PASSWORD, "next": "/versions/"})
    assert answer.headers["Location"] == "/versions/"


def test_login_leads_to_no_other_site(known: None) -> None:
    form = {"username": "on-call", "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/login/", form).headers["Location"] == "/"


def test_a_wrong_password_says_so_and_five_close_the_door(known: None) -> None:
    client = Client()
    wrong = {"username": "on-call", "password": "guess"}
    assert "do not belong together" in client.post("/login/", wrong).content.decode()
    for _ in range(5):
        answer = client.post("/login/", wrong)
    assert answer.status_code == 429
    assert client.post("/login/", wrong | {"password": PASSWORD}).status_code == 429


def test_logging_out_takes_a_form(known: None) -> None:
    client = Client()
    client.force_login(build.person("on-call"), "django.contrib.auth.backends.ModelBackend")
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/").status_code == 302
