"""Whoever changes weights, the publishers of the routers concerned are woken once the change is committed."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish

from tests import build
from traffic.actions import publish_routes, return_to_epoch, set_weights
from traffic.engine.shifting import became_due

PATIENCE_S = 20

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> Iterator[list[tuple[str, int, str]]]:
    """(task, its argument, its queue) of all that is sent."""
    found: list[tuple[str, int, str]] = []

    def keep(sender: str, body: Any, routing_key: str, **_more: Any) -> None:
        found.append((sender, body[0][0], routing_key))

    before_task_publish.connect(keep)
    yield found
    before_task_publish.disconnect(keep)


def test_weights_given_by_a_person_wake_the_publisher_at_once(
    sent: list[tuple[str, int, str]], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    build.fleet(whole_groups=True)
    instance = build.router()
    admin = build.person("admin")
    publish_routes(admin, "edge", ["shop-r"])
    epochs = iter(range(1, 1000))
    deadline = time.monotonic() + PATIENCE_S
    while not sent and time.monotonic() < deadline:  # after a broker was silent, nothing is sent for a second
        epoch = next(epochs)
        with django_capture_on_commit_callbacks(execute=True):
            set_weights(admin, "shop-r", {"a-2": 1 + epoch % 50}, "", epoch)
    assert set(sent) == {("releases.tasks.publish", instance.pk, "emergency")}


def test_a_change_that_is_not_committed_wakes_nobody(sent: list[tuple[str, int, str]]) -> None:
    build.fleet(whole_groups=True)
    build.router()
    publish_routes(build.person("admin"), "edge", ["shop-r"])
    set_weights(build.person("admin"), "shop-r", {"a-2": 90}, "", 1)
    assert sent == []


def test_every_change_of_weights_names_the_routers_that_publish_the_route() -> None:
    build.fleet(whole_groups=True)
    instance, who = build.router(), build.person("admin")
    publish_routes(who, "edge", ["shop-r"])
    told: list[tuple[int, ...]] = []

    def keep(instances: tuple[int, ...], **_: Any) -> None:
        told.append(instances)

    became_due.connect(keep)
    set_weights(who, "shop-r", {"a-2": 90}, "", 1)
    return_to_epoch(who, "shop-r", 1, "", 2)
    set_weights(who, "shop-s", {"a-1": 90}, "", 1)  # published nowhere
    became_due.disconnect(keep)
    assert told == [(instance.pk,), (instance.pk,), ()]
