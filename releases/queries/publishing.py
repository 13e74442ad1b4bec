"""Which routers publish some Routes, and how far each is with what is asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from journal.core.reasons import Reason, reason_from_json
from releases.marks import Mark
from traffic.models import Publication, Route, RouterInstance

Health, State = RouterInstance.Health, Publication.State
HEALTH_MARKS = {
    Health.HEALTHY: Mark("good", "check", _("answers")),
    Health.UNREACHABLE: Mark("bad", "cross", _("does not answer")),
    Health.UNKNOWN: Mark("unknown", "query", _("not asked yet")),
}
STATE_MARKS = {
    State.PUBLISHED: Mark("good", "check", _("as asked")),
    State.PENDING: Mark("busy", "turn", _("being written")),
    State.UNREACHABLE: Mark("bad", "cross", _("does not answer")),
    State.REFUSED: Mark("bad", "alert", _("refuses it")),
}
_DONE = Q(publications__state=State.PUBLISHED, publications__epoch__gte=F("publications__asked"))


@dataclass(frozen=True, slots=True)
class RouterLine:
    """A router instance: how many of the Routes it publishes, how many of these it shows as asked (`done`), how
    that is (`mark`), whether it answers (`health`), and `reason` why it is not as asked. `read_at`: when all of it
    was last read back."""

    name: str
    router: str
    domain: str
    routes: int
    done: int
    mark: Mark
    health: Mark
    reason: Reason | None
    read_at: datetime | None


def read_routers(routes: "QuerySet[Route]") -> tuple[RouterLine, ...]:
    """The instances that publish any of `routes`, by name. Two queries."""
    ids = routes.order_by().values("pk")
    behind = Publication.objects.filter(route__in=ids).exclude(state=State.PUBLISHED, epoch__gte=F("asked"))
    first = behind.order_by("instance", "route").distinct("instance").values_list("instance", "reason")
    why = {instance: reason_from_json(reason) for instance, reason in first}
    rows = (
        RouterInstance.objects.filter(publications__route__in=ids)
        .annotate(
            routes=Count("publications"),
            done=Count("publications", filter=_DONE),
            away=Count("publications", filter=Q(publications__state=State.UNREACHABLE)),
            refused=Count("publications", filter=Q(publications__state=State.REFUSED)),
        )
        .select_related("router")
        .defer("credentials")
    )
    return tuple(
        RouterLine(
            name=row.name,
            router=row.router.name,
            domain=row.failure_domain,
            routes=row.routes,
            done=row.done,
            mark=_mark(row.routes - row.done, row.away, row.refused),
            health=HEALTH_MARKS[Health(row.health)],
            reason=why.get(row.pk),
            read_at=row.read_at,
        )
        for row in rows.order_by("name")
    )


def _mark(behind: int, away: int, refused: int) -> Mark:
    """Of Publications of which `behind` are not as asked."""
    if not behind:
        return STATE_MARKS[State.PUBLISHED]
    if away:
        return STATE_MARKS[State.UNREACHABLE]
    return STATE_MARKS[State.REFUSED if refused else State.PENDING]


def unpublished(routes: Collection[str]) -> int:
    """How many of these Routes no router publishes. One query."""
    shown = Publication.objects.filter(route__name__in=routes).values("route").distinct().count()
    return len(set(routes)) - shown
