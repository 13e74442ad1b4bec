"""Jobs of a Prod: one that failed is tried anew, one of another Version goes."""

from typing import Any

from clusters.core.manifests import mapping, objects
from clusters.core.render import Rendered

from .context import StepContext
from .ours import PROD_LABEL, is_ours, remove_ours

LIST_S = 40  # a list may take longer than the other calls


def has_failed(found: dict[str, Any]) -> bool:
    """Whether the Job says that it will not be tried again."""
    conditions = objects(mapping(found.get("status")).get("conditions"))
    return any(one.get("type") == "Failed" and one.get("status") == "True" for one in conditions)


def without_failed(context: StepContext, rendered: Rendered, found: dict[str, Any]) -> dict[str, Any]:
    """`found`, or nothing where it is a failed Job and this attempt is to try again: it is then deleted."""
    if not found or rendered.kind != "Job" or not context.again or not has_failed(found):
        return found
    context.renew()
    seen = found["metadata"]
    version = seen["resourceVersion"]
    context.kube.delete("Job", context.namespace, rendered.name, uid=seen["uid"], resource_version=version)
    return {}


def remove_former_jobs(context: StepContext) -> None:
    """Deletes Jobs of the Prod that are of another content than what was rendered: each content has a name
    of its own. What a CronJob makes carries no label of ours and has an owner; it is left alone."""
    wanted = {rendered.name for rendered in context.rendered if rendered.kind == "Job"}
    if not wanted and not any(kind == "Job" for kind, _ in context.former):
        return
    context.renew(LIST_S)
    for found in context.kube.list("Job", context.namespace, f"{PROD_LABEL}={context.prod}"):
        metadata = found["metadata"]
        if metadata["name"] in wanted or metadata.get("ownerReferences") or not is_ours(context, found):
            continue
        remove_ours(context, "Job", metadata["name"])
