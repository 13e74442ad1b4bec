"""Strategic-merge patches, for the kinds a Blueprint may hold.

https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
"""

from copy import deepcopy
from typing import Any

from journal.core.reasons import Reason, Refused, because

from .kinds import PREFIX, is_custom
from .manifests import Manifest

# Field -> key by which its items are told apart (x-kubernetes-patch-merge-key in the Kubernetes OpenAPI).
# Lists that are not here are replaced as a whole, as Kubernetes does.
MERGE_KEYS: dict[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
}
DIRECTIVE = "$patch"


def merge_key(field: str, kind: str) -> str | None:
    """The merge key of the list `field` in an object of `kind`; None: the list is one value, as are all
    lists of a custom resource.

    >>> merge_key("ports", "Service"), merge_key("ports", "Deployment"), merge_key("args", "Deployment")
    ('port', 'containerPort', None)
    """
    if is_custom(kind):
        return None
    if field == "ports":
        return "port" if kind == "Service" else "containerPort"
    return MERGE_KEYS.get(field)


def patch_problems(patch: Manifest) -> tuple[Reason, ...]:
    """Why `patch` may not be laid over an object of a Prod: what it names, selects or is found by."""
    metadata, spec = patch.get("metadata"), patch.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec or {}, dict) or "status" in patch:
        return (because("patch-shape"),)
    fields = [f"metadata.{field}" for field in metadata if field not in {"name", "labels", "annotations"}]
    fields += [f"spec.{field}" for field in ("selector",) if field in (spec or {})]
    fields += sorted(key for key in _keys(patch) if key.startswith(PREFIX))
    return tuple(because("patch-forbidden", field=field) for field in fields)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {str(key) for key in value}.union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def merge(base: Manifest, patch: Manifest, kind: str) -> Manifest:
    """`base` with the strategic-merge `patch` on top; neither is changed.

    A null removes a field; `$patch: delete` removes a list item; `$patch: replace` replaces an object.
    Raises Refused for any other directive.
    """
    _check_directives(patch)
    if patch.get(DIRECTIVE) == "replace":
        return _plain(patch)
    result = dict(base)
    for field, value in patch.items():
        if field == DIRECTIVE:
            continue
        if value is None:
            result.pop(field, None)
        else:
            result[field] = _merge_value(field, result.get(field), value, kind)
    return result


def _merge_value(field: str, base: Any, value: Any, kind: str) -> Any:
    key = merge_key(field, kind)
    if isinstance(value, dict):
        return merge(base if isinstance(base, dict) else {}, value, kind)
    if isinstance(value, list) and key and all(isinstance(item, dict) for item in value):
        return _merge_list(base if isinstance(base, list) else [], value, key, kind)
    return deepcopy(value)


def _merge_list(base: list[Any], patch: list[Any], key: str, kind: str) -> list[Any]:
    result = list(base)
    for item in patch:
        if key not in item:
            raise Refused(because("patch-without-key", key=key))
        places = [i for i, old in enumerate(result) if isinstance(old, dict) and old.get(key) == item[key]]
        if item.get(DIRECTIVE) == "delete":
            result = [old for i, old in enumerate(result) if i not in places]
        elif places:
            result[places[0]] = merge(result[places[0]], item, kind)
        else:
            result.append(merge({}, item, kind))
    return result


def _check_directives(patch: Manifest) -> None:
    for field in patch:
        if field.startswith("$") and (field != DIRECTIVE or patch[field] not in {"replace", "delete"}):
            raise Refused(because("patch-directive-unknown", directive=field))


def _plain(value: Manifest) -> Manifest:
    return {field: deepcopy(item) for field, item in value.items() if field != DIRECTIVE}
