"""Browsers of people, the example fleet, and Runs in every state."""

from collections.abc import Callable

import pytest
from django.test import Client

from access.models import Person
from releases.actions import start_release
from releases.models import Run
from releases.preview import preview_release
from tests import build

PEOPLE = ("anonymous", *build.ROLES)
Browser = Callable[[str], Client]


@pytest.fixture
def fleet(db: None) -> None:
    """The example fleet, in service on v1.0.0."""
    build.fleet()


@pytest.fixture
def browser(db: None) -> Browser:
    """browser(role) -> a client that is logged in, or not for `anonymous`."""

    def _browser(role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role != "anonymous":
            client.force_login(build.person(role), "django.contrib.auth.backends.ModelBackend")
        return client

    return _browser


@pytest.fixture
def release(fleet: None) -> Callable[..., Run]:
    """release(version="v1.1.0", **strategy) -> a Run that the release manager has just started."""

    def _release(version: str = "v1.1.0", by: Person | None = None, **strategy: object) -> Run:
        plan = preview_release("shop", version, strategy, []).plan
        who = by or build.person("release-manager")
        return start_release(who, "shop", version, strategy, [], plan.digest)

    return _release
