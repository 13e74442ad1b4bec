"""Users leave a Cluster, and come back: a failover, an evacuation, a failback."""

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Cluster
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record
from journal.models import Event
from releases.core.blockers import stale_blocker
from releases.core.moving import fence_blockers
from releases.engine.traffic import carry_out
from releases.failover_preview import MovePreview, preview_failback, preview_leaving
from releases.models import Run
from traffic.actions.locks import ROOM, one_at_a_time

from .runs import checked_reason, claim, create_run

Intent = Cluster.Intent


def start_leaving(person: Person, cluster: str, digest: str, reason: str, *, confirm: str = "") -> Run:
    """The running failover (the Cluster is dead) or evacuation (it is alive): its users are served elsewhere from
    this transaction on, and the Cluster is draining until a failback.

    `confirm`: the name of the Cluster, typed by a person who has made sure that no old single writer is left on it; only
    such Routes ask for it. Refused where the facts have changed the plan since it was shown. A freeze, Holds and claims
    of other Runs do not stand against it.
    """
    require(person, "cluster.evacuate")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        row = locked_cluster(cluster)
        one_at_a_time(ROOM)
        preview = preview_leaving(cluster)
        _refuse(preview, digest, *fence_blockers(preview.traffic.moves, cluster, confirm))
        run = _run(person, preview, text)
        why = because("cluster-emptied", cluster=cluster, why=text)
        carry_out(preview.traffic.moves, why, now, run.pk)
        set_intent(person, row, Intent.DRAINING, run, why)
        return run


def start_failback(person: Person, cluster: str, digest: str, reason: str) -> Run:
    """The running failback: the Prods of the Cluster get their users back, one Route at a time and a little at a
    time; a Cluster that was cordoned before it was emptied is so again. Refused before the Cluster has answered long
    enough, and by what holds back any change."""
    require(person, "cluster.fail-back")
    text = checked_reason(reason)
    with transaction.atomic():
        row = locked_cluster(cluster)
        preview = preview_failback(cluster)
        _refuse(preview, digest)
        run = _run(person, preview, text)
        claim(run, [prod for wave in preview.plan.waves for prod in wave.prods])
        reopen(person, row, run, because("cluster-back", cluster=cluster, why=text))
        return run


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
    drill = Cluster.objects.filter(name=preview.cluster, purpose=Cluster.Purpose.REHEARSAL).exists()
    strategy = {"cluster": preview.cluster} | ({"drill": True} if drill else {})
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
