"""What hurt others, over real HTTP: each test names the rule, and where the story comes from."""

import time

from orchestrator.embedded.stack import wait_until
from tests.e2e.api import Api, Run, codes, told
from tests.e2e.conftest import Raise
from tests.e2e.fleets import NEW, FleetSpec, story
from tests.e2e.oracle import judge
from tests.e2e.world import World, image_changes

FINISHED_WITHIN_S = 60
NOTICED_WITHIN_S = 10


def finish(api: Api, run: int) -> Run:
    done = api.until_state(run, "succeeded", "failed", timeout_s=FINISHED_WITHIN_S)
    assert done["state"] == "succeeded", told(done)
    return done


def test_a_wave_never_closes_on_the_status_of_the_previous_revision(
    api: Api, world: World, raise_fleets: Raise
) -> None:
    """argo-cd#29410: right after a change, the status still tells of a rollout that is complete."""
    fleet = story("stale-status")
    first = fleet.prod(f"{fleet.name}-t")
    raise_fleets(fleet)
    with world.settings(controller_lag=[0.8, 1.0]):
        run = api.start(fleet)
        wait_until(lambda: len(image_changes(world.audit(fleet))) == 2, 20, "the first Prod is changed")
        found = world.deployment(first, "web")
        status = found["status"]
        # The trap is real: all replicas updated and available, says a status of the generation before.
        assert status["observedGeneration"] < found["metadata"]["generation"]
        assert status["updatedReplicas"] == status["availableReplicas"] == found["spec"]["replicas"]
        api.until_step(run, "wait_ready", "succeeded", first.name)
    finish(api, run)
    assert judge(fleet, world.audit(fleet)).complaints == []


def test_what_was_previewed_is_what_is_run_in_the_order_shown(
    api: Api, world: World, raise_fleets: Raise
) -> None:
    """Octopus #3178, #4317: the target set and the order are those of the plan that was read."""
    fleet = story("as-shown", excluded=("as-shown-s",))
    raise_fleets(fleet)
    shown = api.preview(fleet)
    run = finish(api, api.start(fleet))
    assert (run["digest"], run["waves"]) == (shown["digest"], shown["waves"])
    order = [prod["name"] for wave in shown["waves"] for prod in wave["prods"]]
    assert order == ["as-shown-t", "as-shown-q", "as-shown-r"]
    assert list(dict.fromkeys(step["prod"] for step in run["steps"])) == order
    verdict = judge(fleet, world.audit(fleet))
    assert (verdict.order, verdict.complaints) == (order, [])


def test_another_plan_than_the_one_that_was_read_is_refused(
    api: Api, world: World, raise_fleets: Raise
) -> None:
    fleet = story("other-plan")
    raise_fleets(fleet)
    read = api.preview(story("other-plan", parallel=2))["digest"]
    refused = api.try_start(fleet, read)
    assert (refused.status_code, codes(refused)) == (409, ["plan-stale"])
    assert image_changes(world.audit(fleet)) == []


def test_aborting_a_run_that_waits_ends_it_and_breaks_no_later_one(
    api: Api, world: World, raise_fleets: Raise
) -> None:
    """kargo#6810, spinnaker#5952: cancel always comes to an end, and changes nothing else."""
    fleet = story("aborted", strategy={"ask": "each-wave"})
    raise_fleets(fleet)
    run = api.start(fleet)
    api.until_state(run, "awaiting-approval")
    before = judge(fleet, world.audit(fleet)).order
    api.act(run, "abort")
    api.until_state(run, "aborted", timeout_s=NOTICED_WITHIN_S)
    assert judge(fleet, world.audit(fleet)).order == before == ["aborted-t"]
    finish(api, api.start(story("aborted")))
    assert judge(fleet, world.audit(fleet)).complaints == []


def test_what_is_already_so_succeeds_and_touches_nothing(api: Api, world: World, raise_fleets: Raise) -> None:
    """spinnaker#4523: a step must not wait for something that is there already."""
    fleet = story("already-so")
    raise_fleets(fleet)
    finish(api, api.start(fleet))
    before = world.mark()
    finish(api, api.start(fleet))
    after = world.audit(fleet, before)
    assert image_changes(after) == []
    assert [entry for entry in after if entry.get("event") == "created"] == []


def test_a_failing_prod_is_noticed_at_once_in_its_pods_own_words_and_can_be_retried(
    api: Api, world: World, raise_fleets: Raise
) -> None:
    """kargo#3050: a failed step leaves a named state with actions, long before its timeout."""
    fleet = story("failing", strategy={"ready_timeout_s": 600})
    raise_fleets(fleet)
    first = fleet.prod(f"{fleet.name}-t")
    with world.faulty("image", pattern=fleet.image("web", NEW), behaviour="missing"):
        began = time.monotonic()
        run = api.start(fleet)
        failed = api.until_state(run, "failed")
        assert time.monotonic() - began < NOTICED_WITHIN_S
        (step,) = [step for step in failed["steps"] if step["state"] == "failed"]
        assert (step["prod"], step["kind"]) == (first.name, "wait_ready")
        assert "ImagePull" in step["reason"]["text"]
        allowed = {action for action, now in failed["actions"].items() if now["allowed"]}
        assert {"retry", "skip", "rollback", "abort"} <= allowed
    wait_until(lambda: is_running(world, fleet), 30, "the image is there again, and so are its pods")
    assert api.run(run)["state"] == "failed"  # nothing goes on by itself after a failure
    api.act(run, "retry", step["id"])
    finish(api, run)
    assert judge(fleet, world.audit(fleet)).complaints == []


def is_running(world: World, fleet: FleetSpec) -> bool:
    """Whether the first Prod runs the new images only."""
    first = fleet.prod(f"{fleet.name}-t")
    wanted = {part: [fleet.image(part, NEW)] * count for part, count in first.replicas}
    ready = [pod["status"].get("containerStatuses", [{}])[0].get("ready") for pod in world.pods(first)]
    return world.pod_images(first) == wanted and all(ready)
