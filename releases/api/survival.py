"""The survival report over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.queries import read_facts_age
from releases.fleet import taken_back
from releases.queries.automatic import automatic
from releases.queries.automation import read_idle
from releases.queries.drills import last_rehearsal
from releases.queries.survival import Users
from releases.switches import read_switches
from traffic.core.facts import TrafficFacts
from traffic.core.survival import CLUSTER, PROD, Survival, survival
from traffic.core.troubles import route_troubles
from traffic.queries.facts import read_facts
from traffic.queries.liveness import read_liveness

from .drills import DrillSerializer
from .failover_serializers import SurvivalSerializer, survival_json
from .left import LeftSerializer, left_json
from .signals import AutomaticSerializer, SignalsSerializer, automatic_json, signals_json
from .views import READ


class ClusterSurvivalSerializer(SurvivalSerializer):
    """What the death of a Cluster would do now, whether it lives, and what would happen without a person."""

    signals = SignalsSerializer(allow_null=True, help_text="null: it has no Prods in service")
    automatic = AutomaticSerializer()


class SurvivalReportSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="when it was computed")
    facts_from = serializers.DateTimeField(
        allow_null=True,
        help_text="the oldest fact it rests on; null: of some Clusters nothing fresh is known",
    )
    unknown = serializers.ListField(
        child=serializers.CharField(), help_text="Clusters of which nothing fresh is known"
    )
    last_rehearsal = DrillSerializer(
        allow_null=True, help_text="the last drill in which users left and routers showed it; null: never"
    )
    clusters = ClusterSurvivalSerializer(many=True)
    prods = SurvivalSerializer(many=True)
    troubles = LeftSerializer(many=True, help_text="what is wrong with Routes as they are, whatever dies")


class SurvivalReport(APIView):
    """What would become of everybody if a Cluster or a Prod died now: each of them, by name."""

    permits = READ

    @extend_schema(responses=SurvivalReportSerializer)
    def get(self, _request: Request) -> Response:
        now, age = timezone.now(), read_facts_age()
        facts = read_facts(now, urgent=True, back=taken_back())
        rows = survival(facts)
        report = {
            "at": now,
            "facts_from": age.oldest,
            "unknown": age.unknown,
            "last_rehearsal": last_rehearsal(),
            "clusters": _clusters([row for row in rows if row.kind == CLUSTER], facts),
            "troubles": left_json(route_troubles(facts)),
            "prods": [survival_json(row) for row in rows if row.kind == PROD],
        }
        return Response(SurvivalReportSerializer(report).data)


def _clusters(rows: list[Survival], facts: TrafficFacts) -> list[dict[str, Any]]:
    alive, switches = read_liveness(timezone.now()), read_switches()
    idle, serving = read_idle(alive, switches), Users(facts, frozenset()).serving
    found = []
    for row in rows:
        one = alive.get(row.name)
        auto = automatic(one, row.name in serving, idle, sorted(switches.classes))
        signals = None if one is None else signals_json(one)
        found.append({**survival_json(row), "signals": signals, "automatic": automatic_json(auto)})
    return found
