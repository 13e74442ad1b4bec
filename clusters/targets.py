"""What a Prod should look like on its Cluster: loading what the pure rendering needs."""

from typing import Any

from .core.autoscaling import AUTOSCALER
from .core.kinds import KINDS
from .core.manifests import key_of, name_of
from .core.overrides import Overrides, overrides_from_json
from .core.render import ProdTarget, Rendered, render
from .models import BlueprintRevision, Prod, Version
from .models import Overrides as OverridesRow

# A custom resource is made by a controller of its own: it goes before all that we know.
LAST = 1000


def overrides_of(prod: Prod, number: int) -> Overrides:
    """What the Prod's overrides revision `number` says."""
    content = OverridesRow.objects.values_list("content", flat=True).get(prod=prod, number=number)
    return overrides_from_json(content)


def render_prod(prod: Prod, version: Version, overrides: Overrides) -> tuple[Rendered, ...]:
    """The objects of `prod` at `version`, in the order in which to apply them. Raises Refused."""
    target = ProdTarget(name=prod.name, namespace=prod.namespace, version=version.name, overrides=overrides)
    return render(version.revision.manifests, version.images, target)


def autoscalers_of(prod: Prod) -> tuple[Rendered, ...]:
    """Those among its objects, as its Version and its overrides have them. Raises Refused."""
    version = Version.objects.select_related("revision").get(pk=prod.version_id)
    rendered = render_prod(prod, version, overrides_of(prod, prod.overrides_revision))
    return tuple(one for one in rendered if one.kind == AUTOSCALER)


def former_objects(version: Version) -> tuple[tuple[str, str], ...]:
    """(kind, name) that other revisions of the Blueprint have and this Version's has not, sorted."""
    others = BlueprintRevision.objects.filter(blueprint=version.blueprint_id).exclude(pk=version.revision_id)
    mine = {_name(manifest) for manifest in version.revision.manifests}
    theirs = {_name(manifest) for revision in others for manifest in revision.manifests}
    return tuple(sorted(theirs - mine))


def all_objects(blueprint_id: int) -> tuple[tuple[str, str], ...]:
    """(kind, name) that any revision of the Blueprint has: what sends users first, what others refer to
    last."""
    revisions = BlueprintRevision.objects.filter(blueprint=blueprint_id)
    found = {
        (key_of(manifest), name_of(manifest)) for revision in revisions for manifest in revision.manifests
    }
    return tuple(sorted(found, key=lambda item: (-_order(item[0]), item)))


def _order(kind: str) -> int:
    return KINDS[kind].order if kind in KINDS else LAST


def _name(manifest: dict[str, Any]) -> tuple[str, str]:
    return key_of(manifest), name_of(manifest)
