"""The shape of Routes that get no new place."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from clusters.api.serializers import ReasonSerializer
from journal.sentences import reason_json
from traffic.core.plan import Left


class LeftSerializer(serializers.Serializer[Any]):
    """A Route that gets no new place, and why."""

    route = serializers.CharField()
    tenants = serializers.IntegerField()
    load = serializers.IntegerField(help_text="load units")
    reason = ReasonSerializer()


def left_json(left: Iterable[Left]) -> list[dict[str, Any]]:
    """As `LeftSerializer` describes them."""
    return [
        {"route": one.route, "tenants": one.tenants, "load": one.load, "reason": reason_json(one.why)}
        for one in left
    ]
