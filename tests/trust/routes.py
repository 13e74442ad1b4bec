"""Every route of the URL configuration, with the action that each method takes, and a path to try it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from access.models import ApiToken
from clusters.models import Version
from releases.models import Hold, Run

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# Open on purpose, and why.
PUBLIC = {
    "healthz": "for the load balancer: says that the process answers",
    "readyz": "for the load balancer: says which part does not answer",
    "login/": "one logs in here",
    "logout/": "ends one's own session",
    "live/": "asks for itself: tests/trust/test_revocation.py",
    "csp-report/": "browsers report here without cookies; nothing is shown",
    "language/": "sets a cookie of one's own browser: tests/web/test_japanese.py",
}


@dataclass(frozen=True)
class Route:
    """`permits`: method -> action. `is_api`: answers 401 and 403 itself, never with a page."""

    path: str
    permits: dict[str, str]
    is_api: bool

    @property
    def is_public(self) -> bool:
        return self.path in PUBLIC


def all_routes() -> Iterator[Route]:
    for path, pattern in _walk(get_resolver().url_patterns, ""):
        yield Route(
            path, dict(_permits(pattern.callback)), getattr(pattern.callback, "cls", None) is not None
        )


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield path, pattern


def _permits(view: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    if api := getattr(view, "cls", None):
        permits: dict[str, str] = api(**view.initkwargs).permits if hasattr(api, "permits") else {}
        yield from permits.items()
    elif action := getattr(view, "action", ""):
        yield from ((method, action) for method in METHODS)


# The first part of the path under which a `name` stands -> one that is there.
NAMES = {
    "prods": "a-1",
    "clusters": "a",
    "blueprints": "shop",
    "versions": "v1.0.0",
    "people": "somebody",
    "parity": "shop",
    "failover": "a",
    "routes": "shop-r",
    "tenants": "shop-r-0001",
    "routers": "edge",
}


def fill(route: Route) -> str:
    """A path of this route on which there is something. Raises LookupError that says what is not known."""
    parts = route.path.removeprefix("api/v1/").split("/")
    place = parts[1] if parts[0] == "settings" else parts[0]
    return "/" + "/".join(_filled(part, place, route) for part in route.path.split("/"))


def _filled(part: str, place: str, route: Route) -> str:
    if not part.startswith("<"):
        return part
    name = part.strip("<>").partition(":")[2] or part.strip("<>")
    known: dict[str, Callable[[], Any]] = {
        "run_id": lambda: Run.objects.latest("pk").pk,
        "version_id": lambda: Version.objects.earliest("pk").pk,
        "hold_id": lambda: Hold.objects.latest("pk").pk,
        "token_id": lambda: ApiToken.objects.get(name="somebody's").pk,
        "verb": lambda: "pause",
        "version": lambda: "v1.0.0",
        "username": lambda: "somebody",
        "number": lambda: 1,
        "epoch": lambda: 1,
        "revision": lambda: 1,
        "kind": lambda: "prod",
        "redundancy": lambda: "none",
        "way": lambda: "on",
    }
    if name == "pk":
        name = {"tokens": "token_id", "versions": "version_id", "runs": "run_id", "holds": "hold_id"}[place]
    if name in known:
        return str(known[name]())
    if place in NAMES:
        return NAMES[place]
    raise LookupError(f"tests/trust/routes.py does not know a {name} for /{route.path}: add one")
