"""Clusters over HTTP. No answer has a field for a secret."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.conditional import Conditional
from access.api.pages import ByName
from access.models import Person
from clusters import actions
from clusters.actions.clusters import facts_of
from clusters.core.credentials import Credentials
from clusters.core.registration import FACTS, read_credentials, read_facts, read_name
from clusters.models import Cluster, Prod
from journal.core.reasons import FieldErrors, because

from .cluster_serializers import (
    ClusterSerializer,
    CredentialsSerializer,
    FactsSerializer,
    NewClusterSerializer,
    TestedSerializer,
    WhySerializer,
)

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
# What nobody writes, but the observer and tests of the connection.
OBSERVED = (
    "health",
    "health_reason",
    "health_since",
    "seen_at",
    "server_version",
    "rights",
    "nodes",
    "nodes_at",
    "prods",
)
WITH_PRODS = Cluster.objects.annotate(
    living=Count("prods", filter=~Q(prods__lifecycle=Prod.Lifecycle.RETIRED))
).defer("credentials")


class ClusterList(generics.ListAPIView[Cluster]):
    """All Clusters, by name; POST registers one."""

    permits = READ | {"POST": "cluster.write"}
    outside = True  # AWS is asked for what an EKS cluster was registered without
    queryset = WITH_PRODS.order_by("name")
    serializer_class = ClusterSerializer
    pagination_class = ByName
    filterset_fields = ("health", "intent", "purpose")

    @extend_schema(request=NewClusterSerializer, responses={201: ClusterSerializer})
    def post(self, request: Request) -> Response:
        """Register a Cluster. Its credentials are stored encrypted and never shown."""
        body = _body(request, {"name", "access", "credentials", *FACTS})
        facts = {field: body[field] for field in FACTS if field in body}
        told = _all_errors(
            lambda: read_name(body.get("name")), lambda: read_facts(facts), lambda: _credentials(body)
        )
        row = actions.add_cluster(request.user, told[0], told[1], body["access"], told[2])
        return Response(_shown(row.name), status=status.HTTP_201_CREATED)


class ClusterDetail(Conditional, generics.RetrieveAPIView[Cluster]):
    """One Cluster: PATCH changes its facts, DELETE removes it where nothing refers to it."""

    permits = READ | {"PATCH": "cluster.write", "DELETE": "cluster.write"}
    volatile = OBSERVED
    queryset = WITH_PRODS
    serializer_class = ClusterSerializer
    lookup_field = "name"

    @extend_schema(request=FactsSerializer, responses=ClusterSerializer)
    def patch(self, request: Request, name: str) -> Response:
        """Change provider, region, failure domain or purpose; what is not given stays."""
        row = self.get_object()
        facts = read_facts(_body(request, set(FACTS)), facts_of(row))
        actions.change_cluster(request.user, name, facts)
        return Response(_shown(name))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Remove a Cluster with its credentials. 409 while Prods or Runs refer to it."""
        self.get_object()
        actions.remove_cluster(request.user, name)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ClusterCredentials(Conditional, generics.GenericAPIView[Cluster]):
    """How a Cluster is reached: can be replaced, never read."""

    guards = ClusterDetail
    permits = {"PUT": "cluster.write", "OPTIONS": "read"}
    queryset = WITH_PRODS
    serializer_class = CredentialsSerializer
    lookup_field = "name"

    @extend_schema(request=CredentialsSerializer, responses=ClusterSerializer)
    def put(self, request: Request, name: str) -> Response:
        """Replace the credentials, whole: nothing of the old ones is sent to a new address."""
        self.get_object()
        body = _body(request, {"access", "credentials"})
        credentials = _credentials(body)
        actions.replace_credentials(request.user, name, body["access"], credentials)
        return Response(_shown(name))


class ClusterTest(generics.GenericAPIView[Cluster]):
    """Trying a Cluster's credentials."""

    permits = {"POST": "cluster.test", "OPTIONS": "read"}
    outside = True
    queryset = WITH_PRODS
    serializer_class = TestedSerializer
    lookup_field = "name"

    @extend_schema(request=None, responses=TestedSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Ask the Cluster for its version, and for the rights that are missing or too many. 409: it does
        not answer."""
        self.get_object()
        tested = actions.try_connection(request.user, name)
        return Response(TestedSerializer(tested).data)


class _Act(Conditional, generics.GenericAPIView[Cluster]):
    """An act on what is wanted of a Cluster."""

    guards = ClusterDetail
    permits = {"POST": "cluster.write", "OPTIONS": "read"}
    queryset = WITH_PRODS
    serializer_class = WhySerializer
    lookup_field = "name"
    act: Callable[[Person, str, str], None]

    @extend_schema(request=WhySerializer, responses=ClusterSerializer)
    def post(self, request: Request, name: str) -> Response:
        self.get_object()
        asked = WhySerializer(data=_body(request, {"reason"}))
        asked.is_valid(raise_exception=True)
        type(self).act(request.user, name, asked.validated_data["reason"])
        return Response(_shown(name))


class ClusterCordon(_Act):
    """Ask that nothing new is put on a Cluster."""

    act = staticmethod(actions.cordon_cluster)


class ClusterUncordon(_Act):
    """Make a cordoned Cluster active again."""

    act = staticmethod(actions.uncordon_cluster)


class ClusterRetire(_Act):
    """Stop watching a Cluster for good. 409 while Prods stand on it."""

    act = staticmethod(actions.retire_cluster)


def _shown(name: str) -> Any:
    return ClusterSerializer(WITH_PRODS.get(name=name)).data


def _body(request: Request, fields: set[str]) -> Mapping[str, Any]:
    """The body, an object with nothing but `fields`. Raises FieldErrors."""
    body = request.data
    if not isinstance(body, Mapping):
        raise FieldErrors((("body", because("not-an-object")),))
    unknown = sorted(str(field)[:80] for field in body.keys() - fields)
    if unknown:
        raise FieldErrors(tuple((field, because("field-unknown")) for field in unknown))
    return body


def _credentials(body: Mapping[str, Any]) -> Credentials:
    given = body.get("credentials", {})
    if not isinstance(given, Mapping):
        raise FieldErrors((("credentials", because("not-an-object")),))
    try:
        return read_credentials(body.get("access"), given, in_cluster_allowed=settings.IN_CLUSTER)
    except FieldErrors as wrong:
        raise FieldErrors(
            tuple(
                (path if path == "access" else f"credentials.{path}", reason) for path, reason in wrong.errors
            )
        ) from wrong


def _all_errors(*reads: Callable[[], Any]) -> list[Any]:
    """What each of `reads` gives; raises the FieldErrors of all of them together."""
    found: list[Any] = []
    errors: list[Any] = []
    for read in reads:
        try:
            found.append(read())
        except FieldErrors as wrong:
            errors += wrong.errors
    if errors:
        raise FieldErrors(tuple(errors))
    return found
