"""Every action × every role × every state of a run, posted to the server: the table of answers."""

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from access.tokens import create_token
from releases import actions
from releases.core.allowed import ACTIONS
from releases.core.states import RUN_ENDED, RunState, StepState
from releases.models import Run, Step
from releases.preview import preview_release
from tests import build

pytestmark = pytest.mark.django_db

ON_CALL_UP = {"on-call", "release-manager", "admin"}
MANAGER_UP = {"release-manager", "admin"}
ROLES = {
    "pause": ON_CALL_UP,
    "resume": ON_CALL_UP,
    "abort": ON_CALL_UP,
    "retry": ON_CALL_UP,
    "rollback": ON_CALL_UP,
    "skip": MANAGER_UP,
    "approve": MANAGER_UP,
}
# In these states of a run in which one Prod was changed, one step has failed and one gate asks.
STATES = {
    "pause": {"running", "awaiting-approval"},
    "resume": {"paused"},
    "abort": {"planned", "awaiting-approval", "running", "paused", "failed"},
    "retry": {"planned", "awaiting-approval", "running", "paused", "failed"},
    "skip": {"planned", "awaiting-approval", "running", "paused", "failed"},
    "approve": {"planned", "awaiting-approval", "running", "paused", "failed"},
    "rollback": {state.value for state in RunState},
}


def expected(action: str, role: str, state: str) -> int:
    """403 for a role that may not, 409 for a state that does not allow it, else 200."""
    if role not in ROLES[action]:
        return 403
    return 200 if state in STATES[action] else 409


@pytest.fixture
def run() -> Run:
    """A release with a failed step on c-2, whose version was set, and a gate that asks."""
    build.fleet()
    strategy = {"ask": "each-wave"}
    preview = preview_release("shop", "v1.1.0", strategy, [])
    made = actions.start_release(
        build.person("release-manager", "author"), "shop", "v1.1.0", strategy, [], preview.plan.digest
    )
    steps = Step.objects.filter(run=made, prod__name="c-2")
    steps.filter(kind="set_version").update(state=StepState.SUCCEEDED, attempt=1)
    steps.filter(kind="wait_ready").update(state=StepState.FAILED, attempt=1)
    Step.objects.filter(run=made, kind="ask", wave=2).update(state=StepState.RUNNING, attempt=1)
    return made


def put_in(run: Run, state: RunState) -> None:
    ended = timezone.now() if state in RUN_ENDED else None
    Run.objects.filter(pk=run.pk).update(state=state, finished_at=ended)


def post(run: Run, action: str, role: str, state: RunState) -> int:
    """The status of the answer. Nothing of it stays; a refusal must not have changed the run."""
    with transaction.atomic():
        put_in(run, state)
        token = create_token(build.person(role, f"caller-{role}"), "test", role)
        step = Step.objects.filter(run=run, kind="ask" if action == "approve" else "wait_ready").first()
        answer = Client().post(
            f"/api/v1/runs/{run.pk}/actions/{action}/",
            {"reason": "because of the test", "step": step.pk},
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        if answer.status_code != 200:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert Run.objects.get(pk=run.pk).state == state
        transaction.set_rollback(True)
    return answer.status_code


@pytest.mark.parametrize("action", ACTIONS)
def test_the_server_answers_by_role_and_state(run: Run, action: str) -> None:
    asked = [(role, state) for role in build.ROLES for state in RunState]
    answers = {(role, state): post(run, action, role, state) for role, state in asked}
    assert answers == {(role, state): expected(action, role, state) for role, state in asked}


def test_the_table_covers_every_action() -> None:
    assert set(ROLES) == set(STATES) == set(ACTIONS)
