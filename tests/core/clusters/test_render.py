"""Rendering is pure: Blueprint + images + overrides in, manifests in apply order out."""

from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.core.differences import Difference, diff
from clusters.core.kinds import KINDS
from clusters.core.manifests import Manifest, label_value
from clusters.core.overrides import Overrides, overrides_from_json, overrides_to_json
from clusters.core.render import ProdTarget, Rendered, render
from journal.core.reasons import Reason, Refused, because
from tests.core.clusters.shop import IMAGES, config, deployment, manifests

A1 = ProdTarget("a-1", "prod-a-1", "v1.0.0")


def shop(
    target: ProdTarget = A1, blueprint: list[Manifest] | None = None, **images: str
) -> dict[str, Rendered]:
    rendered = render(blueprint or manifests(), {**IMAGES, **images}, target)
    return {f"{item.kind}/{item.name}": item for item in rendered}


def with_overrides(**content: object) -> ProdTarget:
    return replace(A1, overrides=overrides_from_json(content))


def template_of(item: Rendered) -> Manifest:
    template: Manifest = item.manifest["spec"]["template"]
    return template


def refusal(target: ProdTarget, **images: str) -> tuple[Reason, ...]:
    with pytest.raises(Refused) as caught:
        render(manifests(), images or IMAGES, target)
    return caught.value.reasons


def test_manifests_come_in_apply_order() -> None:
    assert list(shop()) == [
        "ConfigMap/settings",
        "Service/api",
        "Service/frontend",
        "Deployment/api",
        "Deployment/frontend",
    ]
    ranks = [KINDS[item.kind].order for item in shop().values()]
    assert ranks == sorted(ranks)


def test_what_is_given_is_not_changed() -> None:
    blueprint = manifests()
    before = deepcopy(blueprint)
    patch = {"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"paused": True}}
    shop(with_overrides(labels={"ring": "one"}, patches=[patch]), blueprint)
    assert blueprint == before


def test_the_version_gives_each_component_its_image_and_leaves_the_others() -> None:
    containers = template_of(shop(api="shop/api:v2")["Deployment/api"])["spec"]["containers"]
    assert [item["image"] for item in containers] == ["shop/api:v2", "envoy:1"]


def test_a_component_without_an_image_is_named() -> None:
    assert refusal(A1, api="shop/api:v1") == (because("image-missing", component="frontend"),)


def test_namespace_and_labels_go_on_objects_and_pod_templates_and_never_on_selectors() -> None:
    for item in shop().values():
        assert item.manifest["metadata"]["namespace"] == "prod-a-1"
        assert item.manifest["metadata"]["labels"]["drover.dev/prod"] == "a-1"
        assert item.manifest["metadata"]["labels"]["drover.dev/version"] == "v1.0.0"
    api = shop()["Deployment/api"]
    labels = {
        "app": "api",
        "drover.dev/prod": "a-1",
        "drover.dev/version": "v1.0.0",
        "drover.dev/component": "api",
    }
    assert template_of(api)["metadata"]["labels"] == labels
    assert api.manifest["spec"]["selector"] == {"matchLabels": {"app": "api"}}


def test_the_digest_is_on_the_pod_template_alone() -> None:
    api = shop()["Deployment/api"]
    assert template_of(api)["metadata"]["annotations"] == {"drover.dev/digest": api.digest}
    assert len(api.digest) == 16
    assert shop()["Service/api"].digest == ""


SAME, OTHER = True, False


@pytest.mark.parametrize(
    ("target", "blueprint", "image", "same"),
    [
        (A1, manifests(), "shop/api:v1", SAME),
        (with_overrides(replicas={"api": 9}), manifests(), "shop/api:v1", SAME),
        (A1, manifests(), "shop/api:v2", OTHER),
        (A1, [*manifests()[:-1], config(color="red")], "shop/api:v1", OTHER),
        (A1, [*reversed(manifests())], "shop/api:v1", SAME),
        (with_overrides(labels={"ring": "one"}), manifests(), "shop/api:v1", OTHER),
    ],
    ids=["again", "scaled", "image", "mounted config", "order of documents", "label"],
)
def test_the_digest_tells_what_runs(
    target: ProdTarget, blueprint: list[Manifest], image: str, same: bool
) -> None:
    digest = shop(target, blueprint, api=image)["Deployment/api"].digest
    assert (digest == shop()["Deployment/api"].digest) == same


def test_a_config_map_that_is_not_used_changes_no_digest() -> None:
    red = shop(blueprint=[*manifests()[:-1], config(color="red")])
    assert red["Deployment/frontend"].digest == shop()["Deployment/frontend"].digest


@pytest.mark.parametrize(
    "pod_spec",
    [
        {"volumes": [{"name": "v", "configMap": {"name": "settings"}}]},
        {"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}]},
        {"initContainers": [{"name": "i", "envFrom": [{"configMapRef": {"name": "settings"}}]}]},
        {
            "initContainers": [
                {"name": "i", "env": [{"name": "C", "valueFrom": {"configMapKeyRef": {"name": "settings"}}}]}
            ]
        },
    ],
    ids=["volume", "projected", "envFrom", "env"],
)
def test_every_way_to_use_a_config_map_counts(pod_spec: dict[str, object]) -> None:
    digests = {
        render([deployment("api", **pod_spec), config(color=color)], IMAGES, A1)[1].digest
        for color in ("blue", "red")
    }
    assert len(digests) == 2


def test_overrides_set_replicas_labels_and_patches() -> None:
    patch = {
        "kind": "Deployment",
        "metadata": {"name": "api"},
        "spec": {"template": {"spec": {"containers": [{"name": "proxy", "image": "envoy:2"}]}}},
    }
    target = with_overrides(replicas={"api": 5}, labels={"ring": "one"}, patches=[patch])
    api = shop(target)["Deployment/api"]
    assert api.manifest["spec"]["replicas"] == 5
    assert api.manifest["metadata"]["labels"]["ring"] == "one"
    assert [item["image"] for item in template_of(api)["spec"]["containers"]] == ["shop/api:v1", "envoy:2"]


def test_a_version_moves_as_a_unit_its_image_wins_over_a_patch() -> None:
    mine = {"containers": [{"name": "api", "image": "shop/api:mine"}]}
    patch = {"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": {"spec": mine}}}
    api = shop(with_overrides(patches=[patch]))["Deployment/api"]
    assert template_of(api)["spec"]["containers"][0]["image"] == "shop/api:v1"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"replicas": {"apy": 1}}, because("replicas-without-component", component="apy")),
        (
            {"patches": [{"kind": "Service", "metadata": {"name": "x"}}]},
            because("patch-without-object", kind="Service", name="x"),
        ),
        ({"labels": {"app": "mine"}}, because("label-is-selected", label="app")),
        ({"labels": {"drover.dev/prod": "b"}}, because("label-is-reserved", label="drover.dev/prod")),
        (
            {"patches": [{"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"selector": {}}}]},
            because("patch-forbidden", field="spec.selector"),
        ),
        (
            {"patches": [{"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": None}}]},
            because("container-missing", component="api"),
        ),
        (
            {"patches": [{"kind": "Deployment", "metadata": {"name": "api", "namespace": "kube-system"}}]},
            because("patch-forbidden", field="metadata.namespace"),
        ),
    ],
    ids=["replicas", "patch", "selected label", "our label", "selector", "template gone", "namespace"],
)
def test_an_override_that_fits_nothing_is_refused(content: dict[str, object], expected: Reason) -> None:
    assert expected in refusal(with_overrides(**content))


