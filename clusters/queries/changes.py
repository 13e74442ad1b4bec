"""What a Version would change on each Prod's Cluster."""

from dataclasses import dataclass
from typing import Any

from clusters.core.differences import diff
from clusters.core.overrides import overrides_from_json
from clusters.models import Overrides, Prod, Version
from clusters.targets import render_prod
from journal.core.reasons import Refused


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
