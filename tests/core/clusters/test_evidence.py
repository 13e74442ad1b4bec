"""The evidence rule: each row is a moment of a rollout that was seen, or a lie that was told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.core.evidence import (
    EVIDENCE,
    Applied,
    Failing,
    Ready,
    Verdict,
    Waiting,
    applied_from_answer,
    applied_from_json,
    applied_to_json,
    health,
    judge,
    ready_percent,
    worst,
)
from clusters.core.kinds import KINDS
from clusters.core.observed import ObservedPod, ObservedProd, ObservedWorkload
from journal.core.reasons import because

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
API = Applied("Deployment", "api", "uid-1", 2, "new")
DONE = ObservedWorkload("Deployment", "api", "uid-1", 2, 2, 3, 3, 3, 3, 3, "new")


def pods(*digests: str, component: str = "api", **fields: Any) -> tuple[ObservedPod, ...]:
    return tuple(
        replace(ObservedPod(f"{component}-{digest}-{i}", component, digest, True, False, "Running"), **fields)
        for i, digest in enumerate(digests)
    )


def seen(workload: ObservedWorkload = DONE, *parts: tuple[ObservedPod, ...]) -> ObservedProd:
    return ObservedProd((workload,), sum(parts, ()), NOW)


NEW_PODS = pods("new", "new", "new")


def code(verdict: Verdict) -> str:
    return f"{type(verdict).__name__} {verdict.reason.code}"


ROWS = {
    "everything agrees": (DONE, NEW_PODS, "Ready all-ready"),
    "the status speaks of the generation before ours": (
        replace(DONE, observed_generation=1),
        NEW_PODS,
        "Waiting change-not-started",
    ),
    "the object itself is older than our change": (
        replace(DONE, generation=1, observed_generation=1, digest="old"),
        pods("old", "old", "old"),
        "Waiting change-not-seen",
    ),
    "another object has taken the name": (replace(DONE, uid="uid-2"), NEW_PODS, "Waiting workload-replaced"),
    "somebody changed the template after us": (
        replace(DONE, generation=3, observed_generation=3, digest="theirs"),
        NEW_PODS,
        "Failing workload-changed",
    ),
    "somebody only scaled it": (
        replace(DONE, generation=3, observed_generation=3),
        NEW_PODS,
        "Ready all-ready",
    ),
    "generation 2/2, replicas 4, updated 3, ready 4, unavailable 0: an old pod still serves": (
        replace(DONE, replicas=4, ready=4, available=4),
        (*NEW_PODS, *pods("old")),
        "Waiting older-pods-serve",
    ),
    "the same before the pod watch has caught up": (
        replace(DONE, replicas=4, ready=4, available=4),
        NEW_PODS,
        "Waiting pods-to-remove",
    ),
    "the counts agree and a pod of the old digest is left": (
        DONE,
        (*NEW_PODS, *pods("old")),
        "Waiting older-pods-serve",
    ),
    "an old pod that terminates does not count": (
        DONE,
        (*NEW_PODS, *pods("old", terminating=True)),
        "Ready all-ready",
    ),
    "an evicted pod does not count": (
        DONE,
        (*NEW_PODS, *pods("old", phase="Failed", ready=False)),
        "Ready all-ready",
    ),
    "the counts agree and the pods have not been seen": (DONE, (), "Waiting pods-not-updated"),
    "two of three updated": (
        replace(DONE, updated=2, replicas=4),
        pods("new", "new", "old", "old"),
        "Waiting pods-not-updated",
    ),
    "a pod is not ready by its own words": (
        DONE,
        (*NEW_PODS[:2], *pods("new", ready=False, name="x")),
        "Waiting pods-not-ready",
    ),
    "ready, but not yet for minReadySeconds": (
        replace(DONE, available=2),
        NEW_PODS,
        "Waiting pods-not-available",
    ),
    "our pod cannot pull its image": (
        replace(DONE, updated=1, replicas=4),
        (*pods("old", "old", "old"), *pods("new", ready=False, waiting="ErrImagePull")),
        "Failing pod-failing",
    ),
    "an old pod cannot pull its image": (
        replace(DONE, updated=1, replicas=4),
        (*pods("old", ready=False, waiting="ImagePullBackOff"), *pods("new", ready=False)),
        "Waiting pods-not-updated",
    ),
    "our terminating pod cannot pull its image": (
        DONE,
        (*NEW_PODS, *pods("new", ready=False, waiting="ErrImagePull", terminating=True)),
        "Ready all-ready",
    ),
    "our pod of an earlier attempt fails before this change is taken up": (
        replace(DONE, observed_generation=1),
        pods("new", ready=False, waiting="ErrImagePull"),
        "Waiting change-not-started",
    ),
    "a pod of another component fails": (
        DONE,
        (*NEW_PODS, *pods("new", component="web", ready=False, waiting="ErrImagePull")),
        "Ready all-ready",
    ),
    "one crash may be bad luck": (
        DONE,
        (*NEW_PODS[:2], *pods("new", ready=False, restarts=1)),
        "Waiting pods-not-ready",
    ),
    "two crashes are not": (
        DONE,
        (*NEW_PODS[:2], *pods("new", ready=False, restarts=2)),
        "Failing pod-failing",
    ),
    "it crashed twice and is up": (DONE, (*NEW_PODS[:2], *pods("new", restarts=2)), "Ready all-ready"),
    "crash loop": (
        DONE,
        (*NEW_PODS[:2], *pods("new", ready=False, waiting="CrashLoopBackOff")),
        "Failing pod-failing",
    ),
    "a wait that may pass": (
        DONE,
        (*NEW_PODS[:2], *pods("new", ready=False, waiting="Unschedulable")),
        "Waiting pods-not-ready",
    ),
    "the progress deadline of our rollout is over": (
        replace(DONE, updated=1, stalled="timed out"),
        pods("new", ready=False),
        "Failing rollout-stalled",
    ),
    "the progress deadline of the rollout before ours was over": (
        replace(DONE, observed_generation=1, stalled="timed out"),
        pods("old", ready=False),
        "Waiting change-not-started",
    ),
    "scaled to zero": (
        replace(DONE, wanted=0, replicas=0, updated=0, ready=0, available=0),
        (),
        "Ready all-ready",
    ),
}


@pytest.mark.parametrize(("workload", "its_pods", "expected"), ROWS.values(), ids=ROWS.keys())
def test_what_is_seen_decides(
    workload: ObservedWorkload, its_pods: tuple[ObservedPod, ...], expected: str
) -> None:
    assert code(judge((API,), seen(workload, its_pods))) == expected


def test_argo_cd_29410_a_wave_is_not_complete_on_the_status_of_the_previous_revision() -> None:
    """All counts are perfect, all pods ready: of the revision before. The apply's own answer says so too."""
    before = replace(DONE, generation=1, observed_generation=1, digest="old")
    answer = replace(before, generation=2, digest="new")
    old_pods = pods("old", "old", "old")
    assert isinstance(judge((API,), seen(before, old_pods)), Waiting)
    assert isinstance(judge((API,), seen(answer, old_pods)), Waiting)
    noticed = replace(answer, observed_generation=2)
    assert isinstance(judge((API,), seen(noticed, old_pods)), Waiting)


