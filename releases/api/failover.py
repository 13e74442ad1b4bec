"""The way out of a Cluster or a Prod and back, over HTTP."""

from typing import ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.conditional import Conditional
from clusters.api.clusters import ClusterDetail
from clusters.models import Cluster
from releases import actions
from releases.failover_preview import MovePreview, preview_failback, preview_leaving
from releases.queries.failover import check_there
from releases.queries.publishing import read_routers
from traffic.core.survival import CLUSTER, PROD
from traffic.models import Route

from .failover_serializers import (
    MovePlanSerializer,
    StartEvacuationSerializer,
    StartFailbackSerializer,
    TakeBackSerializer,
    move_plan_json,
)
from .prod_actions import asked, started
from .prods import ProdDetail
from .serializers import RunSerializer

PREVIEW = {"POST": "release.preview", "OPTIONS": "read"}


def _shown(preview: MovePreview) -> Response:
    names = {move.route for move in preview.traffic.moves}
    routers = read_routers(Route.objects.filter(name__in=names))
    return Response(MovePlanSerializer(move_plan_json(preview, routers)).data)


class EvacuationPreview(APIView):
    """Where the users of a Cluster would go: a failover if it does not answer, else an evacuation; and the digest to
    start it with. Nothing is stored."""

    permits = PREVIEW
    of: ClassVar[str] = CLUSTER

    @extend_schema(request=None, responses=MovePlanSerializer)
    def post(self, _request: Request, name: str) -> Response:
        check_there(name, self.of)
        return _shown(preview_leaving(name, self.of))


class ProdEvacuationPreview(EvacuationPreview):
    """Where the users of one Prod would go: a failover if it serves nobody, else an evacuation; and the digest to start
    it with. Nothing is stored."""

    of = PROD


class Evacuation(Conditional, APIView):
    """Send the users of a Cluster elsewhere, exactly as previewed: 409 when its digest is stale."""

    guards = ClusterDetail
    permits = {"POST": "cluster.evacuate", "OPTIONS": "read"}
    of: ClassVar[str] = CLUSTER

    @extend_schema(request=StartEvacuationSerializer, responses={201: RunSerializer})
    def post(self, request: Request, name: str) -> Response:
        check_there(name, self.of)
        body = asked(StartEvacuationSerializer, request)
        return started(actions.start_leaving(request.user, name, of=self.of, **body))


class ProdEvacuation(Evacuation):
    """Send the users of one Prod elsewhere, exactly as previewed: 409 when its digest is stale."""

    guards = ProdDetail
    of = PROD


class TakeBack(Conditional, APIView):
    """Take back the moves out of a Cluster that no router shows yet; their run ends. 409 where there is none, or the
    Cluster does not answer. The kill switch and a stopped line do not stand against it."""

    guards = ClusterDetail
    permits = {"POST": "cluster.evacuate", "OPTIONS": "read"}

    @extend_schema(request=TakeBackSerializer, responses=RunSerializer)
    def post(self, request: Request, name: str) -> Response:
        get_object_or_404(Cluster, name=name)
        run = actions.take_back_moves(request.user, name, **asked(TakeBackSerializer, request))
        return Response(RunSerializer(run).data)


class FailbackPreview(APIView):
    """How the users of a Cluster would come back, Route by Route, and the digest to start it with."""

    permits = PREVIEW
    of: ClassVar[str] = CLUSTER

    @extend_schema(request=None, responses=MovePlanSerializer)
    def post(self, _request: Request, name: str) -> Response:
        check_there(name, self.of)
        return _shown(preview_failback(name, self.of))


class ProdFailbackPreview(FailbackPreview):
    """How the users of one Prod would come back, Route by Route, and the digest to start it with."""

    of = PROD


class Failback(Conditional, APIView):
    """Bring the users of a Cluster back, exactly as previewed: 409 when its digest is stale, or before the Cluster
    has answered for long enough."""

    guards = ClusterDetail
    permits = {"POST": "cluster.fail-back", "OPTIONS": "read"}
    of: ClassVar[str] = CLUSTER

    @extend_schema(request=StartFailbackSerializer, responses={201: RunSerializer})
    def post(self, request: Request, name: str) -> Response:
        check_there(name, self.of)
        body = asked(StartFailbackSerializer, request)
        return started(actions.start_failback(request.user, name, of=self.of, **body))


class ProdFailback(Failback):
    """Bring the users of one Prod back, exactly as previewed: 409 when its digest is stale, or before its Cluster has
    answered for long enough. It is in service again with it."""

    guards = ProdDetail
    of = PROD
