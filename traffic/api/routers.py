"""Routers over HTTP. No answer has a field for a secret."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.conditional import Conditional
from access.api.filters import check_query
from access.api.pages import ByName
from traffic import actions
from traffic.engine.instances import connect_instance
from traffic.models import Router, RouterInstance
from traffic.queries.adopting import read_adoption

from .bodies import body_of
from .serializers import (
    AdoptionSerializer,
    AdoptSerializer,
    InstanceSerializer,
    NewInstanceSerializer,
    NewRouterSerializer,
    RouteNamesSerializer,
    RouterSerializer,
)

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
INSTANCE_FIELDS = ("name", "failure_domain", "cluster", "settings", "credentials")
_INSTANCES = RouterInstance.objects.select_related("cluster", "router").defer("credentials", "cluster__nodes")
INSTANCE_ROWS = _INSTANCES.prefetch_related("publications").order_by("name")
ROWS = Router.objects.prefetch_related(Prefetch("instances", INSTANCE_ROWS))


class RouterList(generics.ListAPIView[Router]):
    """All Routers with their instances, by name; POST registers one."""

    permits = READ | {"POST": "router.write"}
    queryset = ROWS.order_by("name")
    serializer_class = RouterSerializer
    pagination_class = ByName
    filterset_fields = ("kind",)

    @extend_schema(request=NewRouterSerializer, responses={201: RouterSerializer})
    def post(self, request: Request) -> Response:
        """Register a Router. Credentials are stored encrypted and never shown; nothing is published there yet."""
        body = body_of(request, ("name", "kind", "instances"), ("name", "kind", "instances"))
        made = actions.register_router(request.user, body["name"], body["kind"], body["instances"])
        return Response(_shown(made.name), status=status.HTTP_201_CREATED)


class RouterDetail(Conditional, generics.RetrieveAPIView[Router]):
    """One Router."""

    permits = READ
    # What the publisher writes of each instance.
    volatile = ("instances.health", "instances.reason", "instances.since", "instances.read_at")
    queryset = ROWS
    serializer_class = RouterSerializer
    lookup_field = "name"


class InstanceList(Conditional, generics.GenericAPIView[Router]):
    """The instances of a Router: one more."""

    guards = RouterDetail
    permits = {"POST": "router.write", "OPTIONS": "read"}
    queryset = ROWS
    serializer_class = NewInstanceSerializer
    lookup_field = "name"

    @extend_schema(request=NewInstanceSerializer, responses={201: RouterSerializer})
    def post(self, request: Request, name: str) -> Response:
        """Add an instance. Nothing is published there until Routes are published on the Router again."""
        self.get_object()
        actions.add_instance(request.user, name, body_of(request, INSTANCE_FIELDS))
        return Response(_shown(name), status=status.HTTP_201_CREATED)


class InstanceDetail(generics.GenericAPIView[RouterInstance]):
    """One instance: what is known of it, and away with it."""

    permits = READ | {"DELETE": "router.write"}
    outside = True
    queryset = INSTANCE_ROWS
    serializer_class = InstanceSerializer

    def _instance(self, name: str, instance: str) -> RouterInstance:
        return get_object_or_404(INSTANCE_ROWS, name=instance, router__name=name)

    @extend_schema(responses=InstanceSerializer)
    def get(self, request: Request, name: str, instance: str) -> Response:  # noqa: ARG002
        return Response(InstanceSerializer(self._instance(name, instance)).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("forget", OpenApiTypes.BOOL, description="leave what it holds as it is")
        ],
        responses={204: None},
    )
    def delete(self, request: Request, name: str, instance: str) -> Response:
        """Take everything off the instance and remove it; with its last one the Router goes. 409 while users of a
        Route are led nowhere else."""
        self._instance(name, instance)
        check_query(request, ("forget",))
        forget = request.query_params.get("forget", "false")
        if forget not in {"true", "false"}:
            raise ValidationError({"forget": ["True or false."]}, code="invalid")
        actions.remove_instance(request.user, instance, connect_instance, forget=forget == "true")
        return Response(status=status.HTTP_204_NO_CONTENT)


class RouterAdoption(generics.GenericAPIView[Router]):
    """What a Router shows at newer epochs than are asked: somebody moved users without Drover."""

    permits = READ | {"POST": "route.shift"}
    queryset = ROWS
    serializer_class = AdoptionSerializer
    lookup_field = "name"

    @extend_schema(responses=AdoptionSerializer)
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002
        self.get_object()
        return Response(AdoptionSerializer(read_adoption(name, timezone.now())).data)

    @extend_schema(request=AdoptSerializer, responses=AdoptionSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Ask for what is shown, as new epochs: 409 where it is not what you have read. Answers with what is left."""
        self.get_object()
        body = body_of(request, ("digest", "confirm", "reason"), ("digest",))
        actions.adopt_shown(request.user, name, body)
        return Response(AdoptionSerializer(read_adoption(name, timezone.now())).data)


class RouterPublish(Conditional, generics.GenericAPIView[Router]):
    """Publish Routes on every instance of a Router. Those that are there stay."""

    guards = RouterDetail
    permits = {"POST": "router.write", "OPTIONS": "read"}
    queryset = ROWS
    serializer_class = RouteNamesSerializer
    lookup_field = "name"

    @extend_schema(request=RouteNamesSerializer, responses=RouterSerializer)
    def post(self, request: Request, name: str) -> Response:
        self.get_object()
        actions.publish_routes(request.user, name, body_of(request, ("routes",), ("routes",))["routes"])
        return Response(_shown(name))


class RouterUnpublish(generics.GenericAPIView[Router]):
    """Take Routes off every instance of a Router. 409 while users of one are led nowhere else."""

    permits = {"POST": "router.write", "OPTIONS": "read"}
    outside = True
    queryset = ROWS
    serializer_class = RouteNamesSerializer
    lookup_field = "name"

    @extend_schema(request=RouteNamesSerializer, responses=RouterSerializer)
    def post(self, request: Request, name: str) -> Response:
        self.get_object()
        routes = body_of(request, ("routes",), ("routes",))["routes"]
        actions.unpublish_routes(request.user, name, routes, connect_instance)
        return Response(_shown(name))


def _shown(name: str) -> Any:
    return RouterSerializer(ROWS.get(name=name)).data
