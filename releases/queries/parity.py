"""The parity of the Prods of one Blueprint: what differs between them, and what explains it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.core.drift import What, differences_from_json
from clusters.core.manifests import Manifest, is_component, key_of, mapping, name_of
from clusters.core.parity import Compared, Parity, Why, is_unexplained, parity
from clusters.core.shown import path_text, shown
from clusters.core.steps import leaves
from clusters.models import Blueprint, BlueprintRevision, Drift, Overrides, Prod
from releases.marks import Mark

from .drift import WORDS

_NAMES = frozenset({"apiVersion", "kind"})
MARKS = {
    Why.OVERRIDE: Mark("good", "check", gettext_lazy("its overrides say so")),
    Why.RUN: Mark("busy", "turn", gettext_lazy("a run is changing it")),
    Why.VERSION: Mark("idle", "dots", gettext_lazy("it is on another Version")),
    Why.NONE: Mark("wait", "alert", gettext_lazy("unexplained")),
}


@dataclass(frozen=True, slots=True)
class ParityPage:
    """How alike the Prods of a Blueprint are. `unexplained` is how many fields somebody has to look at;
    `unknown` are Prods whose drift is not known, so that it is not in here."""

    blueprint: str
    parity: Parity
    unexplained: int
    unknown: tuple[str, ...]


def read_parity(name: str) -> ParityPage:
    """The parity of the Prods of Blueprint `name`; 404 if there is none. Four queries."""
    blueprint = get_object_or_404(Blueprint, name=name)
    prods = list(_prods(blueprint))
    overrides = {(row.prod_id, row.number): row.content for row in Overrides.objects.filter(prod__in=prods)}
    defaults = _defaults({prod.version.revision_id for prod in prods})
    found = parity([_compared(prod, overrides, defaults) for prod in prods])
    return ParityPage(
        blueprint=name,
        parity=found,
        unexplained=sum(is_unexplained(row) for row in found.rows),
        unknown=tuple(prod.name for prod in prods if _drift(prod).state == Drift.State.UNKNOWN),
    )


def _prods(blueprint: Blueprint) -> Any:
    rows = Prod.objects.filter(blueprint=blueprint).exclude(lifecycle=Prod.Lifecycle.RETIRED)
    related = rows.select_related("version__revision", "drift", "claim")
    return related.defer("version__revision__manifests").order_by("name")


def _drift(prod: Prod) -> Drift:
    return prod.drift if hasattr(prod, "drift") else Drift(state=Drift.State.UNKNOWN)


def _defaults(revisions: set[int]) -> dict[int, dict[str, int]]:
    """Revision -> component -> replicas that the Blueprint gives it."""
    rows = BlueprintRevision.objects.filter(pk__in=revisions).values_list("pk", "manifests")
    return {
        pk: {
            name_of(item): int(mapping(item.get("spec")).get("replicas", 1))
            for item in manifests
            if is_component(item) and key_of(item) != "DaemonSet"
        }
        for pk, manifests in rows
    }


def _compared(prod: Prod, overrides: dict[Any, Any], defaults: dict[int, dict[str, int]]) -> Compared:
    version, own = prod.version, overrides.get((prod.pk, prod.overrides_revision), {})
    replicas = defaults[version.revision_id] | (own.get("replicas") or {})
    of_version = {
        "blueprint revision": str(version.revision.number),
        **{f"image {name}": str(image) for name, image in sorted(version.images.items())},
        **{f"replicas {name}": str(count) for name, count in sorted(replicas.items())},
    }
    overridden = {f"replicas {name}": str(count) for name, count in (own.get("replicas") or {}).items()}
    overridden |= {f"label {name}": str(value) for name, value in (own.get("labels") or {}).items()}
    overridden |= dict(_patched(own.get("patches") or []))
    drifted = dict(_drifted(prod))
    return Compared(
        name=prod.name,
        values=tuple(({"version": version.name} | of_version | overridden | drifted).items()),
        overridden=frozenset(overridden),
        drifted=frozenset(drifted),
        of_version=frozenset(of_version),
        changing=hasattr(prod, "claim"),
    )


def _patched(patches: list[Manifest]) -> Iterator[tuple[str, str]]:
    for patch in patches:
        kind = key_of(patch)
        for path, value in leaves({at: item for at, item in patch.items() if at not in _NAMES}, kind):
            if [step.field for step in path] != ["metadata", "name"]:
                text = shown(kind, path, value) or _("removed")
                yield f"{kind} {name_of(patch)} {path_text(path)}", text


def _drifted(prod: Prod) -> Iterator[tuple[str, str]]:
    """What its Cluster had otherwise when it was last compared; several texts of one field in one."""
    texts: dict[str, list[str]] = defaultdict(list)
    for one in differences_from_json(_drift(prod).differences):
        field = f"{one.kind} {one.name} {one.path}".strip()
        texts[field].append(one.live or str(WORDS[What(one.what)]))
    for field, found in texts.items():
        yield field, ", ".join(found)
