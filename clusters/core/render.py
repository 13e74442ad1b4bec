"""Rendering: Blueprint manifests + Version images + one Prod's overrides → what is applied."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from journal.core.reasons import Reason, Refused, because

from .autoscaling import scaled, without_replicas
from .jobs import job_name
from .kinds import COMPONENT_LABEL, DIGEST_ANNOTATION, PREFIX, PROD_LABEL, VERSION_LABEL, order_of
from .manifests import (
    Manifest,
    components,
    containers,
    digest_of,
    is_component,
    key_of,
    kind_of,
    label_value,
    mapping,
    name_of,
    objects,
    own_container,
    pod_template,
)
from .overrides import NO_OVERRIDES, Overrides
from .patches import merge, patch_problems

DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ProdTarget:
    """The Prod to render for, and the name of the Version it gets."""

    name: str
    namespace: str
    version: str
    overrides: Overrides = NO_OVERRIDES


@dataclass(frozen=True, slots=True)
class Rendered:
    """One manifest, ready to apply. `kind` is its key (`key_of`), `digest` is of its pod template ("": it
    has none), `origin` its name in the Blueprint, which for a Job is another one. `first_replicas` is for
    its creation where an autoscaler sets them later (None: it says them itself, or has none)."""

    kind: str
    name: str
    digest: str
    manifest: Manifest = field(hash=False)
    origin: str = ""
    first_replicas: int | None = None


def render(
    manifests: Sequence[Manifest], images: Mapping[str, str], target: ProdTarget
) -> tuple[Rendered, ...]:
    """The manifests of `target` in apply order; nothing that is given is changed.

    A Version's image wins over a patch, so that a Version moves as a unit; a container of a Job that is
    named like a component takes that one's image. Raises Refused with every component that has no image
    and every override that fits nothing.
    """
    problems = (*_missing_images(manifests, images), *_override_problems(manifests, target.overrides))
    if problems:
        raise Refused(*problems)
    done = [_render_one(manifest, images, target) for manifest in manifests]
    configs = {name_of(item): item for item in done if key_of(item) == "ConfigMap"}
    autoscaled = scaled(done)
    rendered = [_finished(item, configs, (key_of(item), name_of(item)) in autoscaled) for item in done]
    return tuple(sorted(rendered, key=lambda item: (order_of(item.kind), item.kind, item.name)))


def _missing_images(manifests: Sequence[Manifest], images: Mapping[str, str]) -> tuple[Reason, ...]:
    return tuple(
        because("image-missing", component=name) for name in components(manifests) if not images.get(name)
    )


def _override_problems(manifests: Sequence[Manifest], overrides: Overrides) -> tuple[Reason, ...]:
    scalable = {name_of(item) for item in manifests if is_component(item) and key_of(item) != "DaemonSet"}
    autoscaled = {name for _, name in scaled(manifests)}
    selected = {key for manifest in manifests for key in _selectors(manifest)}
    return (
        *(
            because("replicas-without-component", component=name)
            for name, _ in overrides.replicas
            if name not in scalable
        ),
        *(
            because("replicas-autoscaled", component=name)
            for name, _ in overrides.replicas
            if name in autoscaled
        ),
        *(
            because("patch-without-object", kind=kind_of(patch), name=name_of(patch))
            for patch in overrides.patches
            if not any(_fits(patch, item) for item in manifests)
        ),
        *(reason for patch in overrides.patches for reason in patch_problems(patch)),
        *(because("label-is-selected", label=key) for key, _ in overrides.labels if key in selected),
        *(because("label-is-reserved", label=key) for key, _ in overrides.labels if key.startswith(PREFIX)),
    )


def _fits(patch: Manifest, manifest: Manifest) -> bool:
    """Whether `patch` is for `manifest`; it need not say the API version."""
    same = (kind_of(patch), name_of(patch)) == (kind_of(manifest), name_of(manifest))
    return same and patch.get("apiVersion") in (None, manifest.get("apiVersion"))


def _selectors(manifest: Manifest) -> set[str]:
    """The labels that `manifest` selects pods by."""
    selector = mapping(mapping(manifest.get("spec")).get("selector"))
    if key_of(manifest) == "Service":
        return set(selector)
    expressions = {str(item.get("key")) for item in objects(selector.get("matchExpressions"))}
    return set(mapping(selector.get("matchLabels"))) | expressions


def _render_one(manifest: Manifest, images: Mapping[str, str], target: ProdTarget) -> Manifest:
    result = deepcopy(manifest)
    name = name_of(manifest)
    for patch in target.overrides.patches:
        if _fits(patch, manifest):
            result = merge(result, patch, key_of(manifest))
    if not is_component(manifest):
        _set_images_by_name(result, images)
    else:
        _set_image(result, images[name])
        replicas = dict(target.overrides.replicas).get(name)
        if replicas is not None:
            result["spec"]["replicas"] = replicas
    _set_metadata(result, target)
    return result


def _set_image(workload: Manifest, image: str) -> None:
    container = own_container(workload)
    if container is None:
        raise Refused(because("container-missing", component=name_of(workload)))
    container["image"] = image


def _set_images_by_name(job: Manifest, images: Mapping[str, str]) -> None:
    """A Job is part of the Version too: what migrates the data of `api` is the image of `api`."""
    for container in containers(pod_template(job) or {}):
        image = images.get(str(container.get("name")))
        if image:
            container["image"] = image


def _set_metadata(manifest: Manifest, target: ProdTarget) -> None:
    """Namespace and labels, on the object and on its pod template; selectors are left alone."""
    ours = {PROD_LABEL: target.name, VERSION_LABEL: label_value(target.version)}
    if is_component(manifest):
        ours[COMPONENT_LABEL] = label_value(name_of(manifest))
    labels = dict(target.overrides.labels) | ours
    manifest["metadata"] = _labelled(manifest.get("metadata"), labels) | {"namespace": target.namespace}
    template = pod_template(manifest)
    if template is not None:
        template["metadata"] = _labelled(template.get("metadata"), labels)


def _labelled(metadata: Manifest | None, labels: dict[str, str]) -> dict[str, Any]:
    metadata = mapping(metadata)
    return metadata | {"labels": mapping(metadata.get("labels")) | labels}


def _finished(manifest: Manifest, configs: Mapping[str, Manifest], autoscaled: bool) -> Rendered:
    """The manifest with the digest annotation on its pod template, if it has one, and the name of a Job."""
    template = pod_template(manifest)
    digest = ""
    if template is not None:
        digest = template_digest(template, configs)
        annotations = mapping(template["metadata"].get("annotations"))
        template["metadata"]["annotations"] = annotations | {DIGEST_ANNOTATION: digest}
    origin = name_of(manifest)
    first_replicas = without_replicas(manifest) if autoscaled else None
    if key_of(manifest) == "Job":
        manifest["metadata"]["name"] = job_name(manifest)
    return Rendered(key_of(manifest), name_of(manifest), digest, manifest, origin, first_replicas)


def template_digest(template: Manifest, configs: Mapping[str, Manifest]) -> str:
    """16 hex digits over a pod template and the content of the ConfigMaps it uses; scaling changes nothing.

    `configs` are ConfigMaps by name; those that are not of the Blueprint count by name only.
    """
    used = {
        name: [configs[name].get("data"), configs[name].get("binaryData")]
        for name in _config_names(template)
        if name in configs
    }
    return digest_of([template, used])[:DIGEST_LENGTH]


def _config_names(template: Manifest) -> set[str]:
    """The ConfigMaps that the pods mount or take environment variables from."""
    volumes = objects(mapping(template.get("spec")).get("volumes"))
    projected = [item for one in volumes for item in objects(mapping(one.get("projected")).get("sources"))]
    names = [mapping(item.get("configMap")).get("name") for item in (*volumes, *projected)]
    for container in containers(template):
        names += [mapping(item.get("configMapRef")).get("name") for item in objects(container.get("envFrom"))]
        values = [mapping(item.get("valueFrom")) for item in objects(container.get("env"))]
        names += [mapping(value.get("configMapKeyRef")).get("name") for value in values]
    return {str(name) for name in names if name}
