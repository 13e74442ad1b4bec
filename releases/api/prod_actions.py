"""What people do to one Prod, over HTTP; each that starts a run has a preview, which stores nothing."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.conditional import Conditional
from clusters.namespaces import namespace_reason
from releases import actions
from releases.models import Run
from releases.prod_previews import ChangePreview, preview_change, preview_retire, scaled
from releases.queries.served import read_routes

from .prod_serializers import (
    ChangePlanSerializer,
    ChangePreviewSerializer,
    ChangeSerializer,
    ProdDetailSerializer,
    ProdWhySerializer,
    RetirePlanSerializer,
    RetireSerializer,
    ScalePreviewSerializer,
    ScaleSerializer,
    difference_json,
    notes_json,
    with_blockers,
)
from .prods import ProdDetail, prod_or_404
from .serializers import RunSerializer


def asked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, checked; a field that is not known is refused rather than ignored."""
    given = serializer(data=request.data)
    if isinstance(request.data, dict):
        unknown = sorted(set(map(str, request.data)) - set(given.fields))
        if unknown:
            wrong = {name[:63]: [_("There is no such field.")] for name in unknown}
            raise serializers.ValidationError(wrong, code="field-unknown")
    given.is_valid(raise_exception=True)
    data: dict[str, Any] = given.validated_data
    return data


class Preview(APIView):
    """A POST that only looks, at the Cluster too."""

    outside = True
    permits = {"POST": "release.preview", "OPTIONS": "read"}


class Start(Conditional, APIView):
    """A POST that changes the Prod; with If-Match only what was read."""

    guards = ProdDetail


def started(run: Run) -> Response:
    return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)


def change_json(preview: ChangePreview) -> dict[str, Any]:
    """As `ChangePlanSerializer` describes it."""
    prod = preview.prod
    return {
        **with_blockers(preview.plan, preview.blockers),
        "overrides": preview.overrides,
        "differences": [difference_json(one) for one in preview.differences],
        "notes": notes_json(namespace_reason(prod.cluster, prod.namespace, prod.name)),
    }


class ProdChangePreview(Preview):
    """The plan of a change of overrides, what differs on the Cluster, and the digest to start it with."""

    @extend_schema(request=ChangePreviewSerializer, responses=ChangePlanSerializer)
    def post(self, request: Request, name: str) -> Response:
        prod_or_404(name)
        given = asked(ChangePreviewSerializer, request)
        return Response(change_json(preview_change(name, given["overrides"], given["soak_s"])))


class ProdChange(Start):
    """Start exactly the change that was previewed: 409 when its digest is stale."""

    permits = {"POST": "prod.change", "OPTIONS": "read"}

    @extend_schema(request=ChangeSerializer, responses={201: RunSerializer})
    def post(self, request: Request, name: str) -> Response:
        prod_or_404(name)
        return started(actions.start_change(request.user, name, **asked(ChangeSerializer, request)))


class ProdScalePreview(Preview):
    """The plan of a change of one component's replicas."""

    @extend_schema(request=ScalePreviewSerializer, responses=ChangePlanSerializer)
    def post(self, request: Request, name: str) -> Response:
        prod_or_404(name)
        given = asked(ScalePreviewSerializer, request)
        return Response(change_json(preview_change(name, scaled(name, **given))))


class ProdScale(Start):
    """Start exactly the change of replicas that was previewed."""

    permits = {"POST": "prod.change", "OPTIONS": "read"}

    @extend_schema(request=ScaleSerializer, responses={201: RunSerializer})
    def post(self, request: Request, name: str) -> Response:
        prod_or_404(name)
        return started(actions.start_scale(request.user, name, **asked(ScaleSerializer, request)))


class ProdRetirePreview(Preview):
    """The plan of a retire, what would be lost, and the digest to start it with."""

    @extend_schema(request=None, responses=RetirePlanSerializer)
    def post(self, request: Request, name: str) -> Response:  # noqa: ARG002
        prod_or_404(name)
        preview = preview_retire(name)
        routes = read_routes(preview.prod)
        lost = {
            "namespace": preview.prod.namespace,
            "routes": [route.name for route in routes],
            "tenants": sum(route.tenants for route in routes),
        }
        return Response({**with_blockers(preview.plan, preview.blockers), "lost": lost})


class ProdRetire(Start):
    """Take the Prod out of service and away, its namespace last. Nothing brings it back."""

    permits = {"POST": "prod.retire", "OPTIONS": "read"}

    @extend_schema(request=RetireSerializer, responses={201: RunSerializer})
    def post(self, request: Request, name: str) -> Response:
        prod_or_404(name)
        return started(actions.start_retire(request.user, name, **asked(RetireSerializer, request)))


class ProdHold(Start):
    """No run begins to change the Prod until the hold is lifted."""

    permits = {"POST": "hold.set", "OPTIONS": "read"}

    @extend_schema(request=ProdWhySerializer, responses=ProdDetailSerializer)
    def post(self, request: Request, name: str) -> Response:
        prod_or_404(name)
        actions.set_hold(request.user, name, **asked(ProdWhySerializer, request))
        return Response(ProdDetailSerializer(prod_or_404(name)).data)


class ProdLiftHold(Start):
    """The Prod may be changed again."""

    permits = {"POST": "hold.lift", "OPTIONS": "read"}

    @extend_schema(request=ProdWhySerializer, responses=ProdDetailSerializer)
    def post(self, request: Request, name: str) -> Response:
        prod_or_404(name)
        actions.lift_hold_of(request.user, name, **asked(ProdWhySerializer, request))
        return Response(ProdDetailSerializer(prod_or_404(name)).data)
