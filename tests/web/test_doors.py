"""Every page asks who it is: the whole URL configuration by every role, and what it answers."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from releases.models import Hold, Run
from tests import build
from tests.web.conftest import PEOPLE, Browser

READ, ON_CALL, MANAGER = "viewer", "on-call", "release-manager"

# Path -> (least role, the status that it gets). Everyone else: the login page, or 403.
PAGES = {
    "/": (READ, 200),
    "/fleet/live/": (READ, 200),
    "/releases/": (READ, 200),
    "/releases/new/": (READ, 200),
    "/releases/plan/?version=shop/v1.1.0": (READ, 200),
    "/runs/{run}/": (READ, 200),
    "/runs/{run}/live/": (READ, 200),
    "/runs/{run}/pause/": (ON_CALL, 200),
    "/runs/{run}/resume/": (ON_CALL, 200),
    "/runs/{run}/retry/": (ON_CALL, 200),
    "/runs/{run}/abort/": (ON_CALL, 200),
    "/runs/{run}/rollback/": (ON_CALL, 200),
    "/runs/{run}/approve/": (MANAGER, 200),
    "/runs/{run}/skip/": (MANAGER, 200),
    "/runs/{run}/explode/": (READ, 404),
    "/runs/999999/": (READ, 404),
    "/prods/a-1/": (READ, 200),
    "/prods/a-1/live/": (READ, 200),
    "/prods/z-9/": (READ, 404),
    "/versions/": (READ, 200),
    "/versions/{version}/lift/": (MANAGER, 200),
    "/holds/{hold}/lift/": (MANAGER, 200),
    "/line/stop/": (ON_CALL, 200),
    "/line/resume/": (MANAGER, 200),
}
POSTS = {
    "/releases/start/": MANAGER,
    "/runs/{run}/pause/": ON_CALL,
    "/runs/{run}/resume/": ON_CALL,
    "/runs/{run}/retry/": ON_CALL,
    "/runs/{run}/abort/": ON_CALL,
    "/runs/{run}/rollback/": ON_CALL,
    "/runs/{run}/approve/": MANAGER,
    "/runs/{run}/skip/": MANAGER,
    "/versions/{version}/lift/": MANAGER,
    "/holds/{hold}/lift/": MANAGER,
    "/line/stop/": ON_CALL,
    "/line/resume/": MANAGER,
}
# Doors that are open on purpose, or are tested elsewhere.
OPEN = {"healthz", "readyz", "login/", "logout/", "live/", "csp-report/"}


def _expected(role: str, least: str, status: int) -> int:
    if role == "anonymous":
        return 302
    return status if build.ROLES.index(role) >= build.ROLES.index(least) else 403


@pytest.fixture
def names(release) -> dict[str, int]:  # type: ignore[no-untyped-def]
    run: Run = release()
    admin = build.person("admin")
    hold = Hold.objects.create(
        prod_id=run.claims.first().prod_id, reason="a test", author=admin, at=run.since
    )
    return {"run": run.pk, "hold": hold.pk, "version": run.version_id}


def test_every_page_answers_each_role_as_the_table_says(names: dict[str, int], browser: Browser) -> None:
    for role in PEOPLE:
        client = browser(role)
        for path, (least, status) in PAGES.items():
            answer = client.get(path.format(**names))
            assert answer.status_code == _expected(role, least, status), (role, path)


def test_every_change_is_refused_to_those_who_may_not(names: dict[str, int], browser: Browser) -> None:
    for role in PEOPLE:
        client = browser(role)
        for path, least in POSTS.items():
            expected = _expected(role, least, 0)
            if expected:
                assert client.post(path.format(**names)).status_code == expected, (role, path)
    run = Run.objects.get(pk=names["run"])
    assert run.state == "running"


def test_each_route_of_the_pages_is_in_the_table(names: dict[str, int]) -> None:
    listed = {path.split("?")[0].strip("/").split("/")[0] for path in (*PAGES, *POSTS)}
    for pattern in _page_routes(get_resolver().url_patterns):
        first = pattern.split("/")[0]
        assert pattern in OPEN or first in listed, f"/{pattern} is in no table"


def test_each_page_carries_the_action_it_asks_for() -> None:
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) and pattern.app_name == "releases":
            for route in pattern.url_patterns:
                assert getattr(route.callback, "action", ""), f"{route.pattern} asks for no right"


def _page_routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if path.startswith("api/"):
            continue
        found += _page_routes(pattern.url_patterns, path) if isinstance(pattern, URLResolver) else [path]
    return found


def test_a_form_from_elsewhere_changes_nothing(names: dict[str, int]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(build.person("admin"), "django.contrib.auth.backends.ModelBackend")
    answer = client.post(f"/runs/{names['run']}/pause/")
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
    assert Run.objects.get(pk=names["run"]).state == "running"


def test_a_person_who_was_shut_out_is_out_at_once(names: dict[str, int], browser: Browser) -> None:
    client = browser("admin")
    assert client.get("/").status_code == 200
    admin = build.person("admin")
    admin.is_active = False
    admin.save(update_fields=["is_active"])
    assert client.get("/").status_code == 302


def test_a_role_that_was_taken_away_is_gone_at_once(names: dict[str, int], browser: Browser) -> None:
    client = browser("on-call")
    build.person("on-call").__class__.objects.filter(username="on-call").update(role="viewer")
    assert client.post(f"/runs/{names['run']}/pause/").status_code == 403


def test_a_refusal_says_what_role_it_takes(names: dict[str, int], browser: Browser) -> None:
    said = browser("viewer").get("/line/stop/").content.decode()
    assert "on-call" in said
    assert "Nothing was changed" in said
