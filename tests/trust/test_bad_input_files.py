"""Bodies and files that are too large, and YAML that stands for more than it is: refused at once."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import build
from tests.trust import bodies
from tests.trust.conftest import bearer, session
from tests.trust.hostile import busy_fleet, state_of_everything

pytestmark = pytest.mark.django_db

MOST_S = 5.0  # a calm machine takes a tenth of it
LARGE = 20 * 1024 * 1024
YAML = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{two}: &{two} [{','.join([f'*{one}'] * 9)}]\n"
        for one, two in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "deep": "[" * 50_000 + "]" * 50_000,
    "a huge text": "a: " + "x" * 1_500_000,
    "many keys": "\n".join(f"k{number}: 1" for number in range(200_000)),
    "a tag": "!!python/object/apply:os.system ['true']",
    "twice": "a: 1\na: 2",
    "no end": "a: [",
}
Api = tuple[str, str, Callable[[str], Any]]
API: dict[str, Api] = {
    "blueprint": ("post", "/blueprints/", lambda text: {"name": "store", "manifests": text}),
    "revision": ("post", "/blueprints/shop/revisions/", lambda text: {"manifests": text}),
    "kubeconfig": (
        "post",
        "/clusters/",
        lambda text: {
            "name": "z",
            **bodies.FACTS,
            "access": "kubeconfig",
            "credentials": {"kubeconfig": text},
        },
    ),
    "credentials": (
        "put",
        "/clusters/a/credentials/",
        lambda text: {"access": "kubeconfig", "credentials": {"kubeconfig": text}},
    ),
}
CONNECT = {"name": "z", **bodies.FACTS, "access": "kubeconfig"}
INSTANCE = {"instance_name": "z", "failure_domain": "z", "cluster": ""}
PAGES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "blueprint": ("/blueprints/new/", "text", "file", {"name": "store"}),
    "revision": ("/blueprints/shop/edit/", "text", "file", {"base": "1"}),
    "prod": ("/prods/new/", "text", "file", {"do": "create"}),
    "overrides": ("/prods/a-1/change/", "overrides", "", {}),
    "register": ("/clusters/new/", "kubeconfig", "kubeconfig_file", CONNECT),
    "credentials": ("/clusters/a/credentials/", "kubeconfig", "kubeconfig_file", CONNECT),
    "router": ("/routers/new/", "settings", "", {"name": "z", "kind": "haproxy", **INSTANCE}),
    "instance": ("/routers/edge/instances/new/", "settings", "", INSTANCE),
}


def refused(send: Callable[[], Any]) -> Any:
    """The answer, given soon, with nothing changed."""
    before, began = state_of_everything(), time.monotonic()
    answer = send()
    assert time.monotonic() - began < MOST_S
    assert 400 <= answer.status_code < 500
    assert state_of_everything() == before
    return answer


def test_yaml_bombs_are_refused_by_the_api() -> None:
    with busy_fleet():
        client = bearer(build.person("admin"))
        client.get("/api/v1/me/")  # the time of the token's last use
        for method, path, body in API.values():
            for text in YAML.values():
                send = getattr(client, method)
                answer = refused(
                    lambda send=send, path=path, body=body, text=text: send(
                        f"/api/v1{path}", body(text), content_type="application/json"
                    )
                )
                assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", PAGES)
def test_yaml_bombs_are_refused_by_the_pages(name: str) -> None:
    path, field, file, more = PAGES[name]
    with busy_fleet():
        client = session(build.person("admin"))
        for text in YAML.values():
            refused(lambda text=text: client.post(path, {**more, field: text}))
            if file:
                upload = SimpleUploadedFile("a.yaml", text.encode())
                refused(lambda upload=upload: client.post(path, {**more, file: upload}))


@pytest.mark.parametrize("name", [name for name in PAGES if PAGES[name][2]])
def test_a_file_of_20_mb_is_refused_by_the_pages(name: str) -> None:
    path, _field, file, more = PAGES[name]
    with busy_fleet():
        client = session(build.person("admin"))
        upload = SimpleUploadedFile("a.yaml", b"x" * LARGE)
        refused(lambda: client.post(path, {**more, file: upload}))


def test_a_body_of_20_mb_is_413_everywhere_in_the_api() -> None:
    text = b'{"reason": "' + b"x" * LARGE + b'"}'
    with busy_fleet():
        client = bearer(build.person("admin"))
        client.get("/api/v1/me/")
        build.cluster("a-lonely")
        bodies.a_zone()
        said = {
            key: refused(
                lambda method=key[0], path=one.path: client.generic(
                    method.upper(), bodies.filled(path), text, content_type="application/json"
                )
            ).status_code
            for key, one in bodies.VALID.items()
        }
    assert {key: status for key, status in said.items() if status != 413} == {}


def test_a_form_of_20_mb_is_no_page() -> None:
    with busy_fleet():
        client = session(build.person("admin"))
        client.raise_request_exception = False
        for path, field, _file, more in PAGES.values():
            refused(lambda path=path, field=field, more=more: client.post(path, {**more, field: "x" * LARGE}))
