"""What the planners know: the fleet as plain values, sorted by name."""

from dataclasses import dataclass

from journal.core.reasons import Reason

from .plan import From


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """A Route: its load in load units, how many Tenants, and its members (Prod, weight 0-100): the weight that
    is asked for, or where that is 0 for now, the one of normal times. `published`: some router steers by it.
    `drained` are members without weight for now; `pins` the only Prods that may serve it (none: any). `epoch`: of these
    weights, or of older ones."""

    name: str
    redundancy: str
    load: int
    tenants: int
    members: tuple[tuple[str, int], ...]
    published: bool = False
    drained: tuple[str, ...] = ()
    data_class: str = "stateless"
    pins: tuple[str, ...] = ()
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class ProdFacts:
    """A Prod. `health` is `ready`, `not-ready` (serves in part), `down` (some component serves
    nothing) or `unknown` by its last Observation; `cluster_reason` is
    why its Cluster cannot be acted on now (None: it can). `claimed_by` is a live Run's number.
    `emptied`: it is being emptied, by itself or with its Cluster.
    `secrets` are (name, state) as last seen in its `namespace`; `patch_secrets` names that its own patches
    refer to."""

    name: str
    blueprint: str
    cluster: str
    domain: str
    role: str
    capacity: int
    lifecycle: str
    version: str
    blueprint_revision: int
    overrides_revision: int
    came_from: From
    labels: tuple[tuple[str, str], ...] = ()
    health: str = "unknown"
    cluster_reason: Reason | None = None
    claimed_by: int | None = None
    claimed_kind: str = ""
    held: Reason | None = None
    emptied: bool = False
    namespace: str = ""
    secrets: tuple[tuple[str, str], ...] = ()
    patch_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """A Version. `missing` are components of its revision without an image; `proven` says whether some
    completed Run has left it on a Prod. `until` is the step at whose end going back from it ends ("": it
    does not), `shares_data_with` names or `*`, `secrets` are names that must be there."""

    name: str
    revision: int
    rollback: str = "safe"
    veto: Reason | None = None
    missing: tuple[str, ...] = ()
    proven: bool = False
    order: int = 0
    until: str = ""
    shares_data_with: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """All Prods (of every Blueprint), all Routes, and the freeze that stands, if any."""

    prods: tuple[ProdFacts, ...]
    routes: tuple[RouteFacts, ...]
    freeze: Reason | None = None
