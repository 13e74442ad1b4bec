"""What proves objects that are no workloads: they exist, they finished, or they say so themselves."""

from collections.abc import Callable

from journal.core.reasons import because

from .observed import Condition, ObservedObject, ObservedProd
from .rollout import IMAGE_WAITS, first_failing
from .verdicts import Applied, Failing, Ready, Verdict, Waiting

# An autoscaler whose target is scaled to zero on purpose says ScalingActive=False with this reason.
SWITCHED_OFF = "ScalingDisabled"


def judge_existing(applied: Applied, _observed: ObservedProd) -> Verdict:
    """Ready: the answer to the apply has proven it."""
    return Ready(because("exists", kind=applied.kind, name=applied.name))


def judge_job(applied: Applied, observed: ObservedProd) -> Verdict:
    """Ready when it has finished; Failing by its own condition, or when its pods cannot start.

    A crash of one of its pods says nothing: the Job itself decides how many it takes (backoffLimit).
    """
    seen = _find(applied, observed)
    if not isinstance(seen, ObservedObject):
        return seen
    failed = _condition(seen, "Failed")
    if failed and failed.status == "True":
        return Failing(because("job-failed", name=seen.name, message=failed.message or failed.reason))
    complete = _condition(seen, "Complete")
    if (complete and complete.status == "True") or (seen.wanted and seen.done >= seen.wanted):
        return Ready(because("job-done", name=seen.name))
    mine = (pod for pod in observed.pods if pod.digest == applied.digest and not pod.terminating)
    failing = first_failing(seen.name, (pod for pod in mine if pod.waiting in IMAGE_WAITS))
    if failing:
        return failing
    suspended = _condition(seen, "Suspended")
    if suspended and suspended.status == "True":
        return Waiting(because("job-suspended", name=seen.name))
    return Waiting(because("job-runs", name=seen.name, done=seen.done, wanted=seen.wanted))


def judge_route(applied: Applied, observed: ObservedProd) -> Verdict:
    """Failing when a gateway refuses the route as it is now; Ready when none does, or none has looked."""
    seen = _find(applied, observed)
    if not isinstance(seen, ObservedObject):
        return seen
    refusals = [one for one in seen.conditions if one.status == "False"]
    for one in refusals:
        if _is_current(one, seen, applied):
            words = one.message or one.reason
            return Failing(because("route-refused", name=seen.name, condition=one.type, message=words))
    if any(not _is_current(one, seen, applied) for one in seen.conditions):
        return Waiting(because("change-not-started", workload=applied.name))
    return Ready(because("exists", kind=applied.kind, name=applied.name))


def judge_autoscaler(applied: Applied, observed: ObservedProd) -> Verdict:
    """Waiting while it says that it cannot scale, or asks for less than its minimum. One that says nothing
    is taken as it is: it is no part of serving users."""
    seen = _find(applied, observed)
    if not isinstance(seen, ObservedObject):
        return seen
    for one in seen.conditions:
        if one.status == "False" and one.reason != SWITCHED_OFF:
            words = one.message or one.reason
            return Waiting(because("autoscaler-stuck", name=seen.name, condition=one.type, message=words))
    if seen.conditions and seen.done < seen.wanted and not _is_switched_off(seen):
        return Waiting(because("autoscaler-below", name=seen.name, done=seen.done, wanted=seen.wanted))
    return Ready(because("exists", kind=applied.kind, name=applied.name))


def _is_switched_off(seen: ObservedObject) -> bool:
    return any(one.reason == SWITCHED_OFF for one in seen.conditions)


def judge_custom(applied: Applied, observed: ObservedProd) -> Verdict:
    """By its conditions Ready and Available, if it reports any: all True, and of the generation applied."""
    seen = _find(applied, observed)
    if not isinstance(seen, ObservedObject):
        return seen
    for one in seen.conditions:
        if not _is_current(one, seen, applied):
            return Waiting(because("change-not-started", workload=applied.name))
        if one.status != "True":
            words = one.message or one.reason
            return Waiting(
                because(
                    "condition-not-true", kind=seen.kind, name=seen.name, condition=one.type, message=words
                )
            )
    return Ready(because("exists", kind=applied.kind, name=applied.name))


def _find(applied: Applied, observed: ObservedProd) -> ObservedObject | Waiting:
    """The object that was applied, as seen now; Waiting if it was not seen, or not since."""
    why = dict(observed.unwatched).get(applied.kind)
    if why is not None:
        return Waiting(because("kind-not-watched", kind=applied.kind, name=applied.name, problem=why))
    for seen in observed.objects:
        if (seen.kind, seen.name) == (applied.kind, applied.name):
            if seen.uid != applied.uid:
                return Waiting(because("workload-replaced", kind=applied.kind, name=applied.name))
            if seen.generation < applied.generation:
                return Waiting(because("change-not-seen", workload=applied.name))
            return seen
    return Waiting(because("workload-not-seen", kind=applied.kind, name=applied.name))


def _condition(seen: ObservedObject, of_type: str) -> Condition | None:
    return next((one for one in seen.conditions if one.type == of_type), None)


def _is_current(one: Condition, seen: ObservedObject, applied: Applied) -> bool:
    """Whether it speaks of what was applied. One that names no generation cannot be told to be old."""
    generation = one.generation or seen.observed_generation
    return not generation or generation >= applied.generation


Rule = Callable[[Applied, ObservedProd], Verdict]
