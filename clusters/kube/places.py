"""Where one cluster has its kinds: those of Drover by a table, custom resources by its discovery."""

from collections.abc import Callable

from clusters.core.manifests import Manifest, mapping, objects
from journal.core.reasons import because

from .answers import NoPath
from .paths import Place, group_path, known_place, split_key
from .protocol import NotFound


class Places:
    """Remembers what discovery said until it is told to forget. Thread-safe.

    `ask` gives the object at a path, and raises KubeError.
    """

    def __init__(self, ask: Callable[[str], Manifest]) -> None:
        self._ask = ask
        self._found: dict[str, Place] = {}

    def find(self, key: str) -> Place:
        """The Place of a kind. Raises Invalid for what names none, NotFound if the cluster does not have it."""
        place = known_place(key) or self._found.get(key)
        if place is None:
            place = self._found[key] = self._discover(key)
        return place

    def forget(self, key: str) -> None:
        """Ask anew for this kind next time: it may have gone, or have come back as another."""
        self._found.pop(key, None)

    def absent(self, key: str, error: NoPath) -> NotFound:
        """What to raise about a kind whose path leads nowhere.

        Raises `error` again if what answers there shows no groups of kinds: it is no API server then. A kind
        whose definition has just been made, or is on its way out, may be listed there all the same.
        """
        if self._ask("/apis").get("kind") != "APIGroupList":
            raise error
        return absent(key)

    def _discover(self, key: str) -> Place:
        kind, api_version = split_key(key)
        try:
            resources = objects(self._ask(group_path(api_version)).get("resources"))
        except NoPath as e:
            raise self.absent(key, e) from e
        except NotFound as e:
            raise absent(key) from e
        for one in map(mapping, resources):
            plural = str(one.get("name", ""))
            if one.get("kind") == kind and "/" not in plural:  # with one it is a subresource
                return Place(api_version, kind, plural, one.get("namespaced") is True)
        raise absent(key)


def absent(key: str) -> NotFound:
    """What to raise about a kind that a cluster does not have."""
    return NotFound(because("kind-absent", kind=key))
