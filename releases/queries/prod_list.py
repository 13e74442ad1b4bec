"""The list of Prods, filtered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from clusters.facts import prod_health
from clusters.models import Blueprint, Cluster, Prod
from releases.marks import HEALTH_MARKS, LIFECYCLE_MARKS, Mark
from releases.models import Hold

from .shares import NOBODY, Served, read_served

MOST_LISTED = 100  # on one page
HEALTHS = ("ready", "not-ready", "down", "unknown")


@dataclass(frozen=True, slots=True)
class ProdRow:
    """A Prod in one line."""

    name: str
    cluster: str
    blueprint: str
    version: str
    role: str
    lifecycle: Mark
    health: Mark
    seen_at: datetime | None
    tenants: int
    load: int
    capacity: int
    held: bool
    run: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter: its name in the address, its values, and which is chosen ("": all)."""

    name: str
    values: tuple[str, ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class ProdsPage:
    """`next` is the query of the next page ("" at the end), `first` that of the first one ("" on it). `any`:
    there is some Prod at all."""

    prods: tuple[ProdRow, ...]
    choices: tuple[Choice, ...]
    filtered: bool
    any: bool
    next: str
    first: str
    clusters: bool


_ROWS = Prod.objects.select_related(
    "cluster", "blueprint", "version__revision", "observation", "claim"
).defer("version__revision__manifests")


def read_prods(asked: Mapping[str, str], now: datetime) -> ProdsPage:
    """The Prods that `asked` (cluster, role, lifecycle, blueprint, health) selects, by name; the retired
    only where they are asked for; from the one after the name `after`. A value that is none counts as not
    given. A constant number of queries."""
    choices = _choices(asked)
    chosen = {choice.name: choice.chosen for choice in choices if choice.chosen}
    rows = _ROWS.order_by("name")
    if "lifecycle" not in chosen:
        rows = rows.exclude(lifecycle=Prod.Lifecycle.RETIRED)
    for name, field in _FIELDS.items():
        if name in chosen:
            rows = rows.filter(**{field: chosen[name]})
    after = asked.get("after", "")[:63]
    rows = rows.filter(name__gt=after)
    # Health is not in the row: whoever filters by it has all of them looked at.
    found = [
        (prod, prod_health(prod, now)) for prod in (rows if "health" in chosen else rows[: MOST_LISTED + 1])
    ]
    wanted = [pair for pair in found if chosen.get("health", pair[1]) == pair[1]]
    held = set(Hold.objects.filter(lifted_at=None).values_list("prod", flat=True))
    served = read_served()
    shown = wanted[:MOST_LISTED]
    return ProdsPage(
        prods=tuple(
            _row(prod, health, served.get(prod.name, NOBODY), prod.pk in held) for prod, health in shown
        ),
        choices=choices,
        filtered=bool(chosen),
        any=bool(found) or Prod.objects.exists(),
        next=urlencode({**chosen, "after": shown[-1][0].name}) if len(wanted) > len(shown) else "",
        first=f"?{urlencode(chosen)}" if after else "",
        clusters=Cluster.objects.exists(),
    )


_FIELDS = {
    "cluster": "cluster__name",
    "role": "role",
    "lifecycle": "lifecycle",
    "blueprint": "blueprint__name",
}


def _choices(asked: Mapping[str, str]) -> tuple[Choice, ...]:
    clusters = Cluster.objects.order_by("name").values_list("name", flat=True)
    blueprints = Blueprint.objects.order_by("name").values_list("name", flat=True)
    known = {
        "cluster": tuple(clusters),
        "role": tuple(Prod.Role.values),
        "lifecycle": tuple(Prod.Lifecycle.values),
        "blueprint": tuple(blueprints),
        "health": HEALTHS,
    }
    return tuple(
        Choice(name, values, asked.get(name, "") if asked.get(name, "") in values else "")
        for name, values in known.items()
    )


def _row(prod: Prod, health: str, served: Served, held: bool) -> ProdRow:
    observation = getattr(prod, "observation", None)
    return ProdRow(
        name=prod.name,
        cluster=prod.cluster.name,
        blueprint=prod.blueprint.name,
        version=prod.version.name,
        role=prod.role,
        lifecycle=LIFECYCLE_MARKS[Prod.Lifecycle(prod.lifecycle)],
        health=HEALTH_MARKS[health],
        seen_at=observation.observed_at if observation else None,
        tenants=served.tenants,
        load=served.committed,
        capacity=prod.capacity,
        held=held,
        run=prod.claim.run_id if hasattr(prod, "claim") else None,
    )
