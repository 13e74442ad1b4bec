"""A Prod before it is made, changed or retired: what a person reads first."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clusters.core.differences import Difference
from clusters.core.manifests import kind_of, name_of
from clusters.core.overrides import overrides_to_json
from clusters.core.yaml_text import dump_document
from clusters.models import Cluster, Prod, Version
from clusters.namespaces import namespace_reason
from clusters.targets import overrides_of
from journal.core.reasons import Reason
from releases.actions.change import WAITED_FOR
from releases.actions.provision import ApplyPreview
from releases.core.plan import Plan
from releases.prod_previews import ChangePreview, RetirePreview, stops

from .prod_history import overrides_text
from .served import RouteLine, read_routes

CAPACITY = re.compile(r"[0-9]{1,9}", re.ASCII)
LONGEST_ASKED = 63


@dataclass(frozen=True, slots=True)
class NewProdsPage:
    """Whether there is what a Prod needs, and an example of a prod.yaml that would do."""

    clusters: bool
    versions: bool
    example: str


@dataclass(frozen=True, slots=True)
class ObjectText:
    """A rendered object as YAML."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class MadeProd:
    """A Prod that would be made (`new`) or is there so already; `note` is what was seen on its Cluster."""

    name: str
    cluster: str
    namespace: str
    version: str
    new: bool
    objects: tuple[ObjectText, ...]
    note: Reason | None


@dataclass(frozen=True, slots=True)
class MadePlan:
    """The plan of a build, and what would hold it back."""

    plan: Plan
    blockers: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class MadePage:
    """What a prod.yaml would make. `stops` (empty: it can be made) stand against it."""

    prods: tuple[MadeProd, ...]
    plans: tuple[MadePlan, ...]
    stops: tuple[Reason, ...]
    new: int


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A change as it would run. `stops` refuse it, `waits` hold it back at first, `note` is what was seen
    on the Cluster."""

    prod: Prod
    text: str
    plan: Plan | None
    differences: tuple[Difference, ...]
    stops: tuple[Reason, ...]
    waits: tuple[Reason, ...]
    note: Reason | None


@dataclass(frozen=True, slots=True)
class RetirePage:
    """A retire as it would run, and what goes with the Prod."""

    prod: Prod
    plan: Plan
    stops: tuple[Reason, ...]
    routes: tuple[RouteLine, ...]
    tenants: int


def read_new_prod(asked: Mapping[str, str] | None = None) -> NewProdsPage:
    """The empty page; its example names a Version that some Prod runs, if any does, and what is `asked` for by name
    (blueprint, version, cluster, capacity). Three queries."""
    cluster = Cluster.objects.filter(intent=Cluster.Intent.ACTIVE).order_by("name").first()
    versions = Version.objects.filter(vetoed_at=None).select_related("blueprint", "revision")
    proven = versions.filter(pk__in=Prod.objects.exclude(settled_version=None).values("settled_version"))
    version = proven.order_by("-pk").first() or versions.order_by("-pk").first()
    spec: dict[str, Any] = {
        "cluster": cluster.name if cluster else "my-cluster",
        "blueprint": version.blueprint.name if version else "my-blueprint",
        "version": version.name if version else "v1.0.0",
        "role": "live",
        "capacity": 100,
        "overrides": {"replicas": _example_replicas(version)},
    }
    spec |= _asked(asked or {})
    document = {
        "apiVersion": "drover.dev/v1alpha1",
        "kind": "Prod",
        "metadata": {"name": "my-prod"},
        "spec": spec,
    }
    return NewProdsPage(cluster is not None, version is not None, dump_document(document))


def _asked(given: Mapping[str, str]) -> dict[str, Any]:
    """What of `given` may stand in the example; the preview judges it like everything typed."""
    found: dict[str, Any] = {
        name: given[name][:LONGEST_ASKED] for name in ("blueprint", "version", "cluster") if given.get(name)
    }
    capacity = given.get("capacity", "")
    return found | ({"capacity": int(capacity)} if CAPACITY.fullmatch(capacity) else {})


def _example_replicas(version: Version | None) -> dict[str, int]:
    manifests = version.revision.manifests if version else []
    scalable = [name_of(one) for one in manifests if kind_of(one) in ("Deployment", "StatefulSet")]
    return dict.fromkeys(sorted(scalable)[:1], 2)


def read_made(preview: ApplyPreview) -> MadePage:
    """What was previewed, with a look at the Clusters."""
    prods = tuple(
        MadeProd(
            name=one.prod.name,
            cluster=one.prod.cluster.name,
            namespace=one.prod.namespace,
            version=str(one.version),
            new=one.new,
            objects=tuple(
                ObjectText(item.kind, item.name, dump_document(item.manifest)) for item in rendered
            ),
            note=namespace_reason(one.prod.cluster, one.prod.namespace, one.prod.name) if one.new else None,
        )
        for one, rendered in preview.prods
    )
    plans = tuple(
        MadePlan(plan, tuple(dict.fromkeys(one.reason for one in found))) for plan, found in preview.plans
    )
    foreign = tuple(prod.note for prod in prods if prod.note and prod.note.code == "namespace-foreign")
    return MadePage(prods, plans, foreign, sum(prod.new for prod in prods))


def read_change(preview: ChangePreview, text: str) -> ChangePage:
    """What was previewed, with a look at the Cluster."""
    prod = preview.prod
    stopping = stops(preview.blockers, WAITED_FOR)
    note = namespace_reason(prod.cluster, prod.namespace, prod.name)
    foreign = (note,) if note and note.code == "namespace-foreign" else ()
    return ChangePage(
        prod=prod,
        text=text,
        plan=preview.plan,
        differences=preview.differences,
        stops=(*stopping, *foreign),
        waits=tuple(one for one in stops(preview.blockers) if one not in stopping),
        note=None if foreign else note,
    )


def current_text(prod: Prod) -> str:
    """The overrides that are asked of it now, as YAML; empty for none."""
    return overrides_text(overrides_to_json(overrides_of(prod, prod.overrides_revision)))


def read_unchanged(prod: Prod, text: str) -> ChangePage:
    """The page before anything was previewed."""
    return ChangePage(prod, text, None, (), (), (), None)


def read_retire(preview: RetirePreview) -> RetirePage:
    """What was previewed, with whom it concerns."""
    routes = read_routes(preview.prod)
    return RetirePage(
        preview.prod, preview.plan, stops(preview.blockers), routes, sum(route.tenants for route in routes)
    )
