"""Builders with defaults: the example fleet as rows, seen healthy, and people."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.db.models import F
from django.utils import timezone

from access.models import Person
from clusters.actions import add_revision, apply_prod, create_version, register_cluster
from clusters.core.blueprint import parse_blueprint
from clusters.core.kubeconfig import Credentials
from clusters.core.observed import ObservedPod, ObservedProd, ObservedWorkload, observed_to_json
from clusters.core.prod_yaml import parse_prods
from clusters.models import BlueprintRevision, Cluster, Observation, Prod, Version
from clusters.targets import overrides_of, render_prod
from traffic.actions import TenantGroup, load_tenants, register_router
from traffic.models import RouterInstance

DEMO = Path(__file__).resolve().parent.parent / "deploy" / "demo"
TIMES_AS_LARGE = 1000
ROLES = ("viewer", "on-call", "release-manager", "admin")


def person(role: str = "admin", name: str = "") -> Person:
    """Someone with this role; the same for the same name."""
    found, _ = Person.objects.get_or_create(username=name or role, defaults={"role": role})
    return found


def example_fleet() -> dict[str, Any]:
    """`deploy/demo/fleet.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load((DEMO / "fleet.yaml").read_text())
    return loaded


def shop(admin: Person) -> None:
    """Blueprint `shop` with the Versions of the demo."""
    add_revision(admin, "shop", list(parse_blueprint((DEMO / "shop.yaml").read_text())))
    for version in yaml.safe_load((DEMO / "versions.yaml").read_text()):
        create_version(admin, "shop", version["name"], version["images"])


def fleet(
    described: dict[str, Any] | None = None,
    servers: dict[str, Any] | None = None,
    *,
    whole_groups: bool = False,
) -> None:
    """The (example) fleet in service on v1.0.0, seen healthy just now. `servers`: {cluster: {server, token}}.

    Its groups of tenants are cut into Routes as in the demo: shop-s-1 ... shop-s-4 of 100 tenants each. `whole_groups`:
    each is one Route (`shop-s` of 400), which is not what the design's numbers are about: for tests that need a few
    Routes with tenants, whatever their size.
    """
    described = described or example_fleet()
    admin = person("admin")
    for facts in described["clusters"]:
        cluster(facts["name"], facts["failure_domain"], (servers or {}).get(facts["name"]))
    shop(admin)
    for facts in described["prods"]:
        in_service(prod(**facts))
    _load_tenants(described["tenants"], times=TIMES_AS_LARGE if whole_groups else 1)


def _load_tenants(groups: list[dict[str, Any]], times: int) -> None:
    """While Prods are `times` as large as they are, and Routes may be too."""
    Prod.objects.update(capacity=F("capacity") * times)
    load_tenants(
        person("admin"),
        [TenantGroup(g["group"], g["count"], g["load"], g["redundancy"], tuple(g["prods"])) for g in groups],
    )
    Prod.objects.update(capacity=F("capacity") / times)


def cluster(name: str, domain: str = "", reached: dict[str, str] | None = None) -> Cluster:
    """A Cluster that answers and has been listed."""
    reached = reached or {"server": "http://127.0.0.1:1", "token": "none"}
    row = register_cluster(
        person("admin"),
        name,
        provider="on-premises",
        region="",
        failure_domain=domain or name,
        credentials=Credentials(server=reached["server"], token=reached["token"]),
    )
    now = timezone.now()
    Cluster.objects.filter(pk=row.pk).update(health="healthy", seen_at=now, synced_at=now)
    row.refresh_from_db()
    return row


def prod(
    name: str, cluster: str, role: str = "live", capacity: int = 1000, version: str = "v1.0.0", **more: Any
) -> Prod:
    """A Prod of `shop`, by way of a prod.yaml."""
    spec = {"cluster": cluster, "blueprint": "shop", "version": version, "role": role, "capacity": capacity}
    document = {
        "apiVersion": "drover.dev/v1alpha1",
        "kind": "Prod",
        "metadata": {"name": name},
        "spec": spec | more,
    }
    (parsed,) = parse_prods(yaml.safe_dump(document))
    return apply_prod(person("admin"), parsed).prod


def in_service(row: Prod) -> None:
    """The Prod as a completed build leaves it."""
    Prod.objects.filter(pk=row.pk).update(
        lifecycle="in-service", settled_version=row.version_id, settled_overrides_revision=1
    )
    observe(row.name)


def autoscaled(*names: str) -> None:
    """These Prods (default: all) are in service on v2.0.0 of `shop`, whose Blueprint has an autoscaler for `api`, as
    that of v2.1.0 has."""
    (plain,) = BlueprintRevision.objects.filter(blueprint__name="shop")
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"},
        "minReplicas": 3,
        "maxReplicas": 10,
        "metrics": [{"type": "Resource", "resource": cpu}],
    }
    kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    text = yaml.safe_dump_all([*plain.manifests, kind | {"metadata": {"name": "api"}, "spec": spec}])
    add_revision(person("admin"), "shop", list(parse_blueprint(text)))
    images = Version.objects.get(name="v1.0.0").images
    good, _ = [create_version(person("admin"), "shop", name, images) for name in ("v2.0.0", "v2.1.0")]
    rows = Prod.objects.filter(name__in=names) if names else Prod.objects.all()
    rows.update(version=good, settled_version=good)
    for name in rows.values_list("name", flat=True):
        observe(name)


def router(name: str = "edge", domain: str = "edge-dc") -> RouterInstance:
    """A HAProxy with one instance of the same name, on which nothing is published."""
    settings = {"address": "127.0.0.1:1"}
    instance = {"name": name, "failure_domain": domain, "settings": settings}
    return register_router(person("admin"), name, "haproxy", [instance]).instances.get()


def observe(name: str, version: str = "", *, at: datetime | None = None, **wrong: Any) -> None:
    """Store that the Prod was seen running `version` (default: what is asked), all ready, but for
    `wrong`: `ready=0`, `waiting="ImagePullBackOff"`, `generation=…`."""
    row = Prod.objects.select_related("version__revision").get(name=name)
    asked = (
        Version.objects.select_related("revision").get(blueprint=row.blueprint_id, name=version)
        if version
        else row.version
    )
    facts = _seen(row, asked, at or timezone.now(), wrong)
    Observation.objects.update_or_create(
        prod=row, defaults={"facts": observed_to_json(facts), "observed_at": facts.observed_at}
    )


def _seen(row: Prod, version: Version, at: datetime, wrong: dict[str, Any]) -> ObservedProd:
    workloads: list[ObservedWorkload] = []
    pods: list[ObservedPod] = []
    for rendered in render_prod(row, version, overrides_of(row, row.overrides_revision)):
        if not rendered.digest:
            continue
        wanted = rendered.manifest["spec"].get("replicas", rendered.first_replicas)
        ready = wrong.get("ready", wanted)
        generation = wrong.get("generation", 1)
        workloads.append(
            ObservedWorkload(
                kind=rendered.kind,
                name=rendered.name,
                uid=f"uid-{row.name}-{rendered.name}",
                generation=generation,
                observed_generation=generation,
                wanted=wanted,
                replicas=wanted,
                updated=wanted,
                ready=ready,
                available=ready,
                digest=rendered.digest,
                images=((rendered.name, version.images[rendered.name]),),
            )
        )
        pods += [_pod(rendered.name, rendered.digest, i, i < ready, wrong) for i in range(wanted)]
    return ObservedProd(tuple(workloads), tuple(pods), at)


def _pod(component: str, digest: str, number: int, ready: bool, wrong: dict[str, Any]) -> ObservedPod:
    return ObservedPod(
        name=f"{component}-{number}",
        component=component,
        digest=digest,
        ready=ready,
        terminating=False,
        phase="Running" if ready else "Pending",
        waiting="" if ready else wrong.get("waiting", ""),
        message="" if ready else wrong.get("message", ""),
        restarts=0 if ready else wrong.get("restarts", 0),
    )


def fresh(at: datetime | None = None) -> None:
    """Every Cluster that answers has just done so."""
    now = at or timezone.now()
    Cluster.objects.update(seen_at=now, synced_at=now - timedelta(minutes=1))
