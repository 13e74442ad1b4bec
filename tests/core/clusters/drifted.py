"""Objects of a Prod as a cluster has them, for the tests of drift."""

from copy import deepcopy
from typing import Any

from clusters.core.drift import differences
from clusters.core.manifests import Manifest
from clusters.core.render import ProdTarget, Rendered, render
from tests.core.clusters.shop import IMAGES, manifests

AT = "2026-11-21T09:00:00Z"
RENDERED = render(manifests(), IMAGES, ProdTarget("a-1", "prod-a-1", "v1"))


def live(rendered: tuple[Rendered, ...] = RENDERED) -> dict[str, Manifest]:
    """The objects as a cluster has them, by name such as `Deployment/api`."""
    return {f"{one.kind}/{one.name}": deepcopy(one.manifest) for one in rendered}


def pod(there: dict[str, Manifest], name: str = "api") -> Any:
    return there[f"Deployment/{name}"]["spec"]["template"]["spec"]


def own(item: Manifest, manager: str, fields: Manifest, **more: str) -> None:
    """`manager` owns these fields of `item` (FieldsV1)."""
    entry = {"manager": manager, "operation": "Update", "time": AT, "fieldsV1": fields, **more}
    item["metadata"].setdefault("managedFields", []).append(entry)


def inside(fields: Manifest) -> Manifest:
    """FieldsV1 of fields of a pod template's spec."""
    return {"f:spec": {"f:template": {"f:spec": fields}}}


IMAGE = inside({"f:containers": {'k:{"name":"api"}': {"f:image": {}}}})


def told(there: dict[str, Manifest], rendered: tuple[Rendered, ...] = RENDERED) -> list[tuple[str, ...]]:
    found = differences(rendered, there.values())
    return [(one.what.value, f"{one.kind}/{one.name}", one.path, one.desired, one.live) for one in found]


def with_api(**fields: Any) -> tuple[Rendered, ...]:
    """Rendered with these fields in the container `api`."""
    mine = manifests()
    next(item for item in mine if item["metadata"]["name"] == "api")["spec"]["template"]["spec"][
        "containers"
    ][0].update(fields)
    return render(mine, IMAGES, ProdTarget("a-1", "prod-a-1", "v1"))
