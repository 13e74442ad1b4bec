"""Blueprints and their revisions over HTTP."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.conditional import Conditional
from access.api.pages import ByName, ByNewest
from clusters import actions
from clusters.core.checked import checked_list, checked_text
from clusters.core.differences import diff_manifests
from clusters.models import Blueprint, BlueprintRevision, Prod
from clusters.queries.blueprints import newest_revisions
from clusters.queries.rendering import read_rendering
from journal.sentences import reason_json

from .blueprint_serializers import (
    AgainstSerializer,
    BlueprintSerializer,
    CheckedSerializer,
    CheckSerializer,
    DifferenceSerializer,
    DiffSerializer,
    NewBlueprintSerializer,
    NewRevisionSerializer,
    RenderedSerializer,
    RenderQuerySerializer,
    RenderSerializer,
    RevisionDetailSerializer,
    RevisionSerializer,
)

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
LIVING = Count("prods", filter=~Q(prods__lifecycle=Prod.Lifecycle.RETIRED))
REVISIONS = BlueprintRevision.objects.select_related("created_by").order_by("-id")


class ByRevision(ByNewest):
    """The newest first."""

    ordering = "-number"


class WithNewest(generics.GenericAPIView[Blueprint]):
    """Blueprints beside their newest revision."""

    queryset = Blueprint.objects.annotate(living=LIVING)
    serializer_class = BlueprintSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        shown: list[Any] = list(args[0]) if kwargs.get("many") and args else list(args[:1])
        kwargs["context"] = {**self.get_serializer_context(), "newest": newest_revisions(shown)}
        return super().get_serializer(*args, **kwargs)


class BlueprintList(WithNewest, generics.ListAPIView[Blueprint]):
    """All Blueprints, by name; POST makes one with its first revision."""

    permits = READ | {"POST": "blueprint.write"}
    queryset = WithNewest.queryset.order_by("name")
    pagination_class = ByName

    @extend_schema(request=NewBlueprintSerializer, responses={201: RevisionDetailSerializer})
    def post(self, request: Request) -> Response:
        """Make a Blueprint out of manifests. 409 if there is one of this name."""
        asked = NewBlueprintSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        made = actions.add_revision(request.user, given["name"], given["manifests"], given["note"], new=True)
        return Response(RevisionDetailSerializer(made).data, status=status.HTTP_201_CREATED)


class BlueprintDetail(Conditional, WithNewest, generics.RetrieveAPIView[Blueprint]):
    """One Blueprint with its newest revision."""

    permits = READ
    volatile = ("prods",)
    lookup_field = "name"


class RevisionList(Conditional, generics.ListAPIView[BlueprintRevision]):
    """The revisions of a Blueprint without their manifests, the newest first; POST adds one."""

    permits = READ | {"POST": "blueprint.write"}
    guards = BlueprintDetail
    queryset = BlueprintRevision.objects.none()
    serializer_class = RevisionSerializer
    pagination_class = ByRevision

    def get_queryset(self) -> "QuerySet[BlueprintRevision]":
        blueprint = get_object_or_404(Blueprint, name=self.kwargs["name"])
        return REVISIONS.filter(blueprint=blueprint).defer("manifests")

    @extend_schema(request=NewRevisionSerializer, responses={201: RevisionDetailSerializer})
    def post(self, request: Request, name: str) -> Response:
        """Add a revision; the same content again answers with the one that is there. 409 if there is a
        newer one than `base`."""
        get_object_or_404(Blueprint, name=name)
        asked = NewRevisionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        made = actions.add_revision(request.user, name, given["manifests"], given["note"], base=given["base"])
        return Response(RevisionDetailSerializer(made).data, status=status.HTTP_201_CREATED)


class RevisionDetail(Conditional, generics.RetrieveAPIView[BlueprintRevision]):
    """One revision, whole."""

    permits = READ
    queryset = BlueprintRevision.objects.none()
    serializer_class = RevisionDetailSerializer
    lookup_field = "number"

    def get_queryset(self) -> "QuerySet[BlueprintRevision]":
        return REVISIONS.filter(blueprint__name=self.kwargs["name"])


class RevisionDiff(APIView):
    """What differs between two revisions, field by field."""

    permits = READ

    @extend_schema(parameters=[AgainstSerializer], responses=DiffSerializer)
    def get(self, request: Request, name: str, number: int) -> Response:
        asked = AgainstSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = BlueprintRevision.objects.filter(blueprint__name=name)
        after = get_object_or_404(rows, number=number)
        before = get_object_or_404(rows, number=asked.validated_data["against"])
        found = diff_manifests(before.manifests, after.manifests)
        shown = DifferenceSerializer(found, many=True).data
        return Response({"against": before.number, "revision": after.number, "differences": shown})


class BlueprintCheck(APIView):
    """Look at manifests without storing anything."""

    permits = {"POST": "read", "OPTIONS": "read"}

    @extend_schema(request=CheckSerializer, responses=CheckedSerializer)
    def post(self, request: Request) -> Response:
        """Whether they could become a revision, and everything that is in the way of it."""
        asked = CheckSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data["manifests"]
        check = checked_text if isinstance(given, str) else checked_list
        found = check(given, settings.CUSTOM_KINDS)
        problems = [{"path": one.path, "line": one.line, **reason_json(one.reason)} for one in found.problems]
        return Response(
            {
                "ok": not problems,
                "problems": problems,
                "objects": len(found.manifests),
                "components": found.components,
                "kinds": found.kinds,
                "secrets": found.secrets,
            }
        )


class BlueprintRender(APIView):
    """What a Version is for one Prod, before anything is released."""

    permits = READ

    @extend_schema(parameters=[RenderQuerySerializer], responses=RenderSerializer)
    def get(self, request: Request, name: str) -> Response:
        get_object_or_404(Blueprint, name=name)
        asked = RenderQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = read_rendering(name, **asked.validated_data)
        return Response(
            {
                "prod": found.prod,
                "namespace": found.namespace,
                "version": found.version,
                "objects": RenderedSerializer(found.objects, many=True).data,
            }
        )
