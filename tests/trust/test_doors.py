"""The one permission table through every door: pages, API, exports, tasks, commands.

The URL configuration, the task registry and the commands are walked: what asks for no right, and does not
stand in a list that says why, fails with its name.
"""

import inspect
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.core.management import get_commands
from django.db import transaction
from django.test import Client

from access.roles import PERMISSIONS, allows
from journal.models import Event
from orchestrator.celery import app
from releases.models import Run
from tests import build
from tests.trust.conftest import bearer, session
from tests.trust.routes import PUBLIC, Route, all_routes, fill

pytestmark = pytest.mark.django_db

# The page of an action on a run asks for the action's own right besides.
FINER = {"runs/<int:run_id>/<slug:verb>/": "run.pause"}
# Shown by GET to those who may preview or read, and done by POST only with a right that the page knows.
PAGE_METHODS = ("GET", "POST")


def test_every_route_names_its_action_or_says_why_it_is_open() -> None:
    routes = list(all_routes())
    assert len(routes) > 60
    for route in routes:
        unknown = set(route.permits.values()) - set(PERMISSIONS)
        assert not unknown, f"/{route.path} asks for {unknown}, which no row of the table allows"
        assert route.is_public or route.permits, f"/{route.path} asks for no right"
    assert set(PUBLIC) <= {route.path for route in routes}


def tried(client: Client, method: str, path: str) -> Any:
    """The answer; nothing of it stays, but the number of Events says whether something was done."""
    with transaction.atomic():
        before = Event.objects.count()
        answer = client.generic(method, path, "{}" if path.startswith("/api/") else "", "application/json")
        answer.did = Event.objects.count() - before
        transaction.set_rollback(True)
    return answer


def methods(route: Route) -> tuple[str, ...]:
    """What is worth trying: what the table names, and one method that it does not."""
    if not route.is_api:
        return PAGE_METHODS
    named = [method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if method in route.permits]
    return (*named, "PUT" if "PUT" not in named else "DELETE")


def test_without_a_login_nothing_is_shown_or_done(world: Run) -> None:
    client = Client(raise_request_exception=False)
    for route in all_routes():
        for method in () if route.is_public else methods(route):
            answer = tried(client, method, fill(route))
            where = (method, route.path, answer.status_code)
            assert answer.status_code in ({401} if route.is_api else {302, 405}), where
            assert answer.status_code != 302 or answer.headers["Location"].startswith("/login/"), where
            assert not answer.did, where


def expected(route: Route, method: str, role: str) -> bool:
    """Whether the table allows it."""
    rights = {route.permits.get(method, ""), FINER.get(route.path, route.permits.get(method, ""))}
    return all(allows(role, right) for right in rights)


@pytest.mark.parametrize("door", ["session", "token"])
def test_every_route_answers_each_role_as_the_table_says(world: Run, door: str) -> None:
    """A session has its person's role; a token has its own, and its person is an admin."""
    routes = [route for route in all_routes() if not route.is_public and (route.is_api or door == "session")]
    paths = {route.path: fill(route) for route in routes}
    for role in build.ROLES:
        token = bearer(build.person("admin"), role)
        client = session(build.person(role, f"caller-{role}")) if door == "session" else token
        for route in routes:
            for method in methods(route):
                check(route, method, role, tried(client, method, paths[route.path]))


def check(route: Route, method: str, role: str, answer: Any) -> None:
    where = f"{method} /{route.path} as {role}: {answer.status_code}"
    assert answer.status_code < 500 or answer.status_code == 503, where
    if method not in route.permits or not expected(route, method, role):
        assert answer.status_code in {403, 405}, where
        assert not answer.did, where
    else:
        said = answer.headers.get("Location", "")
        assert answer.status_code != 401 and not said.startswith("/login/"), where
        if answer.status_code == 403:  # a finer right, asked inside: the table must refuse this too
            assert role != "admin", where


def test_a_token_is_no_key_to_the_pages(world: Run) -> None:
    client = bearer(build.person("admin"))
    for route in all_routes():
        if not route.is_api and not route.is_public:
            answer = tried(client, "GET", fill(route))
            assert answer.status_code in {302, 405}, route.path


def our_tasks() -> dict[str, Any]:
    """The registry as a worker has it, without Celery's own."""
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_every_task_takes_names_of_rows_and_nothing_else() -> None:
    """A message may be forged: it can say only where to look. What is done stands in rows."""
    ours = our_tasks()
    assert {"releases.tasks.advance", "releases.tasks.act", "releases.tasks.tick"} <= set(ours)
    for name, task in ours.items():
        for parameter in inspect.signature(task.run).parameters.values():
            assert parameter.annotation in (int, str), f"{name} takes {parameter}"


@pytest.mark.django_db(transaction=True)
def test_a_forged_message_for_what_is_not_there_does_nothing() -> None:
    for task in our_tasks().values():
        given = [
            2**40 if parameter.annotation is int else "forged"
            for parameter in inspect.signature(task.run).parameters.values()
        ]
        with suppress(ObjectDoesNotExist):
            task.run(*given)
    assert not Event.objects.exists()


# Commands run by whoever has the server, and act as a person whom they name, or change nothing of people's.
COMMANDS = {
    "apply": "acts as the admin that --by names",
    "create_admin": "makes the first admin: whoever has the server has the database",
    "demo_fleet": "the demo's",
    "observer": "a process: watches",
    "rotate_credentials": "writes what is stored again with another key: whoever has the server has the key",
    "break_glass": "works without rows of people: whoever has the server has the keys and the file; it logs",
    "alive": "a probe: says whether a process makes progress",
}


def test_every_command_is_known_and_acts_as_a_person_or_not_at_all() -> None:
    """A new command acts through an action, which asks for the right of the person that --by names."""
    ours = {
        name: owner
        for name, owner in get_commands().items()
        if owner in {"orchestrator", "releases", "clusters", "traffic", "access", "journal"}
    }
    for name, owner in ours.items():
        source = inspect.getsource(import_module(f"{owner}.management.commands.{name}"))
        by_person = "--by" in source and "is_active" in source
        assert name in COMMANDS or by_person, f"manage.py {name} names no person for whom it acts"
