"""What is done without a person, over HTTP: the switches, the signals, and what is proposed."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api.serializers import ReasonSerializer
from journal.sentences import reason_json
from releases import actions
from releases.queries.automation import Automation, Proposal
from releases.queries.survival import SurvivalPage, read_survival

from .failover_serializers import SurvivalSerializer, survival_json
from .prod_actions import asked
from .signals import SignalsSerializer, signals_json
from .views import READ


class StopSerializer(serializers.Serializer[Any]):
    """The kill switch as it stands."""

    author = serializers.CharField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class AutoFailoverSerializer(serializers.Serializer[Any]):
    redundancy = serializers.CharField(help_text="`none` or `two-domain`")
    on = serializers.BooleanField()
    author = serializers.CharField(allow_blank=True, help_text="who said so last; empty: nobody has")
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField(allow_null=True)


class ProposalSerializer(serializers.Serializer[Any]):
    """A Cluster that is down, and what its failover would do. Preview it as an evacuation."""

    cluster = serializers.CharField()
    since = serializers.DateTimeField()
    reason = ReasonSerializer(allow_null=True)
    survival = SurvivalSerializer()
    estimate_s = serializers.IntegerField(
        allow_null=True,
        help_text="until routers show it, from what `estimate_from` says; null: nothing was measured here",
    )
    estimate_from = serializers.CharField(
        help_text="`moves`: what they took lately; `publications`: no user was moved here yet, routers took so long to show "
        "what was published last; empty: neither"
    )


class AutomationSerializer(serializers.Serializer[Any]):
    stopped = StopSerializer(allow_null=True, help_text="the kill switch; null: it is not pressed")
    classes = AutoFailoverSerializer(many=True)
    idle = ReasonSerializer(many=True, help_text="why no Cluster is failed over without a person now")
    clusters = SignalsSerializer(many=True)
    proposals = ProposalSerializer(many=True)


class AutomationWhySerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000)


class SetAutoFailoverSerializer(AutomationWhySerializer):
    redundancy = serializers.CharField(max_length=12, help_text="`none` or `two-domain`")
    on = serializers.BooleanField()


def automation_json(page: SurvivalPage) -> dict[str, Any]:
    """As `AutomationSerializer` describes it."""
    found: Automation = page.automation
    stop = found.stop
    fields = ("redundancy", "on", "author", "reason", "at")
    return {
        "stopped": {"author": stop.author, "reason": stop.reason, "at": stop.at} if stop else None,
        "classes": [{name: getattr(one, name) for name in fields} for one in found.classes],
        "idle": [reason_json(one) for one in found.idle],
        "clusters": [signals_json(line.alive) for line in page.lines if line.alive is not None],
        "proposals": [_proposal(one) for one in found.proposals if one.dead],
    }


def _proposal(one: Proposal) -> dict[str, Any]:
    alive = one.alive
    why = reason_json(alive.why) if alive.why else None
    return {
        "cluster": alive.cluster,
        "since": alive.since,
        "reason": why,
        "survival": survival_json(one.fate),
        "estimate_s": one.estimate.seconds if one.estimate else None,
        "estimate_from": one.estimate.rests_on if one.estimate else "",
    }


def _shown(request: Request) -> Response:
    page = read_survival(request.user.acting_role, timezone.now())
    return Response(AutomationSerializer(automation_json(page)).data)


class AutomationDetail(APIView):
    """What is done without a person and why it is not, the signals of each Cluster, and what a person is to decide."""

    permits = READ

    @extend_schema(responses=AutomationSerializer)
    def get(self, request: Request) -> Response:
        return _shown(request)


class AutomationStopped(APIView):
    """The kill switch: nothing is failed over or healed without a person any more."""

    permits = {"POST": "automation.stop", "OPTIONS": "read"}

    @extend_schema(request=AutomationWhySerializer, responses=AutomationSerializer)
    def post(self, request: Request) -> Response:
        actions.stop_automation(request.user, **asked(AutomationWhySerializer, request))
        return _shown(request)


class AutomationResumed(APIView):
    """Switch automation on again."""

    permits = {"POST": "automation.resume", "OPTIONS": "read"}

    @extend_schema(request=AutomationWhySerializer, responses=AutomationSerializer)
    def post(self, request: Request) -> Response:
        actions.resume_automation(request.user, **asked(AutomationWhySerializer, request))
        return _shown(request)


class AutomationFailover(APIView):
    """Let Routes of a redundancy leave a dead Cluster without a person, or no longer."""

    permits = {"POST": "automation.write", "OPTIONS": "read"}

    @extend_schema(request=SetAutoFailoverSerializer, responses=AutomationSerializer)
    def post(self, request: Request) -> Response:
        actions.set_auto_failover(request.user, **asked(SetAutoFailoverSerializer, request))
        return _shown(request)
