"""The context processor that puts what stands around every page into its template."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from .queries.chrome import read_chrome


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that every page leads to, with the pages (view names) that count as being there."""

    word: str | Promise
    url: str
    places: frozenset[str]


def _entry(word: str | Promise, app: str, *places: str) -> Entry:
    return Entry(word, f"{app}:{places[0]}", frozenset(f"{app}:{place}" for place in places))


ENTRIES = (
    _entry(_("Fleet"), "releases", "fleet"),
    _entry(_("Releases"), "releases", "runs", "run", "act", "new", "plan"),
    _entry(
        _("Failover"),
        "releases",
        "failover",
        "leave",
        "fail-back",
        "take-back",
        "stop-automation",
        "resume-automation",
    ),
    _entry(
        _("Prods"),
        "releases",
        "prods",
        "prod",
        "new-prod",
        "change-prod",
        "scale-prod",
        "retire-prod",
        "leave-prod",
        "fail-back-prod",
        "heal",
        "parity",
    ),
    _entry(
        _("Routes"),
        "traffic",
        "routes",
        "route",
        "weights",
        "return",
        "tenants",
        "tenant",
        "new-tenant",
        "change-tenant",
        "move-tenant",
        "remove-tenant",
        "import-tenants",
        "room",
        "room-live",
        "routers",
        "register-router",
        "add-instance",
        "publish",
        "unpublish",
        "adopt",
        "remove-instance",
    ),
    _entry(
        _("Clusters"),
        "clusters",
        "clusters",
        "cluster",
        "register",
        "cluster-edit",
        "cluster-credentials",
        "cluster-cordon",
        "cluster-uncordon",
        "cluster-retire",
        "cluster-remove",
    ),
    _entry(
        _("Blueprints"),
        "clusters",
        "blueprints",
        "blueprint",
        "new-blueprint",
        "edit-blueprint",
        "revision",
        "rendering",
        "new-version",
        "version",
    ),
    _entry(_("Versions"), "releases", "versions"),
    _entry(_("Timeline"), "releases", "timeline"),
    _entry(_("Settings"), "access", "tokens", "revoke-token", "people", "person", "password", "roles"),
)


def chrome(request: HttpRequest) -> dict[str, Any]:
    """`chrome` (`queries.chrome.Chrome`), read only by templates that show it (an error page needs no rows),
    and `entries` of the navigation."""
    return {"chrome": SimpleLazyObject(read_chrome), "entries": ENTRIES}
