"""delete_namespace: the Prod's namespace goes, and with it all that is left in it."""

from typing import Any

from clusters.kube.protocol import KubeError, NotFound
from journal.core.reasons import Reason, because
from releases.core.answers import Answer, Failed, Running, Succeeded

from .context import Outcome, StepContext
from .ours import NotOurs, check_ours, refusal

LOOK_AGAIN_S = 1.0
MOST_SAID = 300


def act(context: StepContext) -> Outcome:
    """Asks for the deletion once, then looks until the namespace is gone, `timeout_s` at most.

    Never deletes one that does not carry the Prod's label, nor one that was made or written since it was looked at.
    """
    try:
        return Outcome(_delete(context))
    except NotFound:
        return Outcome(Succeeded(because("namespace-gone", namespace=context.namespace)))
    except NotOurs as error:
        why = dict(error.reason.params)
        return Outcome(Failed(because("namespace-not-ours", namespace=context.namespace, owner=why["owner"])))
    except KubeError as error:
        return Outcome(refusal(error))


def _delete(context: StepContext) -> Answer:
    context.renew()
    found = context.kube.get("Namespace", "", context.namespace)
    check_ours(context, found)
    seen = found["metadata"]
    if not seen.get("deletionTimestamp"):
        context.renew()
        version = seen["resourceVersion"]
        context.kube.delete("Namespace", "", context.namespace, uid=seen["uid"], resource_version=version)
    elif context.waited_s > int(context.params.get("timeout_s", 0)):
        return Failed(_stuck(context, found))
    return Running(because("namespace-going", namespace=context.namespace), LOOK_AGAIN_S)


def _stuck(context: StepContext, found: dict[str, Any]) -> Reason:
    conditions = (found.get("status") or {}).get("conditions") or ()
    said = " ".join(str(one.get("message", "")) for one in conditions if one.get("status") == "True")
    return because(
        "namespace-stuck",
        namespace=context.namespace,
        waited_s=int(context.waited_s),
        message=said[:MOST_SAID] or "it does not say why",
    )
