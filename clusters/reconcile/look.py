"""What a Cluster holds of a Prod beside what it should hold. Calls, no rows."""

import time
from collections.abc import Sequence

from clusters.core.drift import Difference, Key, What, differences, key
from clusters.core.kinds import EPOCH_ANNOTATION, KINDS, PROD_LABEL
from clusters.core.manifests import Manifest, key_of, mapping
from clusters.core.render import Rendered
from clusters.kube.protocol import Denied, Invalid, Kube, NotFound, Unavailable
from journal.core.reasons import because

# No call begins later than this; the longest one (a list) may take 40 s more.
BUDGET_S = 15.0


class _Watch:
    """Ends a look that takes too long."""

    def __init__(self) -> None:
        self._until = time.monotonic() + BUDGET_S

    def check(self) -> None:
        if time.monotonic() > self._until:
            raise Unavailable(because("drift-look-slow", seconds=int(BUDGET_S)), maybe_done=False)


def read_differences(
    kube: Kube, prod: str, namespace: str, rendered: Sequence[Rendered], *, raised: bool = False
) -> tuple[Difference, ...]:
    """How the Cluster differs from `rendered` now. `raised`: a Run lets autoscalers keep more pods for now. Raises
    KubeError.

    A field that another apply of ours would leave as it is, by a dry run, is no difference.
    """
    watch = _Watch()
    live = _live(kube, prod, namespace, rendered, watch)
    found = differences(rendered, live.values(), raised=raised)
    changed = {(one.kind, one.name) for one in found if one.what == What.CHANGED}
    if not changed:
        return found
    asked = [item.manifest for item in rendered if key(item.manifest) in changed]
    return differences(rendered, live.values(), _dry_run(kube, asked, live, watch), raised=raised)


def _live(
    kube: Kube, prod: str, namespace: str, rendered: Sequence[Rendered], watch: _Watch
) -> dict[Key, Manifest]:
    """All objects of the Prod by their label, and those that should be there whatever their label."""
    wanted = {key(item.manifest) for item in rendered}
    kinds = dict.fromkeys([kind for kind, _ in sorted(wanted)])
    kinds |= dict.fromkeys(name for name, kind in KINDS.items() if kind.deployable)
    needed = {kind for kind, _ in wanted}
    live: dict[Key, Manifest] = {}
    for kind in kinds:
        watch.check()
        for item in _listed(kube, kind, namespace, prod, needed=kind in needed):
            live[key(item)] = item
    for kind, name in sorted(wanted - live.keys()):
        watch.check()
        try:
            live[kind, name] = kube.get(kind, namespace, name)
        except NotFound:
            continue
    return live


def _listed(kube: Kube, kind: str, namespace: str, prod: str, *, needed: bool) -> list[Manifest]:
    """The objects with our label. A kind that the Version has not may be absent or closed to us: nothing of
    ours is there."""
    try:
        return kube.list(kind, namespace, f"{PROD_LABEL}={prod}")
    except (NotFound, Denied):
        if needed:
            raise
        return []


def _dry_run(
    kube: Kube, asked: Sequence[Manifest], live: dict[Key, Manifest], watch: _Watch
) -> dict[Key, Manifest]:
    """What the API server would make of another apply. One that it would refuse is no answer: then the
    difference stands."""
    would: dict[Key, Manifest] = {}
    for manifest in asked:
        watch.check()
        at = key_of(manifest), manifest["metadata"]["name"]
        try:
            would[at] = kube.apply(_marked(manifest, live[at]), force=True, dry_run=True)
        except (Invalid, NotFound):
            continue
    return would


def _marked(manifest: Manifest, live: Manifest) -> Manifest:
    """With the mark of who wrote it last, which is no difference."""
    epoch = mapping(mapping(live.get("metadata")).get("annotations")).get(EPOCH_ANNOTATION)
    if epoch is None:
        return manifest
    metadata = manifest["metadata"]
    annotations = {**mapping(metadata.get("annotations")), EPOCH_ANNOTATION: epoch}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}
