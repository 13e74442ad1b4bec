"""The example fleet as rows: people, Clusters, the Blueprint `shop`, Versions, Prods and Tenants.

Every function may be called again: what is there stays.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml
from django.utils import timezone

from access.models import Person
from access.tokens import create_token, person_of
from clusters.actions import add_revision, change_cluster, create_version, register_cluster
from clusters.actions.clusters import facts_of
from clusters.core.blueprint import parse_blueprint
from clusters.core.kubeconfig import Credentials
from clusters.core.prod_yaml import parse_prods
from clusters.models import Cluster, Prod
from orchestrator.provisioning import apply_specs
from traffic.actions import TenantGroup, load_tenants, publish_routes, register_router
from traffic.models import Publication, Route, Router, RouterInstance, Tenant

from .edges import GATEWAY, NAMESPACE
from .files import write_private

BLUEPRINT: Final = "shop"
FIRST_VERSION: Final = "v1.0.0"
CI: Final = "ci"
ROUTER: Final = "edge"


def make_people(logins: Mapping[str, str], passwords: Path) -> Person:
    """The people of `logins` (role → user name) with the passwords in `passwords`; returns the admin."""
    for role, name in logins.items():
        person, _ = Person.objects.get_or_create(username=name, defaults={"role": role})
        password = (passwords / f"password-{name}").read_text().strip()
        if not person.check_password(password):
            person.set_password(password)
            person.save(update_fields=["password"])
    admin: Person = Person.objects.get(username=logins["admin"])
    return admin


def make_ci_token(secrets: Path) -> None:
    """The token of the user `ci` in the file `ci-token`, new unless the one that is there still works."""
    path = secrets / "ci-token"
    if path.exists() and person_of(path.read_text().strip(), timezone.now()):
        return
    person, _ = Person.objects.get_or_create(username=CI, defaults={"role": "release-manager"})
    write_private(path, create_token(person, CI, person.role))


def register_clusters(admin: Person, clusters: Sequence[Mapping[str, str]], where: Mapping[str, Any]) -> None:
    """Clusters with the addresses and tokens of `where`, which may differ from the last time."""
    for facts in clusters:
        reached = where[facts["name"]]
        register_cluster(
            admin,
            facts["name"],
            provider=facts["provider"],
            region=facts.get("region", ""),
            failure_domain=facts["failure_domain"],
            credentials=Credentials(server=reached["server"], token=reached["token"]),
        )


def register_edges(admin: Person, edges: Sequence[Mapping[str, str]], where: Mapping[str, Any]) -> None:
    """The Clusters that hold no Prods but the gateways that users come through."""
    register_clusters(admin, edges, where)
    for facts in edges:
        known = facts_of(Cluster.objects.get(name=facts["name"]))
        change_cluster(admin, facts["name"], replace(known, purpose=Cluster.Purpose.EDGE))


def publish_everything(admin: Person, edges: Sequence[Mapping[str, str]], users: Sequence[str]) -> None:
    """Every Route at the gateway of each edge cluster. `users`: where users are let in there, which may differ from
    the last time."""
    if edges and not Router.objects.filter(name=ROUTER).exists():
        register_router(admin, ROUTER, Router.Kind.GATEWAY_API, [_at_edge(facts) for facts in edges])
    if edges:
        publish_routes(admin, ROUTER, list(Route.objects.values_list("name", flat=True)))
    for facts, address in zip(edges, users, strict=True):
        settings = {**_at_edge(facts)["settings"], "users": address}
        RouterInstance.objects.filter(name=facts["name"]).update(settings=settings)


def _at_edge(facts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": facts["name"],
        "failure_domain": facts["failure_domain"],
        "cluster": facts["name"],
        "settings": {"namespace": NAMESPACE, "gateway": GATEWAY, "health_checks": True},
    }


def unpublished() -> list[str]:
    """The Routes that some router does not show as asked yet."""
    behind = Publication.objects.exclude(state=Publication.State.PUBLISHED)
    return sorted(set(behind.values_list("route__name", flat=True)))


def hostnames() -> dict[str, list[str]]:
    """Route -> the hostnames of its Tenants."""
    found: dict[str, list[str]] = defaultdict(list)
    for route, names in Tenant.objects.order_by("name").values_list("route__name", "hostnames"):
        found[route] += names
    return dict(found)


def make_shop(admin: Person, folder: Path) -> None:
    """Blueprint and Versions from `shop.yaml` and `versions.yaml` in `folder`."""
    add_revision(admin, BLUEPRINT, list(parse_blueprint((folder / "shop.yaml").read_text())))
    for version in yaml.safe_load((folder / "versions.yaml").read_text()):
        create_version(admin, BLUEPRINT, version["name"], version["images"])


def build_prods(admin: Person, prods: Sequence[Mapping[str, Any]]) -> None:
    """The Prods, and one build for those that are new."""
    apply_specs(admin, parse_prods(yaml.safe_dump_all([_prod_yaml(facts) for facts in prods])))


def load_groups(admin: Person, groups: Sequence[Mapping[str, Any]]) -> None:
    load_tenants(
        admin,
        [
            TenantGroup(
                name=group["group"],
                count=group["count"],
                load=group["load"],
                redundancy=group["redundancy"],
                prods=tuple(group["prods"]),
            )
            for group in groups
        ],
    )


def still_building() -> list[str]:
    """The Prods that are not in service yet."""
    building = [Prod.Lifecycle.BUILDING, Prod.Lifecycle.WARMING]
    return list(Prod.objects.filter(lifecycle__in=building).values_list("name", flat=True))


def unseen_clusters() -> list[str]:
    """The Clusters that no observer has seen whole since it took them."""
    return list(Cluster.objects.filter(synced_at=None).values_list("name", flat=True))


def _prod_yaml(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "drover.dev/v1alpha1",
        "kind": "Prod",
        "metadata": {"name": facts["name"]},
        "spec": {
            "cluster": facts["cluster"],
            "blueprint": BLUEPRINT,
            "version": FIRST_VERSION,
            "role": facts["role"],
            "capacity": facts["capacity"],
        },
    }
