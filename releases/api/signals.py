"""The shapes of what the signals of a Cluster say, and of what is done because of it without a person."""

from typing import Any

from rest_framework import serializers

from clusters.api.serializers import ReasonSerializer
from journal.sentences import reason_json
from releases.queries.automatic import Automatic
from traffic.queries.liveness import Alive


class SignalSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="`api`, `direct` (a Prod itself) or `routed` (through a router)")
    good = serializers.BooleanField(
        allow_null=True, help_text="of the last probe; null: none was sent lately"
    )
    at = serializers.DateTimeField(allow_null=True)


class WaySerializer(serializers.Serializer[Any]):
    signal = serializers.CharField()
    name = serializers.CharField(help_text="the Prod, or the router instance")
    good = serializers.BooleanField()
    said = serializers.CharField(help_text="the status, or the error in a word")


class SignalsSerializer(serializers.Serializer[Any]):
    """What the signals of a Cluster say."""

    cluster = serializers.CharField()
    state = serializers.CharField(help_text="`up`, `suspect`, `down` or `unknown`")
    reason = ReasonSerializer(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    signals = SignalSerializer(many=True)
    ways = WaySerializer(many=True, help_text="what each address said last")
    absent = ReasonSerializer(many=True, help_text="why a signal cannot be had")


class AutomaticSerializer(serializers.Serializer[Any]):
    """What is done without a person about a Cluster."""

    state = serializers.CharField(
        help_text="`off`; `on`: Routes of `classes` leave it by themselves when it is down; `proposes`: it is down, and a "
        "person decides; `stopped`: nothing happens by itself, whatever is switched on; `not-judged`: it has no Prods in "
        "service"
    )
    classes = serializers.ListField(
        child=serializers.CharField(), help_text="the redundancies that are switched on"
    )
    reasons = ReasonSerializer(many=True, help_text="why nothing happens by itself")
    since = serializers.DateTimeField(
        allow_null=True, help_text="since when it is down with users on it; null: it is not"
    )


def signals_json(one: Alive) -> dict[str, Any]:
    """As `SignalsSerializer` describes it."""
    ways = ("signal", "name", "good", "said")
    return {
        **{name: getattr(one, name) for name in ("cluster", "state", "since", "read_at")},
        "reason": reason_json(one.why) if one.why else None,
        "signals": [
            {name: getattr(signal, name) for name in ("name", "good", "at")} for signal in one.signals
        ],
        "ways": [{name: getattr(way, name) for name in ways} for way in one.ways],
        "absent": [reason_json(why) for why in one.absent],
    }


def automatic_json(one: Automatic) -> dict[str, Any]:
    """As `AutomaticSerializer` describes it."""
    return {
        "state": one.state,
        "classes": list(one.classes),
        "reasons": [reason_json(why) for why in one.why],
        "since": one.since,
    }
