"""The shapes of the survival report, and of plans that move users."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from clusters.api.serializers import ReasonSerializer
from journal.sentences import reason_json
from releases.failover_preview import MovePreview
from releases.queries.estimates import estimate_of
from releases.queries.publishing import RouterLine
from traffic.core.plan import Move, Pairs
from traffic.core.survival import PROD, Survival, room_percent

from .left import LeftSerializer, left_json
from .serializers import WaveSerializer, plan_json


class WeightSerializer(serializers.Serializer[Any]):
    prod = serializers.CharField()
    weight = serializers.IntegerField(help_text="0 to 100")


class RoomSerializer(serializers.Serializer[Any]):
    prod = serializers.CharField()
    room = serializers.IntegerField(help_text="load units that are free there afterwards")


class RoomAfterSerializer(RoomSerializer):
    capacity = serializers.IntegerField(help_text="load units that it can carry in all")
    percent = serializers.IntegerField(
        allow_null=True, help_text="of its capacity that is free then; null: it can carry nothing"
    )


class TakerSerializer(serializers.Serializer[Any]):
    prod = serializers.CharField()
    tenants = serializers.IntegerField()


class UnsafeSerializer(serializers.Serializer[Any]):
    reason = ReasonSerializer()
    tenants = serializers.IntegerField()


class SurvivalSerializer(serializers.Serializer[Any]):
    """What the death of a Cluster or of a Prod would do now, in tenants."""

    kind = serializers.CharField(help_text="`cluster` or `prod`")
    name = serializers.CharField()
    safe = serializers.IntegerField(help_text="served on without anybody's doing")
    kept = TakerSerializer(many=True, help_text="who serves them on, where a member of theirs dies")
    moved = serializers.IntegerField(help_text="served elsewhere once somebody fails over")
    moves = TakerSerializer(many=True, help_text="where they go")
    wait = serializers.IntegerField(help_text="test tenants")
    waiting = LeftSerializer(many=True)
    lost_tenants = serializers.IntegerField()
    lost = LeftSerializer(many=True)
    unsafe = UnsafeSerializer(many=True, help_text="why redundant ones are not safe by themselves")
    room = RoomAfterSerializer(many=True)


class MoveSerializer(serializers.Serializer[Any]):
    """A Route gets new weights. The steps of a failback follow each other."""

    route = serializers.CharField()
    tenants = serializers.IntegerField()
    load = serializers.IntegerField()
    was = WeightSerializer(many=True)
    weights = WeightSerializer(many=True)
    percent = serializers.IntegerField(help_text="how far a ramp has come with it")
    fence = serializers.BooleanField(help_text="it has a single writer: somebody has to vouch for it")
    reason = ReasonSerializer()


class PublishedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    failure_domain = serializers.CharField()
    routes = serializers.IntegerField(help_text="how many of the Routes it publishes")
    done = serializers.IntegerField(help_text="how many of these it shows as they are asked now")


class MovePlanSerializer(serializers.Serializer[Any]):
    """A failover, an evacuation or a failback as it would run now. With `reasons` it is refused."""

    kind = serializers.CharField(help_text="`failover`, `evacuation` or `failback`")
    cluster = serializers.CharField(help_text="that is left, or that the Prod is on")
    prod = serializers.CharField(allow_null=True, help_text="that alone is left; null: the whole Cluster")
    digest = serializers.CharField()
    reasons = ReasonSerializer(many=True)
    moves = MoveSerializer(many=True)
    safe = LeftSerializer(many=True, help_text="others carry these already: their moves only tidy up")
    waiting = LeftSerializer(many=True, help_text="test Routes")
    staying = LeftSerializer(many=True, help_text="served on where they are")
    lost = LeftSerializer(many=True, help_text="no Prod can take them")
    room = RoomSerializer(many=True)
    routers = PublishedSerializer(many=True)
    estimate_s = serializers.IntegerField(
        allow_null=True,
        help_text="until routers show it, from what `estimate_from` says; null: nothing was measured here",
    )
    estimate_from = serializers.CharField(
        help_text="`moves`: what they took lately; `publications`: no user was moved here yet, routers took so long to show "
        "what was published last; empty: neither, it is what is watched"
    )
    waves = WaveSerializer(many=True)
    preempts = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="releases that begin nothing more from its start on, before somebody has read anew what is left of them",
    )


class StartFailbackSerializer(serializers.Serializer[Any]):
    digest = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="of the plan that was read in the preview")
    reason = serializers.CharField(max_length=1000)


class TakeBackSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000)


class StartEvacuationSerializer(StartFailbackSerializer):
    confirm = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=63,
        help_text="the name of the Cluster or Prod, where a Route has a single writer: you have made sure that no old one "
        "is left",
    )


def survival_json(row: Survival) -> dict[str, Any]:
    """As `SurvivalSerializer` describes it."""
    return {
        **{name: getattr(row, name) for name in ("kind", "name", "safe", "moved", "wait", "lost_tenants")},
        "kept": _takers(row.kept),
        "moves": _takers(row.moves),
        "waiting": left_json(row.waiting),
        "lost": left_json(row.lost),
        "unsafe": [{"reason": reason_json(why), "tenants": tenants} for why, tenants in row.unsafe],
        "room": [
            {**free, "capacity": capacity, "percent": room_percent(free["room"], capacity)}
            for free, (_, capacity) in zip(_room(row.room), row.capacity, strict=True)
        ],
    }


def move_plan_json(preview: MovePreview, routers: Iterable[RouterLine]) -> dict[str, Any]:
    """As `MovePlanSerializer` describes it."""
    traffic, source, estimate = preview.traffic, preview.source, estimate_of(preview.plan)
    return {
        "kind": str(preview.plan.kind),
        "cluster": source.cluster.name,
        "prod": source.name if source.of == PROD else None,
        "digest": preview.plan.digest,
        "reasons": [reason_json(reason) for reason in preview.reasons],
        "moves": [_move(move) for move in traffic.moves],
        **{name: left_json(getattr(traffic, name)) for name in ("safe", "waiting", "staying", "lost")},
        "room": _room(traffic.room),
        "routers": [_router(router) for router in routers],
        "estimate_s": estimate.seconds if estimate else None,
        "estimate_from": estimate.rests_on if estimate else "",
        "waves": plan_json(preview.plan)["waves"],
        "preempts": [run.pk for run in preview.preempts],
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        **{name: getattr(move, name) for name in ("route", "tenants", "load", "percent", "fence")},
        "was": _weights(move.was),
        "weights": _weights(move.weights),
        "reason": reason_json(move.why),
    }


def _weights(weights: Pairs) -> list[dict[str, Any]]:
    return [{"prod": prod, "weight": weight} for prod, weight in weights]


def _takers(takers: Pairs) -> list[dict[str, Any]]:
    return [{"prod": prod, "tenants": tenants} for prod, tenants in takers]


def _room(room: Pairs) -> list[dict[str, Any]]:
    return [{"prod": prod, "room": free} for prod, free in room]


def _router(router: RouterLine) -> dict[str, Any]:
    return {
        "name": router.name,
        "failure_domain": router.domain,
        "routes": router.routes,
        "done": router.done,
    }
