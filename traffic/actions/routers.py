"""People's writes to routers: register one with its instances, and take an instance away."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import Refused, because
from journal.log import event, record
from traffic.models import Router, RouterInstance
from traffic.routers.rules import NAME
from traffic.vault import encrypt

from .locks import ROUTERS, one_at_a_time
from .publishing import Connect, unpublish_all
from .router_words import InstanceWish, read_instance
from .words import Faults

INSTANCES_MAX = 20


def register_router(person: Person, name: Any, kind: Any, instances: Any) -> Router:
    """A new Router of `kind` with its instances: each `name`, `failure_domain`, `cluster` (where it stands on one),
    `settings` by kind, `credentials`. Nothing is published there yet.

    Raises FieldErrors at `name`, `kind`, `instances[0].settings.namespace` and so on.
    """
    require(person, "router.write")
    faults = Faults()
    with transaction.atomic():
        one_at_a_time(ROUTERS)
        if not isinstance(name, str) or not NAME.fullmatch(name):
            faults.add("name", "name-no-label")
        elif Router.objects.filter(name=name).exists():
            faults.add("name", "router-exists", router=name)
        wishes = _read_instances(kind, instances, faults)
        faults.check()
        router = Router.objects.create(name=name, kind=kind)
        for wish in wishes:
            _add(router, wish)
        why = because("router-registered", router=name, instances=len(wishes))
        record([event(timezone.now(), "router", actor=person, reason=why, moved=("", "registered"))])
    return router


def add_instance(person: Person, router: str, given: Any) -> RouterInstance:
    """One more instance of a Router, where nothing is published yet. Raises FieldErrors."""
    require(person, "router.write")
    faults = Faults()
    with transaction.atomic():
        one_at_a_time(ROUTERS)
        row = Router.objects.filter(name=router).first()
        if row is None:
            raise Refused(because("router-unknown", router=router))
        wish = read_instance(row.kind, given, faults)
        _check_new(wish, faults)
        faults.check()
        made = _add(row, wish)
        why = because("router-instance-added", router=router, instance=made.name)
        record([event(timezone.now(), "router", actor=person, reason=why, moved=("", "registered"))])
    return made


def remove_instance(person: Person, name: str, connect: Connect, *, forget: bool = False) -> None:
    """The instance goes, and with its last one the Router. What is published there is taken away first; `forget`
    leaves it as it is, for an instance that will never answer again.

    Raises Refused where a Route with Tenants is published, as asked, nowhere else, or the instance does not answer.
    Calls the instance: not inside a transaction.
    """
    require(person, "router.write")
    row = RouterInstance.objects.select_related("router", "cluster").filter(name=name).first()
    if row is None:
        raise Refused(because("router-instance-unknown", instance=name))
    if not forget:
        unpublish_all(row, connect)
    with transaction.atomic():
        RouterInstance.objects.select_for_update().filter(pk=row.pk).first()
        if not forget and row.publications.exists():
            raise Refused(because("router-busy", instance=name))
        row.delete()
        if not RouterInstance.objects.filter(router=row.router_id).exists():
            Router.objects.filter(pk=row.router_id).delete()
        code = "router-instance-forgotten" if forget else "router-instance-removed"
        why = because(code, router=row.router.name, instance=name)
        record([event(timezone.now(), "router", actor=person, reason=why, moved=("", "removed"))])


def _read_instances(kind: Any, given: Any, faults: Faults) -> list[InstanceWish]:
    if kind not in Router.Kind.values:
        faults.add("kind", "not-one-of-these", known=", ".join(Router.Kind.values))
        return []
    if not isinstance(given, list | tuple) or not 0 < len(given) <= INSTANCES_MAX:
        faults.add("instances", "instances-needed", most=INSTANCES_MAX)
        return []
    wishes = []
    for place, one in enumerate(given):
        own = Faults()
        wishes.append(read_instance(kind, one, own))
        _check_new(wishes[-1], own)
        if wishes[-1].name in [wish.name for wish in wishes[:-1]]:
            own.add("name", "router-instance-exists", instance=wishes[-1].name)
        faults.take(own.errors(), f"instances[{place}].")
    return wishes


def _check_new(wish: InstanceWish, faults: Faults) -> None:
    if RouterInstance.objects.filter(name=wish.name).exists():
        faults.add("name", "router-instance-exists", instance=wish.name)


def _add(router: Router, wish: InstanceWish) -> RouterInstance:
    return RouterInstance.objects.create(
        router=router,
        name=wish.name,
        failure_domain=wish.failure_domain,
        cluster=wish.cluster,
        settings=wish.settings,
        credentials=encrypt(wish.credentials),
        lease_until=timezone.now() - timedelta(seconds=1),
    )
