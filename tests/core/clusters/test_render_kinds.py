"""Rendering of kinds that are no workloads: Jobs by content, autoscaled workloads, custom resources."""

from dataclasses import replace
from typing import Any

import pytest

from clusters.core.differences import diff, diff_manifests
from clusters.core.overrides import Overrides
from clusters.core.render import ProdTarget, Rendered, render
from journal.core.reasons import Refused
from tests.core.clusters.shop import IMAGES, manifests

A1 = ProdTarget("a-1", "prod-a-1", "v1.0.0")
CACHE = "Cache.shop.example/v1"


def job(container: str = "api", **spec: Any) -> dict[str, Any]:
    pods = {"spec": {"restartPolicy": "Never", "containers": [{"name": container, "image": "unset"}]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate"},
        "spec": {"template": pods, **spec},
    }


def autoscaler(kind: str = "Deployment") -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "api"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "api"},
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5},
    }


def cache(name: str = "sessions") -> dict[str, Any]:
    return {
        "apiVersion": "shop.example/v1",
        "kind": "Cache",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "a"}, {"name": "b"}], "size": 1},
    }


def rendered(*more: dict[str, Any], target: ProdTarget = A1, **images: str) -> list[Rendered]:
    return list(render([*manifests(), *more], {**IMAGES, **images}, target))


def only(kind: str, found: list[Rendered]) -> Rendered:
    (one,) = [item for item in found if item.kind == kind]
    return one


def test_a_job_has_a_name_of_its_own_for_each_content() -> None:
    first = only("Job", rendered(job()))
    assert first.name == first.manifest["metadata"]["name"]
    assert first.name.startswith("migrate-")
    assert len(first.name) == len("migrate-") + 8
    assert first.origin == "migrate"
    assert only("Job", rendered(job())).name == first.name
    others = {
        "image": only("Job", rendered(job(), api="shop/api:v2")).name,
        "version": only("Job", rendered(job(), target=replace(A1, version="v2"))).name,
        "spec": only("Job", rendered(job(backoffLimit=1))).name,
    }
    assert len({first.name, *others.values()}) == 4


def test_a_long_name_of_a_job_stays_a_name() -> None:
    long = job() | {"metadata": {"name": "x" * 63}}
    assert len(only("Job", rendered(long)).name) == 63


@pytest.mark.parametrize(("container", "image"), [("api", "shop/api:v1"), ("other", "unset")])
def test_a_container_of_a_job_takes_the_image_of_the_component_it_is_named_like(
    container: str, image: str
) -> None:
    spec = only("Job", rendered(job(container))).manifest["spec"]
    assert spec["template"]["spec"]["containers"][0]["image"] == image


def test_a_job_differs_field_by_field_and_not_as_a_whole() -> None:
    found = diff(rendered(job()), rendered(job(), api="shop/api:v2"))
    paths = {one.path for one in found if one.kind == "Job"}
    assert "spec.template.spec.containers[api].image" in paths
    assert "" not in paths


def test_replicas_of_an_autoscaled_workload_are_left_to_the_autoscaler() -> None:
    api = next(item for item in rendered(autoscaler()) if (item.kind, item.name) == ("Deployment", "api"))
    assert "replicas" not in api.manifest["spec"]
    assert api.first_replicas == 3
    web = next(
        item for item in rendered(autoscaler()) if (item.kind, item.name) == ("Deployment", "frontend")
    )
    assert (web.manifest["spec"]["replicas"], web.first_replicas) == (3, None)


def test_replicas_in_a_prods_overrides_are_refused_where_an_autoscaler_sets_them() -> None:
    target = replace(A1, overrides=Overrides(replicas=(("api", 5),)))
    with pytest.raises(Refused) as refused:
        rendered(autoscaler(), target=target)
    assert [reason.code for reason in refused.value.reasons] == ["replicas-autoscaled"]


def test_an_autoscaler_of_another_kind_of_thing_leaves_workloads_alone() -> None:
    api = next(item for item in rendered(autoscaler("Cache")) if item.name == "api" and item.digest)
    assert api.manifest["spec"]["replicas"] == 3


def test_a_custom_resource_is_told_by_its_key_and_stands_before_workloads() -> None:
    found = rendered(cache())
    kinds = [item.kind for item in found]
    assert kinds.index("Service") < kinds.index(CACHE) < kinds.index("Deployment")
    assert only(CACHE, found).manifest["metadata"]["labels"]["drover.dev/prod"] == "a-1"
    assert only(CACHE, found).digest == ""


@pytest.mark.parametrize("version", [None, "shop.example/v1"])
def test_a_patch_of_a_custom_resource_replaces_lists(version: str | None) -> None:
    patch: dict[str, Any] = {
        "kind": "Cache",
        "metadata": {"name": "sessions"},
        "spec": {"containers": [{"name": "c"}]},
    }
    patch |= {"apiVersion": version} if version else {}
    target = replace(A1, overrides=Overrides(patches=(patch,)))
    spec = only(CACHE, rendered(cache(), target=target)).manifest["spec"]
    assert spec == {"containers": [{"name": "c"}], "size": 1}


def test_a_patch_for_another_version_of_the_kind_fits_nothing() -> None:
    patch = {"apiVersion": "shop.example/v2", "kind": "Cache", "metadata": {"name": "sessions"}}
    with pytest.raises(Refused):
        rendered(cache(), target=replace(A1, overrides=Overrides(patches=(patch,))))


def test_two_revisions_differ_by_field_with_what_came_and_went() -> None:
    before, after = [*manifests(), cache("old")], [*manifests(), cache("new")]
    after[0]["spec"]["replicas"] = 5
    found = [(one.kind, one.name, one.path) for one in diff_manifests(before, after)]
    assert found == [
        (CACHE, "new", ""),
        ("Deployment", after[0]["metadata"]["name"], "spec.replicas"),
        (CACHE, "old", ""),
    ]
