"""Prods and Versions over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.pages import ByName, ByNewest
from clusters import actions
from clusters.models import Prod, Version

from .serializers import NewVersionSerializer, ProdSerializer, VersionSerializer

PROD_ROWS = Prod.objects.select_related(
    "cluster", "blueprint", "version__revision", "settled_version", "observation", "claim"
).defer("version__revision__manifests")


class ProdList(generics.ListAPIView[Prod]):
    """All Prods, by name, as asked and as last seen."""

    permits = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
    queryset = PROD_ROWS.order_by("name")
    serializer_class = ProdSerializer
    pagination_class = ByName


class ProdDetail(generics.RetrieveAPIView[Prod]):
    """One Prod, as asked and as last seen."""

    permits = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
    queryset = PROD_ROWS
    serializer_class = ProdSerializer
    lookup_field = "name"


class VersionList(generics.ListAPIView[Version]):
    """All Versions, the newest first; POST makes one."""

    permits = {"GET": "read", "HEAD": "read", "OPTIONS": "read", "POST": "version.create"}
    queryset = Version.objects.select_related("blueprint", "revision")
    serializer_class = VersionSerializer
    pagination_class = ByNewest

    @extend_schema(request=NewVersionSerializer, responses={201: VersionSerializer})
    def post(self, request: Request) -> Response:
        """Make a Version on the newest revision of its Blueprint."""
        asked = NewVersionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        version = actions.create_version(request.user, **asked.validated_data)
        return Response(VersionSerializer(version).data, status=status.HTTP_201_CREATED)
