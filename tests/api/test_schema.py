"""The OpenAPI document: made without a warning, complete, and shown to people."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from access.roles import PERMISSIONS
from orchestrator.api_docs import read_docs
from orchestrator.api_examples import ANSWERS, REQUESTS
from orchestrator.api_schema import METHODS, PREFIX
from tests import build
from tests.api.conftest import Call


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As `manage.py spectacular --validate --fail-on-warn` writes it."""
    path: Path = tmp_path_factory.mktemp("schema") / "schema.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, item[method])
        for path, item in schema["paths"].items()
        for method in METHODS
        if method in item and path.startswith(PREFIX)
    ]


def test_it_is_openapi_3_1_with_security_schemes(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    assert set(schema["components"]["securitySchemes"]) == {"token", "cookieAuth"}


def test_every_operation_says_what_it_is_what_it_takes_and_how_it_fails(schema: dict[str, Any]) -> None:
    found = operations(schema)
    assert len(found) > 25
    for method, path, operation in found:
        where = f"{method} {path}"
        assert operation.get("description"), where
        assert operation.get("x-action") in PERMISSIONS, where
        assert {"400", "401", "403", "429"} <= set(operation["responses"]), where
        assert operation["security"] == [{"token": []}, {"cookieAuth": []}], where


def test_every_problem_is_one_schema(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        for status, answer in operation["responses"].items():
            if status.startswith("4"):
                assert answer == {"$ref": f"#/components/responses/Problem{status}"}, (method, path)


def test_every_example_belongs_to_an_operation(schema: dict[str, Any]) -> None:
    there = {(method, path.removeprefix(PREFIX)) for method, path, _ in operations(schema)}
    assert {key[:2] for key in (*REQUESTS, *ANSWERS)} <= there


def shape_of(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
    return part


def test_every_body_has_an_example_of_its_fields(schema: dict[str, Any]) -> None:
    wrong = {}
    for method, path, operation in operations(schema):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            example, shape = media.get("example"), shape_of(schema, media["schema"])
            fields, needed = set(shape.get("properties", {})), set(shape.get("required", ()))
            if example is None or not needed <= set(example) <= fields:
                wrong[method, path] = example and (needed - set(example), set(example) - fields)
    assert wrong == {}


def test_no_answer_but_that_which_makes_it_has_a_secret_field(schema: dict[str, Any]) -> None:
    made = {"MadeToken", "Password"}
    for name, shape in schema["components"]["schemas"].items():
        secret = {"password", "token", "hash", "credentials", "kubeconfig", "private_key", "client_key"}
        shown = {
            field
            for field in secret & set(shape.get("properties", {}))
            if "$ref" not in str(shape["properties"][field])
        }
        assert not shown or name in made or name.endswith("Request"), (name, shown)


@pytest.mark.django_db
def test_the_schema_is_for_those_who_may_read(call: Call) -> None:
    assert Client().get("/api/schema/").status_code == 401
    client = Client()
    client.force_login(build.person("viewer"), "django.contrib.auth.backends.ModelBackend")
    answer = client.get("/api/schema/")
    assert (answer.status_code, yaml.safe_load(answer.content)["openapi"][:3]) == (200, "3.1")


@pytest.mark.django_db
def test_the_documentation_shows_every_operation_and_has_nothing_inline() -> None:
    assert Client().get("/api/docs/").status_code == 302
    client = Client()
    client.force_login(build.person("viewer"), "django.contrib.auth.backends.ModelBackend")
    page = client.get("/api/docs/").content.decode()
    for group in read_docs():
        for operation in group.operations:
            assert operation.path in page
    assert "style=" not in page and "<style" not in page
