"""What is asked of a Prod beside what was seen of it, component by component."""

from dataclasses import dataclass

from clusters.core.observed import ObservedProd, ObservedWorkload
from clusters.core.overrides import Overrides
from clusters.core.render import Rendered
from clusters.models import Prod
from clusters.targets import render_prod
from journal.core.reasons import Reason, Refused
from releases.marks import SIDE_DIFFERS, SIDE_SAME, SIDE_UNSEEN, Mark


@dataclass(frozen=True, slots=True)
class Side:
    """One component. `replicas` are (asked, seen; None: not told); `same` says whether its pod template is
    the one that is asked for, by digest."""

    kind: str
    name: str
    image: str
    seen_image: str
    replicas: tuple[int | None, int | None]
    ready: int
    mark: Mark
    digest: str
    seen_digest: str


def read_sides(
    prod: Prod, overrides: Overrides, seen: ObservedProd | None
) -> tuple[tuple[Side, ...], tuple[Reason, ...]]:
    """The components, and why they cannot be rendered (then there are none). No query with `version` and
    its revision loaded."""
    try:
        rendered = render_prod(prod, prod.version, overrides)
    except Refused as refused:
        return (), refused.reasons
    found = {(one.kind, one.name): one for one in seen.workloads} if seen else {}
    ours = [one for one in rendered if one.name in prod.version.images and one.digest]
    return tuple(_side(one, prod, found.get((one.kind, one.name))) for one in ours), ()


def _side(one: Rendered, prod: Prod, seen: ObservedWorkload | None) -> Side:
    asked = one.manifest["spec"].get("replicas") if one.kind != "DaemonSet" else None
    image = prod.version.images.get(one.name, "")
    if seen is None:
        return Side(one.kind, one.name, image, "", (asked, None), 0, SIDE_UNSEEN, one.digest, "")
    same = seen.digest == one.digest and asked in (None, seen.wanted)
    return Side(
        kind=one.kind,
        name=one.name,
        image=image,
        seen_image=dict(seen.images).get(one.name, ""),
        replicas=(asked, seen.wanted),
        ready=seen.ready,
        mark=SIDE_SAME if same else SIDE_DIFFERS,
        digest=one.digest,
        seen_digest=seen.digest,
    )
