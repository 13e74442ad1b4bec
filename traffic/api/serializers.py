"""The shapes of Routes and routers. What comes in is checked by `traffic.actions`; these describe it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clusters.api.serializers import ReasonSerializer
from journal.core.reasons import reason_from_json
from journal.sentences import reason_json
from traffic.models import (
    Publication,
    Route,
    RouteEpoch,
    Router,
    RouterInstance,
)
from traffic.queries.facts import checks_health
from traffic.queries.routes import percents
from traffic.queries.troubles import troubles_of

PINS = "names of the only Prods that may ever serve it; empty: any"
REASON = {"max_length": 1000, "required": False, "allow_blank": True}
NEW_WRITER = {
    "max_length": 63,
    "required": False,
    "allow_blank": True,
    "help_text": "the name of the Route: where its data have a single writer and another Prod takes over, since the old "
    "one has stopped writing",
}


def _told(stored: dict[str, Any]) -> dict[str, Any] | None:
    reason = reason_from_json(stored)
    return reason_json(reason) if reason else None


class MemberSerializer(serializers.Serializer[Any]):
    """A member; `percent` is its part of the requests, `target` its weight in normal times."""

    prod = serializers.CharField()
    weight = serializers.IntegerField()
    target = serializers.IntegerField()
    percent = serializers.IntegerField()


class PublicationSerializer(serializers.ModelSerializer[Publication]):
    """A Route at a router instance: `epoch` and `weights` as read back at `read_at`."""

    instance = serializers.CharField(source="instance.name")
    weights = serializers.DictField(
        child=serializers.IntegerField(), help_text="weight by Prod, as read back"
    )
    reason = serializers.SerializerMethodField()
    read_at = serializers.DateTimeField(source="seen_at", allow_null=True)

    class Meta:
        model = Publication
        fields = ("instance", "state", "reason", "since", "asked", "epoch", "weights", "read_at")

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_reason(self, row: Publication) -> Any:
        return _told(row.reason)


class RouteSerializer(serializers.ModelSerializer[Route]):
    members = serializers.SerializerMethodField()
    publications = PublicationSerializer(many=True)
    pins = serializers.ListField(child=serializers.CharField(), help_text=PINS)
    tenants = serializers.IntegerField(source="count")
    load = serializers.IntegerField()
    troubles = serializers.SerializerMethodField(help_text="what is wrong with it as it is")

    class Meta:
        model = Route
        fields = (
            *("name", "redundancy", "data_class", "pins", "epoch"),
            *("members", "tenants", "load", "publications", "troubles"),
        )
        read_only_fields = fields

    @extend_schema_field(ReasonSerializer(many=True))
    def get_troubles(self, row: Route) -> Any:
        return [reason_json(why) for why in troubles_of(row, row.members.all(), timezone.now())]

    @extend_schema_field(MemberSerializer(many=True))
    def get_members(self, row: Route) -> Any:
        rows = list(row.members.all())
        part = percents({member.prod.name: member.weight for member in rows})
        return [
            {"prod": m.prod.name, "weight": m.weight, "target": m.target, "percent": part[m.prod.name]}
            for m in sorted(rows, key=lambda member: member.prod.name)
        ]


class EpochSerializer(serializers.ModelSerializer[RouteEpoch]):
    """What the weights were from one epoch on."""

    weights = serializers.DictField(child=serializers.IntegerField(), help_text="weight by Prod")
    by = serializers.CharField(source="actor.username", default=None)
    run = serializers.IntegerField(source="run_id", allow_null=True)
    reason = serializers.SerializerMethodField()

    class Meta:
        model = RouteEpoch
        fields = ("epoch", "weights", "at", "by", "run", "reason")

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_reason(self, row: RouteEpoch) -> Any:
        return _told(row.reason)


class AskedWeightsSerializer(serializers.Serializer[Any]):
    """Weights. Any whole numbers whose sum is not 0: what counts is their proportion."""

    weights = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=100),
        help_text="weight by Prod; a member that is not named keeps its own; a Prod that is no member becomes one, if "
        "it fits and could carry the Route alone",
    )


class WeightsSerializer(AskedWeightsSerializer):
    """New weights."""

    epoch = serializers.IntegerField(
        min_value=1, help_text="the one that you have read; 409 if it is another now"
    )
    for_good = serializers.BooleanField(required=False, help_text="also the weights of normal times")
    confirm = serializers.CharField(**NEW_WRITER)
    reason = serializers.CharField(**REASON)


class ReturnSerializer(serializers.Serializer[Any]):
    """The way back to the weights of an epoch."""

    epoch = serializers.IntegerField(min_value=1, help_text="whose weights come back")
    seen = serializers.IntegerField(
        min_value=1, help_text="the epoch that you have read; 409 if it is another now"
    )
    confirm = serializers.CharField(**NEW_WRITER)
    reason = serializers.CharField(**REASON)


class InstanceSerializer(serializers.ModelSerializer[RouterInstance]):
    """One place where Routes are published; never a secret."""

    cluster = serializers.CharField(source="cluster.name", default=None, allow_null=True)
    settings = serializers.DictField()
    reason = serializers.SerializerMethodField()
    routes = serializers.SerializerMethodField(help_text="how many are published there")
    health_checks = serializers.SerializerMethodField(help_text="it takes a dead member out by itself")

    class Meta:
        model = RouterInstance
        fields = (
            *(
                "name",
                "failure_domain",
                "cluster",
                "settings",
                "health",
                "reason",
                "since",
                "read_at",
                "routes",
            ),
            "health_checks",
        )

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_reason(self, row: RouterInstance) -> Any:
        return _told(row.reason)

    def get_routes(self, row: RouterInstance) -> int:
        return len(row.publications.all())

    def get_health_checks(self, row: RouterInstance) -> bool:
        return checks_health(row)


class RouterSerializer(serializers.ModelSerializer[Router]):
    instances = InstanceSerializer(many=True)

    class Meta:
        model = Router
        fields = ("name", "kind", "instances")
        read_only_fields = fields


class NewInstanceSerializer(serializers.Serializer[Any]):
    """A router instance to register."""

    name = serializers.CharField(max_length=63)
    failure_domain = serializers.CharField(max_length=63)
    cluster = serializers.CharField(max_length=63, required=False, help_text="on which it stands")
    settings = serializers.DictField(required=False, help_text="by kind: see docs/routes.md")
    credentials = serializers.DictField(
        child=serializers.CharField(), required=False, write_only=True, help_text="by kind; stored encrypted"
    )


class NewRouterSerializer(serializers.Serializer[Any]):
    """A Router to register, with its instances."""

    name = serializers.CharField(max_length=63)
    kind = serializers.ChoiceField(Router.Kind.choices)
    instances = NewInstanceSerializer(many=True)


class ShownSerializer(serializers.Serializer[Any]):
    """A Route that a router shows at a newer epoch than is asked."""

    route = serializers.CharField()
    epoch = serializers.IntegerField(help_text="that is asked")
    shown_epoch = serializers.IntegerField()
    instance = serializers.CharField(help_text="which shows it")
    read_at = serializers.DateTimeField(allow_null=True)
    asked = serializers.SerializerMethodField()
    shown = serializers.SerializerMethodField()
    cannot = serializers.SerializerMethodField(help_text="why it cannot be taken over")
    writer = serializers.CharField(help_text="the Prod that becomes its single writer by that; empty: none")

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_asked(self, one: Any) -> dict[str, int]:
        return dict(one.asked)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_shown(self, one: Any) -> dict[str, int]:
        return dict(one.shown)

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_cannot(self, one: Any) -> Any:
        return reason_json(one.cannot) if one.cannot else None


class AdoptionSerializer(serializers.Serializer[Any]):
    """What a Router shows beyond what is asked, and the digest to take it over with."""

    router = serializers.CharField()
    digest = serializers.CharField()
    routes = ShownSerializer(many=True)


class AdoptSerializer(serializers.Serializer[Any]):
    """What is shown is taken over."""

    digest = serializers.CharField(max_length=64, help_text="of what you have read")
    confirm = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="the names of all Routes that have a `writer`, apart by spaces: the old ones have stopped writing",
    )
    reason = serializers.CharField(**REASON)


class RouteNamesSerializer(serializers.Serializer[Any]):
    """Which Routes."""

    routes = serializers.ListField(child=serializers.CharField(max_length=63))
