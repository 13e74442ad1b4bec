"""What is ours: objects with the label of the Prod. Anything else is left alone."""

from typing import Any

from clusters.core.kinds import PROD_LABEL
from clusters.kube.protocol import Conflict, Denied, Invalid, KubeError, NotFound
from journal.core.reasons import because
from releases.core.answers import Failed, TryAgain

from .context import StepContext

# Status updates move the resourceVersion too; between two looks a handful may come.
MOST_TRIES = 8

__all__ = ["MOST_TRIES", "PROD_LABEL", "NotOurs", "check_ours", "is_ours", "refusal", "remove_ours"]


class NotOurs(Exception):
    """An object of this name exists and belongs to something else."""

    def __init__(self, kind: str, name: str, owner: str) -> None:
        super().__init__(name)
        self.reason = because("object-not-ours", kind=kind, name=name, owner=owner or "nobody")


def owner_of(found: dict[str, Any]) -> str:
    """The Prod whose label the object carries; empty for none."""
    return str((found["metadata"].get("labels") or {}).get(PROD_LABEL, ""))


def is_ours(context: StepContext, found: dict[str, Any]) -> bool:
    """Whether the object carries the label of this Prod."""
    return owner_of(found) == context.prod


def check_ours(context: StepContext, found: dict[str, Any]) -> None:
    """Raises NotOurs, naming whose it is."""
    if not is_ours(context, found):
        raise NotOurs(found["kind"], found["metadata"]["name"], owner_of(found))


def remove_ours(context: StepContext, kind: str, name: str) -> bool:
    """Whether the object was there, ours, and is now being deleted: just as it was looked at, and neither one
    that was made since nor one that another attempt has written since. Raises Conflict if it never rests."""
    for _ in range(MOST_TRIES - 1):
        try:
            return _remove_seen(context, kind, name)
        except Conflict:
            continue
    return _remove_seen(context, kind, name)


def _remove_seen(context: StepContext, kind: str, name: str) -> bool:
    context.renew()
    try:
        found = context.kube.get(kind, context.namespace, name)
    except NotFound:
        return False
    if not is_ours(context, found):
        return False
    context.renew()
    seen = found["metadata"]
    version = seen["resourceVersion"]
    context.kube.delete(kind, context.namespace, name, uid=seen["uid"], resource_version=version)
    return True


def refusal(error: KubeError) -> Failed | TryAgain:
    """What a deletion that the cluster did not carry out answers: another attempt looks again, unless
    that cannot help."""
    if isinstance(error, (Denied, Invalid)):
        return Failed(error.reason)
    return TryAgain(error.reason)
