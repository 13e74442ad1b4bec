"""The shapes of Tenants. What comes in is checked by `traffic.actions`; these describe it."""

from typing import Any

from rest_framework import serializers

from clusters.api.serializers import ReasonSerializer
from journal.core.reasons import Reason
from journal.sentences import reason_json
from traffic.models import DataClass, Redundancy, Tenant
from traffic.queries.tenants import LOST, MOVED, SAFE, WAITS, TenantPage
from traffic.queries.whereabouts import Happened
from traffic.routers.rules import HOSTNAME_MAX

from .serializers import PINS, REASON

OWN_NAME = {
    "max_length": 63,
    "required": False,
    "help_text": "its name: for a single writer, whose old Prod has stopped writing",
}
DIGEST = {
    "max_length": 64,
    "required": False,
    "help_text": "of the preview; 409 if it would go elsewhere now. Without it: wherever",
}
FIELDS = ("name", "hostnames", "load", "load_now", "redundancy", "data_class", "pins", "route")


class TenantSerializer(serializers.ModelSerializer[Tenant]):
    route = serializers.CharField(source="route.name", default=None, allow_null=True)
    hostnames = serializers.ListField(child=serializers.CharField())
    load_now = serializers.IntegerField(help_text="what counts: as measured lately, else `load`")
    pins = serializers.ListField(child=serializers.CharField(), help_text=PINS)

    class Meta:
        model = Tenant
        fields: tuple[str, ...] = FIELDS
        read_only_fields: tuple[str, ...] = FIELDS


class HappenedSerializer(serializers.Serializer[Any]):
    """What was done to a Tenant, or where its Route has sent its users."""

    at = serializers.DateTimeField()
    by = serializers.CharField(allow_blank=True, help_text="empty: no person, or the run's author")
    run = serializers.IntegerField(allow_null=True)
    reason = ReasonSerializer(allow_null=True)
    was = serializers.ListField(child=serializers.CharField(), help_text="Prods that served it before")
    now = serializers.ListField(
        child=serializers.CharField(), help_text="Prods that served it then; empty: it changed nothing there"
    )


class FateSerializer(serializers.Serializer[Any]):
    """What would become of a Tenant if a Cluster that serves it died."""

    cluster = serializers.CharField()
    how = serializers.ChoiceField([SAFE, MOVED, WAITS, LOST])
    reason = ReasonSerializer()


class TenantDetailSerializer(TenantSerializer):
    """A Tenant, where it was, and what would become of it."""

    since = serializers.DateTimeField(
        allow_null=True, help_text="since when the Prods that serve it now do; null: not known"
    )
    moving = HappenedSerializer(
        many=True,
        help_text="what Runs that have not ended have done to it so far: one line each, the newest first",
    )
    history = HappenedSerializer(many=True, help_text="the newest first")
    fates = FateSerializer(many=True, help_text="one for each Cluster that serves it")
    gap = ReasonSerializer(allow_null=True, help_text="why redundancy alone does not keep it safe")

    class Meta(TenantSerializer.Meta):
        fields = (*FIELDS, "since", "moving", "history", "fates", "gap")
        read_only_fields = fields


def tenant_json(row: Tenant, page: TenantPage) -> dict[str, Any]:
    """As `TenantDetailSerializer` describes it."""
    shown: dict[str, Any] = dict(TenantSerializer(row).data)
    fates = [{"cluster": one.cluster, "how": one.how, "reason": _told(one.why)} for one in page.fates]
    shown["since"] = page.where.since
    shown["moving"] = HappenedSerializer(map(_happened_json, page.where.moving), many=True).data
    shown["history"] = HappenedSerializer(map(_happened_json, page.where.happened), many=True).data
    shown["fates"] = FateSerializer(fates, many=True).data
    return shown | {"gap": _told(page.gap)}


def _happened_json(one: Happened) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("at", "by", "run", "was", "now")}
    return told | {"reason": _told(one.reason)}


def _told(reason: Reason | None) -> dict[str, Any] | None:
    return reason_json(reason) if reason else None


class TenantFactsSerializer(serializers.Serializer[Any]):
    """What a person says about a Tenant; what is not given stays."""

    hostnames = serializers.ListField(
        child=serializers.CharField(max_length=HOSTNAME_MAX),
        required=False,
        help_text="lower case, no wildcards",
    )
    load = serializers.IntegerField(min_value=1, required=False, help_text="load units")
    redundancy = serializers.ChoiceField(Redundancy.choices, required=False)
    data_class = serializers.ChoiceField(DataClass.choices, required=False)
    pins = serializers.ListField(child=serializers.CharField(max_length=63), required=False, help_text=PINS)


class PlaceSerializer(serializers.Serializer[Any]):
    """Where a Tenant goes: `route`, or where one is found or made, among `prods` where some are named. That says nothing
    about later: see `pins`."""

    route = serializers.CharField(max_length=63, required=False)
    prods = serializers.ListField(child=serializers.CharField(max_length=63), required=False)


class NewTenantSerializer(PlaceSerializer, TenantFactsSerializer):
    """A Tenant that is not there yet."""

    name = serializers.CharField(max_length=63)
    hostnames = serializers.ListField(
        child=serializers.CharField(max_length=HOSTNAME_MAX), help_text="lower case, no wildcards"
    )
    blueprint = serializers.CharField(
        max_length=63, required=False, help_text="of the Prods that may serve it"
    )


class AddTenantSerializer(NewTenantSerializer):
    """A Tenant to add, wherever it goes or where a preview has said."""

    digest = serializers.CharField(**DIGEST)


class ChangeTenantSerializer(TenantFactsSerializer):
    """Other facts about a Tenant."""

    confirm = serializers.CharField(**OWN_NAME)


class MoveTenantSerializer(PlaceSerializer):
    """Another Route for a Tenant."""

    confirm = serializers.CharField(**OWN_NAME)
    digest = serializers.CharField(**DIGEST)
    reason = serializers.CharField(**REASON)
