"""A fleet with a Run, a Hold, a token and somebody, for every route to find something."""

import pytest
from django.test import Client

from access.models import Person
from access.tokens import create_token, issue_token
from releases.actions import start_release
from releases.models import Hold, Run
from releases.preview import preview_release
from tests import build


@pytest.fixture
def world(db: None) -> Run:
    """The example fleet with a release under way; `somebody` is a viewer with a token."""
    build.fleet(whole_groups=True)
    build.router()
    plan = preview_release("shop", "v1.1.0", {"ask": "each-wave"}, []).plan
    author = build.person("release-manager", "author")
    run = start_release(author, "shop", "v1.1.0", {"ask": "each-wave"}, [], plan.digest)
    Hold.objects.create(
        prod_id=run.claims.first().prod_id, reason="a test", author=build.person("admin"), at=run.since
    )
    issue_token(build.person("viewer", "somebody"), "somebody's", "viewer")
    return run


def session(person: Person) -> Client:
    """A browser in which the person is logged in."""
    client = Client(raise_request_exception=False)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def bearer(person: Person, role: str = "") -> Client:
    """A client that sends a new token of the person."""
    token = create_token(person, "test", role or person.role)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
