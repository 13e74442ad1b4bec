"""The example fleet behind two routers, and releases of some of its Prods."""

from releases.actions import start_release
from releases.models import Run
from releases.preview import preview_release
from tests import build
from tests.traffic.edge import Edge

PRODS = ("a-1", "a-2", "b-1", "b-2", "c-1", "c-2")


def published_fleet(*standby: str, whole_groups: bool = False) -> Edge:
    """All of it in service, these standby Prods too, and every Route published on both routers. `whole_groups`: as in
    `build.fleet`."""
    build.fleet(whole_groups=whole_groups)
    for name in standby:
        build.in_service(build.prod(name, name[0], role="standby"))
    edge = Edge()
    edge.publish()
    return edge


def only(*prods: str) -> list[dict[str, str]]:
    """What leaves all others out of a release."""
    return [{"prod": name, "reason": "a test"} for name in PRODS if name not in prods]


def release_of(*prods: str, version: str = "v1.1.0", **strategy: object) -> Run:
    """Of these Prods alone, or of all where none is named; without a soak if nothing else is said."""
    asked, exclude = {"soak_s": 0} | strategy, only(*prods) if prods else []
    plan = preview_release("shop", version, asked, exclude).plan
    return start_release(build.person("release-manager"), "shop", version, asked, exclude, plan.digest)
