"""Deployments, pods and their failures, seen from the outside."""

from collections.abc import Iterator

import pytest

from simulator.testing import Fleet
from tests.simulator.space import Space, deployment, image_of, until


def reason_of(space: Space, tag: str) -> str:
    for pod in space.list("pods"):
        if image_of(pod).endswith(tag):
            state = pod["status"].get("containerStatuses", [{}])[0].get("state", {})
            return str(state.get("waiting", {}).get("reason", ""))
    return ""


def condition(space: Space, type_: str) -> dict:
    found = space.get("deployments", "api").get("status", {}).get("conditions", [])
    return next((entry for entry in found if entry["type"] == type_), {})


def roll(space: Space, tag: str, **spec: object) -> None:
    status, answer = space.apply("deployments", deployment(tag=tag, **spec), force=True)
    assert status in (200, 201), answer


def test_a_deployment_ends_with_its_pods_ready_and_its_conditions_set(space: Space) -> None:
    roll(space, "v1")
    until(lambda: space.rolled_out(tag="v1"), "rolled out")
    assert condition(space, "Available")["reason"] == "MinimumReplicasAvailable"
    assert condition(space, "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert (
        space.get("deployments", "api")["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
    )
    pod = space.list("pods")[0]
    assert pod["status"]["podIP"]
    assert pod["spec"]["nodeName"].startswith("a-node-")
    assert pod["status"]["containerStatuses"][0]["imageID"].startswith("registry.example/shop/api@sha256:")


def test_a_rolling_update_stays_within_surge_and_unavailability(space: Space) -> None:
    roll(space, "v1")
    until(lambda: space.rolled_out(tag="v1"), "rolled out")
    since = space.fleet.ask("GET", "/audit?since=999999999")["next"]
    start = len(space.fleet.audit())
    roll(space, "v2")
    until(lambda: space.rolled_out(tag="v2"), "rolled out again")
    until(lambda: len(space.list("pods")) == 3, "old pods gone")
    ready, alive = 3, 3
    for entry in space.fleet.audit()[start:]:
        if entry["type"] != "pod" or entry["namespace"] != space.name:
            continue
        ready += {"ready": 1, "unready": -1}.get(entry["event"], 0)
        alive += {"created": 1, "unready": -1}.get(entry["event"], 0)
        assert ready >= 3
        assert alive <= 4
    assert since


def test_recreate_ends_the_old_pods_before_it_starts_new_ones(space: Space) -> None:
    recreate = {"strategy": {"type": "Recreate"}}
    space.create("deployments", deployment(tag="v1", **recreate))
    until(lambda: space.rolled_out(tag="v1"), "rolled out")
    space.patch("deployments", "api", deployment(tag="v2", **recreate), "strategic")
    until(lambda: space.rolled_out(tag="v2"), "rolled out again")
    entries = [e for e in space.fleet.audit() if e["type"] == "pod" and e["namespace"] == space.name]
    last_gone = max(e["seq"] for e in entries if e["event"] == "deleted")
    first_new = min(e["seq"] for e in entries if e["event"] == "created" and e["image"].endswith("v2"))
    assert last_gone < first_new


def test_going_back_reuses_the_old_replica_set_with_a_new_revision(space: Space) -> None:
    for number, tag in enumerate(("v1", "v2", "v1"), start=1):
        roll(space, tag)
        until(lambda tag=tag: space.rolled_out(tag=tag), f"rollout {number}")
    sets = space.list("replicasets")
    revisions = {rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for rs in sets}
    assert revisions == {"2", "3"}


def test_old_revisions_are_forgotten_beyond_the_limit(space: Space) -> None:
    for tag in ("v1", "v2", "v3"):
        roll(space, tag, revisionHistoryLimit=1)
        until(lambda tag=tag: space.rolled_out(tag=tag), tag)
    until(lambda: len(space.list("replicasets")) == 2, "one old ReplicaSet left")


def test_a_paused_deployment_scales_but_does_not_roll(space: Space) -> None:
    roll(space, "v1")
    until(lambda: space.rolled_out(tag="v1"), "rolled out")
    roll(space, "v2", paused=True, replicas=4)
    until(lambda: len(space.list("pods")) == 4, "scaled")
    assert {image_of(pod).rpartition(":")[2] for pod in space.list("pods")} == {"v1"}
    assert condition(space, "Progressing")["reason"] == "DeploymentPaused"
    roll(space, "v2", replicas=4)
    until(lambda: space.rolled_out(tag="v2"), "resumed and rolled out")


def test_min_ready_seconds_delay_availability(space: Space) -> None:
    roll(space, "v1", replicas=1, minReadySeconds=2)
    until(lambda: space.get("deployments", "api").get("status", {}).get("readyReplicas"), "ready")
    assert not space.get("deployments", "api")["status"].get("availableReplicas")
    until(space.rolled_out, "available")


def test_a_rollout_that_does_not_move_passes_its_deadline(space: Space) -> None:
    roll(space, "v1-neverready", replicas=1, progressDeadlineSeconds=1)
    until(lambda: condition(space, "Progressing").get("reason") == "ProgressDeadlineExceeded", "deadline")
    assert condition(space, "Progressing")["status"] == "False"
    roll(space, "v2", replicas=1, progressDeadlineSeconds=1)
    until(lambda: space.rolled_out(tag="v2"), "a good image after it")
    assert condition(space, "Progressing")["reason"] == "NewReplicaSetAvailable"


@pytest.mark.parametrize(
    ("tag", "reason"),
    [("v2-missing", "ImagePullBackOff"), ("crash", "CrashLoopBackOff"), ("v2-neverready", "")],
)
def test_a_bad_image_never_takes_a_good_pod_away(space: Space, tag: str, reason: str) -> None:
    roll(space, "v1")
    until(lambda: space.rolled_out(tag="v1"), "rolled out")
    roll(space, tag)
    until(
        lambda: any(image_of(p).endswith(tag) and p["status"]["phase"] for p in space.list("pods")), "new pod"
    )
    if reason:
        until(lambda: reason_of(space, tag) == reason, reason)
    assert space.get("deployments", "api")["status"]["availableReplicas"] == 3


def test_a_missing_image_is_told_in_kubelets_words(space: Space) -> None:
    roll(space, "v1-missing", replicas=1)
    until(lambda: reason_of(space, "v1-missing") == "ErrImagePull", "ErrImagePull")
    until(lambda: reason_of(space, "v1-missing") == "ImagePullBackOff", "ImagePullBackOff")
    waiting = space.list("pods")[0]["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["message"].startswith('Back-off pulling image "registry.example/shop/api:v1-missing"')
    reasons = {event["reason"] for event in space.list("events", "fieldSelector=involvedObject.kind%3DPod")}
    assert reasons >= {"Scheduled", "Pulling", "Failed", "BackOff"}


def test_a_crashing_container_restarts_again_and_again(space: Space) -> None:
    roll(space, "v1-crash", replicas=1)

    def restarted_twice() -> bool:
        statuses = [pod["status"].get("containerStatuses", [{}])[0] for pod in space.list("pods")]
        return any(status.get("restartCount", 0) >= 2 for status in statuses)

    until(restarted_twice, "two restarts")
    status = space.list("pods")[0]["status"]["containerStatuses"][0]
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert status["ready"] is False


def test_a_crash_is_waited_for_from_the_second_on_and_restarts_count_what_was_made(space: Space) -> None:
    usual = space.fleet.settings()["crash_backoff"]
    space.fleet.settings(crash_backoff=[60, 60])
    try:
        roll(space, "v1-crash", replicas=1)
        until(lambda: reason_of(space, "v1-crash") == "CrashLoopBackOff", "back-off")
        status = space.list("pods")[0]["status"]["containerStatuses"][0]
    finally:
        space.fleet.settings(crash_backoff=usual)
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["containerID"] == status["containerID"]
    started = [e for e in space.list("events") if e["reason"] == "Started"]
    assert sum(event["count"] for event in started) == 2


def without_probe(tag: str) -> dict:
    body = deployment(tag=tag, replicas=1)
    del body["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
    return body


def test_who_has_no_readiness_probe_does_not_fail_it(space: Space) -> None:
    space.create("deployments", without_probe("v1-neverready"))
    until(space.rolled_out, "ready as soon as it runs")


def test_who_has_no_readiness_probe_is_ready_until_it_crashes(space: Space) -> None:
    space.create("deployments", without_probe("v1-crash"))
    until(lambda: reason_of(space, "v1-crash") == "CrashLoopBackOff", "back-off")
    pods = [e for e in space.fleet.audit() if e["type"] == "pod" and e["namespace"] == space.name]
    assert "ready" in [entry["event"] for entry in pods]
    roll(space, "v2-crash", replicas=1)
    until(lambda: reason_of(space, "v2-crash") == "CrashLoopBackOff", "back-off of one with a probe")
    pods = [e for e in space.fleet.audit() if e["type"] == "pod" and e["namespace"] == space.name]
    assert {e["pod"] for e in pods if e["event"] == "ready"} < {e["pod"] for e in pods}


def test_an_image_rule_changes_how_an_image_behaves_and_back(space: Space) -> None:
    fault = space.fleet.fault("image", pattern="shop/api:v9", behaviour="missing")
    roll(space, "v9", replicas=1)
    until(lambda: reason_of(space, "v9") == "ImagePullBackOff", "back-off")
    space.fleet.clear_faults(fault)
    until(space.rolled_out, "pulled after all")


def test_a_pod_that_crashed_runs_once_its_image_is_no_longer_told_to(space: Space) -> None:
    fault = space.fleet.fault("image", pattern="shop/api:v9", behaviour="crash")
    roll(space, "v9", replicas=1)
    until(lambda: reason_of(space, "v9") == "CrashLoopBackOff", "back-off")
    assert not space.rolled_out()
    space.fleet.clear_faults(fault)
    until(space.rolled_out, "runs after all")
    assert space.list("pods")[0]["status"]["containerStatuses"][0]["restartCount"] > 0


@pytest.fixture
def even_starts(fleet: Fleet) -> Iterator[None]:
    """Every pod takes half a second until it is ready, unless its image says otherwise."""
    before = fleet.ask("GET", "/settings")["pod_start"]
    fleet.settings(pod_start=0.5)
    yield
    fleet.settings(pod_start=before)


@pytest.mark.usefixtures("even_starts")
@pytest.mark.parametrize("told", [False, True], ids=["by its tag", "by a fault"])
def test_a_slow_image_is_overtaken_by_a_pod_that_is_made_after_it_was_cleared(
    space: Space, told: bool
) -> None:
    fault = space.fleet.fault("image", pattern=":v9", behaviour="slow") if told else ""
    space.create("deployments", deployment("late", "v9" if told else "v9-slow", replicas=1))
    until(lambda: reason_of(space, "") == "ContainerCreating", "a pod that will be late")
    space.fleet.clear_faults(fault)
    space.create("deployments", deployment("soon", "v9", replicas=1))
    until(lambda: space.rolled_out("late"), "ready in the end")
    entries = [e for e in space.fleet.audit() if e["type"] == "pod" and e["namespace"] == space.name]
    when = {(e["component"], e["event"]): e["t"] for e in entries}
    assert when["late", "created"] < when["soon", "created"] < when["soon", "ready"] < when["late", "ready"]


def test_an_image_that_is_bad_on_another_cluster_starts_here(space: Space) -> None:
    space.fleet.fault("image", pattern="shop/api:v9", behaviour="missing", cluster="b")
    roll(space, "v9", replicas=1)
    until(space.rolled_out, "rolled out")


def test_a_pod_gets_ready_once_its_image_is_no_longer_told_not_to(space: Space) -> None:
    fault = space.fleet.fault("image", pattern="shop/api:v9", behaviour="neverready")
    roll(space, "v9", replicas=1)
    until(lambda: "Unhealthy" in [event["reason"] for event in space.list("events")], "a failed probe")
    assert not space.rolled_out()
    space.fleet.clear_faults(fault)
    until(space.rolled_out, "ready after all")
    status = space.list("pods")[0]["status"]["containerStatuses"][0]
    assert status["restartCount"] == 0


def test_a_deleted_pod_is_replaced_and_serves_no_more(space: Space) -> None:
    roll(space, "v1")
    until(space.rolled_out, "rolled out")
    victim = space.list("pods")[0]["metadata"]["name"]
    space.ask("DELETE", "pods", victim)
    ending = space.ask("GET", "pods", victim)
    assert ending[0] == 404 or ending[1]["metadata"]["deletionTimestamp"]
    until(lambda: space.ask("GET", "pods", victim)[0] == 404, "gone")
    until(space.rolled_out, "replaced")
    entries = [e for e in space.fleet.audit() if e["type"] == "pod" and e["pod"] == victim]
    assert [e["event"] for e in entries] == ["created", "ready", "unready", "deleted"]


def test_pods_start_unevenly(space: Space) -> None:
    roll(space, "v1", replicas=5)
    until(space.rolled_out, "rolled out")
    entries = [e for e in space.fleet.audit() if e["type"] == "pod" and e["namespace"] == space.name]
    times = [round(e["t"], 3) for e in entries if e["event"] == "ready"]
    assert len(set(times)) > 3


def test_scaling_to_zero_ends_every_pod(space: Space) -> None:
    roll(space, "v1")
    until(space.rolled_out, "rolled out")
    space.patch("deployments", "api", {"spec": {"replicas": 0}})
    until(lambda: not space.list("pods"), "no pods")
    until(space.rolled_out, "status follows")


def test_a_pod_that_takes_no_time_to_start_gets_ready(fleet: Fleet, space: Space) -> None:
    before = fleet.ask("GET", "/settings")["pod_start"]
    fleet.settings(pod_start=[0, 0])
    try:
        roll(space, "v1")
        until(lambda: space.rolled_out(tag="v1"), "rolled out")
    finally:
        fleet.settings(pod_start=before)
