"""Automation over the API: what it says, and its switches."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clusters.models import Cluster
from releases.actions import start_leaving
from releases.failover_preview import preview_leaving
from releases.models import AutoFailover, AutomationStop, Claim, Run, Step
from tests import build
from tests.api.conftest import Call
from tests.traffic.signals import all_up, says
from traffic.models import RouteMember

pytestmark = pytest.mark.django_db
WHY = {"reason": "the power is out"}


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()
    all_up()


def test_it_says_what_is_on_what_is_heard_and_what_is_proposed(call: Call) -> None:
    says("a", "down")
    says("b", "suspect")
    found = call("GET", "automation/", role="viewer").json()
    assert found["stopped"] is None
    assert [(one["redundancy"], one["on"]) for one in found["classes"]] == [
        ("none", False),
        ("two-domain", False),
    ]
    assert [one["code"] for one in found["idle"]] == ["auto-failover-off"]
    states = {one["cluster"]: (one["state"], one["reason"]) for one in found["clusters"]}
    assert {name: state for name, (state, _) in states.items()} == {"a": "down", "b": "suspect", "c": "up"}
    assert states["b"][1]["params"] == {"signal": "api"}
    (proposal,) = found["proposals"]
    # No router publishes anything here, so redundant users have to be moved too.
    assert (proposal["cluster"], proposal["survival"]["moved"]) == ("a", 700)
    assert proposal["estimate_s"] is None, "nobody has been moved yet"


def test_a_proposal_says_how_long_it_would_take_as_moves_took_lately(call: Call) -> None:
    for seconds in (2, 4):
        moved(seconds)
    says("a", "down")
    (proposal,) = call("GET", "automation/", role="viewer").json()["proposals"]
    assert proposal["estimate_s"] == 3


def moved(seconds: int) -> None:
    """Users have left b, and come back, which took so long."""
    digest = preview_leaving("b").plan.digest
    run = start_leaving(build.person("on-call"), "b", digest, "a test")
    began = timezone.now()
    ended = began + timedelta(seconds=seconds)
    Step.objects.filter(run=run).update(state="succeeded", started_at=began, finished_at=ended)
    Run.objects.filter(pk=run.pk).update(state="succeeded", finished_at=ended)
    Claim.objects.all().delete()
    Cluster.objects.filter(name="b").update(intent="active")
    for member in RouteMember.objects.all():
        member.weight = member.target
        member.save()


def test_on_call_presses_the_kill_switch_and_a_release_manager_lifts_it(call: Call) -> None:
    assert call("POST", "automation/stop/", WHY, role="viewer").status_code == 403
    stopped = call("POST", "automation/stop/", WHY, role="on-call")
    assert (stopped.status_code, stopped.json()["stopped"]["author"]) == (200, "on-call")
    assert "automation-stopped" in [one["code"] for one in stopped.json()["idle"]]
    again = call("POST", "automation/stop/", WHY, role="on-call")
    assert (again.status_code, again.json()["code"]) == (409, "automation-already-stopped")
    assert call("POST", "automation/resume/", WHY, role="on-call").status_code == 403
    assert call("POST", "automation/resume/", WHY, role="release-manager").json()["stopped"] is None
    assert AutomationStop.objects.filter(lifted_at=None).count() == 0


def test_a_redundancy_is_switched_by_a_release_manager(call: Call) -> None:
    wish = {"redundancy": "none", "on": True, **WHY}
    assert call("POST", "automation/failover/", wish, role="on-call").status_code == 403
    found = call("POST", "automation/failover/", wish, role="release-manager").json()
    assert [one["on"] for one in found["classes"]] == [True, False]
    never = call("POST", "automation/failover/", {**wish, "redundancy": "test"}, role="release-manager")
    assert (never.status_code, never.json()["code"]) == (409, "never-automatic")
    assert AutoFailover.objects.get().redundancy == "none"
