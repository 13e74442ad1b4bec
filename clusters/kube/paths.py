"""Where objects live in the API: a table for the kinds of Drover, so that these need no discovery."""

from dataclasses import dataclass
from urllib.parse import quote

from clusters.core.kinds import KINDS
from journal.core.reasons import because

from .protocol import Invalid


@dataclass(frozen=True, slots=True)
class Place:
    """Where the API has the objects of one kind. `api_version` as in a manifest: `v1`, `apps/v1`."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool


def split_key(key: str) -> tuple[str, str]:
    """(kind, API version) that `clusters.core.manifests.key_of` made one of. Raises Invalid if it did not.

    >>> split_key("Cache.shop.example/v1")
    ('Cache', 'shop.example/v1')
    """
    known = KINDS.get(key)
    kind, _, api_version = (key, "", known.api_version) if known else key.partition(".")
    if not kind or not api_version:
        raise Invalid(because("kind-unknown", kind=key))
    return kind, api_version


def known_place(key: str) -> Place | None:
    """The Place of one of `KINDS`; None for any other kind."""
    known = KINDS.get(key)
    return Place(known.api_version, key, known.plural, known.namespaced) if known else None


def group_path(api_version: str) -> str:
    """The path of an API version.

    >>> group_path("v1"), group_path("apps/v1")
    ('/api/v1', '/apis/apps/v1')
    """
    quoted = quote(api_version)
    return f"/apis/{quoted}" if "/" in api_version else f"/api/{quoted}"


def list_path(kind: str | Place, namespace: str | None) -> str:
    """The path of a list; `namespace` None: over all namespaces. Raises Invalid for an unknown kind.

    >>> list_path("Deployment", "prod-a-1")
    '/apis/apps/v1/namespaces/prod-a-1/deployments'
    """
    place = _place(kind)
    path = group_path(place.api_version)
    if namespace and place.namespaced:
        path += f"/namespaces/{quote(namespace, safe='')}"
    return f"{path}/{place.plural}"


def object_path(kind: str | Place, namespace: str, name: str) -> str:
    """The path of one object. Raises Invalid without a name, or without the namespace that it needs."""
    place = _place(kind)
    if not name or (place.namespaced and not namespace):
        raise Invalid(because("object-unnamed", kind=place.kind, namespace=namespace, name=name))
    return f"{list_path(place, namespace)}/{quote(name, safe='')}"


def _place(kind: str | Place) -> Place:
    place = kind if isinstance(kind, Place) else known_place(kind)
    if place is None:
        raise Invalid(because("kind-unknown", kind=str(kind)))
    return place
