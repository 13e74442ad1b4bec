"""All Events over HTTP."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import generics

from access.api.pages import ByNewest
from journal.models import Event
from releases.queries.timeline import GROUPS, of_cluster

from .serializers import EventSerializer
from .views import READ


class EventFilter(filters.FilterSet):
    """Which Events; all that is given must fit."""

    kind = filters.ChoiceFilter(
        choices=[(name, words) for name, (words, _of) in GROUPS.items()],
        method="of_kind",
        label="group of kinds",
    )
    prod = filters.CharFilter(max_length=63, label="name of a Prod")
    cluster = filters.CharFilter(method="in_cluster", max_length=63, label="name of a cluster")
    person = filters.CharFilter(field_name="actor__username", max_length=150, label="who did it")
    run = filters.NumberFilter(field_name="run_id", min_value=1, max_value=2**63 - 1, label="number of a run")
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", label="at or after this time")
    until = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lte", label="at or before this time")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()

    def in_cluster(self, rows: "QuerySet[Event]", _name: str, value: str) -> "QuerySet[Event]":
        """The Events of a Cluster and of its Prods."""
        return rows.filter(of_cluster(value))

    def of_kind(self, rows: "QuerySet[Event]", _name: str, value: str) -> "QuerySet[Event]":
        """The Events of one group of kinds."""
        return rows.filter(GROUPS[value][1])


class EventList(generics.ListAPIView[Event]):
    """Every Event, the newest first: who, what, from what to what, why."""

    permits = READ
    queryset = Event.objects.select_related("actor")
    serializer_class = EventSerializer
    pagination_class = ByNewest
    filterset_class = EventFilter
