"""Who is let in, from when to when, and what the others are told. Which role may what: tests/trust/test_doors.py."""

import pytest
from django.test import Client

from releases.models import Hold, Run
from tests import build
from tests.web.conftest import Browser


@pytest.fixture
def names(release) -> dict[str, int]:  # type: ignore[no-untyped-def]
    run: Run = release()
    admin = build.person("admin")
    hold = Hold.objects.create(
        prod_id=run.claims.first().prod_id, reason="a test", author=admin, at=run.since
    )
    return {"run": run.pk, "hold": hold.pk, "version": run.version_id}


@pytest.mark.parametrize("path", ["/runs/999999/", "/runs/{run}/explode/", "/prods/z-9/", "/clusters/z/"])
def test_what_is_not_there_is_not_found(names: dict[str, int], browser: Browser, path: str) -> None:
    assert browser("viewer").get(path.format(**names)).status_code == 404


def test_a_form_from_elsewhere_changes_nothing(names: dict[str, int]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(build.person("admin"), "django.contrib.auth.backends.ModelBackend")
    answer = client.post(f"/runs/{names['run']}/pause/")
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
    assert Run.objects.get(pk=names["run"]).state == "running"


def test_a_person_who_was_shut_out_is_out_at_once(names: dict[str, int], browser: Browser) -> None:
    client = browser("admin")
    assert client.get("/").status_code == 200
    admin = build.person("admin")
    admin.is_active = False
    admin.save(update_fields=["is_active"])
    assert client.get("/").status_code == 302


def test_a_role_that_was_taken_away_is_gone_at_once(names: dict[str, int], browser: Browser) -> None:
    client = browser("on-call")
    build.person("on-call").__class__.objects.filter(username="on-call").update(role="viewer")
    assert client.post(f"/runs/{names['run']}/pause/").status_code == 403


def test_a_refusal_says_what_role_it_takes(names: dict[str, int], browser: Browser) -> None:
    said = browser("viewer").get("/line/stop/").content.decode()
    assert "on-call" in said
    assert "Nothing was changed" in said
