"""Vetoes over HTTP."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.conditional import Conditional
from access.models import Person
from clusters.api.serializers import VersionSerializer
from clusters.api.versions import ROWS, VersionDetail
from clusters.models import Version
from releases import actions


@extend_schema_serializer(examples=[OpenApiExample("Why", {"reason": "leaks memory under load"})])
class VetoReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000, help_text="for those who read this later")


class _Act(Conditional, APIView):
    """An act on whether a Version may be released. Answers with the Version."""

    guards = VersionDetail
    act: Callable[[Person, int, str], Version]

    @extend_schema(request=VetoReasonSerializer, responses=VersionSerializer)
    def post(self, request: Request, pk: int) -> Response:
        asked = VetoReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        get_object_or_404(Version, pk=pk)
        type(self).act(request.user, pk, asked.validated_data["reason"])
        return Response(VersionSerializer(ROWS.get(pk=pk)).data)


class VersionVeto(_Act):
    """Veto a Version: it is released nowhere any more. 409 if it is vetoed."""

    permits = {"POST": "veto.set", "OPTIONS": "read"}
    act = staticmethod(actions.veto)


class VersionLiftVeto(_Act):
    """Lift the veto on a Version. 409 if it is not vetoed."""

    permits = {"POST": "veto.lift", "OPTIONS": "read"}
    act = staticmethod(actions.lift_veto)
