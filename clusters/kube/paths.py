"""Where objects live in the API: a table, so that no discovery call is needed."""

from urllib.parse import quote

from clusters.core.kinds import KINDS
from journal.core.reasons import because

from .protocol import Invalid


def list_path(kind: str, namespace: str | None) -> str:
    """The path of a list; `namespace` None: over all namespaces. Raises Invalid for an unknown kind.

    >>> list_path("Deployment", "prod-a-1")
    '/apis/apps/v1/namespaces/prod-a-1/deployments'
    """
    known = KINDS.get(kind)
    if known is None:
        raise Invalid(because("kind-unknown", kind=kind))
    group = "/api/v1" if known.api_version == "v1" else f"/apis/{known.api_version}"
    if namespace and known.namespaced:
        group += f"/namespaces/{quote(namespace, safe='')}"
    return f"{group}/{known.plural}"


def object_path(kind: str, namespace: str, name: str) -> str:
    """The path of one object. Raises Invalid without a name, or without the namespace that it needs."""
    known = KINDS.get(kind)
    if not name or (known is not None and known.namespaced and not namespace):
        raise Invalid(because("object-unnamed", kind=kind, namespace=namespace, name=name))
    return f"{list_path(kind, namespace)}/{quote(name, safe='')}"
