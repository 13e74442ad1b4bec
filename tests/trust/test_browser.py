"""What every page promises to the browser, and that nobody is let in while the truth is away."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from releases.models import Run
from tests import build
from tests.trust.conftest import bearer, session
from tests.trust.routes import all_routes, fill
from tests.web.test_policy import INLINE

pytestmark = pytest.mark.django_db
# Static names of settings that an https address switches on.
HTTPS = {
    "SESSION_COOKIE_NAME": "__Host-sessionid",
    "CSRF_COOKIE_NAME": "__Host-csrftoken",
    "LANGUAGE_COOKIE_NAME": "__Host-language",
    "LANGUAGE_COOKIE_SECURE": True,
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SECURE_HSTS_SECONDS": 31536000,
    "SECURE_SSL_REDIRECT": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
}


def test_every_page_is_strict_and_has_nothing_inline_or_from_outside(world: Run) -> None:
    client = session(build.person("admin"))
    for route in all_routes():
        answer = client.get(fill(route)) if not route.is_api else None
        if answer is None or answer.streaming or "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, route.path
        assert "unsafe" not in policy and "data:" not in policy, route.path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", route.path
        for what, pattern in INLINE.items():
            assert not pattern.search(answer.content.decode()), (route.path, what)


def test_the_session_cookie_is_for_the_server_alone() -> None:
    mika = build.person("viewer", "mika")
    mika.set_password("a-long-password-71")
    mika.save(update_fields=["password"])
    answer = Client().post("/login/", {"username": "mika", "password": "a-long-password-71"})
    cookie = answer.cookies["sessionid"]
    assert answer.status_code == 302
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_over_https_cookies_are_bound_to_the_host_and_hsts_is_sent() -> None:
    names = list(HTTPS)
    program = (
        "import json; from orchestrator import settings; "
        f"print(json.dumps({{name: getattr(settings, name) for name in {names}}}))"
    )
    env = os.environ | {"DROVER_URL": "https://drover.example", "DROVER_DEMO": "off"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == HTTPS


def away(_execute: Callable[..., Any], *_: Any) -> Any:
    raise OperationalError("the database is away")


@pytest.mark.parametrize("door", ["session", "token"])
def test_while_the_database_is_away_nobody_is_let_in(world: Run, door: str) -> None:
    client = session(build.person("admin")) if door == "session" else bearer(build.person("admin"))
    for path in ("/api/v1/prods/", "/api/v1/me/", "/metrics"):
        with connection.execute_wrapper(away):
            assert client.get(path).status_code >= 500, path
    if door == "session":
        with connection.execute_wrapper(away):
            assert client.get("/").status_code >= 500
