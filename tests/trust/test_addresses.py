"""No address breaks Drover: each route with characters that no text may have, in its path and in its query."""

import re
from urllib.parse import quote

import pytest
from django.test import Client

from releases.models import Run
from tests import build
from tests.trust.conftest import bearer, session
from tests.trust.routes import Route, all_routes, fill

pytestmark = pytest.mark.django_db

UNFIT = ("\0", "\x1b", "\x7f")
# What filters, forms and pages read from a query.
NAMES = ("q", "cursor", "name", "version", "cluster", "prod", "run", "step", "revision", "against", "next")
PLACES = ("before", "after", "at", "on")
PARAMETER = re.compile(r"<[a-z]+:\w+>")


def with_names(route: Route, name: str) -> str:
    """A path of the route, with `name` in place of each of its parameters that may be a text; behind it,
    if there is none."""
    path = PARAMETER.sub(lambda found: "1" if "int:" in found[0] else quote(name), route.path)
    return f"/{path}" if quote(name) in path else f"/{path}{quote(name)}"


def check(client: Client, path: str) -> None:
    answer = client.get(path)
    where = (path, answer.status_code)
    assert answer.status_code == 400, where
    wanted = "application/problem+json" if path.startswith("/api/") else "text/html"
    assert answer.headers["Content-Type"].startswith(wanted), where


@pytest.mark.parametrize("unfit", UNFIT, ids=ascii)
def test_a_path_with_characters_that_no_text_may_have_is_400(world: Run, unfit: str) -> None:
    person = build.person("admin")
    clients = {True: bearer(person), False: session(person)}
    for route in all_routes():
        check(clients[route.is_api], with_names(route, f"a{unfit}b"))


@pytest.mark.parametrize("unfit", UNFIT, ids=ascii)
def test_a_query_with_characters_that_no_text_may_have_is_400(world: Run, unfit: str) -> None:
    person = build.person("admin")
    clients = {True: bearer(person), False: session(person)}
    query = "&".join(f"{name}=a{quote(unfit)}b" for name in NAMES)
    for route in all_routes():
        check(clients[route.is_api], f"{fill(route)}?{query}")


@pytest.mark.parametrize("value", ["9" * 5000, "-1", "\u0663", "1.5", "x"], ids=lambda value: value[:9])
def test_no_number_of_a_place_breaks_a_page(world: Run, value: str) -> None:
    client = session(build.person("admin"))
    query = "&".join(f"{name}={quote(value)}" for name in PLACES)
    for route in all_routes():
        if not route.is_api:
            assert client.get(f"{fill(route)}?{query}").status_code < 500, route.path


@pytest.mark.parametrize("value", ["a\r\nb", "\t", "\u2028\u202e", "%ff", "é" * 300], ids=ascii)
def test_no_query_breaks_a_page(world: Run, value: str) -> None:
    """Lines may break in a text field of a form that is read by GET."""
    person = build.person("admin")
    clients = {True: bearer(person), False: session(person)}
    query = "&".join(f"{name}={value if value == '%ff' else quote(value)}" for name in NAMES)
    for route in all_routes():
        answer = clients[route.is_api].get(f"{fill(route)}?{query}")
        assert answer.status_code < 500, (route.path, query)
