"""Routes over HTTP: what is asked and what is, their history, and other weights."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.conditional import Conditional
from access.api.pages import ByName, ByNewest
from traffic import actions
from traffic.marks import STATE_NAMES
from traffic.models import Publication, Route, RouteEpoch, RouteMember
from traffic.queries.one_route import preview
from traffic.queries.routes import ROUTES, in_state
from traffic.queries.troubles import MEMBERS

from .bodies import body_of, flag
from .serializers import (
    AskedWeightsSerializer,
    EpochSerializer,
    ReturnSerializer,
    RouteSerializer,
    WeightsSerializer,
)
from .weights_preview import WeightsPreviewSerializer

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
_PUBLISHED = Publication.objects.select_related("instance").defer(
    "instance__settings", "instance__credentials"
)
ROUTE_ROWS = ROUTES.prefetch_related(
    Prefetch("members", MEMBERS),
    Prefetch("publications", _PUBLISHED.order_by("instance__name")),
)


class RouteFilter(filters.FilterSet):
    """Which Routes; all that is given must fit."""

    prod = filters.CharFilter(method="by_prod", max_length=63, label="a Prod that is a member")
    cluster = filters.CharFilter(method="by_cluster", max_length=63, label="a Cluster with a member")
    state = filters.ChoiceFilter(
        choices=[(state, state) for state in STATE_NAMES], method="by_state", label="how it is published"
    )

    class Meta:
        model = Route
        fields: tuple[str, ...] = ()

    def by_prod(self, queryset: QuerySet[Route], name: str, value: str) -> QuerySet[Route]:  # noqa: ARG002
        mine = RouteMember.objects.filter(prod__name=value).exclude(weight=0, target=0)
        return queryset.filter(pk__in=mine.values("route"))

    def by_cluster(self, queryset: QuerySet[Route], name: str, value: str) -> QuerySet[Route]:  # noqa: ARG002
        mine = RouteMember.objects.filter(prod__cluster__name=value).exclude(weight=0, target=0)
        return queryset.filter(pk__in=mine.values("route"))

    def by_state(self, queryset: QuerySet[Route], name: str, value: str) -> QuerySet[Route]:  # noqa: ARG002
        return in_state(queryset, value, timezone.now())


class RouteList(generics.ListAPIView[Route]):
    """All Routes, by name: members with what is asked, and at each router instance what was read back."""

    permits = READ
    queryset = ROUTE_ROWS.order_by("name")
    serializer_class = RouteSerializer
    pagination_class = ByName
    filterset_class = RouteFilter


class RouteDetail(Conditional, generics.RetrieveAPIView[Route]):
    """One Route."""

    permits = READ
    # Nobody sets these: the publisher, the Tenants and the Prods do.
    volatile = ("publications", "tenants", "load", "troubles")
    queryset = ROUTE_ROWS
    serializer_class = RouteSerializer
    lookup_field = "name"


class ByEpoch(ByNewest):
    """The newest epoch first."""

    ordering = "-epoch"


class RouteEpochs(generics.ListAPIView[RouteEpoch]):
    """The history of a Route's weights, the newest first."""

    permits = READ
    queryset = RouteEpoch.objects.none()
    serializer_class = EpochSerializer
    pagination_class = ByEpoch
    filterset_fields: tuple[str, ...] = ()

    def get_queryset(self) -> Any:
        if "name" not in self.kwargs:  # the schema is being made
            return RouteEpoch.objects.none()
        route = get_object_or_404(Route, name=self.kwargs["name"])
        return RouteEpoch.objects.filter(route=route).select_related("actor")


class _Act(Conditional, generics.GenericAPIView[Route]):
    """An act on a Route. Answers with the Route as it is asked then; the routers follow within seconds."""

    guards = RouteDetail
    queryset = ROUTE_ROWS
    lookup_field = "name"

    def shown(self, name: str) -> Response:
        return Response(RouteSerializer(ROUTE_ROWS.get(name=name)).data)


class RouteWeights(_Act):
    """Give members of a Route, or a Prod that is to share its requests (A/B), other weights. 409 if it is at another
    epoch than `epoch`."""

    permits = {"POST": "route.shift", "OPTIONS": "read"}
    serializer_class = WeightsSerializer

    @extend_schema(request=WeightsSerializer, responses=RouteSerializer)
    def post(self, request: Request, name: str) -> Response:
        self.get_object()
        fields = ("weights", "epoch", "for_good", "confirm", "reason")
        body = body_of(request, fields, ("weights", "epoch"))
        actions.set_weights(
            request.user,
            name,
            body["weights"],
            body.get("reason", ""),
            body["epoch"],
            for_good=flag(body, "for_good"),
            confirm=body.get("confirm", ""),
        )
        return self.shown(name)


class RouteWeightsPreview(generics.GenericAPIView[Route]):
    """What other weights of a Route would mean: requests and load for each member, how many writes, and what to think
    about first. Nothing is stored."""

    permits = {"POST": "release.preview", "OPTIONS": "read"}
    queryset = Route.objects.all()
    serializer_class = AskedWeightsSerializer
    lookup_field = "name"

    @extend_schema(request=AskedWeightsSerializer, responses=WeightsPreviewSerializer)
    def post(self, request: Request, name: str) -> Response:  # noqa: ARG002
        route = self.get_object()
        asked = actions.asked_weights(route, body_of(request, ("weights",), ("weights",))["weights"])
        return Response(WeightsPreviewSerializer(preview(route, asked, timezone.now())).data)


class RouteReturn(_Act):
    """Go back to the weights of an epoch, as a new one. 409 if the Route is at another epoch than `seen`."""

    permits = {"POST": "route.return", "OPTIONS": "read"}
    serializer_class = ReturnSerializer

    @extend_schema(request=ReturnSerializer, responses=RouteSerializer)
    def post(self, request: Request, name: str) -> Response:
        self.get_object()
        body = body_of(request, ("epoch", "seen", "confirm", "reason"), ("epoch", "seen"))
        why, confirm = body.get("reason", ""), body.get("confirm", "")
        actions.return_to_epoch(request.user, name, body["epoch"], why, body["seen"], confirm=confirm)
        return self.shown(name)
