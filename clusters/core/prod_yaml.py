"""prod.yaml: the definition of one Prod, or of several in one file."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import jsonschema

from journal.core.reasons import Reason, because

from .overrides import NO_OVERRIDES, Overrides, overrides_from_json
from .patches import patch_problems
from .plain_json import json_problems
from .reserved import PRODS
from .yaml_text import BadFile, Problem, load_documents

# Namespaces that every cluster has; so have those that begin with `kube-`.
RESERVED = frozenset({"default"})


@dataclass(frozen=True, slots=True)
class ProdSpec:
    """A Prod as its prod.yaml describes it."""

    name: str
    cluster: str
    namespace: str
    blueprint: str
    version: str
    role: str
    capacity: int
    endpoint: str = ""
    overrides: Overrides = NO_OVERRIDES


def parse_prods(text: str) -> tuple[ProdSpec, ...]:
    """The Prods of a prod.yaml, in its order. Raises BadFile with every problem.

    Paths are like `spec.overrides.replicas.api`; in a file of several documents they begin with
    `documents[1].`, counted from 0.
    """
    return parse_documents(load_documents(text))


def parse_documents(items: list[Any]) -> tuple[ProdSpec, ...]:
    """The same of documents that are JSON values already."""
    documents = [(i, item) for i, item in enumerate(items) if item is not None]
    several = len(documents) > 1
    problems = [
        Problem(_joined(f"documents[{i}]" if several else "", problem.path), problem.reason)
        for i, item in documents
        for problem in _problems(item)
    ]
    if not documents:
        problems.append(Problem("", because("file-empty")))
    if not problems:
        problems += _twice(documents)
    if problems:
        raise BadFile(tuple(problems))
    return tuple(_spec(item) for _, item in documents)


def parse_overrides(data: Any) -> Overrides:
    """The Overrides that `data` describes, in the shape of `spec.overrides`; None: none. Raises BadFile,
    with paths like `overrides.replicas.api`."""
    asked = {} if data is None else data
    part = {"$defs": schema()["$defs"], "$ref": "#/$defs/overrides"}
    found = _explained_by(part, asked)
    if not found:
        found = _patch_problems(asked)
    if found:
        raise BadFile(tuple(Problem(_joined("overrides", one.path), one.reason) for one in found))
    return overrides_from_json(asked)


def parse_facts(data: Any) -> dict[str, Any]:
    """The facts of a Prod that may change without a Run: any of `capacity`, `endpoint` (empty: as its
    Service says) and `role`, one at least. Raises BadFile."""
    names = ("capacity", "endpoint", "role")
    fields = {name: dict(schema()["properties"]["spec"]["properties"][name]) for name in names}
    fields["endpoint"] = {"anyOf": [{"const": ""}, fields["endpoint"]]}
    if isinstance(data, dict) and not data:
        raise BadFile((Problem("", because("no-facts-given", allowed=", ".join(names))),))
    found = _explained_by({"type": "object", "properties": fields, "additionalProperties": False}, data)
    if found:
        raise BadFile(tuple(found))
    return {name: int(value) if name == "capacity" else value for name, value in data.items()}


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a Prod (draft 2020-12)."""
    text = resources.files(__package__).joinpath("prod.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _problems(item: Any) -> list[Problem]:
    found = _explained_by(schema(), item)
    if found:
        return found
    spec, name = item["spec"], item["metadata"]["name"]
    if name in PRODS:
        found.append(Problem("metadata.name", because("name-reserved", name=name)))
    namespace = spec.get("namespace", "")
    if namespace in RESERVED or namespace.startswith("kube-"):
        found.append(Problem("spec.namespace", because("namespace-reserved", namespace=namespace)))
    patches = _patch_problems(spec.get("overrides", {}))
    return [*found, *(Problem(f"spec.overrides.{one.path}", one.reason) for one in patches)]


def _explained_by(wanted: dict[str, Any], item: Any) -> list[Problem]:
    """What the schema `wanted` says of `item`, each once, by path; first of all whether it can be a value
    of ours at all."""
    unfit = json_problems(item)
    if unfit:
        return unfit
    validator = jsonschema.Draft202012Validator(wanted)
    found = [problem for error in validator.iter_errors(item) for problem in _explained(error)]
    return sorted(set(found), key=lambda problem: (problem.path, problem.reason.code))


def _patch_problems(overrides: dict[str, Any]) -> list[Problem]:
    return [
        Problem(f"patches[{i}]", reason)
        for i, patch in enumerate(overrides.get("patches", ()))
        for reason in patch_problems(patch)
    ]


def _explained(error: jsonschema.ValidationError) -> list[Problem]:
    """One Problem for each field that a schema error is about."""
    path = _path(error.absolute_path)
    match error.validator:
        case "anyOf":  # the last of them is the one that people mean
            inner = [
                one for one in error.context or () if one.schema_path[0] == len(error.validator_value) - 1
            ]
            return [problem for one in inner for problem in _explained(one)]
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return [Problem(_joined(path, name), because("field-missing")) for name in missing]
        case "additionalProperties" if error.validator_value is False:
            known = error.schema.get("properties", {})
            extra = sorted(str(name) for name in error.instance if name not in known)
            return [Problem(_joined(path, name), because("field-unknown")) for name in extra]
    return [Problem(path, _why(error))]


def _why(error: jsonschema.ValidationError) -> Reason:
    expected = error.validator_value
    match error.validator:
        case "const" | "enum":
            allowed = expected if isinstance(expected, list) else [expected]
            return because("field-value", allowed=", ".join(map(str, allowed)))
        case "type":
            return because("field-type", expected=str(expected))
        case "minimum" | "maximum" | "minLength" | "maxLength" | "maxItems" | "maxProperties":
            return because("field-limit", limit=f"{error.validator} {expected}")
    return because(
        "field-pattern", value=str(error.instance)[:80], pattern=str(expected).removesuffix("(?!\n)")
    )


def _path(parts: Any) -> str:
    path = ""
    for part in parts:
        path = f"{path}[{part}]" if isinstance(part, int) else _joined(path, part)
    return path


def _joined(path: str, field: str) -> str:
    return f"{path}.{field}" if path and field else path or field


def _twice(documents: list[tuple[int, Any]]) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for i, item in documents:
        name = item["metadata"]["name"]
        first = seen.setdefault(name, i)
        if first != i:
            reason = because("object-twice", kind="Prod", name=name, first=first)
            problems.append(Problem(f"documents[{i}].metadata.name", reason))
    return problems


def _spec(item: dict[str, Any]) -> ProdSpec:
    spec, name = item["spec"], item["metadata"]["name"]
    return ProdSpec(
        name=name,
        cluster=spec["cluster"],
        namespace=spec.get("namespace", f"prod-{name}"),
        blueprint=spec["blueprint"],
        version=spec["version"],
        role=spec.get("role", "live"),
        capacity=int(spec["capacity"]),
        endpoint=spec.get("endpoint", ""),
        overrides=overrides_from_json(spec.get("overrides", {})),
    )
