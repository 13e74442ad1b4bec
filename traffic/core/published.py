"""Whether users keep reaching a Route by themselves when something dies."""

from collections.abc import Collection, Mapping

from journal.core.reasons import Reason, because

from .facts import RouterNow


def publication_gap(published: Collection[str], routers: Mapping[str, RouterNow]) -> Reason | None:
    """Why a Route on the router instances `published` is not safe by itself when a member dies; None: it is on
    routers in two failure domains that check the health of members.

    >>> two = {"x": RouterNow("x", "tokyo"), "y": RouterNow("y", "osaka"), "z": RouterNow("z", "osaka", "", False)}
    >>> publication_gap(["x", "y"], two)
    >>> [publication_gap(on, two).code for on in ([], ["z"], ["x", "z"])]
    ['route-unpublished', 'routers-do-not-check', 'routers-in-one-domain']
    """
    known = [routers[name] for name in published if name in routers]
    checking = {router.domain for router in known if router.health_checks}
    if not known:
        return because("route-unpublished")
    if not checking:
        return because("routers-do-not-check")
    if len(checking) < 2:
        return because("routers-in-one-domain", domain=min(checking))
    return None


def path_lost(
    published: Collection[str], routers: Mapping[str, RouterNow], clusters: Collection[str]
) -> bool:
    """Whether all router instances of a Route run on `clusters`: without these nobody reaches it."""
    known = [routers[name] for name in published if name in routers]
    return bool(known) and all(router.cluster in clusters for router in known)
