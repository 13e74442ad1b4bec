"""CustomResourceDefinitions: apiextensions.k8s.io/v1."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from simulator.custom.definition_schemas import definition_schema_causes
from simulator.custom.structural import PRESERVE
from simulator.kinds.causes import invalid_value
from simulator.kinds.core import NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.values import Obj, dig

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
SHARED = "spec.validation.openAPIV3Schema"
NOT_PRESERVED = (
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
)
VERSION = re.compile(r"v\d+((alpha|beta)\d+)?|[a-z]([-a-z0-9]*[a-z0-9])?")


def default_definition(draft: Obj) -> None:
    """Defaults of a CustomResourceDefinition."""
    spec = draft.setdefault("spec", {})
    names = spec.setdefault("names", {})
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", names["kind"] + "List")
    spec.setdefault("conversion", {"strategy": "None"})


def generate_definition(draft: Obj) -> None:
    """The finalizer behind which its resources are deleted."""
    draft["metadata"]["finalizers"] = [*(draft["metadata"].get("finalizers") or ()), CLEANUP]


def definition_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """Names that fit together, a scope, and one storage version, each with a schema."""
    spec, causes = new["spec"], []
    names, versions = spec["names"], spec.get("versions") or []
    for path, value in (
        ("group", spec.get("group")),
        ("names.plural", names.get("plural")),
        ("names.kind", names.get("kind")),
    ):
        if not value:
            causes.append(Cause(f"spec.{path}", "Required value", "FieldValueRequired"))
    wanted = f"{names.get('plural')}.{spec.get('group')}"
    if not causes and new["metadata"]["name"] != wanted:
        causes.append(Cause("metadata.name", f'Invalid value: "{new["metadata"]["name"]}": must be '
                            "spec.names.plural+\".\"+spec.group"))  # fmt: skip
    if spec.get("scope") not in ("Namespaced", "Cluster"):
        causes.append(Cause("spec.scope", f'Unsupported value: "{spec.get("scope") or ""}": supported values: "Cluster", '
                            '"Namespaced"', "FieldValueNotSupported"))  # fmt: skip
    if sum(1 for version in versions if version.get("storage")) != 1:
        causes.append(Cause("spec.versions", f"Invalid value: {[v.get('name') for v in versions]}: must have exactly one "
                            "version marked as storage version"))  # fmt: skip
    if spec.get("group") and "." not in spec["group"]:
        causes.append(invalid_value("spec.group", spec["group"], "should be a domain with at least one dot"))
    if spec.get("preserveUnknownFields"):
        causes.append(invalid_value("spec.preserveUnknownFields", True, NOT_PRESERVED))
    return [*causes, *_version_causes(versions), *_schema_causes(versions), *_fixed_causes(new, old)]


def _schema_causes(versions: list[Obj]) -> list[Cause]:
    """What is wrong with the schemas; one that all versions share is named once."""
    schemas = [dig(version, "schema", "openAPIV3Schema") for version in versions]
    if all(schema == schemas[0] for schema in schemas):
        return definition_schema_causes(schemas[0], SHARED) if schemas and schemas[0] else []
    causes = []
    for n, schema in enumerate(schemas):
        causes += definition_schema_causes(
            schema or {PRESERVE: True}, f"spec.versions[{n}].schema.openAPIV3Schema"
        )
    return causes


def _version_causes(versions: list[Obj]) -> list[Cause]:
    causes = []
    for n, version in enumerate(versions):
        at = f"spec.versions[{n}]"
        if not VERSION.fullmatch(str(version.get("name", ""))):
            causes.append(Cause(f"{at}.name", f'Invalid value: "{version.get("name", "")}"'))
        if dig(version, "schema", "openAPIV3Schema") is None:
            causes.append(Cause(f"{at}.schema.openAPIV3Schema", "Required value: schemas are required",
                                "FieldValueRequired"))  # fmt: skip
        elif dig(version, "schema", "openAPIV3Schema", "type") != "object":
            causes.append(
                Cause(f"{at}.schema.openAPIV3Schema.type", 'Invalid value: must be "object" at the root')
            )
    return causes


def _fixed_causes(new: Obj, old: Obj | None) -> list[Cause]:
    if old is None:
        return []
    pairs = [
        ("group", ("spec", "group")),
        ("scope", ("spec", "scope")),
        ("names.plural", ("spec", "names", "plural")),
    ]
    return [
        Cause(f"spec.{name}", f'Invalid value: "{dig(new, *path)}": field is immutable')
        for name, path in pairs
        if dig(new, *path) != dig(old, *path)
    ]


def definition_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME CREATED-AT."""
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


KINDS = (
    Kind(
        "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", versioned=True, namespaced=False,
        short_names=("crd", "crds"), categories=("api-extensions",), subresources=frozenset({"status"}),
        has_generation=True, default=default_definition, generate=generate_definition, validate=definition_causes,
        initial_status={"conditions": [], "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": []},
        columns=(NAME, Column("Created At")), cells=definition_cells,
    ),
)  # fmt: skip
