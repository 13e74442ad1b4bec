"""The example fleet as rows: people, Clusters, the Blueprint `shop`, Versions, Prods and Tenants.

Every function may be called again: what is there stays.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from django.utils import timezone

from access.models import Person
from access.tokens import create_token, person_of
from clusters.actions import add_revision, create_version, register_cluster
from clusters.core.blueprint import parse_blueprint
from clusters.core.kubeconfig import Credentials
from clusters.core.prod_yaml import parse_prods
from clusters.models import Cluster, Prod
from orchestrator.provisioning import apply_specs
from traffic.actions import TenantGroup, load_tenants

from .files import write_private

BLUEPRINT: Final = "shop"
FIRST_VERSION: Final = "v1.0.0"
CI: Final = "ci"


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
