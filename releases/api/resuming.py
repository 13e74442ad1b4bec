"""What is left of a release that was pre-empted, judged anew, over HTTP."""

from collections.abc import Iterable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api.serializers import ReasonSerializer
from journal.core.reasons import Reason
from journal.sentences import reason_json
from releases.core.allowed import blockers_of
from releases.core.anew import Change, Place
from releases.models import Run
from releases.preview import run_facts
from releases.resuming import Anew, preview_anew

from .rollback import StaysSerializer
from .serializers import WaveSerializer, plan_json


class PlaceSerializer(serializers.Serializer[Any]):
    wave = serializers.IntegerField()
    held = ReasonSerializer(allow_null=True, help_text="why it cannot start")

    def get_fields(self) -> dict[str, Any]:
        came_from = serializers.CharField(help_text="the Version that it comes from")
        return {"class": serializers.CharField(), **super().get_fields(), "from": came_from}


class ChangedPlaceSerializer(serializers.Serializer[Any]):
    """A Prod that is planned otherwise than before."""

    prod = serializers.CharField()
    before = PlaceSerializer(allow_null=True, help_text="null: it was not planned")
    after = PlaceSerializer()
    reason = ReasonSerializer(help_text="why it is in its wave now")
    other_steps = serializers.BooleanField(help_text="its steps are not those of before: see `waves`")


class AnewSerializer(serializers.Serializer[Any]):
    """What would go on: begun Prods are where they were. With `reasons` it is refused."""

    digest = serializers.CharField(help_text="to resume with")
    reasons = ReasonSerializer(many=True)
    changes = ChangedPlaceSerializer(many=True)
    left = StaysSerializer(many=True, help_text="Prods that it was to begin and leaves as they are now")
    waves = WaveSerializer(many=True)


class ResumePreview(APIView):
    """How what is left of a release that was pre-empted is judged now, and the digest to resume it with. Of a run that was
    not, its plan as it is. Nothing is stored."""

    permits = {"POST": "release.preview", "OPTIONS": "read"}

    @extend_schema(request=None, responses=AnewSerializer)
    def post(self, _request: Request, run_id: int) -> Response:
        run = get_object_or_404(Run, pk=run_id)
        anew = preview_anew(run)
        reasons = (*blockers_of("resume", run_facts(run)), *anew.reasons)
        return Response(AnewSerializer(_shown(anew, reasons)).data)


def _shown(anew: Anew, reasons: Iterable[Reason]) -> dict[str, Any]:
    return {
        "digest": anew.plan.digest,
        "reasons": [reason_json(reason) for reason in reasons],
        "changes": [_change(one) for one in anew.changes],
        "left": [{"prod": prod, "reason": reason_json(why)} for prod, why in anew.left_out.items()],
        "waves": plan_json(anew.plan)["waves"],
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "prod": one.prod,
        "before": _place(one.before) if one.before else None,
        "after": _place(one.after),
        "reason": reason_json(one.why),
        "other_steps": one.other_steps,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "class": place.name,
        "wave": place.wave,
        "held": reason_json(place.held) if place.held else None,
        "from": place.came_from,
    }
