"""Stop-the-line over HTTP: whether the line runs, stopping it, letting it run again."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from releases import actions
from releases.queries.chrome import read_line

from .prod_actions import asked
from .views import READ


class LineStopSerializer(serializers.Serializer[Any]):
    """Stop-the-line as it stands."""

    author = serializers.CharField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class LineSerializer(serializers.Serializer[Any]):
    stopped = LineStopSerializer(allow_null=True, help_text="null: the line runs")


class LineWhySerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000)


def _shown() -> Response:
    return Response(LineSerializer({"stopped": read_line()}).data)


class LineDetail(APIView):
    """Whether releases, builds and all that is done without a person may begin something new."""

    permits = READ

    @extend_schema(responses=LineSerializer)
    def get(self, _request: Request) -> Response:
        return _shown()


class LineStopped(APIView):
    """Stop the line: releases, builds and automation begin nothing new. A person's rollback, failover and evacuation
    pass. 409 where it is stopped already."""

    permits = {"POST": "line.stop", "OPTIONS": "read"}

    @extend_schema(request=LineWhySerializer, responses=LineSerializer)
    def post(self, request: Request) -> Response:
        actions.stop_the_line(request.user, **asked(LineWhySerializer, request))
        return _shown()


class LineResumed(APIView):
    """Let the line run again: what rested goes on. 409 where it runs."""

    permits = {"POST": "line.resume", "OPTIONS": "read"}

    @extend_schema(request=LineWhySerializer, responses=LineSerializer)
    def post(self, request: Request) -> Response:
        actions.resume_the_line(request.user, **asked(LineWhySerializer, request))
        return _shown()
