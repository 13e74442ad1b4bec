"""Every field of every body of the API: missing, of a wrong type, too long, hostile, out of range.

Refused with a problem that names the field, and nothing has changed; or taken on purpose, and listed here.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from orchestrator.api_schema import PREFIX
from tests import build
from tests.trust.bodies import VALID, WITHOUT_BODY, filled
from tests.trust.conftest import session
from tests.trust.hostile import HOSTILE, busy_fleet, state_of_everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fleet")]

Path = tuple[str | int, ...]
MISSING = object()
NO_NUMBERS = {"1e999": "@1e999@", "NaN": float("nan"), "-Infinity": float("-inf")}
NUMBERS = {"0": 0, "-1": -1, "2**63": 2**63, "a fraction": 1.5}
TYPES: dict[str, dict[str, Any]] = {
    "string": {"a number": 5, "a list": ["a"], "an object": {"a": "b"}, "null": None, "a boolean": True},
    "integer": {"a text": "many", "a list": [1], "an object": {"a": 1}, "null": None},
    "boolean": {"a text": "perhaps", "a list": [True], "an object": {"a": 1}, "null": None, "a number": 7},
    "array": {"a text": "a", "a number": 5, "an object": {"a": 1}, "null": None},
    "object": {"a text": "a", "a number": 5, "a list": [1], "null": None},
    "any": {"a number": 5, "a boolean": True, "null": None},
}


@dataclass(frozen=True)
class Taken:
    """Faults that are none in the fields that `fields` matches."""

    fields: str
    faults: frozenset[str]
    why: str


# The body is no JSON then, and no field of it is known.
NOT_JSON = {"NaN", "-Infinity"}
LINE = frozenset({"markup", "a path", "a template", "quotes"})
TAKEN = (
    Taken(r"(.*\.)?reason", LINE | {"emoji"}, "people's own words: escaped"),
    Taken(r"note|name|provider|region|failure_domain", LINE, "one line of people's own words: escaped"),
    Taken(r"credentials\.token", LINE, "opaque: whatever a header may carry"),
    Taken(r"credentials\.ca", frozenset({"null"}), "as if it were not given"),
    Taken(
        r"(.*\.)?(replicas(\.api)?|soak_s)", frozenset({"0"}), "none is a number of replicas and of seconds"
    ),
    Taken(
        r"manifests", frozenset({"a number", "a boolean"}), "asked what is wrong with it: that is the answer"
    ),
    Taken(r"(instances\.0\.)?failure_domain", LINE, "one line of people's own words: escaped"),
    Taken(r"weights\.a-2", frozenset({"0"}), "none is a weight, where another member has one"),
    Taken(
        r"name|username|note|(.*\.)?reason|images\.api",
        frozenset({"a number"}),
        "read as text, as forms do it",
    ),
)


@dataclass(frozen=True)
class Field:
    path: Path
    kind: str
    required: bool = False
    nullable: bool = False
    longest: int = 0

    @property
    def name(self) -> str:
        return ".".join(str(part) for part in self.path)


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """(method, path under /api/v1) -> schema of the body, with all references resolved."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    shapes = schema["components"]["schemas"]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path, item in schema["paths"].items():
        for method in {"post", "put", "patch"} & set(item):
            media = item[method].get("requestBody", {}).get("content", {}).get("application/json", {})
            found[method, path.removeprefix(PREFIX)] = _resolved(media.get("schema", {}), shapes)
    return found


