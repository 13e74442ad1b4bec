"""The parity page: six Prods or hundreds, in as many queries."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clusters.actions import create_version
from clusters.core.drift import Difference, What, differences_to_json
from clusters.models import Blueprint, Drift, Overrides, Prod, Version
from releases.actions import start_build
from releases.queries.parity import read_parity
from tests import build
from tests.web.conftest import Browser

IMAGE = Difference(
    "Deployment", "api", "containers[api].image", What.CHANGED, "v1", "api:hot", "kubectl-edit"
)
PATCH = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "api"},
    "spec": {
        "template": {"spec": {"containers": [{"name": "api", "env": [{"name": "MODE", "value": "slow"}]}]}}
    },
}


@pytest.fixture(autouse=True)
def _fleet(fleet: None) -> None:
    """The example fleet, compared just now."""
    for prod in Prod.objects.all():
        in_sync(prod)


def in_sync(prod: Prod, *found: Difference) -> None:
    now = timezone.now()
    state = "drifted" if found else "in-sync"
    fields = {"state": state, "differences": differences_to_json(found), "checked_at": now}
    Drift.objects.update_or_create(prod=prod, defaults={**fields, "due_at": now + timedelta(minutes=1)})


def override(name: str, **content: object) -> None:
    prod = Prod.objects.get(name=name)
    number = prod.overrides_revision + 1
    Overrides.objects.create(prod=prod, number=number, content=content)
    Prod.objects.filter(pk=prod.pk).update(overrides_revision=number)


def rows() -> dict[str, list[tuple[str, tuple[str, ...], str]]]:
    """Field -> (value, Prods, why) of each exception."""
    found = read_parity("shop").parity
    return {
        row.field: [(group.value, group.prods, group.why.value) for group in row.others] for row in found.rows
    }


def alike() -> None:
    for name in Prod.objects.values_list("name", flat=True):
        override(name)


def test_the_overrides_of_the_example_fleet_explain_what_differs(browser: Browser) -> None:
    assert read_parity("shop").unexplained == 0
    said = browser("viewer").get("/parity/shop/").content.decode()
    assert "Everything that differs is explained" in said or "All are alike" in said


def test_replicas_labels_and_patches_of_overrides_are_explained() -> None:
    alike()
    override("a-1", replicas={"api": 7}, labels={"tier": "gold"}, patches=[PATCH])
    assert rows() == {
        "Deployment api containers[api].env[MODE].value": [("slow", ("a-1",), "override")],
        "label tier": [("gold", ("a-1",), "override")],
        "replicas api": [("7", ("a-1",), "override")],
    }


def test_drift_is_unexplained(browser: Browser) -> None:
    alike()
    in_sync(Prod.objects.get(name="b-2"), IMAGE)
    field = "Deployment api containers[api].image"
    assert rows() == {field: [("api:hot", ("b-2",), "none")]}
    said = browser("viewer").get("/parity/shop/").content.decode()
    assert "1 field differs and nothing explains it" in said
    assert field in said


def test_another_version_is_explained_only_by_a_run() -> None:
    alike()
    prod = Prod.objects.get(name="c-2")
    newer = Version.objects.get(name="v1.1.0")
    Prod.objects.filter(pk=prod.pk).update(version=newer)
    assert rows()["version"] == [("v1.1.0", ("c-2",), "none")]
    assert {one[2] for field, groups in rows().items() for one in groups if field != "version"} == {"version"}
    start_build(None, [prod], newer)
    assert {one[2] for groups in rows().values() for one in groups} == {"run"}


def test_prods_whose_drift_is_not_known_are_named(browser: Browser) -> None:
    Drift.objects.filter(prod__name="a-1").update(state="unknown")
    Drift.objects.filter(prod__name="a-2").delete()
    assert read_parity("shop").unknown == ("a-1", "a-2")
    assert "is not known now" in browser("viewer").get("/parity/shop/").content.decode()


def many(count: int, first: int = 0, replicas: int = 9) -> None:
    model = Prod.objects.get(name="c-1")
    Prod.objects.bulk_create(
        Prod(
            name=f"m-{number}",
            namespace=f"prod-m-{number}",
            cluster=model.cluster,
            blueprint=model.blueprint,
            version=model.version,
            lifecycle="in-service",
            capacity=1,
        )
        for number in range(first, first + count)
    )
    Overrides.objects.bulk_create(
        Overrides(prod=prod, number=1, content={"replicas": {"api": replicas}})
        for prod in Prod.objects.filter(overrides__isnull=True)
    )


def test_hundreds_of_prods_take_as_many_queries_as_six(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(2):
        with django_assert_num_queries(4):
            read_parity("shop")
        many(500) if Prod.objects.count() < 100 else None


def test_a_group_of_many_is_folded(browser: Browser) -> None:
    alike()
    many(18)
    many(12, first=18, replicas=5)
    said = browser("viewer").get("/parity/shop/").content.decode()
    assert "and 4 more" in said
    assert "× 18" in said


def test_a_blueprint_without_prods_says_what_to_do(browser: Browser) -> None:
    Blueprint.objects.create(name="empty")
    assert "No Prods are built from it yet" in browser("viewer").get("/parity/empty/").content.decode()


@pytest.mark.parametrize("path", ["/parity/nothing/", "/parity/nothing/live/"])
def test_a_blueprint_that_there_is_none_of_is_404(browser: Browser, path: str) -> None:
    assert browser("viewer").get(path).status_code == 404


@pytest.mark.parametrize("path", ["/parity/shop/", "/parity/shop/live/"])
def test_the_page_is_for_those_who_are_logged_in(browser: Browser, path: str) -> None:
    assert browser("anonymous").get(path).status_code == 302
    assert browser("viewer").get(path).status_code == 200


def test_versions_that_nobody_runs_are_not_compared() -> None:
    create_version(build.person("admin"), "shop", "v9.9.9", {"api": "x/api:9", "frontend": "x/frontend:9"})
    assert "v9.9.9" not in str(read_parity("shop"))
