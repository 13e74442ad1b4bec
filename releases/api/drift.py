"""Drift, heals and parity over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api.serializers import ReasonSerializer
from clusters.core.drift import What, differences_to_json
from clusters.core.parity import Why
from clusters.models import Drift, Prod
from journal.core.reasons import Reason, because, reason_from_json
from journal.sentences import reason_json
from releases import actions
from releases.heal_preview import known_drift, preview_heal
from releases.queries.parity import read_parity

from .prod_actions import Preview, Start, asked, started
from .prods import prod_or_404
from .serializers import RunSerializer, WaveSerializer, plan_json
from .views import READ


class DifferenceSerializer(serializers.Serializer[Any]):
    """One difference between what was applied and what the cluster has."""

    kind = serializers.CharField()
    name = serializers.CharField()
    path = serializers.CharField(help_text="such as `containers[api].image`; empty: the whole object")
    what = serializers.ChoiceField([one.value for one in What])
    desired = serializers.CharField(help_text="as text; empty: nothing")
    live = serializers.CharField(help_text="as text; empty: nothing. What may be secret is hidden")
    manager = serializers.CharField(
        help_text="the field manager that wrote it; empty: the cluster does not say"
    )
    at = serializers.CharField(help_text="when it was written, RFC 3339; empty: the cluster does not say")


class DriftSerializer(serializers.Serializer[Any]):
    """How a Prod differs from what was applied. While it is unknown, the differences are the last known."""

    prod = serializers.CharField()
    state = serializers.ChoiceField(Drift.State.values)
    reason = ReasonSerializer(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True, help_text="when it was last compared")
    self_heal = serializers.BooleanField()
    differences = DifferenceSerializer(many=True)


class HealPreviewSerializer(serializers.Serializer[Any]):
    take_over = serializers.BooleanField(
        default=False, help_text="take fields over from other managers, and remove what they added"
    )


class HealSerializer(HealPreviewSerializer):
    digest = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="of the plan that was read in the preview")
    reason = serializers.CharField(max_length=1000, default="", allow_blank=True)


class HealPlanSerializer(serializers.Serializer[Any]):
    """A heal as it would run: what ends with it, what stays, and why it cannot start."""

    digest = serializers.CharField()
    waves = WaveSerializer(many=True)
    ends = DifferenceSerializer(many=True)
    stays = DifferenceSerializer(many=True)
    contested = DifferenceSerializer(many=True)
    reasons = ReasonSerializer(many=True)


class SelfHealSerializer(serializers.Serializer[Any]):
    on = serializers.BooleanField()
    reason = serializers.CharField(max_length=1000)


class GroupSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="empty: as the Blueprint says")
    prods = serializers.ListField(child=serializers.CharField())
    why = serializers.ChoiceField(
        [why.value for why in Why], help_text="what explains it; `none`: nothing does, look at it"
    )


class FieldRowSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    most = serializers.CharField(help_text="what most have; empty: as the Blueprint says")
    alike = serializers.IntegerField(help_text="how many have it")
    others = GroupSerializer(many=True)


class ParitySerializer(serializers.Serializer[Any]):
    """What differs between the Prods of a Blueprint, unexplained first."""

    blueprint = serializers.CharField()
    prods = serializers.IntegerField()
    unexplained = serializers.IntegerField(
        help_text="how many fields differ without anything that explains it"
    )
    unknown = serializers.ListField(
        child=serializers.CharField(), help_text="Prods whose drift is not known: what was found last counts"
    )
    rows = FieldRowSerializer(many=True)
    alike = serializers.ListField(child=serializers.CharField(), help_text="fields that are the same on all")


class NothingSerializer(serializers.Serializer[Any]):
    """Nothing is sent."""


def drift_json(prod: Prod) -> dict[str, Any]:
    """As `DriftSerializer` describes it."""
    row: Drift | None = getattr(prod, "drift", None)
    drift = known_drift(prod)
    reason = reason_from_json(row.reason) if row else because("drift-never-compared")
    return {
        "prod": prod.name,
        "state": drift.state,
        "reason": reason_json(reason) if reason else None,
        "since": drift.since,
        "checked_at": drift.checked_at,
        "self_heal": prod.self_heal,
        "differences": differences_to_json(drift.differences),
    }


def _reasons(reasons: tuple[Reason, ...]) -> list[dict[str, Any]]:
    return [reason_json(reason) for reason in reasons]


class ProdDrift(APIView):
    """How a Prod differs from what was applied, field by field."""

    permits = READ

    @extend_schema(responses=DriftSerializer)
    def get(self, _request: Request, name: str) -> Response:
        return Response(DriftSerializer(drift_json(prod_or_404(name))).data)


class ProdHealPreview(Preview):
    """What a heal would do now, and the digest to start it with."""

    @extend_schema(request=HealPreviewSerializer, responses=HealPlanSerializer)
    def post(self, request: Request, name: str) -> Response:
        prod_or_404(name)
        preview = preview_heal(name, **asked(HealPreviewSerializer, request))
        plan = plan_json(preview.plan)
        shown = {part: differences_to_json(getattr(preview, part)) for part in ("ends", "stays", "contested")}
        plain = {"digest": plan["digest"], "waves": plan["waves"], "reasons": _reasons(preview.reasons)}
        return Response({**plain, **shown})


class ProdHeal(Start):
    """Apply again what is asked of the Prod: 409 when the drift or the plan is not the one that was read."""

    permits = {"POST": "prod.heal", "OPTIONS": "read"}

    @extend_schema(request=HealSerializer, responses={201: RunSerializer})
    def post(self, request: Request, name: str) -> Response:
        return started(actions.heal_prod(request.user, name, **asked(HealSerializer, request)))


class ProdCheckDrift(APIView):
    """Compare the Prod with its cluster now; until that is done its drift is unknown."""

    permits = {"POST": "prod.heal", "OPTIONS": "read"}

    @extend_schema(request=NothingSerializer, responses={202: DriftSerializer})
    def post(self, request: Request, name: str) -> Response:
        asked(NothingSerializer, request)
        actions.check_drift(request.user, name)
        return Response(DriftSerializer(drift_json(prod_or_404(name))).data, status=202)


class ProdSelfHeal(Start):
    """Let drift of the Prod be healed without a person, or no longer."""

    permits = {"POST": "prod.self-heal", "OPTIONS": "read"}

    @extend_schema(request=SelfHealSerializer, responses=DriftSerializer)
    def post(self, request: Request, name: str) -> Response:
        actions.set_self_heal(request.user, name, **asked(SelfHealSerializer, request))
        return Response(DriftSerializer(drift_json(prod_or_404(name))).data)


class BlueprintParity(APIView):
    """What differs between the Prods of a Blueprint, field by field, and whether something explains it."""

    permits = READ

    @extend_schema(responses=ParitySerializer)
    def get(self, _request: Request, name: str) -> Response:
        page = read_parity(name)
        found = page.parity
        fields = {"blueprint": page.blueprint, "prods": found.prods, "unexplained": page.unexplained}
        told = {"unknown": page.unknown, "rows": found.rows, "alike": found.alike}
        return Response(ParitySerializer(fields | told).data)
