"""Room over HTTP, and what to move where it runs short."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api.serializers import ReasonSerializer
from journal.sentences import reason_json
from traffic.queries.facts import read_facts
from traffic.queries.rebalance import read_rebalance
from traffic.queries.room import read_room

from .routes import READ


class RoomLineSerializer(serializers.Serializer[Any]):
    """A Prod; all numbers are load units. `free` is below 0 where more is promised than it carries."""

    prod = serializers.CharField()
    cluster = serializers.CharField()
    domain = serializers.CharField()
    blueprint = serializers.CharField()
    version = serializers.CharField()
    role = serializers.CharField()
    serving = serializers.BooleanField()
    capacity = serializers.IntegerField()
    carries = serializers.IntegerField(help_text="what its ready pods carry now")
    committed = serializers.IntegerField(help_text="what it has promised to carry")
    reserved = serializers.IntegerField(help_text="what Runs under way count on")
    free = serializers.IntegerField()


@extend_schema_serializer(component_name="ProposedProd")
class ProposalSerializer(serializers.Serializer[Any]):
    """A Prod to build, and all that it mends."""

    blueprint = serializers.CharField()
    cluster = serializers.CharField()
    domain = serializers.CharField()
    version = serializers.CharField()
    capacity = serializers.IntegerField(help_text="load units")
    why = ReasonSerializer(many=True)


class LoadSourceSerializer(serializers.Serializer[Any]):
    """Where loads come from: measured at `read_at` for some tenants, or, where that is not `fresh`, `why` not."""

    fresh = serializers.BooleanField()
    read_at = serializers.DateTimeField(allow_null=True)
    measured = serializers.IntegerField(help_text="tenants whose load is measured")
    tenants = serializers.IntegerField()
    why = ReasonSerializer(allow_null=True)


class FleetRoomSerializer(serializers.Serializer[Any]):
    """Room of the whole fleet. `unmet` is what no new Prod would mend."""

    at = serializers.DateTimeField()
    most_percent = serializers.IntegerField(help_text="what a Blueprint may promise of what it carries")
    prods = RoomLineSerializer(many=True)
    proposals = ProposalSerializer(many=True)
    unmet = ReasonSerializer(many=True)
    loads = LoadSourceSerializer(allow_null=True, help_text="null: the numbers given count")


class RebalanceMoveSerializer(serializers.Serializer[Any]):
    """A Route of which `to` should take the seat of `source` for good: `POST routes/ROUTE/actions/weights/` with these
    `weights` and `epoch`, and `for_good`."""

    route = serializers.CharField()
    epoch = serializers.IntegerField(help_text="at which this was planned")
    source = serializers.CharField()
    to = serializers.CharField()
    weights = serializers.DictField(child=serializers.IntegerField(), help_text="weight by Prod")
    tenants = serializers.IntegerField()
    load = serializers.IntegerField(help_text="load units")
    room = serializers.IntegerField(help_text="of `to`, after all of these moves")
    reason = ReasonSerializer()


class RebalanceStaysSerializer(serializers.Serializer[Any]):
    """A Route whose Prod has promised too much and that no other Prod can take."""

    route = serializers.CharField()
    tenants = serializers.IntegerField()
    load = serializers.IntegerField(help_text="load units")
    reason = ReasonSerializer()


class RebalanceSerializer(serializers.Serializer[Any]):
    """As few moves as possible so that no Prod has promised too much."""

    at = serializers.DateTimeField()
    most_percent = serializers.IntegerField(help_text="what a Prod may promise of its capacity")
    moves = RebalanceMoveSerializer(many=True)
    staying = RebalanceStaysSerializer(many=True)


class RebalancePlan(APIView):
    """Which Routes should leave Prods that have promised too much, and where to. It is a proposal: nothing moves by
    itself."""

    permits = READ

    @extend_schema(responses=RebalanceSerializer)
    def get(self, _request: Request) -> Response:
        now = timezone.now()
        found = read_rebalance(read_facts(now))
        fields = ("route", "epoch", "source", "to", "tenants", "load", "room")
        moves = [
            {name: getattr(one, name) for name in fields}
            | {"weights": dict(one.weights), "reason": reason_json(one.why)}
            for one in found.moves
        ]
        staying = [
            {"route": one.route, "tenants": one.tenants, "load": one.load, "reason": reason_json(one.why)}
            for one in found.staying
        ]
        shown = {"at": now, "most_percent": found.most_percent, "moves": moves, "staying": staying}
        return Response(RebalanceSerializer(shown).data)


class Room(APIView):
    """How full every Prod is, and which Prods to add so that any one Cluster may die."""

    permits = READ

    @extend_schema(responses=FleetRoomSerializer)
    def get(self, _request: Request) -> Response:
        now = timezone.now()
        page = read_room(now)
        shown = {
            "at": now,
            "most_percent": page.most_percent,
            "prods": page.prods,
            "proposals": [
                {**asdict(one), "why": [reason_json(reason) for reason in one.why]} for one in page.proposals
            ],
            "unmet": [reason_json(reason) for reason in page.unmet],
            "loads": page.loads
            and {**asdict(page.loads), "why": page.loads.why and reason_json(page.loads.why)},
        }
        return Response(FleetRoomSerializer(shown).data)
