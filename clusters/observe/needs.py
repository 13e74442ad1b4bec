"""What a Prod needs to be watched for: kinds of its Blueprint, Secrets that it refers to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max

from clusters.core.evidence import WATCHED_FOR_PROOF
from clusters.core.kinds import is_custom
from clusters.core.references import secret_references
from clusters.models import BlueprintRevision, Overrides, Prod


@dataclass(frozen=True, slots=True)
class Need:
    """`kinds` beyond those that are watched on every Cluster; `secrets` are names in its namespace."""

    kinds: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()


NOTHING = Need()
# What proves something, and where users' requests are sent to.
WATCHED = frozenset({*WATCHED_FOR_PROOF, "Service"})
_Parts = dict[int, tuple[set[str], set[str]]]


class Needs:
    """Reads what Prods need. What all revisions of all Blueprints need is read again when there is a new
    one: a Prod may get any of them next."""

    def __init__(self) -> None:
        self._newest: int | None = -1
        self._blueprints: _Parts = {}

    def read(self, cluster_ids: Iterable[int]) -> dict[int, Need]:
        """By Prod id. Three queries at most."""
        newest = BlueprintRevision.objects.aggregate(newest=Max("pk"))["newest"]
        if newest != self._newest:
            self._blueprints, self._newest = _of_blueprints(), newest
        prods = Prod.objects.filter(cluster__in=list(cluster_ids)).exclude(lifecycle=Prod.Lifecycle.RETIRED)
        patched = _of_patches(prods)
        return {
            prod_id: Need(frozenset(kinds), frozenset(secrets | patched.get(prod_id, set())))
            for prod_id, blueprint_id in prods.values_list("pk", "blueprint_id")
            for kinds, secrets in [self._blueprints.get(blueprint_id, (set(), set()))]
        }


def _of_blueprints() -> _Parts:
    found: _Parts = defaultdict(lambda: (set(), set()))
    rows = BlueprintRevision.objects.values_list("blueprint_id", "kinds", "secrets")
    for blueprint_id, kinds, secrets in rows.iterator():
        mine = found[blueprint_id]
        mine[0].update(kind for kind in kinds if kind in WATCHED or is_custom(kind))
        mine[1].update(secrets)
    return dict(found)


def _of_patches(prods: Any) -> Mapping[int, set[str]]:
    """Secrets that the patches of Prods refer to: those in force, and those that a Run may bring next."""
    rows = Overrides.objects.filter(prod__in=prods, number__gte=F("prod__overrides_revision"))
    rows = rows.filter(content__has_key="patches").exclude(content__patches=[])
    found: dict[int, set[str]] = defaultdict(set)
    for prod_id, content in rows.values_list("prod_id", "content"):
        found[prod_id].update(secret_references(content["patches"]))
    return found
