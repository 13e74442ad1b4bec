"""People's writes to Clusters: what they are and how they are reached."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.core.credentials import Credentials
from clusters.core.registration import Facts, facts_digest
from clusters.kube.eks import described
from clusters.models import Cluster
from clusters.vault import decrypt, encrypt
from journal.core.reasons import Refused, because
from journal.log import event, record

IN_CLUSTER_SERVER = "https://kubernetes.default.svc"
# What a test of the connection found with other credentials is nobody's any more.
UNTESTED: dict[str, Any] = {"rights_at": None, "missing_rights": [], "excess_rights": []}


def register_cluster(
    person: Person, name: str, *, provider: str, region: str, failure_domain: str, credentials: Credentials
) -> Cluster:
    """The Cluster, new or with these facts and credentials. May be called again."""
    require(person, "cluster.write")
    facts = {"provider": provider, "region": region, "failure_domain": failure_domain}
    with transaction.atomic():
        found = Cluster.objects.select_for_update().filter(name=name).first()
        if found and _holds(found, credentials):
            Cluster.objects.filter(pk=found.pk).update(**facts)
            found.refresh_from_db()
            return found
        values = facts | _reached(access_of(credentials), credentials)
        cluster, new = Cluster.objects.update_or_create(name=name, defaults=values)
        if new:
            record([event(timezone.now(), "cluster", actor=person, cluster=name, moved=("", "registered"))])
        return cluster


def add_cluster(person: Person, name: str, facts: Facts, access: str, credentials: Credentials) -> Cluster:
    """A new Cluster; the name must not be taken. Asks AWS for server and CA of an EKS cluster without them."""
    require(person, "cluster.write")
    _check_allowed(credentials)
    if Cluster.objects.filter(name=name).exists():
        raise Refused(because("cluster-exists", cluster=name))
    reached = _reached(access, described(credentials))
    with transaction.atomic():
        cluster, new = Cluster.objects.get_or_create(name=name, defaults=asdict(facts) | reached)
        if not new:
            raise Refused(because("cluster-exists", cluster=name))
        record([event(timezone.now(), "cluster", actor=person, cluster=name, moved=("", "registered"))])
        return cluster


def change_cluster(person: Person, name: str, facts: Facts, read_as: str = "") -> Cluster:
    """The Cluster with these facts. `read_as`: the `facts_digest` of what the person saw; Refused if the
    facts are others by now. The same facts again change nothing."""
    require(person, "cluster.write")
    with transaction.atomic():
        cluster = lock(name)
        before = facts_of(cluster)
        if read_as and read_as != facts_digest(before):
            raise Refused(because("cluster-changed", cluster=name))
        new = asdict(facts)
        changed = [field for field, value in asdict(before).items() if new[field] != value]
        if changed:
            Cluster.objects.filter(pk=cluster.pk).update(**new)
            why = because("cluster-facts-changed", fields=", ".join(changed))
            record([event(timezone.now(), "cluster", actor=person, cluster=name, reason=why)])
            cluster.refresh_from_db()
        return cluster


def replace_credentials(person: Person, name: str, access: str, credentials: Credentials) -> Cluster:
    """The Cluster with other credentials. They come whole: nothing of the old ones is ever sent to a new
    address."""
    require(person, "cluster.write")
    _check_allowed(credentials)
    reached = _reached(access, described(credentials))
    with transaction.atomic():
        cluster = lock(name)
        if cluster.intent == Cluster.Intent.RETIRED:
            raise Refused(because("cluster-retired", cluster=name))
        Cluster.objects.filter(pk=cluster.pk).update(**reached, **UNTESTED)
        why = because("credentials-replaced", access=access, server=str(reached["server"]))
        record([event(timezone.now(), "cluster", actor=person, cluster=name, reason=why)])
        cluster.refresh_from_db()
        return cluster


def lock(name: str) -> Cluster:
    """The row, locked until the transaction ends. Raises Refused if there is none."""
    cluster = Cluster.objects.select_for_update().filter(name=name).first()
    if cluster is None:
        raise Refused(because("cluster-not-registered", cluster=name))
    return cluster


def facts_of(cluster: Cluster) -> Facts:
    """What people have said about it."""
    return Facts(cluster.provider, cluster.region, cluster.failure_domain, cluster.purpose)


def access_of(credentials: Credentials) -> str:
    """The way to connect that they are for."""
    if credentials.in_cluster:
        return str(Cluster.Access.IN_CLUSTER)
    if credentials.eks:
        return str(Cluster.Access.EKS)
    return str(Cluster.Access.CERTIFICATE if credentials.client_cert_pem else Cluster.Access.TOKEN)


def _check_allowed(credentials: Credentials) -> None:
    if credentials.in_cluster and not settings.IN_CLUSTER:
        raise Refused(because("not-in-cluster"))


def _holds(cluster: Cluster, credentials: Credentials) -> bool:
    """Whether these are stored already: encrypting them anew would make observers begin anew."""
    try:
        return decrypt(cluster.credentials) == credentials and bool(cluster.server)
    except Refused:
        return False


def _reached(access: str, credentials: Credentials) -> dict[str, Any]:
    server = IN_CLUSTER_SERVER if credentials.in_cluster else credentials.server
    return {"access": access, "server": server, "credentials": encrypt(credentials)}
