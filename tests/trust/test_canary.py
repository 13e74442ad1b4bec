"""A canary in every secret field, then everything that can be read: none of it sings."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client

from access.tokens import create_token
from clusters.actions import register_cluster
from clusters.core.kubeconfig import Credentials
from orchestrator.logs import logging_config
from releases.engine import wake
from releases.models import Run
from tests import build
from tests.trust.conftest import bearer, session
from tests.trust.routes import all_routes, fill
from traffic.actions import register_router

pytestmark = pytest.mark.django_db

SONG = "c4n4ry"
PASSWORD = f"{SONG}-password-of-mika"
CREDENTIALS = {
    "token": f"{SONG}-cluster-token",
    "client_key_pem": f"-----BEGIN PRIVATE KEY-----\n{SONG}-client-key\n-----END PRIVATE KEY-----",
}

ROUTER = {
    "kind": "route53",
    "instances": [
        {
            "name": "canary-zone",
            "failure_domain": "aws",
            "settings": {"zone": "example.com", "zone_id": "Z0123456789", "domain": "r.example.com"},
            "credentials": {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": (SONG * 7)[:40]},
        }
    ],
}


class Kept(logging.Handler):
    """Every line, formatted as the processes do it."""

    def __init__(self, style: str) -> None:
        super().__init__(logging.DEBUG)
        formatter = dict(logging_config("DEBUG", style)["formatters"]["line"])
        self.setFormatter(formatter.pop("()")(**formatter))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logs() -> Iterator[list[str]]:
    """All lines at DEBUG."""
    root, kept = logging.getLogger(), Kept("json")
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    yield kept.lines
    root.setLevel(before)
    root.removeHandler(kept)


@pytest.fixture
def secrets(world: Run, settings: Any) -> list[str]:
    """Everything that must stand nowhere."""
    settings.SECRET_KEY = f"{SONG}-secret-key-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2
    settings.CREDENTIAL_KEYS = (Fernet.generate_key().decode(),)
    for name in ("a", "b", "c", "canary"):
        credentials = Credentials(server="https://canary.example:6443", **CREDENTIALS)
        register_cluster(
            build.person("admin"),
            name,
            provider="on-premises",
            region="",
            failure_domain=name,
            credentials=credentials,
        )
    register_router(build.person("admin"), "canary-dns", **ROUTER)
    mika = build.person("viewer", "mika")
    mika.set_password(PASSWORD)
    mika.save(update_fields=["password"])
    token = create_token(mika, "canary", "viewer")
    return [SONG, token, token[4:30], *settings.CREDENTIAL_KEYS]


def sung(secrets: list[str], text: str) -> list[str]:
    return [one for one in secrets if one in text]


def crawl(client: Client, *, api: bool | None = None) -> Iterator[tuple[str, str]]:
    """(path, what is answered) for every GET route, and for what is not there or not readable."""
    for route in all_routes():
        if api is None or route.is_api is api:
            path = fill(route)
            answer = client.get(path)
            if not answer.streaming:
                yield path, f"{dict(answer.headers)} {answer.content.decode(errors='replace')}"
    for path in ("/nowhere/", "/api/v1/nowhere/", "/runs/999999/", "/api/v1/runs/?cursor=x"):
        yield path, client.get(path).content.decode(errors="replace")


def test_no_page_and_no_answer_shows_a_secret(secrets: list[str], logs: list[str]) -> None:
    for role in build.ROLES:
        person = build.person(role, f"reader-{role}")
        for client, api in ((session(person), None), (bearer(person), True)):
            for path, text in crawl(client, api=api):
                assert not sung(secrets, text), (role, path)
    assert len(logs) > 100
    assert not [line for line in logs if sung(secrets, line)]


def test_what_is_typed_wrong_is_not_repeated(secrets: list[str], logs: list[str]) -> None:
    """Errors of forms and bodies, and what is logged of them."""
    admin = session(build.person("admin"))
    pages = [admin.post("/login/", {"username": "mika", "password": PASSWORD + "x"})]
    kubeconfig = f"apiVersion: v1\nkind: Config\nusers: [{{name: x, user: {{token: {SONG}}}}}]\n"
    for path in ("/clusters/new/", "/clusters/a/credentials/"):
        pages.append(admin.post(path, {"token": SONG, "client_key": SONG, "access": "token", "name": "A!"}))
        pages.append(admin.post(path, {"kubeconfig": kubeconfig, "access": "kubeconfig", "name": "A!"}))
    keys = {
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": SONG,
        "kind": "route53",
        "name": "A!",
    }
    pages.append(admin.post("/routers/new/", keys))
    client = bearer(build.person("admin"))
    router = {**ROUTER, "name": "A!"}
    pages.append(client.post("/api/v1/routers/", router, content_type="application/json"))
    body = {"name": "A!", "kubeconfig": kubeconfig, "token": SONG, "access": {"token": SONG}}
    pages.append(client.post("/api/v1/clusters/", body, content_type="application/json"))
    for page in pages:
        shown = page.content.decode()
        assert not sung(secrets, shown), page.request["PATH_INFO"]
    assert not [line for line in logs if sung(secrets, line)]


def test_no_table_holds_a_secret(secrets: list[str]) -> None:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in sorted(tables):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {connection.ops.quote_name(table)} t")
            for (row,) in cursor.fetchall():
                assert not sung(secrets, row), table


def test_no_message_holds_a_secret(
    secrets: list[str], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """Arguments of tasks are numbers and names of rows."""
    sent: list[str] = []

    def keep(body: Any = None, headers: Any = None, **_: Any) -> None:
        sent.append(repr((body, headers)))

    before_task_publish.connect(keep)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            wake.wake(list(Run.objects.values_list("pk", flat=True)))
    finally:
        before_task_publish.disconnect(keep)
    assert sent
    assert not [message for message in sent if sung(secrets, message)]


def test_the_repr_of_credentials_tells_nothing() -> None:
    assert SONG not in repr(Credentials(server="https://canary.example", **CREDENTIALS))
