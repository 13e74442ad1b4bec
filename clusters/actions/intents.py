"""People's writes to what is wanted of a Cluster, and its end."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from access.actions.words import optional_reason
from access.models import Person
from access.permissions import require
from clusters.models import Cluster, Prod
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record

from .clusters import lock

Intent = Cluster.Intent
ACTIVE, CORDONED, DRAINING, RETIRED = map(
    str, (Intent.ACTIVE, Intent.CORDONED, Intent.DRAINING, Intent.RETIRED)
)
SHOWN = 10


def cordon_cluster(person: Person, name: str, reason: str = "") -> None:
    """Ask that nothing new is put on an active Cluster; what is there stays."""
    _move(person, name, (ACTIVE,), CORDONED, reason)


def uncordon_cluster(person: Person, name: str, reason: str = "") -> None:
    """Undo `cordon_cluster`; and make active what was emptied, once no users of it are elsewhere: those come back
    by a failback."""
    _move(person, name, (CORDONED, DRAINING), ACTIVE, reason)


def retire_cluster(person: Person, name: str, reason: str = "") -> None:
    """Stop watching a Cluster for good. Refused while Prods that are not retired stand on it."""
    require(person, "cluster.write")
    text = optional_reason(reason)
    with transaction.atomic():
        cluster = lock(name)
        if cluster.intent == RETIRED:
            raise Refused(because("cluster-retired", cluster=name))
        if reasons := use_reasons(cluster):
            raise Refused(*reasons)
        _store(person, cluster, RETIRED, text)


def remove_cluster(person: Person, name: str, reason: str = "") -> None:
    """Delete a Cluster, and with it its credentials. Refused while any Prod, or a Run, refers to it."""
    require(person, "cluster.write")
    text = optional_reason(reason)
    with transaction.atomic():
        cluster = lock(name)
        if reasons := (*use_reasons(cluster), *history_reasons(cluster)):
            raise Refused(*reasons)
        before = cluster.intent
        cluster.delete()
        _tell(person, name, (before, "removed"), text)


def use_reasons(cluster: Cluster) -> tuple[Reason, ...]:
    """Why `cluster` may not go: Prods that live on it, Runs that have claimed them, routers that run there. Three
    queries."""
    prods = list(_prods(cluster).exclude(lifecycle=Prod.Lifecycle.RETIRED).values_list("name", flat=True))
    claims = cluster.prods.filter(claim__isnull=False).values_list("claim__run_id", flat=True)
    runs = [f"#{run}" for run in claims.order_by("claim__run_id").distinct()]
    reasons = []
    if prods:
        reasons.append(because("cluster-in-use", cluster=cluster.name, prods=_listed(prods)))
    if runs:
        reasons.append(because("cluster-in-runs", cluster=cluster.name, runs=_listed(runs)))
    if routers := list(cluster.routers.order_by("name").values_list("name", flat=True)):
        reasons.append(because("cluster-has-routers", cluster=cluster.name, routers=_listed(routers)))
    return tuple(reasons)


def away_reasons(cluster: Cluster) -> tuple[Reason, ...]:
    """Why `cluster`, which was emptied, comes back by a failback only: users of it are elsewhere. One query."""
    if cluster.intent != DRAINING:
        return ()
    away = _prods(cluster).filter(memberships__weight__lt=F("memberships__target")).distinct()
    names = list(away.values_list("name", flat=True))
    return (because("users-are-away", cluster=cluster.name, prods=_listed(names)),) if names else ()


def history_reasons(cluster: Cluster) -> tuple[Reason, ...]:
    """Why `cluster` may not be removed, though it may be retired. One query."""
    prods = _prods(cluster).filter(lifecycle=Prod.Lifecycle.RETIRED).values_list("name", flat=True)
    names = list(prods)
    return (because("cluster-has-history", cluster=cluster.name, prods=_listed(names)),) if names else ()


def _prods(cluster: Cluster):  # type: ignore[no-untyped-def]
    return cluster.prods.order_by("name")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return f"{shown} (+{len(names) - SHOWN})" if len(names) > SHOWN else shown


def _move(person: Person, name: str, allowed: tuple[str, ...], to: str, reason: str) -> None:
    require(person, "cluster.write")
    text = optional_reason(reason)
    with transaction.atomic():
        cluster = lock(name)
        if cluster.intent not in allowed:
            raise Refused(because("cluster-intent", cluster=name, intent=cluster.intent))
        if reasons := away_reasons(cluster):
            raise Refused(*reasons)
        _store(person, cluster, to, text)


def _store(person: Person, cluster: Cluster, to: str, text: str) -> None:
    before = cluster.intent
    Cluster.objects.filter(pk=cluster.pk, intent=before).update(intent=to)
    _tell(person, cluster.name, (before, to), text)


def _tell(person: Person, name: str, moved: tuple[str, str], text: str) -> None:
    why = because("given-by-person", text=text) if text else None
    record([event(timezone.now(), "cluster", actor=person, cluster=name, moved=moved, reason=why)])
