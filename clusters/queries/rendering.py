"""What would be applied for a Prod, or for a new one, read for people."""

from dataclasses import dataclass

from clusters.core.overrides import NO_OVERRIDES
from clusters.core.render import ProdTarget, Rendered, render
from clusters.core.yaml_print import as_yaml
from clusters.models import Prod, Version
from clusters.targets import overrides_of, render_prod
from journal.core.reasons import Refused, because

from .blueprints import ObjectText

NEW_PROD = "new-prod"


@dataclass(frozen=True, slots=True)
class Rendering:
    """A Prod's objects in the order of an apply."""

    prod: str
    namespace: str
    version: str
    objects: tuple[Rendered, ...]


def read_rendering(blueprint: str, prod: str = "", version: str = "") -> Rendering:
    """What `version` (none: the newest) of the Blueprint is for `prod` (none: a new one).

    Raises Refused with what is unknown, or why it cannot be rendered.
    """
    asked = _version(blueprint, version)
    if not prod:
        target = ProdTarget(NEW_PROD, f"prod-{NEW_PROD}", asked.name, NO_OVERRIDES)
        objects = render(asked.revision.manifests, asked.images, target)
        return Rendering(target.name, target.namespace, asked.name, objects)
    row = Prod.objects.filter(blueprint__name=blueprint, name=prod).first()
    if row is None:
        raise Refused(because("prod-not-of-blueprint", prod=prod, blueprint=blueprint))
    objects = render_prod(row, asked, overrides_of(row, row.overrides_revision))
    return Rendering(row.name, row.namespace, asked.name, objects)


def _version(blueprint: str, name: str) -> Version:
    rows = Version.objects.filter(blueprint__name=blueprint).select_related("revision").order_by("-pk")
    found = rows.filter(name=name).first() if name else rows.first()
    if found is None and name:
        raise Refused(because("version-unknown", blueprint=blueprint, version=name))
    if found is None:
        raise Refused(because("no-version-yet", blueprint=blueprint))
    return found


def rendered_texts(found: Rendering) -> tuple[ObjectText, ...]:
    """Each object as YAML, in the order of an apply."""
    return tuple(ObjectText(one.kind, one.name, as_yaml([one.manifest])) for one in found.objects)
