"""What waits for a person, the most pressing first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.facts import cluster_reason
from clusters.marks import INTENT_MARKS
from clusters.models import Cluster, Prod, Version
from journal.core.reasons import Reason, reason_from_json
from journal.sentences import sentence
from releases.core.states import RunKind, RunState
from releases.marks import (
    CLUSTER_MARKS,
    HELD,
    LIFECYCLE_MARKS,
    NO_FACTS,
    RUN_MARKS,
    RUN_NAMES,
    VETOED,
    WAITS,
    Mark,
)
from releases.models import Hold, Run

PRESSING = (RunState.FAILED, RunState.AWAITING_APPROVAL, RunState.PAUSED)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits: what, why in words, since when, and where to act on it."""

    mark: Mark
    title: str
    words: str
    since: datetime | None
    link: str
    links: tuple[tuple[str, str], ...] = ()


def read_needs(
    runs: Iterable[Run],
    clusters: Iterable[Cluster],
    prods: Iterable[Prod],
    kept_out: Mapping[int, Reason],
    holds: dict[int, Hold],
    versions: Iterable[Version],
    now: datetime,
) -> tuple[Need, ...]:
    """Runs that rest, Clusters that do not answer, Clusters and Prods that users have left, Prods that they do not come back
    to by themselves (`kept_out`), Holds, Vetoes among `versions`."""
    waiting = [run for state in PRESSING for run in runs if run.state == state]
    return (
        *(_run(run) for run in waiting),
        *(need for cluster in clusters if (need := _cluster(cluster, now))),
        *(_left(cluster) for cluster in clusters if cluster.intent == Cluster.Intent.DRAINING),
        *(_prod_left(prod) for prod in prods if prod.lifecycle == Prod.Lifecycle.DRAINING),
        *(_kept_out(prod, kept_out[prod.pk]) for prod in prods if prod.pk in kept_out),
        *_holds({prod.pk: prod.name for prod in prods}, holds),
        *_vetoes(versions),
    )


def _run(run: Run) -> Need:
    return Need(
        mark=RUN_MARKS[RunState(run.state)],
        title=f"{RUN_NAMES[RunKind(run.kind)]} #{run.pk}",
        words=sentence(reason_from_json(run.reason)),
        since=run.since,
        link=reverse("releases:run", args=[run.pk]),
    )


def _cluster(cluster: Cluster, now: datetime) -> Need | None:
    reason = cluster_reason(cluster, now)
    if reason is None:
        return None
    gone = cluster.health == Cluster.Health.UNREACHABLE
    mark = CLUSTER_MARKS[Cluster.Health.UNREACHABLE] if gone else NO_FACTS
    link = reverse("releases:failover")
    return Need(mark, _("Cluster %s") % cluster.name, sentence(reason), cluster.health_since, link)


def _left(cluster: Cluster) -> Need:
    words = _("Users have left it, and come back when somebody fails back.")
    mark = INTENT_MARKS[Cluster.Intent.DRAINING]
    return Need(mark, _("Cluster %s, emptied") % cluster.name, words, None, reverse("releases:failover"))


def _prod_left(prod: Prod) -> Need:
    words = _("Users have left it, and come back when somebody fails back.")
    mark = LIFECYCLE_MARKS[Prod.Lifecycle.DRAINING]
    return Need(
        mark, _("Prod %s, emptied") % prod.name, words, None, reverse("releases:prod", args=[prod.name])
    )


def _kept_out(prod: Prod, why: Reason) -> Need:
    link = reverse("releases:prod", args=[prod.name])
    return Need(WAITS, _("Prod %s, without its users") % prod.name, sentence(why), None, link)


def _holds(names: dict[int, str], holds: dict[int, Hold]) -> Iterable[Need]:
    """Prods held for one reason by one person are one need."""
    groups: dict[tuple[str, str], list[Hold]] = defaultdict(list)
    for hold in holds.values():
        if hold.prod_id in names:
            groups[hold.reason, hold.author.get_username()].append(hold)
    for (reason, author), group in groups.items():
        held = sorted(names[hold.prod_id] for hold in group)
        links = tuple((name, reverse("releases:prod", args=[name])) for name in held)
        words = _("%(author)s: %(reason)s") % {"author": author, "reason": reason}
        yield Need(HELD, _("Prods on hold"), words, min(hold.at for hold in group), "", links)


def _vetoes(versions: Iterable[Version]) -> Iterable[Need]:
    """The newest few."""
    vetoed = [(version.vetoed_at, version) for version in versions if version.vetoed_at is not None]
    for at, version in sorted(vetoed, key=lambda one: one[0], reverse=True)[:5]:
        author = version.vetoed_by.get_username() if version.vetoed_by else "Drover"
        words = _("%(author)s: %(reason)s") % {"author": author, "reason": version.veto_reason}
        yield Need(VETOED, str(version), words, at, reverse("releases:versions"))
