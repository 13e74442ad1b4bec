"""What a rollback would do, over the API: now, after each wave to come, and before a release begins."""

from typing import Any

import pytest

from clusters.models import Prod
from releases.actions import start_release
from releases.models import Run
from releases.preview import preview_release
from tests import build
from tests.api.conftest import Call
from tests.engine import driver

pytestmark = pytest.mark.django_db

V110: dict[str, Any] = {"blueprint": "shop", "version": "v1.1.0"}


@pytest.fixture
def run(db: None) -> Run:
    build.fleet()
    plan = preview_release("shop", "v1.1.0", {}, []).plan
    return start_release(build.person("release-manager"), "shop", "v1.1.0", {}, [], plan.digest)


def asked(call: Call, run: Run, role: str = "viewer") -> dict[str, Any]:
    answer = call("GET", f"runs/{run.pk}/rollback/", role=role)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def numbers(found: dict[str, Any]) -> list[tuple[int, int, int]]:
    return [(one["wave"], one["at_once"], one["tenants"]) for one in found["waves"]]


def test_before_anything_is_changed_only_what_is_to_come_is_told(call: Call, run: Run) -> None:
    found = asked(call, run)
    assert (found["allowed"], [why["code"] for why in found["reasons"]]) == (False, ["nothing-changed"])
    assert (found["moves"], found["at_once"], found["estimate_s"]) == ([], 0, 0)
    assert numbers(found) == [(1, 0, 3), (2, 20, 23), (3, 320, 323), (4, 0, 1123)]
    assert (found["horizon"]["wave"], found["horizon"]["reason"]["code"]) == (4, "nobody-goes-at-once")
    third = found["waves"][2]
    assert (third["load"], third["moved_routes"], third["staying_routes"]) == (323, 4, 1)
    assert [(one["route"], one["load"], one["reason"]["code"]) for one in third["moved"]] == [
        *((f"shop-r-{number}", 100, "moves-to") for number in (1, 2, 3)),
        ("shop-u", 20, "moves-to"),
    ]
    assert [(one["route"], one["reason"]["code"]) for one in third["staying"]] == [("staff", "no-good-prod")]


def test_once_something_is_changed_what_a_rollback_would_do_now_is_told_too(call: Call, run: Run) -> None:
    driver.advance(run)
    found = asked(call, run)
    assert found["allowed"] and found["reasons"] == []
    assert found["moves"] == [{"prod": "c-2", "version": "v1.0.0"}] and found["left"] == []
    assert (found["tenants"], found["load"], found["at_once"]) == (3, 3, 0)
    assert [one["route"] for one in found["staying"]] == ["staff"] and found["estimate_s"] > 0


@pytest.mark.parametrize(("warm_up", "told"), [(20, ["a-2", "c-1"]), (0, [])])
def test_who_is_warmed_up_beside_it_is_told_by_name(call: Call, warm_up: int, told: list[str]) -> None:
    build.fleet()
    exclude = [{"prod": name, "reason": "not now"} for name in ("a-2", "b-1", "b-2", "c-1", "c-2")]
    strategy = {"warm_up": warm_up}
    plan = preview_release("shop", "v1.1.0", strategy, exclude).plan
    run = start_release(build.person("release-manager"), "shop", "v1.1.0", strategy, exclude, plan.digest)
    driver.advance(run)
    found = asked(call, run)
    assert (found["at_once"], found["warmed"], found["scaled"]) == (400, told, [])


def test_room_that_vanishes_while_it_runs_changes_the_answer(call: Call, run: Run) -> None:
    driver.advance(run)
    Prod.objects.filter(name__in=["a-1", "b-2"]).update(capacity=400)
    found = asked(call, run)
    assert numbers(found)[2:] == [(3, 0, 323), (4, 0, 1123)]
    assert found["horizon"]["wave"] == 3
    assert [one["reason"]["code"] for one in found["waves"][2]["staying"]] == [
        *["no-room"] * 4,
        "no-good-prod",
    ]


def test_a_run_that_is_over_has_nothing_to_come(call: Call, run: Run) -> None:
    driver.finish(run)
    found = asked(call, run)
    assert (found["waves"], found["horizon"], found["allowed"]) == ([], None, True)
    assert len(found["moves"]) == 6 and found["at_once"] == 0


def test_a_run_that_is_no_release_has_nothing_to_come(call: Call, run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(kind="heal", version=None)
    found = asked(call, run)
    assert [why["code"] for why in found["reasons"]] == ["no-rollback-of-heal"]
    assert (found["waves"], found["horizon"]) == ([], None)


def test_the_preview_of_a_release_tells_the_same(call: Call, run: Run) -> None:
    driver.finish(run)
    asking = {**V110, "version": "v1.2.0", "exclude": [{"prod": "a-1", "reason": "a sale"}]}
    found = call("POST", "releases/preview/", asking, role="viewer").json()
    assert numbers(found["rollback"])[-1] == (4, 600, 723)
    assert found["rollback"]["horizon"] is None and found["horizon"] is None


def test_a_run_that_is_not_there_is_not_found(call: Call, run: Run) -> None:
    assert call("GET", f"runs/{run.pk + 1}/rollback/").status_code == 404


def test_it_changes_nothing(call: Call, run: Run) -> None:
    driver.advance(run)
    before = Run.objects.values().get(pk=run.pk)
    assert asked(call, run) == asked(call, run)
    assert call("POST", f"runs/{run.pk}/rollback/", {"reason": "x"}, role="admin").status_code == 405
    assert (Run.objects.count(), Run.objects.values().get(pk=run.pk)) == (1, before)


def test_releases_that_it_takes_prods_over_from_are_told_by_number(call: Call, run: Run) -> None:
    driver.finish(run)
    assert asked(call, run)["preempts"] == []
    plan = preview_release("shop", "v1.2.0", {}, []).plan
    other = start_release(build.person("release-manager"), "shop", "v1.2.0", {}, [], plan.digest)
    driver.advance(other)
    found = asked(call, run)
    assert (found["allowed"], found["preempts"], len(found["moves"])) == (True, [other.pk], 5)
    (stays,) = found["left"]
    assert (stays["prod"], stays["reason"]["code"]) == ("c-2", "changed-later")
    assert stays["reason"]["text"].startswith(
        f"c-2 stays as it is: run {other.pk} has begun to change it since."
    )
    done = call("POST", f"runs/{run.pk}/actions/rollback/", {"reason": "it is bad"}, role="on-call")
    assert done.status_code == 200, done.content
    body = call("GET", f"runs/{other.pk}/", role="viewer").json()
    assert body["preempted_by"] == Run.objects.get(rollback_of=run).pk
    resumed = call("POST", f"runs/{other.pk}/actions/resume/", {}, role="on-call")
    assert (resumed.status_code, resumed.json()["code"]) == (409, "judged-anew")
