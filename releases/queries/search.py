"""What a search finds: Prods, Clusters, Versions, Blueprints, runs, tenants and Routes by name or number."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.models import Blueprint, Cluster, Prod, Version
from releases.marks import CLUSTER_MARKS, LIFECYCLE_MARKS
from releases.models import Run
from traffic.models import Tenant

LONGEST = 100
MOST = 8  # of one kind


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: its name, what it is said to be, and its page."""

    name: str
    about: str
    url: str


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Things of one kind; `more`: there are others."""

    title: str
    found: tuple[Found, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was asked, and what was found, kind by kind."""

    asked: str
    groups: tuple[FoundGroup, ...]


def read_search(text: str) -> SearchPage:
    """What `text` finds: a part of a name, in any case, or the number of a run. Eight queries at most."""
    asked = "".join(letter for letter in text if letter.isprintable()).strip()[:LONGEST]
    if not asked:
        return SearchPage("", ())
    readers = (_prods, _clusters, _versions, _blueprints, _runs, _tenants)
    groups = (_group(title, found) for title, found in (reader(asked) for reader in readers))
    return SearchPage(asked, tuple(group for group in groups if group.found))


def _group(title: str, found: Iterable[Found]) -> FoundGroup:
    listed = tuple(found)
    return FoundGroup(title, listed[:MOST], len(listed) > MOST)


def _prods(asked: str) -> tuple[str, Iterable[Found]]:
    rows = Prod.objects.filter(Q(name__icontains=asked) | Q(namespace__icontains=asked))
    rows = rows.select_related("cluster", "version").order_by("name")[: MOST + 1]
    words = _("on %(cluster)s, %(version)s, %(lifecycle)s")
    return _("Prods"), (
        Found(
            prod.name,
            words
            % {
                "cluster": prod.cluster.name,
                "version": prod.version.name,
                "lifecycle": LIFECYCLE_MARKS[Prod.Lifecycle(prod.lifecycle)].word,
            },
            reverse("releases:prod", args=[prod.name]),
        )
        for prod in rows
    )


def _clusters(asked: str) -> tuple[str, Iterable[Found]]:
    rows = Cluster.objects.filter(name__icontains=asked).order_by("name")[: MOST + 1]
    return _("Clusters"), (
        Found(
            row.name,
            f"{row.failure_domain}, {CLUSTER_MARKS[Cluster.Health(row.health)].word}",
            reverse("clusters:cluster", args=[row.name]),
        )
        for row in rows
    )


def _versions(asked: str) -> tuple[str, Iterable[Found]]:
    rows = Version.objects.filter(name__icontains=asked).select_related("blueprint").order_by("-pk")
    return _("Versions"), (
        Found(
            row.name,
            _("of %(blueprint)s") % {"blueprint": row.blueprint.name}
            + (f", {_('vetoed')}" if row.vetoed_at else ""),
            reverse("clusters:version", args=[row.blueprint.name, row.name]),
        )
        for row in rows[: MOST + 1]
    )


def _blueprints(asked: str) -> tuple[str, Iterable[Found]]:
    rows = Blueprint.objects.filter(name__icontains=asked).order_by("name")[: MOST + 1]
    return _("Blueprints"), (
        Found(row.name, "", reverse("clusters:blueprint", args=[row.name])) for row in rows
    )


def _runs(asked: str) -> tuple[str, Iterable[Found]]:
    number = asked.removeprefix("#")
    by_number = Q(pk=int(number)) if number.isdecimal() and len(number) < 19 else Q()
    rows = Run.objects.filter(by_number or Q(version__name__icontains=asked) | Q(kind=asked.lower()))
    rows = rows.select_related("version", "blueprint").order_by("-pk")[: MOST + 1]
    return _("Runs"), (
        Found(
            f"#{run.pk}",
            f"{run.kind} {run.blueprint.name} {run.version.name if run.version else ''}: {run.state}",
            reverse("releases:run", args=[run.pk]),
        )
        for run in rows
    )


def _tenants(asked: str) -> tuple[str, Iterable[Found]]:
    rows = Tenant.objects.filter(Q(name__icontains=asked) | Q(hostnames__contains=[asked.lower()]))
    rows = rows.prefetch_related("route__members__prod").order_by("name")[: MOST + 1]
    return _("Tenants"), (_tenant(row) for row in rows)


def _tenant(tenant: Tenant) -> Found:
    """A tenant, with the page of the first Prod that serves it."""
    members = tenant.route.members.all() if tenant.route else ()
    serving = sorted(member.prod.name for member in members if member.weight)
    if not serving:
        return Found(tenant.name, _("served by nobody"), reverse("releases:fleet"))
    about = _("served by %(prods)s") % {"prods": ", ".join(serving)}
    return Found(tenant.name, about, reverse("releases:prod", args=[serving[0]]))
