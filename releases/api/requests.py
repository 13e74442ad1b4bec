"""What users ask, and how much of it fails, over HTTP: by Version here, by Prod with the Prods."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.filters import check_query
from releases.queries.requests import read_requests
from traffic.core.demand import Rate, together
from traffic.queries.demand import DemandNow

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}


class RateSerializer(serializers.Serializer[Any]):
    """Per second, as measured last. Errors are among the requests."""

    requests_per_s = serializers.FloatField(allow_null=True, help_text="null: not measured, which is not 0")
    errors_per_s = serializers.FloatField(allow_null=True, help_text="null: not measured, which is not 0")


class ProdRequestsSerializer(RateSerializer):
    """What one Prod is asked per second, as measured last. Errors are among the requests."""

    read_at = serializers.DateTimeField(
        allow_null=True, help_text="when it was measured; null: not in the last five minutes"
    )
    fresh = serializers.BooleanField(help_text="new enough to be trusted")


class VersionRequestsSerializer(RateSerializer):
    """What a Version is asked per second, on all Prods together."""

    blueprint = serializers.CharField()
    version = serializers.CharField()
    prods = serializers.IntegerField(help_text="Prods whose users meet it now")


class RequestsSerializer(serializers.Serializer[Any]):
    """What users asked for at `read_at`, by Version."""

    read_at = serializers.DateTimeField(
        allow_null=True, help_text="when it was measured; null: not in the last five minutes"
    )
    fresh = serializers.BooleanField(help_text="new enough to be trusted")
    versions = VersionRequestsSerializer(many=True)


def rate_json(rate: Rate | None) -> dict[str, float | None]:
    """As `RateSerializer` describes it."""
    if rate is None:
        return {"requests_per_s": None, "errors_per_s": None}
    return {"requests_per_s": round(rate.requests, 2), "errors_per_s": round(rate.errors, 2)}


def prod_json(name: str, measured: DemandNow) -> dict[str, Any]:
    """As `ProdRequestsSerializer` describes it."""
    rates = measured.rates.get(name, {}).values()
    rate = together(tuple(rates)) if rates else None
    return {**rate_json(rate), "read_at": measured.read_at, "fresh": measured.fresh}


class RequestsNow(APIView):
    """Requests and errors per second of every Version in service, as measured last. An error that no Version answered
    counts for the one that its Prod serves."""

    permits = READ

    @extend_schema(
        responses=RequestsSerializer,
        parameters=[OpenApiParameter("blueprint", str, description="name of the Blueprint")],
    )
    def get(self, request: Request) -> Response:
        check_query(request, ("blueprint",))
        found = read_requests(timezone.now(), request.query_params.get("blueprint", ""))
        versions = [
            {"blueprint": one.blueprint, "version": one.version, "prods": one.prods, **rate_json(one.rate)}
            for one in found.versions
        ]
        shown = {"read_at": found.now.read_at, "fresh": found.now.fresh, "versions": versions}
        return Response(RequestsSerializer(shown).data)
