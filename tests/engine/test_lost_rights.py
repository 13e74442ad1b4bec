"""A Run whose author lost the right: it stops, and somebody who has the right goes on."""

import pytest

from releases import actions
from releases.engine import acts
from releases.models import Step
from releases.prod_previews import preview_change
from tests import build
from tests.engine.driver import advance, running_acts

pytestmark = pytest.mark.django_db

# The retrier's role -> whether the act stays refused.
RETRIED_BY = {"admin": False, "release-manager": False, "on-call": True}


@pytest.mark.parametrize("gone", [{"is_active": False}, {"role": "viewer"}], ids=["closed", "demoted"])
@pytest.mark.parametrize("role", RETRIED_BY)
def test_only_a_retry_by_somebody_with_the_right_goes_on(role: str, gone: dict[str, object]) -> None:
    build.fleet()
    author, more = build.person("release-manager", "author"), {"replicas": {"api": 5}}
    run = actions.start_change(author, "b-1", more, preview_change("b-1", more).plan.digest, "more users")
    type(author).objects.filter(pk=author.pk).update(**gone)
    build.fresh()
    advance(run)
    step = _performed(*running_acts(run))
    assert step.reason["code"] == "author-may-not"
    advance(run)
    actions.retry(build.person(role), run.pk, step.pk, "I go on")
    build.fresh()
    advance(run)
    step = _performed(*running_acts(run))
    assert (step.reason.get("code") == "author-may-not") is RETRIED_BY[role]


def _performed(step: Step) -> Step:
    acts.perform(step.pk, step.attempt)
    step.refresh_from_db()
    return step
