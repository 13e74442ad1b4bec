"""Tokens: what is refused, what ends them. What each route asks for: tests/trust/test_doors.py."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from access.models import ApiToken
from access.tokens import create_token, is_wellformed, person_of
from tests import build

pytestmark = pytest.mark.django_db


WRONG = {
    "garbage": "nonsense",
    "right shape, unknown": None,
    "cut short": "drv_abc",
    "not ascii": "drv_é",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_token_is_refused(text: str | None) -> None:
    if text is None:
        text = create_token(build.person("admin"), "gone", "admin")
        ApiToken.objects.all().delete()
    answer = Client().get("/api/v1/prods/", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_token_is_stored_as_a_hash_and_has_a_checksum() -> None:
    text = create_token(build.person("admin"), "ci", "viewer")
    assert is_wellformed(text) and not is_wellformed(text[:-1] + ("0" if text[-1] != "0" else "1"))
    assert text not in str(list(ApiToken.objects.values_list()))


@pytest.mark.parametrize("end", ["expired", "revoked", "person gone"])
def test_a_token_dies_with_its_cause(end: str) -> None:
    now = timezone.now()
    person = build.person("admin")
    text = create_token(person, "ci", "admin", expires_at=now + timedelta(hours=1))
    assert person_of(text, now)
    if end == "revoked":
        ApiToken.objects.update(revoked_at=now)
    if end == "person gone":
        type(person).objects.update(is_active=False)
    assert person_of(text, now + timedelta(hours=2 if end == "expired" else 0)) is None


def test_a_token_never_may_more_than_its_person() -> None:
    person = build.person("admin")
    text = create_token(person, "ci", "admin")
    type(person).objects.filter(pk=person.pk).update(role="viewer")
    found = person_of(text, timezone.now())
    assert found and found.acting_role == "viewer"


def test_the_schema_is_made_without_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator

    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS._warn_cache and not GENERATOR_STATS._error_cache
    assert "/api/v1/runs/{run_id}/" in schema["paths"]
