"""A person takes back moves out of a Cluster that no router shows yet, whatever is switched off."""

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from journal.core.reasons import Refused, because
from journal.retrying import retried
from releases.engine.unmade import kept, leaving_runs, lock_moved, take_back, unanswered, unmade
from releases.models import Run
from releases.switches import take_turn

from .failover import locked_cluster, reopen
from .runs import checked_reason


@retried
def take_back_moves(person: Person, cluster: str, reason: str) -> Run:
    """The ended Run that took users out of the Cluster: Routes that no router shows moved get back the weights they had,
    the others stay moved until a failback. Neither the kill switch nor a stopped line stands against it, since the way
    back to what is served is no change for users. Refused where there is nothing like that, or the Cluster does not answer.
    """
    require(person, "cluster.evacuate")
    text, now = checked_reason(reason), timezone.now()
    with transaction.atomic():
        take_turn()
        run = leaving_runs().filter(strategy__cluster=cluster).select_for_update(of=("self",)).last()
        row = locked_cluster(cluster)
        if run:
            lock_moved(run)
        changes = unmade(run) if run else {}
        if not run or not changes:
            raise Refused(because("no-moves-to-take-back", cluster=cluster))
        if reasons := unanswered(row):
            raise Refused(*reasons)
        stay = kept(run, changes)
        told = because(
            "moves-taken-back",
            cluster=cluster,
            by=person.get_username(),
            cancelled=len(changes),
            kept=stay,
            why=text,
        )
        take_back(run, changes, told, now, person)
        if not stay:
            reopen(person, row, run, told)
        run.refresh_from_db()
        return run
