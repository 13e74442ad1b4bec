"""Writing how many pods the autoscalers of a Prod keep at least: shared by the steps that raise and lower that."""

from collections.abc import Callable
from typing import Any

from clusters.core.kinds import EPOCH_ANNOTATION, VERSION_LABEL
from clusters.core.manifests import Manifest, mapping
from clusters.core.render import Rendered
from clusters.kube.protocol import Conflict, Denied, Invalid, NotFound, Unavailable
from journal.core.reasons import Reason, because
from releases.core.answers import Failed, Succeeded, TryAgain

from .context import Outcome, StepContext
from .ours import MOST_TRIES, NotOurs, check_ours
from .set_version import with_mark

# What is wanted of an autoscaler, from (as rendered, as it is): how many pods at least; None: it stays as it is.
Wanted = Callable[[Manifest, Manifest], int | None]


class _Changing(Exception):
    """Somebody is bringing the Prod to another Version at this moment, and with it its autoscalers."""

    def __init__(self, rendered: Rendered) -> None:
        super().__init__(rendered.name)
        self.reason = because("autoscaler-changing", name=rendered.name)


def set_floors(context: StepContext, wanted: Wanted, done: str, nothing: str) -> Outcome:
    """Each autoscaler with as many pods at least as `wanted` says, all else as its Version has it. What other tools own
    is left to them. Succeeded with the code `done` and what was changed, or `nothing`; Failed where one could not be
    written, the others being so."""
    told: list[str] = []
    refused: list[Reason] = []
    try:
        for rendered in context.rendered:
            try:
                told += _set_floor(context, rendered, wanted)
            except (Denied, Invalid, NotFound, NotOurs, _Changing) as error:
                refused.append(error.reason)
            except Conflict as error:
                if not error.fields:
                    raise
                refused.append(error.reason)
    except (Conflict, Unavailable) as error:
        return Outcome(TryAgain(error.reason))
    if refused:
        return Outcome(Failed(refused[0]))
    return Outcome(Succeeded(because(done, floors=", ".join(told)) if told else because(nothing)))


def _set_floor(context: StepContext, rendered: Rendered, wanted: Wanted) -> list[str]:
    """What was changed, to read; written with the resourceVersion that was seen. Its status moves that too, so a few
    looks may be needed."""
    for _ in range(MOST_TRIES - 1):
        try:
            return _set_seen(context, rendered, wanted)
        except Conflict as error:
            if error.fields:
                raise
    return _set_seen(context, rendered, wanted)


def _set_seen(context: StepContext, rendered: Rendered, wanted: Wanted) -> list[str]:
    context.renew()
    found = context.kube.get(rendered.kind, context.namespace, rendered.name)
    check_ours(context, found)
    floor = wanted(rendered.manifest, found)
    if floor is None:
        return []
    if _version(found) != _version(rendered.manifest):
        raise _Changing(rendered)
    seen = found["metadata"]
    context.renew()
    manifest = with_mark(_with_floor(rendered.manifest, floor), context.token, seen["uid"])
    context.kube.apply(manifest, resource_version=seen["resourceVersion"])
    return [f"{rendered.name} {floor_of(found)} → {floor}"]


def _with_floor(manifest: Manifest, floor: int) -> Manifest:
    """One that says nothing of it stays so where the floor is the one that it has then."""
    if floor == floor_of(manifest):
        return manifest
    return {**manifest, "spec": {**mapping(manifest.get("spec")), "minReplicas": floor}}


def floor_of(autoscaler: Manifest) -> int:
    """How many pods it keeps at least: 1 where it does not say (autoscaling/v2)."""
    return int(mapping(autoscaler.get("spec")).get("minReplicas", 1))


def writer_of(autoscaler: Manifest) -> list[str]:
    """Run, step and attempt that wrote it last, as a token has them."""
    return token_parts(str(mapping(_metadata(autoscaler).get("annotations")).get(EPOCH_ANNOTATION, "")))


def token_parts(token: str) -> list[str]:
    """Run, step and attempt of a token."""
    return token.split(".")


def _version(manifest: Manifest) -> Any:
    return mapping(_metadata(manifest).get("labels")).get(VERSION_LABEL)


def _metadata(manifest: Manifest) -> Manifest:
    return mapping(manifest.get("metadata"))
