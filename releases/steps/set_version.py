"""set_version: the rendered objects of a Prod, applied to its Cluster, each write fenced."""

import re
from copy import deepcopy
from typing import Any

from clusters.core.evidence import Applied, applied_from_answer, applied_to_json
from clusters.core.render import Rendered
from clusters.kube.protocol import Conflict, Contested, Denied, Invalid, NotFound, Unavailable
from journal.core.reasons import Reason, because
from releases.core.answers import Failed, Succeeded, TryAgain

from .additions import without_additions
from .context import Outcome, StepContext
from .jobs import remove_former_jobs, without_failed
from .ours import MOST_TRIES, PROD_LABEL, NotOurs, check_ours, remove_ours
from .stuck_pods import replace_stuck_pods

EPOCH = "drover.dev/epoch"
MOST_SAID = 300


def act(context: StepContext) -> Outcome:
    """Namespace, objects in order, then what the Blueprint no longer has is removed.

    Already so is success. `result["applied"]` holds what the evidence rule needs (`Applied`), and
    `result["replaced"]` the UIDs of stuck pods that were deleted so that new ones start.
    """
    try:
        _ensure_namespace(context)
        applied = [_apply(context, rendered) for rendered in context.rendered]
        for kind, name in context.former:
            remove_ours(context, kind, name)
        remove_former_jobs(context)
        replaced = replace_stuck_pods(context, applied)
    except NotOurs as error:
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
    check_ours(context, found)


def _namespace(context: StepContext) -> dict[str, Any]:
    labels = {PROD_LABEL: context.prod}
    metadata = {"name": context.namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _apply(context: StepContext, rendered: Rendered) -> Applied:
    """Apply one object. Look, renew the lease, write with the resourceVersion that was seen: whoever
    wrote in between, we or another, makes the write fail instead of winning by being late."""
    for tries_left in reversed(range(MOST_TRIES)):
        found = without_failed(context, rendered, _found(context, rendered))
        seen = found.get("metadata", {})
        context.renew()
        try:
            manifest = with_mark(_with_replicas(rendered, found), context.token, seen.get("uid", ""))
            answer = context.kube.apply(
                manifest, resource_version=seen.get("resourceVersion"), force=context.force
            )
            return applied_from_answer(without_additions(context, rendered, answer))
        except Conflict as error:
            if error.fields:
                raise Conflict(_contested(rendered, error.fields), error.fields) from error
            if not tries_left:
                raise
    raise AssertionError("the last try answers or raises")


def _contested(rendered: Rendered, fields: tuple[Contested, ...]) -> Reason:
    """Whose fields they are, of which object: what a person must know to take them over or not."""
    managers = sorted(
        {name for one in fields for name in re.findall(r'conflict with "([^"]*)"', one.message)}
    )
    return because(
        "object-contested",
        kind=rendered.kind,
        name=rendered.name,
        fields=", ".join(one.field for one in fields)[:MOST_SAID],
        managers=", ".join(managers)[:MOST_SAID] or "another tool",
    )


def _found(context: StepContext, rendered: Rendered) -> dict[str, Any]:
    """The object as it is; empty if there is none."""
    context.renew()
    try:
        found = context.kube.get(rendered.kind, context.namespace, rendered.name)
    except NotFound:
        return {}
    check_ours(context, found)
    return found


def _with_replicas(rendered: Rendered, found: dict[str, Any]) -> dict[str, Any]:
    """The manifest; where an autoscaler sets the replicas, with those that are there now, or the first
    ones. Without any, an apply of ours would set the field that only we own back to 1."""
    spec = rendered.manifest.get("spec")
    if rendered.first_replicas is None or not isinstance(spec, dict):
        return rendered.manifest
    now = found.get("spec", {}).get("replicas", rendered.first_replicas)
    return {**rendered.manifest, "spec": {**spec, "replicas": now}}


def with_mark(manifest: dict[str, Any], token: str, uid: str) -> dict[str, Any]:
    """The manifest with our mark. The UID makes an apply to an object that was deleted since a conflict;
    the resourceVersion alone would create it anew."""
    marked = deepcopy(manifest)
    marked["metadata"].setdefault("annotations", {})[EPOCH] = token
    if uid:
        marked["metadata"]["uid"] = uid
    return marked
