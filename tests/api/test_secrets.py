"""Secrets that a Version needs hold a release back by name until they are there."""

from typing import Any

import pytest

from clusters.actions import add_revision, create_version
from clusters.models import BlueprintRevision, Observation, Prod
from tests import build
from tests.api.conftest import Call

pytestmark = pytest.mark.django_db

IMAGES = {part: f"registry.example/shop/{part}:v3" for part in ("api", "frontend")}


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    """The example fleet, and a Version v3 whose pods need the Secret `database`."""
    build.fleet()
    manifests = BlueprintRevision.objects.get().manifests
    api = next(
        item for item in manifests if (item["kind"], item["metadata"]["name"]) == ("Deployment", "api")
    )
    api["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "database"}]
    add_revision(build.person("admin"), "shop", manifests)
    create_version(build.person("admin"), "shop", "v3", IMAGES)


def seen(**states: str) -> None:
    """Every Prod was seen with Secrets in these states."""
    for row in Observation.objects.all():
        Observation.objects.filter(pk=row.pk).update(facts={**row.facts, "secrets": states})


def held(call: Call, version: str = "v3") -> list[tuple[str, int]]:
    plan: dict[str, Any] = call("POST", "releases/preview/", {"blueprint": "shop", "version": version}).json()
    return [(one["reason"]["code"], len(one["prods"])) for one in plan["blockers"]]


def test_a_missing_secret_holds_back_each_prod_by_name(call: Call) -> None:
    seen(database="missing")
    assert held(call) == [("secrets-missing", 1)] * Prod.objects.count()
    seen(database="there")
    assert held(call) == []


def test_what_nobody_has_looked_for_is_not_taken_as_there(call: Call) -> None:
    assert held(call) == [("secrets-unknown", 1)] * Prod.objects.count()


def test_a_version_that_needs_none_is_not_held(call: Call) -> None:
    seen(database="missing")
    assert held(call, "v1.1.0") == []
