"""What one manifest of a Blueprint has to be like: its metadata, its pods, what its kind allows."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from journal.core.reasons import because

from .kinds import COMPONENT_KINDS, PREFIX
from .manifests import LABEL_VALUE, Manifest, key_of, mapping, name_of, objects, own_container
from .yaml_text import Problem

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# An optional DNS prefix and a name, for labels and annotations.
MARK = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
SHOWN = 63

Problems = Iterator[Problem]


def check_metadata(path: str, metadata: Manifest) -> Problems:
    """The name, and that nothing is there that is the Prod's or the cluster's to say."""
    name = metadata.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield Problem(f"{path}.name", because("name-invalid"))
    yield from _namespace(path, metadata)
    for field in sorted(metadata.keys() - {"name", "namespace", "labels", "annotations"}):
        if metadata[field] is not None:  # generators print `creationTimestamp: null`
            yield Problem(f"{path}.{field[:SHOWN]}", because("field-not-allowed"))
    yield from _marks(path, metadata)


def check_object(path: str, item: Manifest) -> Problems:
    """What the kind of `item` asks for beyond its metadata."""
    key = key_of(item)
    if key in COMPONENT_KINDS:
        yield from _workload(f"{path}.spec", item)
    rule = RULES.get(key)
    if rule is not None:
        yield from rule(f"{path}.spec", item)


def _namespace(path: str, holder: Manifest) -> Problems:
    if "namespace" in holder:
        given = str(holder["namespace"])[:SHOWN]
        yield Problem(f"{path}.namespace", because("namespace-given", namespace=given))


def _marks(path: str, metadata: Manifest) -> Problems:
    """Labels and annotations: text to text, none of ours, no Helm hooks."""
    for field in ("labels", "annotations"):
        marks = metadata.get(field) or {}
        if not isinstance(marks, dict):
            yield Problem(f"{path}.{field}", because("field-type", expected="object"))
            continue
        for key, value in marks.items():
            yield from _mark(f"{path}.{field}[{key[:SHOWN]}]", field, key, value)


def _mark(at: str, field: str, key: str, value: Any) -> Problems:
    if not isinstance(value, str):
        yield Problem(at, because("field-type", expected="string"))
    elif not MARK.fullmatch(key) or (field == "labels" and not LABEL_VALUE.fullmatch(value)):
        yield Problem(at, because("mark-invalid"))
    if key.startswith(PREFIX):
        yield Problem(at, because("label-is-reserved", label=key[:SHOWN]))
    if key == "helm.sh/hook":
        yield Problem(at, because("helm-hook"))


def _workload(path: str, item: Manifest) -> Problems:
    spec = item.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(template, dict):
        yield Problem(f"{path}.template", because("field-missing"))
        return
    metadata = template.get("metadata") or {}
    if not isinstance(metadata, dict):
        yield Problem(f"{path}.template.metadata", because("field-type", expected="object"))
        return
    yield from _pod_metadata(f"{path}.template.metadata", metadata)
    yield from _selector(f"{path}.selector", spec.get("selector"), metadata.get("labels"))
    yield from _containers(f"{path}.template.spec.containers", item, template)


def _pod_metadata(path: str, metadata: Manifest) -> Problems:
    yield from _namespace(path, metadata)
    yield from _marks(path, metadata)


def _selector(path: str, selector: Any, labels: Any) -> Problems:
    wanted = selector.get("matchLabels") if isinstance(selector, dict) else None
    if not isinstance(wanted, dict) or not wanted:
        yield Problem(f"{path}.matchLabels", because("field-missing"))
    elif not isinstance(labels, dict) or not wanted.items() <= labels.items():
        yield Problem(path, because("selector-misses-pods"))


def _containers(path: str, item: Manifest, template: Manifest) -> Problems:
    yield from _container_list(path, template)
    if own_container(item) is None:
        yield Problem(path, because("container-missing", component=name_of(item)[:SHOWN]))


def _container_list(path: str, template: Manifest) -> Problems:
    found = mapping(template.get("spec")).get("containers")
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        yield Problem(path, because("field-type", expected="list of objects"))


def _deployment(path: str, item: Manifest) -> Problems:
    if mapping(item.get("spec")).get("paused"):
        yield Problem(f"{path}.paused", because("deployment-paused"))


def _no_rollout(path: str, item: Manifest) -> Problems:
    """A StatefulSet or DaemonSet that replaces its pods only when somebody deletes them."""
    strategy = mapping(mapping(item.get("spec")).get("updateStrategy"))
    if strategy.get("type") == "OnDelete":
        yield Problem(f"{path}.updateStrategy.type", because("update-on-delete"))


def _job(path: str, item: Manifest) -> Problems:
    spec = mapping(item.get("spec"))
    yield from _pods_of(path, spec)
    if spec.get("ttlSecondsAfterFinished") is not None:
        yield Problem(f"{path}.ttlSecondsAfterFinished", because("job-ttl"))


def _cron_job(path: str, item: Manifest) -> Problems:
    job = mapping(mapping(item.get("spec")).get("jobTemplate"))
    yield from _pod_metadata(f"{path}.jobTemplate.metadata", mapping(job.get("metadata")))
    yield from _pods_of(f"{path}.jobTemplate.spec", mapping(job.get("spec")))


def _pods_of(path: str, spec: Manifest) -> Problems:
    template = spec.get("template")
    if not isinstance(template, dict):
        yield Problem(f"{path}.template", because("field-missing"))
        return
    metadata = template.get("metadata") or {}
    if not isinstance(metadata, dict):
        yield Problem(f"{path}.template.metadata", because("field-type", expected="object"))
        return
    yield from _pod_metadata(f"{path}.template.metadata", metadata)
    yield from _container_list(f"{path}.template.spec.containers", template)


def _route(path: str, item: Manifest) -> Problems:
    """The gateway may stand elsewhere; what the route sends users to may not."""
    for i, rule in enumerate(objects(mapping(item.get("spec")).get("rules"))):
        for k, backend in enumerate(objects(rule.get("backendRefs"))):
            yield from _namespace(f"{path}.rules[{i}].backendRefs[{k}]", backend)


def _autoscaler(path: str, item: Manifest) -> Problems:
    target = mapping(mapping(item.get("spec")).get("scaleTargetRef"))
    if not isinstance(target.get("kind"), str) or not isinstance(target.get("name"), str):
        yield Problem(f"{path}.scaleTargetRef", because("field-missing"))


RULES: dict[str, Callable[[str, Manifest], Problems]] = {
    "Deployment": _deployment,
    "StatefulSet": _no_rollout,
    "DaemonSet": _no_rollout,
    "Job": _job,
    "CronJob": _cron_job,
    "HTTPRoute": _route,
    "HorizontalPodAutoscaler": _autoscaler,
}
