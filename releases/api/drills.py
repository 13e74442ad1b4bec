"""Drills over HTTP: how long it took to leave, and to come back to, Clusters that are there for practice."""

from rest_framework import generics, serializers

from access.api.pages import ByNewest
from releases.models import Run
from releases.queries.drills import DRILLS, took_s

from .views import READ


class DrillSerializer(serializers.ModelSerializer[Run]):
    """A Run that was a drill."""

    run = serializers.IntegerField(source="pk")
    cluster = serializers.CharField(source="strategy.cluster", default=None, help_text="null: one Prod alone")
    prod = serializers.CharField(source="strategy.prod", default=None, help_text="null: a whole Cluster")
    took_s = serializers.SerializerMethodField(
        help_text="from its start until all routers that answer showed it, and for a failback until the last users "
        "were back; null: it has not succeeded"
    )

    class Meta:
        model = Run
        fields = ("run", "kind", "cluster", "prod", "state", "started_at", "took_s")

    def get_took_s(self, run: Run) -> float | None:
        return took_s(run)


class DrillList(generics.ListAPIView[Run]):
    """All drills, the newest first."""

    permits = READ
    queryset = DRILLS
    serializer_class = DrillSerializer
    pagination_class = ByNewest
    filterset_fields: tuple[str, ...] = ()