def test_overrides_survive_their_stored_form() -> None:
    content = {"replicas": {"b": 1, "a": 2}, "labels": {"x": "y"}, "patches": [{"kind": "Job"}]}
    assert overrides_to_json(overrides_from_json(content)) == content
    assert overrides_from_json({}) == Overrides()


def test_equal_renderings_have_no_difference() -> None:
    assert diff(tuple(shop().values()), tuple(shop().values())) == ()


def test_differences_name_the_field_by_its_item() -> None:
    after = shop(with_overrides(replicas={"api": 4}), api="shop/api:v2")
    found = {(item.kind, item.path): item for item in diff(tuple(shop().values()), tuple(after.values()))}
    image = found["Deployment", "spec.template.spec.containers[api].image"]
    assert (image.before, image.after) == ("shop/api:v1", "shop/api:v2")
    assert found["Deployment", "spec.replicas"] == Difference("Deployment", "api", "spec.replicas", "3", "4")
    assert ("Deployment", "spec.template.metadata.annotations[drover.dev/digest]") in found
    assert len(found) == 3


def test_added_and_removed_objects_are_one_difference_each() -> None:
    whole, part = tuple(shop().values()), tuple(shop().values())[1:]
    (removed,), (added,) = diff(whole, part), diff(part, whole)
    assert (removed.name, removed.path, removed.after) == ("settings", "", None)
    assert (added.name, added.path, added.before) == ("settings", "", None)


def test_a_number_and_its_text_do_not_look_alike() -> None:
    one, other = (render([config(a="x")], {}, A1)[0] for _ in range(2))
    one.manifest["data"]["a"], other.manifest["data"]["a"] = "3", 3
    assert [(item.before, item.after) for item in diff((one,), (other,))] == [('"3"', "3")]


@given(st.text(max_size=100))
def test_any_version_name_becomes_a_label_value(name: str) -> None:
    value = label_value(name)
    assert len(value) <= 63
    assert label_value(value) == value
