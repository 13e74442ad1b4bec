"""Routes as HTTPRoutes on an edge cluster, each write compared and swapped. See docs/routers.md."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from clusters.core.manifests import Manifest, kind_of, name_of
from clusters.kube.protocol import Kube
from journal.core.reasons import Reason, because

from .gateway_objects import HOSTNAMES_MAX, ROUTE_LABEL, Edge, Published, label, published, refusal
from .gateway_plan import DROP_ORDER, Drop, Put, plan_writes
from .gateway_writes import drop, put, translated
from .protocol import Actual, Asked, Traits, Write
from .rules import first_difference

KINDS = ("HTTPRoute", "Service", "EndpointSlice")
NAMED_MAX = 20  # Routes that a selector names: it stands in the URL
TOGETHER = 6  # a cluster's client has eight places: two are left for whoever else asks there


class GatewayRouter:
    """One Gateway on one edge cluster. Whether it health-checks is for its installation to say."""

    def __init__(self, kube: Kube, edge: Edge, *, health_checks: bool) -> None:
        self._kube, self._edge = kube, edge
        self.traits = Traits(
            health_checks, compare_and_swap=True, hostnames_per_write=HOSTNAMES_MAX, together=TOGETHER
        )

    def read(self, routes: Collection[str] | None = None) -> dict[str, Actual]:
        by_route: dict[str, list[Manifest]] = {}
        for one in self._objects(routes):
            by_route.setdefault(label(one, ROUTE_LABEL), []).append(one)
        found = {route: published(route, objects) for route, objects in sorted(by_route.items())}
        return {route: actual for route, actual in found.items() if actual is not None}

    def plan(self, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
        return plan_writes(self._edge, asked, actual)

    def apply(self, write: Write) -> None:
        match write.call:
            case Put() as one:
                translated(partial(put, self._kube, one))
            case Drop(before):
                translated(partial(drop, self._kube, before))
            case _:
                raise TypeError("this write is another router's")

    def verify(
        self, asked: Sequence[Asked], actual: Mapping[str, Actual] | None = None
    ) -> dict[str, Reason | None]:
        found = self.read([one.route for one in asked]) if actual is None else actual
        return {one.route: self._difference(one, found.get(one.route)) for one in asked}

    def remove(self, routes: Collection[str]) -> None:
        found = self._objects(routes)
        for one in sorted(found, key=lambda one: DROP_ORDER.index(kind_of(one))):
            place = (kind_of(one), self._edge.namespace, name_of(one))
            translated(partial(self._kube.delete, *place, uid=str(one["metadata"]["uid"])))

    def _objects(self, routes: Collection[str] | None) -> list[Manifest]:
        """Ours, of these Routes: a selector names a few of them, or all. All kinds are asked for at once."""
        few = routes is not None and 0 < len(routes) <= NAMED_MAX
        selector = f"{ROUTE_LABEL} in ({','.join(sorted(routes or ()))})" if few else ROUTE_LABEL
        calls = [partial(self._kube.list, kind, self._edge.namespace, selector) for kind in KINDS]
        with ThreadPoolExecutor(len(calls), "read") as pool:
            lists = list(pool.map(translated, calls))
        return [one for each in lists for one in each if routes is None or label(one, ROUTE_LABEL) in routes]

    def _difference(self, asked: Asked, actual: Actual | None) -> Reason | None:
        reason = first_difference(asked, actual)
        if reason or not isinstance(actual, Published):
            return reason
        for write in self.plan([asked], {asked.route: actual}):
            if isinstance(write.call, Put):
                manifest = write.call.manifest
                return because("router-object-differs", kind=kind_of(manifest), name=name_of(manifest))
        for one in actual.objects:
            if kind_of(one) == "HTTPRoute" and (refused := refusal(one)):
                condition, message = refused
                return because("route-refused", name=name_of(one), condition=condition, message=message)
        return None
