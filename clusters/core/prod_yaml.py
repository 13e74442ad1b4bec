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
from .yaml_text import BadFile, Problem, load_documents


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
    documents = [(i, item) for i, item in enumerate(load_documents(text)) if item is not None]
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


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a Prod (draft 2020-12)."""
    text = resources.files(__package__).joinpath("prod.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _problems(item: Any) -> list[Problem]:
    validator = jsonschema.Draft202012Validator(schema())
    found = [problem for error in validator.iter_errors(item) for problem in _explained(error)]
    if found:
        return sorted(set(found), key=lambda problem: (problem.path, problem.reason.code))
    patches = item["spec"].get("overrides", {}).get("patches", ())
    return [
        Problem(f"spec.overrides.patches[{i}]", reason)
        for i, patch in enumerate(patches)
        for reason in patch_problems(patch)
    ]


def _explained(error: jsonschema.ValidationError) -> list[Problem]:
    """One Problem for each field that a schema error is about."""
    path = _path(error.absolute_path)
    match error.validator:
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
    return because("field-pattern", value=str(error.instance)[:80], pattern=str(expected))


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
        capacity=spec["capacity"],
        endpoint=spec.get("endpoint", ""),
        overrides=overrides_from_json(spec.get("overrides", {})),
    )