def _resolved(shape: Any, shapes: dict[str, Any]) -> Any:
    if isinstance(shape, list):
        return [_resolved(one, shapes) for one in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return _resolved(shapes[shape["$ref"].rpartition("/")[2]], shapes)
    flat = {name: _resolved(one, shapes) for name, one in shape.items()}
    for one in flat.pop("allOf", []):
        flat = {**one, **flat}
    return flat


def fields_of(shape: dict[str, Any], body: Any, path: Path = (), required: bool = False) -> Iterator[Field]:
    """Each field that the schema knows; of what may have any name, that which `body` has."""
    types = shape.get("type", "string" if "enum" in shape else "any")
    nullable = "null" in types if isinstance(types, list) else False
    kind = next(one for one in types if one != "null") if isinstance(types, list) else types
    if path:
        yield Field(path, kind, required, nullable, shape.get("maxLength", 0))
    for name, inner in shape.get("properties", {}).items():
        here = body.get(name) if isinstance(body, dict) else None
        yield from fields_of(inner, here, (*path, name), name in shape.get("required", ()))
    if kind == "array" and isinstance(body, list) and body and shape.get("items"):
        yield from fields_of(shape["items"], body[0], (*path, 0))
    if kind == "object" and shape.get("additionalProperties") and isinstance(body, dict) and path:
        for name in list(body)[:1]:
            yield from fields_of(shape["additionalProperties"], body[name], (*path, name))


def faults_of(field: Field) -> Iterator[tuple[str, Any]]:
    if field.required:
        yield "missing", MISSING
    for fault, value in TYPES.get(field.kind, {}).items():
        if not (value is None and field.nullable):
            yield fault, value
    if field.kind == "string":
        yield from HOSTILE.items()
    if field.longest:
        yield "too long", "x" * (field.longest + 1)
    if field.kind == "integer":
        yield from {**NUMBERS, **NO_NUMBERS}.items()


def spoilt(body: Any, path: Path, value: Any) -> Any:
    """A copy of the body with this value there."""
    copied = copy.deepcopy(body)
    inner = copied
    for part in path[:-1]:
        inner = inner[part]
    if value is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copied


def has(body: Any, path: Path) -> bool:
    for part in path:
        try:
            body = body[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


@pytest.fixture(scope="module")
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The example fleet with a release under way, made once: every request is undone."""
    with django_db_blocker.unblock(), busy_fleet():
        yield


@pytest.fixture(scope="module")
def admin(fleet: None) -> Client:
    return session(build.person("admin"))


def send(client: Client, method: str, path: str, body: Any) -> Any:
    text = json.dumps(body).replace('"@1e999@"', "1e999")
    return client.generic(method.upper(), path, text, content_type="application/json")


OPERATIONS = operations()
SPOILT = sorted(set(OPERATIONS) & set(VALID))


def test_every_operation_has_a_body_that_is_accepted_or_takes_none() -> None:
    without = {key for key in OPERATIONS if key[1].startswith("/")} - set(VALID) - WITHOUT_BODY
    assert not without, f"no valid body in tests/trust/bodies.py for {sorted(without)}"
    assert set(VALID) | WITHOUT_BODY == set(OPERATIONS)


def ids(key: tuple[str, str]) -> str:
    return " ".join(key)


@pytest.mark.parametrize("key", SPOILT, ids=ids)
def test_the_valid_bodies_are_accepted_and_name_every_field(admin: Client, key: tuple[str, str]) -> None:
    with transaction.atomic():
        build.fresh()
        VALID[key].arrange()
        bodies, path = VALID[key].bodies(), filled(VALID[key].path)
        known = {field.path for body in bodies for field in fields_of(OPERATIONS[key], body)}
        assert not [one for one in known if not any(has(body, one) for body in bodies)]
        for body in bodies:
            with transaction.atomic():
                answer = send(admin, key[0], path, body)
                assert answer.status_code in {200, 201}, answer.content
                transaction.set_rollback(True)
        transaction.set_rollback(True)


@pytest.mark.parametrize("key", SPOILT, ids=ids)
def test_a_bad_field_is_refused_by_name_and_changes_nothing(admin: Client, key: tuple[str, str]) -> None:
    with transaction.atomic():
        build.fresh()
        VALID[key].arrange()
        bodies, path = VALID[key].bodies(), filled(VALID[key].path)
        before = state_of_everything()
        wrong = [
            f"{field.name}, {fault}: {said}"
            for body, field, fault, value in cases(OPERATIONS[key], bodies)
            if (said := judge(field, fault, answer_to(admin, key[0], path, spoilt(body, field.path, value))))
        ]
        after = state_of_everything()
        transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)
    assert after == before, "a refused body has changed something"


def cases(shape: dict[str, Any], bodies: list[Any]) -> Iterator[tuple[Any, Field, str, Any]]:
    """Each fault of each field once, in the first body that has the field."""
    tried: set[Path] = set()
    for body in bodies:
        for field in fields_of(shape, body):
            if field.path not in tried and has(body, field.path):
                tried.add(field.path)
                yield from ((body, field, fault, value) for fault, value in faults_of(field))


def answer_to(client: Client, method: str, path: str, body: Any) -> Any:
    """The answer; what an accepted body did is undone, what a refused one did stays to be found."""
    with transaction.atomic():
        answer = send(client, method, path, body)
        transaction.set_rollback(answer.status_code < 300)
    return answer


def judge(field: Field, fault: str, answer: Any) -> str:
    """What is wrong with the answer; nothing for a good one."""
    taken = any(re.fullmatch(one.fields, field.name) and fault in one.faults for one in TAKEN)
    if answer.status_code < 300:
        return "" if taken else f"{answer.status_code}: was taken"
    if not 400 <= answer.status_code < 500:
        return f"{answer.status_code}"
    if answer.headers["Content-Type"] != "application/problem+json":
        return f"is no problem: {answer.headers['Content-Type']}"
    told = [one["field"].replace("[", ".") for one in answer.json().get("errors", [])]
    named = any(one.split(".")[0] == field.path[0] for one in told)
    return "" if named or answer.status_code != 400 or fault in NOT_JSON else f"names {told}"
