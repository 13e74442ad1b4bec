"""Users leave a Cluster or one Prod, and come back: a failover, an evacuation, a failback."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Cluster, Prod
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record
from journal.models import Event
from journal.retrying import retried
from releases.core.blockers import stale_blocker
from releases.core.moving import fence_blockers
from releases.engine.preempting import preempt, releases_rest
from releases.engine.traffic import carry_out
from releases.failover_preview import MovePreview, Source, preview_failback, preview_leaving
from releases.models import Run
from traffic.actions.locks import ROOM, one_at_a_time
from traffic.core.survival import CLUSTER, PROD
from traffic.engine.shifting import lock_routes

from .runs import checked_reason, claim, create_run

Intent = Cluster.Intent
IN_SERVICE, DRAINING = str(Prod.Lifecycle.IN_SERVICE), str(Prod.Lifecycle.DRAINING)


@retried
def start_leaving(
    person: Person, name: str, digest: str, reason: str, *, confirm: str = "", of: str = CLUSTER
) -> Run:
    """The running failover (the Cluster or Prod is dead) or evacuation (it is alive): its users are served elsewhere
    from this transaction on, and it is draining until a failback.

    `confirm`: its name, typed by a person who has made sure that no old single writer is left on it; only such Routes
    ask for it. Refused where the facts have changed the plan since it was shown. A freeze, Holds and claims of other
    Runs do not stand against it. Releases that were still to begin a Prod that it touches are pre-empted.
    """
    require(person, "cluster.evacuate")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        releases_rest()
        row = locked_cluster(_cluster_of(name, of))
        one_at_a_time(ROOM)
        lock_routes(_prods_of(name, of).values_list("pk", flat=True))
        preview = preview_leaving(name, of)
        _refuse(preview, digest, *fence_blockers(preview.traffic.moves, name, confirm))
        run = _run(person, preview, text)
        if of == PROD:
            why = because("prod-emptied", prod=name, why=text)
            _set_lifecycle(person, preview.source, (IN_SERVICE, DRAINING), run, why)
        else:
            why = because("cluster-emptied", cluster=name, why=text)
            set_intent(person, row, Intent.DRAINING, run, why)
        carry_out(preview.traffic.moves, why, now, run.pk)
        preempt(preview.touched, run, now, person)
        return run


@retried
def start_failback(person: Person, name: str, digest: str, reason: str, *, of: str = CLUSTER) -> Run:
    """The running failback: the Prods of the Cluster, or the one Prod, get their users back, one Route at a time and a
    little at a time; a Cluster that was cordoned before it was emptied is so again. Refused before the Cluster has
    answered long enough, and by what holds back any change."""
    require(person, "cluster.fail-back")
    text = checked_reason(reason)
    with transaction.atomic():
        row = locked_cluster(_cluster_of(name, of))
        preview = preview_failback(name, of)
        _refuse(preview, digest)
        run = _run(person, preview, text)
        claim(run, [prod for wave in preview.plan.waves for prod in wave.prods])
        if of == PROD:
            why = because("prod-back", prod=name, why=text)
            _set_lifecycle(person, preview.source, (DRAINING, IN_SERVICE), run, why)
        else:
            reopen(person, row, run, because("cluster-back", cluster=name, why=text))
        return run


def _prods_of(name: str, of: str) -> QuerySet[Prod]:
    return Prod.objects.filter(name=name) if of == PROD else Prod.objects.filter(cluster__name=name)


def _cluster_of(name: str, of: str) -> str:
    """The Cluster that is meant, or that the Prod is on. Raises Refused for an unknown Prod."""
    if of == CLUSTER:
        return name
    found = Prod.objects.filter(name=name).values_list("cluster__name", flat=True).first()
    if found is None:
        raise Refused(because("no-such-prod", prod=name))
    return found


def locked_cluster(cluster: str) -> Cluster:
    """Its row, until the transaction ends. Raises Refused for an unknown one."""
    row = Cluster.objects.select_for_update().filter(name=cluster).first()
    if row is None:
        raise Refused(because("no-such-cluster", cluster=cluster))
    return row


def _refuse(preview: MovePreview, digest: str, *more: Reason) -> None:
    stale = stale_blocker(digest, preview.plan.digest)
    reasons = (stale.reason,) if stale else (*preview.reasons, *more)
    if reasons:
        raise Refused(*reasons)


def _run(person: Person, preview: MovePreview, text: str) -> Run:
    """It is a drill where the Cluster is there for practice, and else the same."""
    drill = preview.source.cluster.purpose == Cluster.Purpose.REHEARSAL
    strategy = {preview.source.of: preview.source.name} | ({"drill": True} if drill else {})
    return create_run(person, preview.plan, timezone.now(), strategy=strategy, version=None, why=text)


def reopen(person: Person | None, cluster: Cluster, run: Run, why: Reason) -> None:
    """The Cluster is no longer being emptied: it is wanted as it was before, cordoned or active."""
    if cluster.intent != Intent.DRAINING:
        return
    emptied = Event.objects.filter(kind="cluster", cluster=cluster.name, to_state=Intent.DRAINING)
    was = emptied.order_by("-id").values_list("from_state", flat=True).first()
    set_intent(person, cluster, Intent.CORDONED if was == Intent.CORDONED else Intent.ACTIVE, run, why)


def set_intent(person: Person | None, cluster: Cluster, intent: str, run: Run, why: Reason) -> None:
    """What is wanted of the Cluster from now on, with an Event if that is new."""
    moved = (str(cluster.intent), str(intent))
    if Cluster.objects.filter(pk=cluster.pk).exclude(intent=intent).update(intent=intent):
        told = event(
            timezone.now(),
            "cluster",
            actor=person,
            run_id=run.pk,
            cluster=cluster.name,
            moved=moved,
            reason=why,
        )
        record([told])


def _set_lifecycle(person: Person, source: Source, moved: tuple[str, str], run: Run, why: Reason) -> None:
    """The one Prod of `source` goes from the first to the second, with an Event; if it is in another, it stays."""
    (prod,) = source.prods
    was, becomes = moved
    if Prod.objects.filter(pk=prod.pk, lifecycle=was).update(lifecycle=becomes):
        told = event(
            timezone.now(),
            "prod",
            actor=person,
            run_id=run.pk,
            prod=prod.name,
            cluster=source.cluster.name,
            moved=moved,
            reason=why,
        )
        record([told])
