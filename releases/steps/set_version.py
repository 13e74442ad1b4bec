"""set_version: the rendered objects of a Prod, applied to its Cluster, each write fenced."""

from copy import deepcopy
from typing import Any

from clusters.core.evidence import Applied, applied_from_answer, applied_to_json, is_failing
from clusters.core.observe_facts import observed_pod
from clusters.core.render import Rendered
from clusters.kube.protocol import Conflict, Denied, Invalid, NotFound, Unavailable
from journal.core.reasons import because
from releases.core.answers import Failed, Succeeded, TryAgain

from .context import Outcome, StepContext

PROD_LABEL = "drover.dev/prod"
EPOCH = "drover.dev/epoch"
# Status updates move the resourceVersion too; between two looks a handful may come.
MOST_TRIES = 8
# A list may take longer than the other calls.
LIST_S = 40


class _NotOurs(Exception):
    """An object of this name exists and belongs to something else."""

    def __init__(self, kind: str, name: str, owner: str) -> None:
        super().__init__(name)
        self.reason = because("object-not-ours", kind=kind, name=name, owner=owner or "nobody")


def act(context: StepContext) -> Outcome:
    """Namespace, objects in order, then what the Blueprint no longer has is removed.

    Already so is success. `result["applied"]` holds what the evidence rule needs (`Applied`), and
    `result["replaced"]` the names of stuck pods that were deleted so that new ones start.
    """
    try:
        _ensure_namespace(context)
        applied = [_apply(context, rendered) for rendered in context.rendered]
        for kind, name in context.former:
            _remove(context, kind, name)
        replaced = _replace_stuck_pods(context, applied) if context.again else []
    except _NotOurs as error:
        return Outcome(Failed(error.reason))
    except Conflict as error:
        return Outcome(_conflict(error))
    except (Denied, Invalid, NotFound) as error:
        return Outcome(Failed(error.reason))
    except Unavailable as error:
        return Outcome(TryAgain(error.reason))
    reason = because("applied", objects=len(applied))
    return Outcome(Succeeded(reason), {"applied": applied_to_json(tuple(applied)), "replaced": replaced})


def _conflict(error: Conflict) -> Failed | TryAgain:
    return Failed(error.reason) if error.fields else TryAgain(error.reason)


def _ensure_namespace(context: StepContext) -> None:
    context.renew()
    try:
        found = context.kube.get("Namespace", "", context.namespace)
    except NotFound:
        context.renew()
        context.kube.apply(_namespace(context))
        return
    _check_ours(context, found)


def _namespace(context: StepContext) -> dict[str, Any]:
    labels = {PROD_LABEL: context.prod}
    metadata = {"name": context.namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _check_ours(context: StepContext, found: dict[str, Any]) -> None:
    metadata = found["metadata"]
    owner = metadata.get("labels", {}).get(PROD_LABEL, "")
    if owner != context.prod:
        raise _NotOurs(found["kind"], metadata["name"], owner)


def _apply(context: StepContext, rendered: Rendered) -> Applied:
    """Apply one object. Look, renew the lease, write with the resourceVersion that was seen: whoever
    wrote in between, we or another, makes the write fail instead of winning by being late."""
    for tries_left in reversed(range(MOST_TRIES)):
        seen = _seen(context, rendered)
        context.renew()
        try:
            manifest = _marked(rendered.manifest, context.token, seen.get("uid", ""))
            answer = context.kube.apply(
                manifest, resource_version=seen.get("resourceVersion"), force=context.force
            )
            return applied_from_answer(answer)
        except Conflict as error:
            if error.fields or not tries_left:
                raise
    raise AssertionError("the last try answers or raises")


def _seen(context: StepContext, rendered: Rendered) -> dict[str, Any]:
    """The metadata of the object as it is; empty if there is none."""
    context.renew()
    try:
        found = context.kube.get(rendered.kind, context.namespace, rendered.name)
    except NotFound:
        return {}
    _check_ours(context, found)
    metadata: dict[str, Any] = found["metadata"]
    return metadata


def _marked(manifest: dict[str, Any], token: str, uid: str) -> dict[str, Any]:
    """The manifest with our mark. The UID makes an apply to an object that was deleted since a conflict;
    the resourceVersion alone would create it anew."""
    marked = deepcopy(manifest)
    marked["metadata"].setdefault("annotations", {})[EPOCH] = token
    if uid:
        marked["metadata"]["uid"] = uid
    return marked


def _replace_stuck_pods(context: StepContext, applied: list[Applied]) -> list[str]:
    """Deletes pods of what was applied that cannot start, so that the cluster tries at once and anew.

    Otherwise the words of the old failure would fail a retry before anything was tried again.
    """
    digests = {item.digest for item in applied if item.digest}
    context.renew(LIST_S)
    found = context.kube.list("Pod", context.namespace, f"{PROD_LABEL}={context.prod}")
    pods = [observed_pod(pod) for pod in found]
    stuck = [pod for pod in pods if pod.digest in digests and not pod.terminating and is_failing(pod)]
    for pod in stuck:
        context.renew()
        context.kube.delete("Pod", context.namespace, pod.name)
    return [pod.name for pod in stuck]


def _remove(context: StepContext, kind: str, name: str) -> None:
    context.renew()
    try:
        found = context.kube.get(kind, context.namespace, name)
        if found["metadata"].get("labels", {}).get(PROD_LABEL) == context.prod:
            context.renew()
            context.kube.delete(kind, context.namespace, name)
    except NotFound:
        return
