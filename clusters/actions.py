"""People's writes to what exists: Clusters, Blueprints, Versions, Prods.

All raise `access.permissions.Denied` or `journal.core.reasons.Refused`; then nothing has changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record

from .core.blueprint import digest_of_manifests
from .core.kubeconfig import Credentials
from .core.manifests import components
from .core.overrides import overrides_to_json
from .core.prod_yaml import ProdSpec
from .core.render import ProdTarget, render
from .models import Blueprint, BlueprintRevision, Cluster, Overrides, Prod, Version
from .vault import encrypt


def register_cluster(
    person: Person, name: str, *, provider: str, region: str, failure_domain: str, credentials: Credentials
) -> Cluster:
    """The Cluster, new or with these facts and credentials. May be called again."""
    require(person, "cluster.write")
    facts = {
        "provider": provider,
        "region": region,
        "failure_domain": failure_domain,
        "credentials": encrypt(credentials),
    }
    with transaction.atomic():
        cluster, new = Cluster.objects.update_or_create(name=name, defaults=facts)
        if new:
            record([event(timezone.now(), "cluster", actor=person, cluster=name, moved=("", "registered"))])
        return cluster


def add_revision(person: Person, blueprint: str, manifests: list[dict[str, Any]]) -> BlueprintRevision:
    """The Blueprint's newest revision, with these (checked) manifests. The same again changes nothing."""
    require(person, "blueprint.write")
    with transaction.atomic():
        row, _ = Blueprint.objects.select_for_update().get_or_create(name=blueprint)
        digest = digest_of_manifests(manifests)
        newest = row.revisions.order_by("-number").first()
        if newest and newest.digest == digest:
            return newest
        number = newest.number + 1 if newest else 1
        names = list(components(manifests))
        revision = BlueprintRevision.objects.create(
            blueprint=row,
            number=number,
            manifests=manifests,
            components=names,
            digest=digest,
            created_by=person,
        )
        why = because("revision-added", blueprint=blueprint, revision=number)
        record([event(timezone.now(), "blueprint", actor=person, reason=why)])
        return revision


def create_version(
    person: Person, blueprint: str, name: str, images: Mapping[str, str], rollback: str = "safe"
) -> Version:
    """A new Version on the Blueprint's newest revision. Refused where a component has no image, an image
    has no component, or the name is taken by other images."""
    require(person, "version.create")
    revision = _newest_revision(blueprint)
    problems = _image_problems(revision.components, images)
    if problems:
        raise Refused(*problems)
    with transaction.atomic():
        version, new = Version.objects.get_or_create(
            blueprint=revision.blueprint,
            name=name,
            defaults={
                "revision": revision,
                "images": dict(images),
                "rollback": rollback,
                "created_by": person,
            },
        )
        if not new and version.images != dict(images):
            raise Refused(because("version-exists", blueprint=blueprint, version=name))
        if new:
            why = because("version-created", blueprint=blueprint, version=name)
            record([event(timezone.now(), "version", actor=person, reason=why)])
        return version


def _newest_revision(blueprint: str) -> BlueprintRevision:
    revisions = BlueprintRevision.objects.filter(blueprint__name=blueprint).select_related("blueprint")
    newest = revisions.order_by("-number").first()
    if newest is None:
        raise Refused(because("blueprint-unknown", blueprint=blueprint))
    return newest


def _image_problems(names: list[str], images: Mapping[str, str]) -> list[Reason]:
    missing = [because("image-missing", component=name) for name in names if not images.get(name)]
    surplus = [because("component-unknown", component=name) for name in images if name not in names]
    return missing + surplus


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
        cluster = Cluster.objects.filter(name=spec.cluster).first()
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
        return AppliedProd(_create_prod(person, spec, cluster, version), version, new=True)


def _unknown(spec: ProdSpec, cluster: Cluster | None, version: Version | None) -> list[Reason]:
    reasons = [] if cluster else [because("cluster-not-registered", cluster=spec.cluster)]
    if version is None:
        reasons.append(because("version-unknown", blueprint=spec.blueprint, version=spec.version))
    return reasons


def _check_renders(spec: ProdSpec, version: Version) -> None:
    target = ProdTarget(spec.name, spec.namespace, version.name, spec.overrides)
    render(version.revision.manifests, version.images, target)


def _check_same(prod: Prod, spec: ProdSpec, cluster: Cluster, version: Version) -> None:
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
    other = Prod.objects.filter(cluster=cluster, namespace=spec.namespace).first()
    if other:
        raise Refused(because("namespace-taken", namespace=spec.namespace, prod=other.name))
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
    Overrides.objects.create(prod=prod, number=1, content=overrides_to_json(spec.overrides))
    moved = ("", prod.lifecycle)
    record([event(timezone.now(), "prod", actor=person, prod=prod.name, cluster=cluster.name, moved=moved)])
    return prod
