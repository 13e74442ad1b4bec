"""What a rollback of a run would do, now and after each wave to come. Nothing is changed."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api.serializers import ReasonSerializer
from journal.core.reasons import because
from journal.sentences import reason_json
from releases.core.outlook import AfterWave, nobody_after
from releases.models import Run
from releases.outlook import looks_ahead, read_outlook
from releases.preview import RollbackPreview, preview_rollback
from releases.touched import read_seen

from .left import LeftSerializer, left_json
from .serializers import PreviewSerializer

MOST_NAMED = 100


class NowHorizonSerializer(serializers.Serializer[Any]):
    wave = serializers.IntegerField(help_text="once this wave is done, a rollback sends nobody away at once")
    reason = ReasonSerializer()


class AfterWaveSerializer(serializers.Serializer[Any]):
    """A rollback after this wave, if nothing else changes: who leaves the bad Version before anything is deployed."""

    wave = serializers.IntegerField()
    tenants = serializers.IntegerField(help_text="all who would be on the bad Version")
    load = serializers.IntegerField(help_text="theirs, in load units")
    at_once = serializers.IntegerField(help_text="tenants of them that go to good Prods at once")
    moved_routes = serializers.IntegerField()
    moved = LeftSerializer(many=True, help_text=f"where to; the largest {MOST_NAMED}")
    staying_routes = serializers.IntegerField()
    staying = LeftSerializer(many=True, help_text=f"why not; the largest {MOST_NAMED}")


class OutlookSerializer(serializers.Serializer[Any]):
    """By the facts of the moment. The `horizon` of a plan tells until where the plan leaves somebody on the old Version,
    whatever their room; this one looks at room, health, data and Vetoes too."""

    waves = AfterWaveSerializer(many=True, help_text="those to come")
    horizon = NowHorizonSerializer(allow_null=True, help_text="null: to the end somebody can be sent away")


class ReleasePreviewSerializer(PreviewSerializer):
    """The plan of a release, and what a rollback could do after each of its waves if it began now."""

    rollback = OutlookSerializer()


class GoesBackSerializer(serializers.Serializer[Any]):
    prod = serializers.CharField()
    version = serializers.CharField()


class StaysSerializer(serializers.Serializer[Any]):
    prod = serializers.CharField()
    reason = ReasonSerializer()


class RollbackPreviewSerializer(OutlookSerializer):
    """A rollback now, and after each wave to come."""

    allowed = serializers.BooleanField(
        help_text="by the run's state; your role is asked in `actions` of the run"
    )
    reasons = ReasonSerializer(many=True, help_text="why it would be refused now")
    moves = GoesBackSerializer(many=True, help_text="Prods that are deployed again, in this order")
    left = StaysSerializer(many=True, help_text="changed Prods that stay as they are")
    tenants = serializers.IntegerField(help_text="of the Routes that the moves serve")
    load = serializers.IntegerField(help_text="theirs, in load units")
    at_once = serializers.IntegerField(
        help_text="tenants that are sent to good Prods before anything is deployed"
    )
    staying = LeftSerializer(many=True, help_text="who waits until the Prod is deployed again, and why")
    scaled = serializers.ListField(child=serializers.CharField(), help_text="Prods that get more pods for it")
    warmed = serializers.ListField(
        child=serializers.CharField(),
        help_text="Prods that are warmed up beside it, since users come to them",
    )
    preempts = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="releases that have some of these Prods and have not begun these: they begin nothing more from its start on, "
        "before somebody has read anew what is left of them",
    )
    estimate_s = serializers.IntegerField(
        help_text="until the moves are deployed; 0 where it would be refused"
    )


class RunRollback(APIView):
    """What a rollback of the run would do now, and until which wave it can send users away at once."""

    permits = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}

    @extend_schema(responses=RollbackPreviewSerializer)
    def get(self, _request: Request, run_id: int) -> Response:
        run = get_object_or_404(Run.objects.select_related("blueprint", "version"), pk=run_id)
        seen = read_seen(run) if looks_ahead(run) else None
        ahead = read_outlook(run, seen) if seen else ()
        return Response({**_preview_json(preview_rollback(run, seen)), **outlook_json(ahead)})


def _preview_json(preview: RollbackPreview) -> dict[str, Any]:
    return {
        "allowed": not preview.reasons,
        "reasons": [reason_json(reason) for reason in preview.reasons],
        "moves": [{"prod": prod, "version": version} for prod, version in preview.moves],
        "left": [{"prod": prod, "reason": reason_json(why)} for prod, why in preview.left],
        "tenants": preview.tenants,
        "load": preview.load,
        "at_once": preview.at_once,
        "staying": left_json(preview.staying),
        "scaled": list(preview.scaled),
        "warmed": list(preview.warmed),
        "preempts": [run.pk for run in preview.preempts],
        "estimate_s": preview.estimate_s,
    }


def outlook_json(ahead: tuple[AfterWave, ...]) -> dict[str, Any]:
    """As `OutlookSerializer` describes it."""
    wave = nobody_after(ahead)
    why = because("nobody-goes-at-once", wave=wave) if wave else None
    return {
        "waves": [_after_json(one) for one in ahead],
        "horizon": {"wave": wave, "reason": reason_json(why)} if why else None,
    }


def _after_json(one: AfterWave) -> dict[str, Any]:
    return {
        "wave": one.wave,
        "tenants": one.tenants,
        "load": one.load,
        "at_once": one.at_once,
        "moved_routes": len(one.moved),
        "moved": left_json(one.moved[:MOST_NAMED]),
        "staying_routes": len(one.staying),
        "staying": left_json(one.staying[:MOST_NAMED]),
    }
