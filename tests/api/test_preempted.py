"""Over the API: which releases a failover pre-empts, how what is left is judged anew, and resuming by that."""

import pytest

from clusters.models import Prod
from releases.models import Run
from tests import build
from tests.api.conftest import Call
from tests.engine.driver import advance
from tests.traffic.edge import Edge
from tests.traffic.releasing import release_of
from tests.web.leaving import dies, seen

pytestmark = pytest.mark.django_db
WHY = {"reason": "the power is out"}


@pytest.fixture
def run(db: None) -> Run:
    """A release that nothing has been begun of, and cluster a is dead."""
    build.fleet()
    Edge().publish()
    seen()
    run = release_of()
    dies("a")
    return run


def left(call: Call, run: Run) -> int:
    """The number of the failover that has pre-empted it."""
    shown = call("POST", "clusters/a/evacuation/preview/", role="viewer").json()
    assert shown["preempts"] == [run.pk]
    answer = call("POST", "clusters/a/evacuation/", {**WHY, "digest": shown["digest"]}, role="on-call")
    seen()
    advance(run)
    return answer.json()["id"]


def test_it_says_by_which_run_it_was_pre_empted(run: Run, call: Call) -> None:
    away = left(call, run)
    body = call("GET", f"runs/{run.pk}/", role="viewer").json()
    assert (body["state"], body["preempted_by"], body["reason"]["code"]) == ("paused", away, "pre-empted")
    assert body["actions"]["resume"]["allowed"] is False, "of a viewer"
    events = call("GET", f"runs/{run.pk}/events/", role="viewer").json()["results"]
    assert [one["actor"] for one in events if one["reason"] and one["reason"]["code"] == "pre-empted"] == [
        "on-call",
        None,
    ]


def test_the_preview_tells_the_difference_and_its_digest_resumes(run: Run, call: Call) -> None:
    left(call, run)
    path = f"runs/{run.pk}/actions/resume/"
    shown = call("POST", f"{path}preview/", role="viewer").json()
    changes = {one["prod"]: one for one in shown["changes"]}
    assert changes["c-1"]["before"] == {"class": "few", "wave": 2, "held": None, "from": "v1.0.0"}
    assert changes["c-1"]["after"]["class"] == "single"
    assert changes["c-1"]["after"]["held"]["code"] == "partner-not-healthy"
    assert changes["c-1"]["reason"]["text"].startswith("Load 320;")
    assert shown["reasons"] == [] and [wave["class"] for wave in shown["waves"]] == ["test", "few", "single"]
    refused = call("POST", path, {}, role="on-call")
    assert (refused.status_code, refused.json()["code"]) == (409, "judged-anew")
    stale = call("POST", path, {"digest": run.digest}, role="on-call")
    assert (stale.status_code, stale.json()["code"]) == (409, "plan-stale")
    done = call("POST", path, {**WHY, "digest": shown["digest"]}, role="on-call").json()
    assert (done["state"], done["digest"], done["preempted_by"]) == ("running", shown["digest"], None)
    waves = call("GET", f"runs/{run.pk}/", role="viewer").json()["waves"]
    assert waves == shown["waves"]


def test_the_preview_names_who_stays_as_it_is(run: Run, call: Call) -> None:
    left(call, run)
    Prod.objects.filter(name="b-2").update(lifecycle="retired")
    shown = call("POST", f"runs/{run.pk}/actions/resume/preview/", role="viewer").json()
    (stays,) = shown["left"]
    assert (stays["prod"], stays["reason"]["code"]) == ("b-2", "retired-meanwhile")
    assert stays["reason"]["text"] == "b-2 is left out: it is retired."
    planned = {prod["name"] for wave in shown["waves"] for prod in wave["prods"]}
    assert "b-2" not in planned | {one["prod"] for one in shown["changes"]}


def test_the_preview_of_any_other_run_is_its_plan_and_why_it_is_not_resumed(run: Run, call: Call) -> None:
    shown = call("POST", f"runs/{run.pk}/actions/resume/preview/", role="viewer").json()
    assert (shown["digest"], shown["changes"]) == (run.digest, [])
    assert [reason["code"] for reason in shown["reasons"]] == ["run-not-paused"]
    call("POST", f"runs/{run.pk}/actions/pause/", WHY, role="on-call")
    wrong = call("POST", f"runs/{run.pk}/actions/resume/", {"digest": "0" * 64}, role="on-call")
    assert wrong.json()["code"] == "plan-stale"
    assert call("POST", f"runs/{run.pk}/actions/resume/", {}, role="on-call").status_code == 200


@pytest.mark.parametrize("digest", ["x", "0" * 63, 7, None, []])
def test_a_digest_that_is_none_is_refused(run: Run, call: Call, digest: object) -> None:
    answer = call("POST", f"runs/{run.pk}/actions/resume/", {"digest": digest}, role="on-call")
    assert answer.status_code == 400


def test_there_is_no_preview_of_a_run_that_is_not_there(run: Run, call: Call) -> None:
    assert call("POST", f"runs/{run.pk + 9}/actions/resume/preview/", role="viewer").status_code == 404
