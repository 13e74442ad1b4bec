"""What other managers have added inside our objects, removed where a plan takes them over."""

from typing import Any

from clusters.core.drift import added_pointers
from clusters.core.manifests import key_of
from clusters.core.render import Rendered

from .context import StepContext


def without_additions(context: StepContext, rendered: Rendered, applied: dict[str, Any]) -> dict[str, Any]:
    """The object after what others have added is removed; `applied` itself where the plan leaves it to them.

    A server-side apply cannot remove what others own, however much it is forced.
    """
    if not context.params.get("clean"):
        return applied
    pointers = added_pointers(rendered.manifest, applied)
    if not pointers:
        return applied
    context.renew()
    return context.kube.remove_fields(
        key_of(rendered.manifest),
        context.namespace,
        rendered.name,
        pointers,
        resource_version=applied["metadata"]["resourceVersion"],
    )
