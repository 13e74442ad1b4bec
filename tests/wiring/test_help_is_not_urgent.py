"""What helps beside a rollback takes no worker from what is urgent in it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.utils import timezone

from journal.core.reasons import because
from releases.actions import roll_back, start_release
from releases.core.answers import Succeeded
from releases.models import Step
from releases.preview import preview_release
from tests import build
from tests.engine.driver import advance, answer, finish

pytestmark = pytest.mark.django_db

PATIENCE_S = 20


@pytest.fixture
def queues() -> Iterator[dict[int, str]]:
    """Step -> the queue that its act was sent to."""
    found: dict[int, str] = {}

    def keep(sender: str, body: Any, routing_key: str, **_more: Any) -> None:
        if sender == "releases.tasks.act":
            found[body[0][0]] = routing_key

    before_task_publish.connect(keep)
    yield found
    before_task_publish.disconnect(keep)


def test_who_is_brought_back_is_urgent_and_who_is_warmed_up_or_gets_more_pods_is_not(
    queues: dict[int, str], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    build.fleet(whole_groups=True)
    build.autoscaled()
    exclude = [{"prod": name, "reason": "not now"} for name in ("a-2", "b-1", "b-2", "c-1", "c-2")]
    strategy = {"soak_s": 0, "warm_up": 3}
    plan = preview_release("shop", "v2.1.0", strategy, exclude).plan
    person = build.person("release-manager")
    run = start_release(person, "shop", "v2.1.0", strategy, exclude, plan.digest)
    finish(run)
    back = roll_back(build.person("on-call"), run.pk, "it is bad")
    for kind, queue in (("warm_beside", "default"), ("scale_up", "default"), ("set_version", "emergency")):
        queues.clear()
        deadline = time.monotonic() + PATIENCE_S
        while (
            not queues and time.monotonic() < deadline
        ):  # after a broker was silent, nothing is sent for a second
            Step.objects.filter(run=back, state="running").update(due_at=timezone.now())
            build.fresh()
            with django_capture_on_commit_callbacks(execute=True):
                advance(back)
        step = Step.objects.get(run=back, kind=kind)
        assert queues == {step.pk: queue}
        answer(step, Succeeded(because("floors-enough")))
