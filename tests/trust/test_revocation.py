"""What ends what: each cause × each credential. Streams and long polls look again by themselves
(`RECHECK_S`, and once before they answer); everything else is asked at each use."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import AsyncClient, Client
from django.utils import timezone

from access import actions as people
from access.models import ApiToken, Person
from access.tokens import issue_token, person_of
from orchestrator.live import RECHECK_S, events_of
from releases import actions
from releases.actions import start_release
from releases.api import longpoll
from releases.engine import acts, passes
from releases.models import Run, Step
from releases.preview import preview_release
from tests import build
from tests.trust.conftest import session

pytestmark = pytest.mark.django_db(transaction=True)

BOUND_S = 60
Poll = tuple[str, AsyncClient, dict[str, str]]


@dataclass
class Holder:
    """A release manager with one of each credential: mika."""

    person: Person
    client: Client
    token: str
    token_id: int
    parent_id: int
    run: Run  # mika's own, with an act under way
    asking: Run  # somebody else's, with a gate that mika has approved


@pytest.fixture
def holder(db: None) -> Holder:
    build.fleet()
    mika = build.person("release-manager", "mika")
    parent, text = issue_token(mika, "parent", "release-manager")
    through = person_of(text, timezone.now())
    assert through
    token, text = people.create_token(through, mika, "child", "release-manager", None)
    asking = _asking(build.person("release-manager", "author"))
    actions.approve(mika, asking.pk, _gate(asking).pk)
    return Holder(mika, session(mika), text, token.pk, parent.pk, _under_way(mika), asking)


def _asking(author: Person) -> Run:
    """A release of every Prod but c-1 whose gate waits for two people."""
    strategy = {"ask": "each-wave", "approvals": 2}
    exclude = [{"prod": "c-1", "reason": "the other run has it"}]
    plan = preview_release("shop", "v1.1.0", strategy, exclude).plan
    run = start_release(author, "shop", "v1.1.0", strategy, exclude, plan.digest)
    Step.objects.filter(run=run, wave=1).update(state="succeeded", attempt=1)
    build.fresh()
    passes.advance(run.pk)
    return run


def _gate(run: Run) -> Step:
    """The gate in front of its second wave."""
    return Step.objects.get(run=run, kind="ask", wave=2)


def _under_way(author: Person) -> Run:
    """A release of c-1 alone whose first act has been sent to a worker."""
    others = ("a-1", "a-2", "b-1", "b-2", "c-2")
    exclude = [{"prod": name, "reason": "the other run has it"} for name in others]
    plan = preview_release("shop", "v1.1.0", {}, exclude).plan
    run = start_release(author, "shop", "v1.1.0", {}, exclude, plan.digest)
    build.fresh()
    passes.advance(run.pk)
    return run


def _expire(one: Holder) -> None:
    ApiToken.objects.filter(pk=one.token_id).update(expires_at=timezone.now() - timedelta(seconds=1))


def _expire_session(one: Holder) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.filter(pk=one.client.session.session_key).update(expire_date=past)


ADMIN = "admin"
CAUSES: dict[str, Callable[[Holder], object]] = {
    "nothing": lambda one: None,
    "logout": lambda one: one.client.post("/logout/"),
    "session expired": _expire_session,
    "account closed": lambda one: people.deactivate_person(build.person(ADMIN), "mika"),
    "role lowered": lambda one: people.set_role(build.person(ADMIN), "mika", "viewer"),
    "password reset": lambda one: people.reset_password(build.person(ADMIN), "mika"),
    "token revoked": lambda one: people.revoke_token(build.person(ADMIN), one.token_id),
    "parent revoked": lambda one: people.revoke_token(build.person(ADMIN), one.parent_id),
    "token expired": _expire,
}
BROWSER = {"page", "api by session", "stream", "long poll by session"}
TOKEN = {"token", "long poll by token"}
# A role that is lowered lets its person go on reading: what dies is the right to act.
ACTING = {"page that acts", "token that acts", "queued act", "approval"}
DEAD: dict[str, set[str]] = {
    "nothing": set(),
    "logout": BROWSER | {"page that acts"},
    "session expired": BROWSER | {"page that acts"},
    "account closed": BROWSER | TOKEN | ACTING,
    "role lowered": ACTING,
    "password reset": BROWSER | TOKEN | {"page that acts", "token that acts"},
    "token revoked": TOKEN | {"token that acts"},
    "parent revoked": TOKEN | {"token that acts"},
    "token expired": TOKEN | {"token that acts"},
}


@pytest.mark.parametrize("cause", CAUSES)
def test_what_ends_what(holder: Holder, cause: str) -> None:
    key = holder.client.session.session_key
    polls = [
        ("long poll by session", AsyncClient(), {}),
        ("long poll by token", AsyncClient(), {"Authorization": f"Bearer {holder.token}"}),
    ]
    polls[0][1].cookies[settings.SESSION_COOKIE_NAME] = key
    dead = set(asyncio.run(_poll(holder, polls, CAUSES[cause])))
    checks = {
        "page": lambda: holder.client.get("/").status_code == 200,
        "api by session": lambda: holder.client.get("/api/v1/me/").status_code == 200,
        "page that acts": lambda: holder.client.get("/line/stop/").status_code == 200,
        "token": lambda: _by_token(holder, "GET", "me/") == 200,
        "token that acts": lambda: _by_token(holder, "POST", f"runs/{holder.run.pk}/actions/resume/") == 409,
        "stream": lambda: not asyncio.run(_ends(key)),
        "queued act": lambda: _act_may(holder),
        "approval": lambda: _counts(holder),
    }
    dead |= {name for name, lives in checks.items() if not lives()}
    assert dead == DEAD[cause]


def test_a_stream_looks_again_within_the_bound() -> None:
    assert RECHECK_S < BOUND_S


def _by_token(one: Holder, method: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {one.token}"}
    return int(
        Client().generic(method, f"/api/v1/{path}", "{}", "application/json", headers=headers).status_code
    )


async def _poll(one: Holder, polls: list[Poll], cause: Callable[[Holder], object]) -> list[str]:
    """Which of these are refused although they began to wait before the cause."""
    path = f"/api/v1/runs/{one.run.pk}/?wait=3&after={2**40}"
    waiting = [asyncio.create_task(client.get(path, headers=headers)) for _, client, headers in polls]
    async with asyncio.timeout(20):
        while len(longpoll._waiting) < len(waiting):
            await asyncio.sleep(0.02)
            assert not any(task.done() for task in waiting), [
                task.result() for task in waiting if task.done()
            ]

    def act() -> None:
        cause(one)
        connections.close_all()

    await asyncio.to_thread(act)
    answers = await asyncio.gather(*waiting)
    return [name for (name, *_), answer in zip(polls, answers, strict=True) if answer.status_code == 401]


async def _ends(key: str) -> bool:
    """Whether the stream says goodbye when it next looks."""
    stream = events_of(key, "", recheck_s=0)
    try:
        for _ in range(4):
            if b"event: bye" in await anext(stream):
                return True
    except TimeoutError:
        return False
    finally:
        await stream.aclose()
    return False


def _act_may(one: Holder) -> bool:
    """Whether a worker that takes the act now begins it: it then fails at the cluster, which is not there."""
    step = Step.objects.get(run=one.run, kind="set_version")
    assert step.state == "running", step.reason
    acts.perform(step.pk, step.attempt)
    step.refresh_from_db()
    return step.reason.get("code") != "author-may-not"


def _counts(one: Holder) -> bool:
    """Whether one more yes passes the gate that takes two."""
    gate = _gate(one.asking)
    actions.approve(build.person("admin", "second"), one.asking.pk, gate.pk)
    build.fresh()
    passes.advance(one.asking.pk)
    gate.refresh_from_db()
    return gate.state == "succeeded"


def test_a_rollback_goes_on_though_its_author_is_gone(holder: Holder) -> None:
    """To stop half-way would be the greater harm."""
    Step.objects.filter(run=holder.run, kind="set_version").update(state="succeeded")
    back = actions.roll_back(holder.person, holder.run.pk, "it does not work")
    passes.advance(back.pk)
    people.deactivate_person(build.person("admin"), "mika")
    step = Step.objects.get(run=back, kind="set_version")
    acts.perform(step.pk, step.attempt)
    step.refresh_from_db()
    assert step.reason.get("code") != "author-may-not"


def test_an_approval_dies_with_the_plan_it_was_given_for(holder: Holder) -> None:
    Run.objects.filter(pk=holder.asking.pk).update(digest="0" * 64)
    assert not _counts(holder)