def test_nothing_known_is_waiting() -> None:
    assert code(judge((API,), None)) == "Waiting facts-unknown"
    assert code(judge((API,), ObservedProd((), (), NOW))) == "Waiting workload-not-seen"


@pytest.mark.parametrize("verdict_without", [seen(DONE, NEW_PODS), seen(replace(DONE, stalled="x"))])
def test_facts_older_than_the_change_say_nothing(verdict_without: ObservedProd) -> None:
    assert code(judge((API,), verdict_without, NOW + timedelta(seconds=1))) == "Waiting facts-too-old"


def test_younger_facts_prove_nothing() -> None:
    stale = seen(replace(DONE, observed_generation=1), NEW_PODS)
    assert isinstance(judge((API,), stale, NOW - timedelta(hours=1)), Waiting)


def test_an_image_changed_under_our_digest_is_noticed() -> None:
    ours = replace(API, images=(("api", "shop/api:v2"),))
    theirs = replace(DONE, images=(("api", "shop/api:evil"),), generation=3, observed_generation=3)
    verdict = judge((ours,), seen(theirs, NEW_PODS))
    assert code(verdict) == "Failing workload-changed"
    assert isinstance(verdict, Failing)
    assert verdict.changed


def test_one_failing_workload_outranks_those_that_are_ready_or_waiting() -> None:
    web = replace(DONE, name="web", stalled="timed out")
    late = replace(DONE, name="late", observed_generation=1)
    applied = (replace(API, name="late"), API, replace(API, name="web"))
    assert code(judge(applied, ObservedProd((DONE, late, web), NEW_PODS, NOW))) == "Failing rollout-stalled"


