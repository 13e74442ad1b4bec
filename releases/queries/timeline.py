"""The Timeline: every Event, filtered, a page at a time, with a link to any moment."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from access.models import Person
from clusters.models import Cluster, Prod
from journal.models import Event

from .happened import Happening, read_happened

PAGE = 100
# What stands above a linked Event, so that it is seen with what followed.
ABOVE = 20

# Group -> (how people call it, the Events of it).
GROUPS = {
    "runs": (_("Runs"), Q(kind="run")),
    "steps": (_("Steps of runs"), Q(kind__startswith="step.")),
    "prods": (_("Prods"), Q(kind__in=("prod", "hold", "drift", "self-heal", "overrides", "stray"))),
    "clusters": (_("Clusters"), Q(kind__startswith="cluster")),
    "versions": (_("Blueprints, Versions, vetoes"), Q(kind__in=("blueprint", "version", "veto"))),
    "traffic": (_("Traffic"), Q(kind__startswith="route") | Q(kind="tenant")),
    "line": (_("Stop-the-line and automation"), Q(kind__in=("line", "automation", "auto-failover"))),
    "people": (_("People and tokens"), Q(kind__in=("person", "token"))),
}


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """What is asked for; "" and None: everything. `on`: up to the end of that moment. `before`, `after`
    and `at` are numbers of Events."""

    group: str = ""
    prod: str = ""
    cluster: str = ""
    person: str = ""
    run: int | None = None
    on: datetime | None = None
    before: int | None = None
    after: int | None = None
    at: int | None = None

    @property
    def narrowed(self) -> bool:
        """Whether it leaves anything out."""
        return any((self.group, self.prod, self.cluster, self.person, self.run, self.on))


@dataclass(frozen=True, slots=True)
class Day:
    """The Events of one day (UTC), the newest first."""

    day: date
    happened: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """A page of Events, the newest first. `older` and `newer` are query strings, "" at an end; `live`:
    it shows the newest and follows what happens; `marked` is the linked Event."""

    days: tuple[Day, ...]
    older: str
    newer: str
    live: bool
    narrowed: bool
    marked: int | None
    prods: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


def read_timeline(asked: TimelineFilter) -> TimelinePage:
    """The page that `asked` describes. Five queries at most, however long the log is."""
    events = selected(asked)
    first_page = asked.before is None and asked.after is None and asked.at is None
    happened = _page(events, asked)
    more = len(happened) > PAGE
    shown = happened[-PAGE:] if asked.after else happened[:PAGE]
    newer = more if asked.after else bool(shown) and not first_page
    older = bool(shown) if asked.after else more
    return TimelinePage(
        days=_days(shown),
        older=_link(asked, before=shown[-1].id) if older else "",
        newer=_link(asked, after=shown[0].id) if newer else "",
        live=first_page and asked.on is None,
        narrowed=asked.narrowed,
        marked=asked.at,
        prods=tuple(Prod.objects.order_by("name").values_list("name", flat=True)[:500]),
        clusters=tuple(Cluster.objects.order_by("name").values_list("name", flat=True)[:500]),
        people=tuple(Person.objects.order_by("username").values_list("username", flat=True)[:500]),
    )


def selected(asked: TimelineFilter) -> "QuerySet[Event]":
    """The Events that `asked` leaves in, not yet in pages."""
    events = Event.objects.filter(GROUPS[asked.group][1]) if asked.group else Event.objects.all()
    if asked.cluster:
        events = events.filter(of_cluster(asked.cluster))
    named = {"prod": asked.prod, "actor__username": asked.person}
    numbered = {"run_id": asked.run, "at__lte": asked.on}
    events = events.filter(**{field: value for field, value in named.items() if value})
    return events.filter(**{field: value for field, value in numbered.items() if value is not None})


def of_cluster(name: str) -> Q:
    """What concerns the Cluster `name`: itself, and each Prod on it."""
    return Q(cluster=name) | Q(prod__in=Prod.objects.filter(cluster__name=name).values("name"))


def _page(events: "QuerySet[Event]", asked: TimelineFilter) -> tuple[Happening, ...]:
    """One Event more than a page holds, if there is one, the newest first."""
    if asked.after is not None:
        return tuple(reversed(read_happened(PAGE + 1, rows=events.filter(pk__gt=asked.after), order="id")))
    if asked.before is not None:
        events = events.filter(pk__lt=asked.before)
    elif asked.at is not None:
        above = events.filter(pk__gt=asked.at).order_by("id").values_list("pk", flat=True)[:ABOVE]
        events = events.filter(pk__lte=max(above, default=asked.at))
    return read_happened(PAGE + 1, rows=events)


def _days(happened: tuple[Happening, ...]) -> tuple[Day, ...]:
    days: dict[date, list[Happening]] = {}
    for one in happened:
        days.setdefault(one.at.date(), []).append(one)
    return tuple(Day(day, tuple(events)) for day, events in days.items())


def _link(asked: TimelineFilter, **cursor: int) -> str:
    """The query string of the same filter at `cursor`."""
    fields = {"kind": asked.group, "prod": asked.prod, "cluster": asked.cluster, "person": asked.person}
    times = {"run": asked.run or "", "on": asked.on.strftime("%Y-%m-%dT%H:%M") if asked.on else ""}
    return urlencode({name: value for name, value in {**fields, **times, **cursor}.items() if value})
