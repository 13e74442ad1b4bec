"""What the rest of Drover asks of a cluster, and the errors it must expect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from clusters.core.manifests import Manifest
from clusters.core.rights import Granted, Right
from journal.core.reasons import Reason

__all__ = [
    "FIELD_MANAGER",
    "Conflict",
    "Contested",
    "Denied",
    "Granted",
    "Invalid",
    "Kube",
    "KubeError",
    "NotFound",
    "Right",
    "Unavailable",
]


# Who owns the fields that Drover applies, unless it says otherwise.
FIELD_MANAGER = "drover"


class KubeError(Exception):
    """A call that did not do what was asked. `reason` is for people."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"{reason.code} {dict(reason.params)}")
        self.reason = reason


class NotFound(KubeError):
    """The object, its namespace or its kind is not there."""


class Denied(KubeError):
    """The credentials are wrong (401) or may not do this (403)."""


class Invalid(KubeError):
    """The API server will never take this object. Trying again does not help."""


@dataclass(frozen=True, slots=True)
class Contested:
    """One field that another manager owns. `message` names the manager."""

    field: str
    message: str


class Conflict(KubeError):
    """Somebody else was there: with `fields`, other managers own them; without, the resourceVersion that
    was asked for is no longer the current one."""

    def __init__(self, reason: Reason, fields: tuple[Contested, ...] = ()) -> None:
        super().__init__(reason)
        self.fields = fields


class Unavailable(KubeError):
    """No usable answer. `maybe_done`: a write may have happened all the same, so look before the next."""

    def __init__(self, reason: Reason, *, maybe_done: bool) -> None:
        super().__init__(reason)
        self.maybe_done = maybe_done


class Kube(Protocol):
    """One cluster. A `kind` is a name of `clusters.core.kinds.KINDS`, or for a custom resource
    `Kind.group/version` (`clusters.core.manifests.key_of`), which the cluster's discovery resolves. Every method raises KubeError; all but `apply` and `delete` may be repeated freely,
    and those two are repeatable acts by nature."""

    def get(self, kind: str, namespace: str, name: str) -> Manifest:
        """The object as the cluster has it. `namespace` is "" for kinds without one."""
        ...

    def apply(
        self,
        manifest: Manifest,
        *,
        resource_version: str | None = None,
        force: bool = False,
        dry_run: bool = False,
        manager: str = FIELD_MANAGER,
    ) -> Manifest:
        """The object after a server-side apply as field manager `manager`. A field that the same manager applied
        before and does not name now goes, unless another owns it too.

        Raises Conflict if another manager owns a field and `force` is not set, or if the object is no
        longer at `resource_version`. With `dry_run` nothing is stored.
        """
        ...

    def remove_fields(
        self, kind: str, namespace: str, name: str, pointers: Sequence[str], *, resource_version: str
    ) -> Manifest:
        """The object without the fields at `pointers` (RFC 6901, removed in this order), whoever owns them.

        Raises Conflict if the object is no longer at `resource_version`, from which the pointers are.
        """
        ...

    def delete(
        self,
        kind: str,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """Deletes in the background. Already gone is success; with `uid`, another object is a Conflict, and
        with `resource_version`, one that was written since."""
        ...

    def list(self, kind: str, namespace: str | None = None, label_selector: str = "") -> list[Manifest]:
        """The objects of a kind, with `kind` and `apiVersion` set; `namespace` None: of all namespaces."""
        ...

    def version(self) -> str:
        """The server's version, such as `v1.36.2`."""
        ...

    def ready(self) -> None:
        """Returns when the API server says that it is ready to serve."""
        ...

    def allowed(self, right: Right, namespace: str = "") -> bool:
        """Whether our credentials may do `right` (SelfSubjectAccessReview); `namespace` "": everywhere."""
        ...

    def granted(self, namespace: str) -> tuple[Granted, ...]:
        """All that our credentials may do in `namespace` (SelfSubjectRulesReview), cluster-wide included."""
        ...
