"""Page reads about Clusters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journal.core.reasons import Refused

from .core.differences import diff
from .core.overrides import overrides_from_json
from .models import Cluster, Overrides, Prod, Version
from .targets import render_prod


@dataclass(frozen=True, slots=True)
class FactsAge:
    """When each watched Cluster last answered, by name; None: not seen in full since its watch began."""

    seen: tuple[tuple[str, datetime | None], ...]

    @property
    def oldest(self) -> datetime | None:
        """The oldest time, None if there is none or any is unknown."""
        times = [at for _, at in self.seen]
        return None if not times or None in times else min(at for at in times if at)

    @property
    def newest(self) -> datetime | None:
        """The newest time known."""
        return max((at for _, at in self.seen if at), default=None)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Clusters of which nothing fresh is known."""
        return tuple(name for name, at in self.seen if at is None)


def facts_age(clusters: Iterable[Cluster]) -> FactsAge:
    """How old what we know of these Clusters is."""
    return FactsAge(
        tuple((cluster.name, cluster.seen_at if cluster.synced_at else None) for cluster in clusters)
    )


def read_facts_age() -> FactsAge:
    """How old what we know of each Cluster is. One query."""
    rows = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED)
    return facts_age(rows.only("name", "seen_at", "synced_at").order_by("name"))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs between what a Prod was last settled on and a Version."""

    where: str
    before: str
    after: str


def read_changes(blueprint: str, version: str) -> dict[str, tuple[FieldChange, ...]]:
    """Prod name -> what `version` would change on its Cluster. Three queries.

    A Prod that cannot be rendered is left out: the plan's blockers say why.
    """
    target = Version.objects.select_related("revision", "blueprint").get(
        blueprint__name=blueprint, name=version
    )
    prods = Prod.objects.filter(blueprint__name=blueprint).exclude(lifecycle=Prod.Lifecycle.RETIRED)
    rows = {(row.prod_id, row.number): row.content for row in Overrides.objects.filter(prod__in=prods)}
    loaded = prods.select_related("version__revision", "settled_version__revision")
    return {prod.name: _changes(prod, target, rows) for prod in loaded}


def _changes(prod: Prod, target: Version, rows: dict[tuple[int, int], Any]) -> tuple[FieldChange, ...]:
    now = rows.get((prod.pk, prod.overrides_revision), {})
    old = rows.get((prod.pk, prod.settled_overrides_revision or 0), {})
    try:
        before = (
            render_prod(prod, prod.settled_version, overrides_from_json(old)) if prod.settled_version else ()
        )
        after = render_prod(prod, target, overrides_from_json(now))
    except Refused:
        return ()
    return tuple(
        FieldChange(f"{one.kind} {one.name} {one.path}".strip(), one.before or "", one.after or "")
        for one in diff(before, after)
    )