def test_ready_counts_the_pods_of_all_workloads() -> None:
    web = replace(DONE, name="web")
    observed = ObservedProd((DONE, web), (*NEW_PODS, *pods("new", "new", "new", component="web")), NOW)
    applied = (API, replace(API, name="web"), Applied("ConfigMap", "settings", "uid-9", 0, ""))
    assert judge(applied, observed) == Ready(because("all-ready", pods=6))


def test_waiting_carries_counts() -> None:
    verdict = judge((API,), seen(DONE, (*NEW_PODS[:2], *pods("new", ready=False))))
    assert verdict == Waiting(because("pods-not-ready", workload="api", done=2, wanted=3))


def test_failing_carries_the_words_of_the_pod() -> None:
    broken = pods("new", ready=False, waiting="ErrImagePull", message="manifest unknown")
    params = dict(judge((API,), seen(DONE, broken)).reason.params)
    assert (params["pod"], params["waiting"], params["message"]) == (
        "api-new-0",
        "ErrImagePull",
        "manifest unknown",
    )


def test_objects_without_a_rollout_are_proven_by_their_apply() -> None:
    service = Applied("Service", "api", "uid-8", 0, "")
    assert isinstance(judge((service,), ObservedProd((), (), NOW)), Ready)


def test_every_deployable_kind_has_a_rule_and_no_other_kind_passes() -> None:
    assert set(EVIDENCE) == {name for name, kind in KINDS.items() if kind.deployable}
    assert code(judge((replace(API, kind="Widget"),), seen())) == "Failing no-evidence-rule"


COUNT = st.integers(0, 5)


@given(
    COUNT, COUNT, COUNT, COUNT, COUNT, st.lists(st.sampled_from(["new", "old"]), max_size=5), st.booleans()
)
def test_ready_needs_every_count_to_agree(
    wanted: int, replicas: int, updated: int, ready: int, available: int, digests: list[str], up: bool
) -> None:
    workload = replace(
        DONE, wanted=wanted, replicas=replicas, updated=updated, ready=ready, available=available
    )
    agree = (
        {wanted, replicas, updated, available} == {wanted}
        and digests == ["new"] * wanted
        and (up or not wanted)
    )
    verdict = judge((API,), seen(workload, pods(*digests, ready=up)))
    assert isinstance(verdict, Ready) == agree


def test_worst_of_nothing_is_unknown() -> None:
    assert code(worst([])) == "Waiting facts-unknown"


ANSWER = {
    "kind": "Deployment",
    "metadata": {"name": "api", "uid": "uid-1", "generation": 2},
    "spec": {
        "template": {
            "metadata": {"annotations": {"drover.dev/digest": "new"}},
            "spec": {"containers": [{"name": "api", "image": "shop/api:v2"}]},
        }
    },
}


def test_the_answer_to_an_apply_is_what_to_wait_for() -> None:
    assert applied_from_answer(ANSWER) == replace(API, images=(("api", "shop/api:v2"),))
    config = {"kind": "ConfigMap", "metadata": {"name": "settings", "uid": "u"}}
    assert applied_from_answer(config) == Applied("ConfigMap", "settings", "u", 0, "")


def test_applied_survives_its_stored_form() -> None:
    import json

    applied = (applied_from_answer(ANSWER), API)
    assert applied_from_json(json.loads(json.dumps(applied_to_json(applied)))) == applied


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (None, "unknown"),
        (seen(), "ready"),
        (seen(replace(DONE, available=2)), "not-ready"),
        (seen(replace(DONE, generation=3)), "not-ready"),
        (seen(replace(DONE, updated=1)), "not-ready"),
        (seen(replace(DONE, replicas=4)), "not-ready"),
        (seen(replace(DONE, wanted=0, available=0)), "down"),
        (ObservedProd((), (), NOW), "down"),
        (ObservedProd((DONE, replace(DONE, name="web", available=0)), (), NOW), "down"),
    ],
)
def test_health(observed: ObservedProd | None, expected: str) -> None:
    assert health(observed) == expected


def test_ready_percent_is_that_of_the_worst_workload() -> None:
    web = replace(DONE, name="web", available=1)
    assert ready_percent(ObservedProd((DONE, web), (), NOW)) == 33
    assert ready_percent(None) == 0


def test_a_prod_one_component_of_which_serves_nothing_is_ready_to_no_part() -> None:
    web = replace(DONE, name="web", available=0)
    assert ready_percent(ObservedProd((DONE, web), (), NOW)) == 0
    assert ready_percent(ObservedProd((replace(DONE, available=2),), (), NOW), (DONE.name, "web")) == 0
    assert ready_percent(ObservedProd((replace(DONE, available=2),), (), NOW), (DONE.name,)) == 66
