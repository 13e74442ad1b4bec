"""The page that imports a list of Tenants."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import build
from tests.traffic.standing import standing_fleet
from tests.web.conftest import PEOPLE, Browser
from traffic.models import Tenant

PATH, MANAGER = "/tenant-import/", "release-manager"
LIST = "name,hostnames,load\nacme,acme.example,2\nbolt,bolt.example,3\n"


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def added() -> int:
    return Tenant.objects.filter(name__in=["acme", "bolt"]).count()


@pytest.mark.parametrize("role", PEOPLE)
def test_the_page_asks_for_its_role(browser: Browser, role: str) -> None:
    may = role in {"release-manager", "admin"}
    assert browser(role).get(PATH).status_code == (200 if may else 302 if role == "anonymous" else 403)


def test_a_list_is_shown_then_imported_and_once_more_changes_nothing(browser: Browser) -> None:
    client = browser(MANAGER)
    assert PATH in client.get("/tenants/").content.decode()
    answer = client.post(PATH, {"text": LIST, "do": "preview"})
    said = answer.content.decode()
    assert "<strong>acme</strong>" in said and "Add 2 tenants" in said and added() == 0
    assert said.count("It has a load of 20 and may have 100.") == 2
    assert said.count("A Route that was there: 1 is alike and had space.") == 2
    sent = {"text": LIST, "digest": answer.context["page"].digest, "do": "import"}
    assert client.post(PATH, sent).status_code == 302 and added() == 2
    said = client.post(PATH, {"text": LIST, "do": "preview"}).content.decode()
    assert "2 are there already, just so." in said and 'value="import"' not in said


def test_a_file_wins_and_is_shown_to_be_corrected(browser: Browser) -> None:
    file = SimpleUploadedFile("tenants.csv", b"name,hostnames\nacme,A.example\n")
    answer = browser(MANAGER).post(PATH, {"text": LIST, "file": file, "do": "preview"})
    said = answer.content.decode()
    assert answer.status_code == 400
    assert "Line 2, hostnames[0]: A.example has capital letters" in said and "acme,A.example" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "no text in UTF-8"),
        (b"x" * (2**20 + 1), "larger than 1 MiB"),
        (b"", "file is empty"),
    ],
)
def test_a_file_that_is_no_list_is_told(browser: Browser, content: bytes, words: str) -> None:
    answer = browser(MANAGER).post(PATH, {"file": SimpleUploadedFile("x", content), "do": "preview"})
    assert answer.status_code == 400 and words in answer.content.decode()


def test_what_has_changed_since_is_refused_and_shown_anew(browser: Browser) -> None:
    answer = browser(MANAGER).post(PATH, {"text": LIST, "digest": "0" * 64, "do": "import"})
    said = answer.content.decode()
    assert answer.status_code == 409 and "has changed since it was shown" in said and "Add 2 tenants" in said
    assert added() == 0
