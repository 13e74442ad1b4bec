"""Prods over HTTP: what there is, what is made, and their facts."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.conditional import Conditional
from access.api.filters import check_query
from access.api.pages import ByName, ByNewest
from clusters.actions import AppliedProd, change_facts
from clusters.core.prod_yaml import parse_documents
from clusters.facts import prod_health
from clusters.models import Cluster, Prod
from clusters.namespaces import namespace_reason
from releases.actions import apply_specs, preview_specs
from releases.models import Run
from releases.queries.prod_list import HEALTHS

from .prod_serializers import (
    MadeProdSerializer,
    NewProdSerializer,
    ProdDetailSerializer,
    ProdFactsSerializer,
    ProdSerializer,
    notes_json,
    with_blockers,
)
from .serializers import RunSerializer

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
PROD_ROWS = Prod.objects.select_related(
    "cluster", "blueprint", "version__revision", "settled_version", "observation", "claim"
).defer("version__revision__manifests")
BATCH = 200
# What changes by itself and belongs to no write of a person.
VOLATILE = ("health", "health_reason", "observed_at", "images", "pods", "requests")
TRUE, FALSE = frozenset({"true", "1"}), frozenset({"false", "0", ""})


class ProdFilter(filters.FilterSet):
    """Which Prods; all that is given must fit."""

    cluster = filters.CharFilter(field_name="cluster__name", max_length=63, label="name of its cluster")
    blueprint = filters.CharFilter(field_name="blueprint__name", max_length=63, label="name of its Blueprint")
    version = filters.CharFilter(field_name="version__name", max_length=100, label="the Version asked of it")
    role = filters.ChoiceFilter(choices=Prod.Role.choices)
    lifecycle = filters.ChoiceFilter(choices=Prod.Lifecycle.choices)
    # The last one: it looks at each Prod that the others let through.
    health = filters.ChoiceFilter(
        choices=[(word, word) for word in HEALTHS],
        method="by_health",
        label="as last seen; unknown if too old",
    )

    class Meta:
        model = Prod
        fields: tuple[str, ...] = ()

    def by_health(self, queryset: QuerySet[Prod], name: str, value: str) -> QuerySet[Prod]:  # noqa: ARG002
        """Health is computed of what was seen and its age, so it is no column: one query more, in batches."""
        now = timezone.now()
        rows = queryset.iterator(chunk_size=BATCH)
        return queryset.filter(pk__in=[prod.pk for prod in rows if prod_health(prod, now) == value])


class ProdList(generics.ListAPIView[Prod]):
    """All Prods, by name, as asked and as last seen. POST makes one and builds it."""

    permits = READ | {"POST": "prod.apply"}
    outside = staticmethod(lambda request: "dry_run" in request.GET)  # that one looks at the Cluster
    queryset = PROD_ROWS.order_by("name")
    serializer_class = ProdSerializer
    pagination_class = ByName
    filterset_class = ProdFilter

    @extend_schema(
        request=NewProdSerializer,
        responses={200: MadeProdSerializer, 201: MadeProdSerializer},
        parameters=[OpenApiParameter("dry_run", bool, description="show what would be made; store nothing")],
    )
    def post(self, request: Request) -> Response:
        """The same as `manage.py apply -f prod.yaml`: the same again changes nothing, another content for a
        Prod that exists is refused."""
        check_query(request, ("dry_run",))
        dry_run = _flag(request, "dry_run")
        specs = parse_documents([request.data])
        if dry_run:
            return Response(_dry_run(request, specs))
        applied, runs = apply_specs(request.user, specs)
        code = status.HTTP_201_CREATED if applied[0].new else status.HTTP_200_OK
        return Response(_made(applied[0], runs[0] if runs else None), status=code)


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "").lower()
    if text not in TRUE | FALSE:
        raise ValidationError({name: [_("Give true or false.")]}, code="invalid")
    return text in TRUE


def _made(one: AppliedProd, run: Run | None) -> dict[str, Any]:
    shown = PROD_ROWS.get(pk=one.prod.pk)
    return {
        "dry_run": False,
        "new": one.new,
        "prod": ProdSerializer(shown).data,
        "run": RunSerializer(run).data if run else None,
        "objects": [],
        "plan": None,
        "notes": [],
    }


def _dry_run(request: Request, specs: Any) -> dict[str, Any]:
    preview = preview_specs(request.user, specs)
    one, rendered = preview.prods[0]
    cluster = Cluster.objects.get(pk=one.prod.cluster_id)
    looked = namespace_reason(cluster, one.prod.namespace, one.prod.name) if one.new else None
    return {
        "dry_run": True,
        "new": one.new,
        "prod": ProdSerializer(one.prod).data,
        "run": None,
        "objects": [{"kind": item.kind, "name": item.name, "manifest": item.manifest} for item in rendered],
        "plan": with_blockers(*preview.plans[0]) if preview.plans else None,
        "notes": notes_json(looked),
    }


def prod_or_404(name: str) -> Prod:
    """The Prod of this name, with what its representation needs."""
    prod = PROD_ROWS.filter(name=name).first() if name.isprintable() else None
    if prod is None:
        raise Http404
    return prod


class ProdDetail(Conditional, generics.GenericAPIView[Prod]):
    """One Prod, as asked and as last seen. PATCH changes facts that need no run."""

    permits = READ | {"PATCH": "prod.change"}
    volatile = VOLATILE
    serializer_class = ProdDetailSerializer

    @extend_schema(responses=ProdDetailSerializer)
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002
        return Response(ProdDetailSerializer(prod_or_404(name)).data)

    @extend_schema(request=ProdFactsSerializer, responses=ProdDetailSerializer)
    def patch(self, request: Request, name: str) -> Response:
        """Capacity, endpoint, role. Overrides are changed by a run: see actions/change."""
        prod_or_404(name)
        change_facts(request.user, name, request.data)
        return Response(ProdDetailSerializer(prod_or_404(name)).data)


class ProdRuns(generics.ListAPIView[Run]):
    """The runs that have or had this Prod, the newest first."""

    permits = READ
    queryset = Run.objects.none()
    serializer_class = RunSerializer
    pagination_class = ByNewest

    def get_queryset(self) -> QuerySet[Run]:
        prod = prod_or_404(self.kwargs["name"])
        mine = Run.objects.filter(steps__prod=prod).values("pk")
        return Run.objects.filter(pk__in=mine).select_related("blueprint", "version", "author")
