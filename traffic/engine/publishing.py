"""Bringing one router instance to what the rows ask: read, plan, apply, read back, store."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from clusters.models import Cluster, Prod
from journal.core.reasons import Reason, because, reason_to_json, within
from journal.hints import publish as hint
from journal.log import event, record
from journal.retrying import retried
from traffic.models import Publication, RouteMember, RouterInstance
from traffic.routers.protocol import Actual, Asked, Router, RouterError

from .asked import asked_of
from .bringing import Found, State, bring
from .keeping import homes_at
from .rows import update_rows

LEASE = timedelta(seconds=20)
# All of an instance is read back this often, so that what a late writer or a stranger did is found.
CHECK = timedelta(seconds=5)
AGAIN = timedelta(seconds=2)  # after an instance did not answer, or what it holds is not what was written
REFUSED_AGAIN = timedelta(seconds=30)
MOST_ROUNDS = 20
READ_BACK = ("epoch", "weights", "read_at")

Connect = Callable[[RouterInstance], Router]


def publish_instance(instance_id: int, connect: Connect, *, mends: bool = True) -> list[int]:
    """Publish all that is due at the instance, from what the rows say now; returns the ids of the Prods on whose
    Routes something is otherwise than before. One publisher works on an instance at a time; another returns at
    once, and what became due meanwhile is done by the first. May be called at any time, by many.

    Without `mends` only what was asked for and not published yet is written: what was, and is otherwise now, is shown.
    """
    prods: set[int] = set()
    for _ in range(MOST_ROUNDS):
        lease = _take(instance_id)
        if lease is None:
            break
        try:
            rows = RouterInstance.objects.select_related("cluster", "router")
            prods |= _one_round(rows.get(pk=instance_id), connect, mends)
        finally:
            held = RouterInstance.objects.filter(pk=instance_id, lease_until=lease)
            held.update(lease_until=timezone.now())
        if not _due(instance_id, timezone.now()).exists():
            break
    return sorted(prods)


def _take(instance_id: int) -> datetime | None:
    """Until when the instance is ours; None: somebody else is at work."""
    now = timezone.now()
    free = RouterInstance.objects.filter(pk=instance_id, lease_until__lte=now)
    return now + LEASE if free.update(lease_until=now + LEASE) else None


def _due(instance_id: int, now: datetime) -> QuerySet[Publication]:
    return Publication.objects.filter(instance=instance_id, due_at__lte=now)


def instances_due(now: datetime) -> list[int]:
    """The instances with something to publish, or that were not read back lately."""
    waiting = Publication.objects.filter(due_at__lte=now).values_list("instance", flat=True)
    # One that does not answer is tried again when its Publications are due, not more often.
    answering = RouterInstance.objects.exclude(health=RouterInstance.Health.UNREACHABLE)
    old = answering.filter(publications__isnull=False).exclude(read_at__gt=now - CHECK)
    return sorted({*waiting, *old.values_list("pk", flat=True)})


def _one_round(instance: RouterInstance, connect: Connect, mends: bool) -> set[int]:
    now = timezone.now()
    whole = instance.read_at is None or now - instance.read_at >= CHECK
    mine = Publication.objects.filter(instance=instance).select_related("route")
    publications = list(mine if whole else mine.filter(due_at__lte=now))
    asked, homeless = asked_of(publications)
    due = {one.route.name for one in publications if mends or one.due_at}
    if not connection.in_atomic_block:
        connection.close()  # not held over the calls that follow
    found = _unknown_where(homeless)
    actual: dict[str, Actual] = {}
    trouble = None
    try:
        router = connect(instance)
        homes = partial(homes_at, instance.pk)
        brought, actual = bring(router, [one for one in asked if one.route in due], homes)
        found |= brought
        seen, shown = _look_at(router, [one for one in asked if one.route not in due])
        found, actual = found | seen, actual | shown
    except RouterError as error:
        trouble = error.reason
        found = {one.route: Found(State.UNREACHABLE, trouble) for one in asked} | found
    changed = _store(instance, publications, found, actual)
    _tell(instance, trouble, whole)
    return set(RouteMember.objects.filter(route__in=changed).values_list("prod", flat=True))


def _unknown_where(homeless: Mapping[str, Sequence[str]]) -> dict[str, Found]:
    """Routes with members of which it is not known where they are reached; while their Cluster is dead that is no
    surprise."""
    if not homeless:
        return {}
    prods = Prod.objects.filter(name__in={prod for some in homeless.values() for prod in some})
    dead = set(prods.filter(cluster__health=Cluster.Health.UNREACHABLE).values_list("name", flat=True))
    return {
        name: Found(
            State.REFUSED,
            because(
                "prod-address-gone" if dead.issuperset(some) else "prod-without-endpoint",
                route=name,
                prods=", ".join(some),
            ),
        )
        for name, some in homeless.items()
    }


def _look_at(router: Router, asked: Collection[Asked]) -> tuple[dict[str, Found], dict[str, Actual]]:
    """As `bring`, and nothing is written."""
    if not asked:
        return {}, {}
    actual = router.read([one.route for one in asked])
    found = router.verify(list(asked), actual)
    states = {route: _left_alone(why) if why else Found(State.PUBLISHED) for route, why in found.items()}
    return states, actual


def _left_alone(why: Reason) -> Found:
    return Found(State.PENDING, within("router-not-mended", why), left=True)


def _store(
    instance: RouterInstance,
    publications: Collection[Publication],
    found: Mapping[str, Found],
    actual: Mapping[str, Actual],
) -> list[int]:
    """What was read back, and what follows; returns the ids of the Routes that are otherwise than before. An answer
    about an older epoch than is asked by now ends nothing."""
    now = timezone.now()
    before = {one.pk: _told(one) for one in publications}
    for publication in publications:
        _take_up(publication, found[publication.route.name], actual.get(publication.route.name), now)
    # Most of what is read back every few seconds is as it was: that the instance says when it was read is enough.
    changed = [one for one in publications if before[one.pk] != _told(one)]
    waiting = [one for one in publications if one.due_at and before[one.pk] == _told(one)]
    _write(sorted(before), changed, waiting)
    if changed:
        hint("publication", instance=instance.pk)
    return [one.route_id for one in changed]


@retried
def _write(looked_at: Collection[int], changed: list[Publication], waiting: list[Publication]) -> None:
    with transaction.atomic():
        locked = Publication.objects.select_for_update().filter(pk__in=looked_at).order_by("pk")
        asked_now = dict(locked.values_list("pk", "asked"))
        current = [one for one in (*changed, *waiting) if asked_now.get(one.pk) == one.route.epoch]
        told = {one.pk for one in current}
        # No row twice: PostgreSQL would look at its Route again with the commit, and wait for who has locked that.
        update_rows([one for one in changed if one.pk not in told], READ_BACK)
        update_rows(current, [*READ_BACK, "state", "reason", "since", "due_at"])


def _told(one: Publication) -> tuple[object, ...]:
    """What of a Publication is worth telling."""
    return one.state, one.reason, one.epoch, one.weights, one.due_at is None


def _take_up(publication: Publication, one: Found, read: Actual | None, now: datetime) -> None:
    if one.state != publication.state:
        publication.since = now
    publication.state = one.state
    publication.reason = reason_to_json(one.reason) if one.reason else {}
    wait = None if one.left else _NEXT[one.state]
    publication.due_at = now + wait if wait else None
    if read is not None:
        publication.epoch, publication.weights, publication.read_at = read.epoch, dict(read.weights), now


# How long until the next look at a Publication in this state; None: nothing is due.
_NEXT: dict[str, timedelta | None] = {
    State.PUBLISHED: None,
    State.PENDING: AGAIN,
    State.UNREACHABLE: AGAIN,
    State.REFUSED: REFUSED_AGAIN,
}


def _tell(instance: RouterInstance, trouble: Reason | None, whole: bool) -> None:
    """The instance's health, with an Event when it changes."""
    now = timezone.now()
    health = RouterInstance.Health.UNREACHABLE if trouble else RouterInstance.Health.HEALTHY
    mine = RouterInstance.objects.filter(pk=instance.pk)
    if whole and not trouble:
        mine.update(read_at=now)
    why = reason_to_json(trouble) if trouble else {}
    with transaction.atomic():
        if mine.exclude(health=health).update(health=health, reason=why, since=now):
            moved = (str(instance.health), str(health))
            record(
                [
                    event(
                        now,
                        "router",
                        moved=moved,
                        reason=trouble or because("router-answers", router=instance.name),
                    )
                ]
            )
