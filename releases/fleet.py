"""Loading the fleet as the planners want it, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value
from django.utils import timezone

from clusters.core.references import secret_references
from clusters.facts import cluster_reason, is_emptied, observed, prod_health, read_prods, with_facts
from clusters.models import Overrides, Prod, Version
from journal.core.reasons import Reason, because
from releases.core.facts import FleetFacts, ProdFacts, RouteFacts, VersionFacts
from releases.core.plan import From
from releases.core.states import RunKind
from releases.models import Claim, Hold, Run, Step
from traffic.models import Publication, Route, RouteMember
from traffic.queries.line import read_freeze
from traffic.queries.loads import load_now

NOWHERE = From("", 0, 0)
PUBLISHED = Exists(Publication.objects.filter(route=OuterRef("pk")))


def fleet_facts(now: datetime | None = None) -> FleetFacts:
    """All Prods that are not retired, all Routes, and the freeze that stands."""
    return read_fleet(now)[0]


def read_fleet(now: datetime | None = None) -> tuple[FleetFacts, list[Prod]]:
    """The facts, and the Prods that they are of, as `read_prods` loads them.

    Claims are read before what they guard: a Run that ends meanwhile has let go of Prods that are seen as it left
    them. The other way round they would be free and as they were before it.
    """
    claims = _claims(Claim.objects.all())
    read = read_prods()
    routes = Route.objects.annotate(
        load=Sum(load_now("tenants__")), count=Count("tenants"), published=PUBLISHED
    )
    facts = FleetFacts(
        prods=_prods(read, claims, _holds(Hold.objects.all()), _labels(), now or timezone.now()),
        routes=_routes(routes, RouteMember.objects.all()),
        freeze=read_freeze(),
    )
    return facts, read


def facts_around(run: Run, names: Collection[str], now: datetime) -> FleetFacts:
    """The Prods `names` of `run`, the Routes that live on them, and the other members of these; no loads, no labels, and
    the claims of other Runs, which have none on Prods of this one. These are read last: a Run that takes users away
    meanwhile has its claims by then, or Routes have newer epochs than are told here.

    Holds that let this Run pass are left out.
    """
    own = list(Prod.objects.filter(name__in=names).values_list("pk", flat=True))
    serving = Q(members__weight__gt=0) | Q(members__target__gt=0)
    routes = Route.objects.filter(serving, members__prod__in=own).distinct()
    members = RouteMember.objects.filter(route__in=routes.values("pk"))
    around = Prod.objects.filter(Q(pk__in=own) | Q(pk__in=members.values("prod")))
    bare = routes.annotate(load=Value(0), count=Value(0), published=PUBLISHED)
    rows = with_facts(around.exclude(lifecycle=Prod.Lifecycle.RETIRED)).order_by("name")
    holds = _holds(Hold.objects.exclude(passes=run))
    seen = _routes(bare, members)
    others = Claim.objects.filter(prod__in=around.values("pk")).exclude(run=run).exclude(prod__in=own)
    return FleetFacts(_prods(rows, _claims(others), holds, {}, now), seen, read_freeze())


def _claims(rows: QuerySet[Claim]) -> dict[int, tuple[int, str]]:
    """Prod id -> the Run that has it, and its kind."""
    return {prod: (run, kind) for prod, run, kind in rows.values_list("prod", "run", "run__kind")}


def _holds(rows: QuerySet[Hold]) -> dict[int, Reason]:
    """Prod id -> why it is held, for those of `rows` that stand."""
    return {
        hold.prod_id: because("held", why=hold.reason, by=hold.author.get_username())
        for hold in rows.filter(lifted_at=None).select_related("author")
    }


def _prods(
    read: Iterable[Prod],
    claims: Mapping[int, tuple[int, str]],
    holds: Mapping[int, Reason],
    labels: Mapping[int, dict[str, str]],
    now: datetime,
) -> tuple[ProdFacts, ...]:
    """`read` are Prods as of `with_facts`; the others are by their ids."""
    patched = _patched()
    return tuple(
        _prod(
            prod,
            claims.get(prod.pk, (None, "")),
            holds.get(prod.pk),
            labels.get(prod.pk, {}),
            patched.get(prod.pk, ()),
            now,
        )
        for prod in read
    )


def _labels() -> dict[int, dict[str, str]]:
    found = Overrides.objects.filter(content__has_key="labels").order_by("number")
    return dict(found.values_list("prod", "content__labels"))


def _patched() -> dict[int, tuple[str, ...]]:
    """Names of the Secrets that the patches in force on each Prod refer to."""
    found = Overrides.objects.filter(number=F("prod__overrides_revision"), content__has_key="patches")
    found = found.exclude(content__patches=[])
    return {row.prod_id: secret_references(row.content["patches"]) for row in found}


def _prod(
    prod: Prod,
    claim: tuple[int | None, str],
    held: Reason | None,
    labels: dict[str, Any],
    patch_secrets: tuple[str, ...],
    now: datetime,
) -> ProdFacts:
    return ProdFacts(
        name=prod.name,
        blueprint=prod.blueprint.name,
        cluster=prod.cluster.name,
        domain=prod.cluster.failure_domain,
        role=prod.role,
        capacity=prod.capacity,
        lifecycle=prod.lifecycle,
        version=prod.version.name,
        blueprint_revision=prod.version.revision.number,
        overrides_revision=prod.overrides_revision,
        came_from=_came_from(prod),
        labels=tuple(sorted(labels.items())),
        health=prod_health(prod, now),
        cluster_reason=cluster_reason(prod.cluster, now),
        claimed_by=claim[0],
        claimed_kind=claim[1],
        held=held,
        emptied=is_emptied(prod),
        namespace=prod.namespace,
        secrets=_secrets(prod),
        patch_secrets=patch_secrets,
    )


def _secrets(prod: Prod) -> tuple[tuple[str, str], ...]:
    """(name, state) as last seen."""
    seen = observed(prod)
    return seen.secrets if seen else ()


def _came_from(prod: Prod) -> From:
    settled = prod.settled_version
    if settled is None:
        return NOWHERE
    return From(settled.name, settled.revision.number, prod.settled_overrides_revision or 0)


def _routes(rows: QuerySet[Any], members_of: QuerySet[RouteMember]) -> tuple[RouteFacts, ...]:
    """`rows` are Routes with `load`, `count` and `published`. Weights that change meanwhile have a newer epoch than is told."""
    routes = list(rows.order_by("name"))
    members: dict[int, list[tuple[str, int]]] = defaultdict(list)
    drained: dict[int, list[str]] = defaultdict(list)
    found = members_of.order_by("prod__name").values_list("route", "prod__name", "weight", "target")
    for route, prod, weight, target in found:
        members[route].append((prod, weight or target))
        if target and not weight:
            drained[route].append(prod)
    return tuple(
        RouteFacts(
            name=route.name,
            redundancy=route.redundancy,
            load=route.load or 0,
            tenants=route.count,
            members=tuple(members[route.pk]),
            published=route.published,
            drained=tuple(drained[route.pk]),
            data_class=route.data_class,
            pins=tuple(route.pins),
            epoch=route.epoch,
        )
        for route in routes
    )


def version_facts(blueprint: str, *, with_proof: bool = False) -> tuple[VersionFacts, ...]:
    """All Versions of the Blueprint, oldest first; which are proven only where it is asked for."""
    versions = Version.objects.filter(blueprint__name=blueprint).select_related("revision")
    proven = _proven(blueprint) if with_proof else set()
    return tuple(
        VersionFacts(
            name=version.name,
            revision=version.revision.number,
            rollback=version.rollback,
            veto=_veto(version),
            missing=tuple(sorted(set(version.revision.components) - set(version.images))),
            proven=version.pk in proven,
            order=version.pk,
            until=version.rollback_until,
            shares_data_with=tuple(version.shares_data_with),
            secrets=tuple(version.revision.secrets),
        )
        for version in versions.defer("revision__manifests").order_by("pk")
    )


def _proven(blueprint: str) -> set[int]:
    """Ids of Versions that a completed Run has left on a Prod with every step done."""
    skipped = Step.objects.filter(run=OuterRef("run"), prod=OuterRef("prod"), state="skipped")
    left = Step.objects.filter(
        ~Exists(skipped),
        run__state="succeeded",
        run__blueprint__name=blueprint,
        kind="set_version",
        state="succeeded",
    )
    return set(left.values_list("params__version_id", flat=True).distinct())


def _veto(version: Version) -> Reason | None:
    if version.vetoed_at is None:
        return None
    return because("version-vetoed", version=version.name, why=version.veto_reason)


def taken_back() -> dict[str, str]:
    """Prod -> the Version that a rollback under way takes it back to. Two queries."""
    steps = Step.objects.filter(kind="set_version", run__kind=RunKind.ROLLBACK, run__claims__prod=F("prod"))
    found = dict(steps.values_list("prod__name", "params__version_id"))
    names = dict(Version.objects.filter(pk__in=found.values()).values_list("pk", "name"))
    return {prod: names[version] for prod, version in found.items()}


def tell_taken_back(**_signal: Any) -> dict[str, str]:
    """`taken_back`, for who may not know Runs."""
    return taken_back()
