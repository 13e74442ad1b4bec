"""/healthz and /readyz: what decides, and what is only told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from releases import actions
from releases.models import Wake
from releases.preview import preview_release
from tests import build

pytestmark = pytest.mark.django_db


def test_the_pages_stay_when_only_the_broker_is_gone() -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (200, "does not answer")
    assert Client().get("/healthz").status_code == 200


def test_a_database_without_our_tables_is_not_ready() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE releases_wake RENAME TO somewhere_else")
    answer = Client(raise_request_exception=False).get("/readyz")
    assert answer.status_code == 503
    assert "migrate" in answer.json()["checks"]["database"]


def test_a_run_that_nobody_has_looked_at_is_told() -> None:
    build.fleet()
    preview = preview_release("shop", "v1.1.0", {}, [])
    actions.start_release(build.person("admin"), "shop", "v1.1.0", {}, [], preview.plan.digest)
    assert Client().get("/readyz").json()["checks"]["workers"] == "ok"
    Wake.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    assert "workers" in Client().get("/readyz").json()["checks"]["workers"]
