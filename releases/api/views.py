"""Releases and runs over HTTP."""

from typing import Any

from django.db.models import Max
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.conditional import Conditional
from access.api.filters import check_query
from access.api.pages import ByNewest, ByOldest
from journal.models import Event
from journal.sentences import reason_json
from releases import actions
from releases.core.plan_json import plan_from_json
from releases.models import RUN_KINDS, RUN_STATES, Run, Step
from releases.outlook import preview_outlook
from releases.preview import action_blockers, preview_release

from .left import left_json
from .rollback import ReleasePreviewSerializer, outlook_json
from .serializers import (
    ActionSerializer,
    EventSerializer,
    ReleaseSerializer,
    RunDetailSerializer,
    RunSerializer,
    StartReleaseSerializer,
    StepSerializer,
    WaitSerializer,
    plan_json,
    preview_json,
)

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
RUNS = Run.objects.select_related("blueprint", "version", "author")


class ReleasePreview(APIView):
    """The plan as it would run now: waves, a reason per Prod, blockers, digest."""

    permits = {"POST": "release.preview", "OPTIONS": "read"}

    @extend_schema(request=ReleaseSerializer, responses=ReleasePreviewSerializer)
    def post(self, request: Request) -> Response:
        asked = ReleaseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        preview = preview_release(**asked.validated_data)
        return Response({**preview_json(preview), "rollback": outlook_json(preview_outlook(preview.plan))})


class ReleaseStart(APIView):
    """Start exactly the plan that was previewed: 409 when its digest is stale."""

    permits = {"POST": "release.start", "OPTIONS": "read"}

    @extend_schema(request=StartReleaseSerializer, responses={201: RunSerializer})
    def post(self, request: Request) -> Response:
        asked = StartReleaseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = actions.start_release(request.user, **asked.validated_data)
        return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)


class RunFilter(filters.FilterSet):
    """Which runs; all that is given must fit."""

    kind = filters.ChoiceFilter(choices=RUN_KINDS)
    state = filters.ChoiceFilter(choices=RUN_STATES)
    blueprint = filters.CharFilter(field_name="blueprint__name", max_length=63, label="name of its Blueprint")
    version = filters.CharFilter(field_name="version__name", max_length=100, label="name of its Version")
    author = filters.CharFilter(field_name="author__username", max_length=150, label="who started it")

    class Meta:
        model = Run
        fields: tuple[str, ...] = ()


class RunList(generics.ListAPIView[Run]):
    """All runs, the newest first."""

    permits = READ
    queryset = RUNS
    serializer_class = RunSerializer
    pagination_class = ByNewest
    filterset_class = RunFilter


class RunDetail(Conditional, APIView):
    """One run, whole. With `wait` and `after`: answers at the next event, or when the time is over."""

    permits = READ
    # With If-Match one acts on the run in the state that one has seen, whichever step is under way.
    volatile = ("reason", "since", "steps", "actions", "last_event", "finished_at")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_query(request, WaitSerializer().fields)
        WaitSerializer(data=request.query_params.dict()).is_valid(raise_exception=True)

    @extend_schema(responses=RunDetailSerializer, parameters=[WaitSerializer])
    def get(self, request: Request, run_id: int) -> Response:
        run = get_object_or_404(RUNS, pk=run_id)
        return Response(run_detail(run, request.user.acting_role))


def run_detail(run: Run, role: str) -> dict[str, Any]:
    """A run as `RunDetailSerializer` describes it, for a reader of this role."""
    steps = Step.objects.filter(run=run).select_related("prod")
    blocked, plan = action_blockers(run, role), plan_from_json(run.plan)
    return {
        **RunSerializer(run).data,
        "waves": plan_json(plan)["waves"],
        "staying": left_json(plan.staying),
        "steps": StepSerializer(steps, many=True).data,
        "actions": {
            name: {"allowed": not reasons, "reasons": [reason_json(reason) for reason in reasons]}
            for name, reasons in blocked.items()
        },
        "last_event": Event.objects.filter(run_id=run.pk).aggregate(last=Max("id"))["last"] or 0,
    }


class RunSteps(generics.ListAPIView[Step]):
    """The steps of a run, by wave, Prod and position."""

    permits = READ
    queryset = Step.objects.none()
    serializer_class = StepSerializer
    pagination_class = ByOldest

    def get_queryset(self) -> Any:
        run = get_object_or_404(Run, pk=self.kwargs["run_id"])
        return Step.objects.filter(run=run).select_related("prod")


class RunEvents(generics.ListAPIView[Event]):
    """What happened in a run, the oldest first."""

    permits = READ
    queryset = Event.objects.none()
    serializer_class = EventSerializer
    pagination_class = ByOldest

    def get_queryset(self) -> Any:
        run = get_object_or_404(Run, pk=self.kwargs["run_id"])
        return Event.objects.filter(run_id=run.pk).select_related("actor")


class RunAction(Conditional, APIView):
    """One action on a run. Answers with the run; for a rollback, with the run that rolls back."""

    action = ""
    guards = RunDetail

    @property
    def permits(self) -> dict[str, str]:
        return {"POST": f"run.{self.action}", "OPTIONS": "read"}

    @extend_schema(request=ActionSerializer, responses=RunSerializer)
    def post(self, request: Request, run_id: int) -> Response:
        asked = ActionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(RunSerializer(self.act(request, run_id, asked.validated_data)).data)

    def act(self, request: Request, run_id: int, asked: dict[str, Any]) -> Run:
        reason = asked["reason"]
        match self.action:
            case "pause":
                return actions.pause(request.user, run_id, reason)
            case "resume":
                return actions.resume(request.user, run_id, reason, asked["digest"])
            case "abort":
                return actions.abort(request.user, run_id, reason)
            case "rollback":
                return actions.roll_back(request.user, run_id, reason)
            case "retry":
                take_over = asked["take_over"]
                return actions.retry(request.user, run_id, _step(asked), reason, take_over=take_over)
            case "skip":
                return actions.skip(request.user, run_id, _step(asked), reason)
            case "approve":
                return actions.approve(request.user, run_id, _step(asked), reason)
        raise AssertionError(f"no action {self.action}")


def _step(asked: dict[str, Any]) -> int:
    if "step" not in asked:
        raise ValidationError({"step": [_("Name the step: its id is in the run's steps.")]}, code="required")
    step: int = asked["step"]
    return step
