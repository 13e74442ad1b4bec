"""People's writes to what Prods there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.core.overrides import overrides_to_json
from clusters.core.prod_yaml import ProdSpec, parse_facts
from clusters.core.render import ProdTarget, render
from clusters.models import Cluster, Overrides, Prod, Version
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record


@dataclass(frozen=True, slots=True)
class AppliedProd:
    """A Prod as `apply_prod` left it. `new`: it has to be built."""

    prod: Prod
    version: Version
    new: bool


def apply_prod(person: Person, spec: ProdSpec) -> AppliedProd:
    """The Prod that `spec` describes, created if there is none. The same again changes nothing; another
    content for a Prod that exists is refused: changing a Prod is a Run's business."""
    require(person, "prod.apply")
    with transaction.atomic():
        cluster = _kept(spec.cluster)
        version = (
            Version.objects.select_related("revision", "blueprint")
            .filter(blueprint__name=spec.blueprint, name=spec.version)
            .first()
        )
        if cluster is None or version is None:
            raise Refused(*_unknown(spec, cluster, version))
        _check_renders(spec, version)
        found = Prod.objects.filter(name=spec.name).first()
        if found:
            _check_same(found, spec, cluster, version)
            return AppliedProd(found, version, new=False)
        _check_place(spec, cluster)
        return AppliedProd(_create_prod(person, spec, cluster, version), version, new=True)


def _kept(name: str) -> Cluster | None:
    """The Cluster, which nobody removes, retires or cordons before the transaction ends. Observers go on
    renewing their leases: a stronger lock would hold them up, and two files could block each other."""
    query = "SELECT * FROM clusters_cluster WHERE name = %s FOR KEY SHARE"
    return next(iter(Cluster.objects.raw(query, [name])), None)


FACTS = ("capacity", "endpoint", "role")


def change_facts(person: Person, name: str, facts: Mapping[str, Any]) -> Prod:
    """The Prod with these facts (any of FACTS; checked by the schema of prod.yaml), which are Drover's own
    and need no Run. The same again changes nothing. Refused for a Prod that is retired."""
    require(person, "prod.change")
    asked = parse_facts(facts)
    with transaction.atomic():
        prod = (
            Prod.objects.select_for_update(of=("self",)).select_related("cluster").filter(name=name).first()
        )
        if prod is None:
            raise Refused(because("prod-not-there", prod=name))
        if prod.lifecycle == Prod.Lifecycle.RETIRED:
            raise Refused(because("prod-retired", prod=name))
        changed = {field: value for field, value in asked.items() if getattr(prod, field) != value}
        if changed:
            told = ", ".join(f"{field} {getattr(prod, field)} → {value}" for field, value in changed.items())
            Prod.objects.filter(pk=prod.pk).update(**changed)
            _tell(person, prod, ("", "changed"), because("prod-facts", fields=told))
            prod.refresh_from_db(fields=list(changed))
        return prod


def _tell(person: Person, prod: Prod, moved: tuple[str, str], why: Reason | None = None) -> None:
    told = event(
        timezone.now(),
        "prod",
        actor=person,
        prod=prod.name,
        cluster=prod.cluster.name,
        moved=moved,
        reason=why,
    )
    record([told])


def _unknown(spec: ProdSpec, cluster: Cluster | None, version: Version | None) -> list[Reason]:
    reasons = [] if cluster else [because("cluster-not-registered", cluster=spec.cluster)]
    if version is None:
        reasons.append(because("version-unknown", blueprint=spec.blueprint, version=spec.version))
    return reasons


def _check_renders(spec: ProdSpec, version: Version) -> None:
    target = ProdTarget(spec.name, spec.namespace, version.name, spec.overrides)
    render(version.revision.manifests, version.images, target)


def _check_place(spec: ProdSpec, cluster: Cluster) -> None:
    if cluster.intent != Cluster.Intent.ACTIVE:
        raise Refused(because("cluster-takes-none", cluster=cluster.name, intent=cluster.intent))
    other = Prod.objects.filter(cluster=cluster, namespace=spec.namespace).first()
    if other:
        raise Refused(because("namespace-taken", namespace=spec.namespace, prod=other.name))


def _check_same(prod: Prod, spec: ProdSpec, cluster: Cluster, version: Version) -> None:
    if prod.lifecycle == Prod.Lifecycle.RETIRED:
        raise Refused(because("prod-retired", prod=prod.name))
    content = Overrides.objects.values_list("content", flat=True).get(
        prod=prod, number=prod.overrides_revision
    )
    asked = {
        "cluster": (prod.cluster_id, cluster.pk),
        "namespace": (prod.namespace, spec.namespace),
        "blueprint": (prod.blueprint_id, version.blueprint_id),
        "role": (prod.role, spec.role),
        "capacity": (prod.capacity, spec.capacity),
        "endpoint": (prod.endpoint, spec.endpoint),
        "overrides": (content, overrides_to_json(spec.overrides)),
    }
    changed = [field for field, (old, new) in asked.items() if old != new]
    if changed:
        raise Refused(because("prod-exists", prod=prod.name, fields=", ".join(changed)))


def _create_prod(person: Person, spec: ProdSpec, cluster: Cluster, version: Version) -> Prod:
    try:
        with transaction.atomic():
            prod = Prod.objects.create(
                name=spec.name,
                cluster=cluster,
                namespace=spec.namespace,
                blueprint=version.blueprint,
                role=spec.role,
                capacity=spec.capacity,
                endpoint=spec.endpoint,
                version=version,
            )
    except IntegrityError as error:
        raise Refused(because("prod-made-meanwhile", prod=spec.name)) from error
    Overrides.objects.create(prod=prod, number=1, content=overrides_to_json(spec.overrides))
    _tell(person, prod, ("", prod.lifecycle))
    return prod
