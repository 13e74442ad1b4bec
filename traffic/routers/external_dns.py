"""ExternalDNS: Routes as DNSEndpoints in a cluster, from which it writes the records of a DNS provider.

What is read back is the DNSEndpoint. ExternalDNS says in its status which generation it has read, and nowhere
whether the provider took it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from clusters.core.manifests import Manifest, name_of
from clusters.kube.protocol import Conflict, Denied, Invalid, Kube, KubeError, NotFound, Unavailable
from journal.core.reasons import Reason, because

from .dns_names import check_dns, serving
from .external_dns_objects import (
    ENDPOINTS_MAX,
    KIND,
    ROUTER_LABEL,
    Seen,
    behind,
    epoch_of,
    hostnames_name,
    hostnames_object,
    is_so,
    label,
    seen,
    weights_object,
)
from .external_dns_settings import Place
from .protocol import Actual, Asked, Rejected, Stale, Traits, Unreachable, Write
from .rules import check, first_difference, weights_of

T = TypeVar("T")
NOTHING = "1"  # no object of ours is at this resourceVersion, so one that is there already is a Conflict
WEIGHTS, ADDS, DROPS = range(3)  # the stages of a plan
ATTEMPTS = 3  # ExternalDNS writes the status of the same object


@dataclass(frozen=True, slots=True)
class Put:
    """Brings one object to `manifest`, where its Route is still at the epoch that the plan saw, or at this."""

    manifest: Manifest
    epochs: tuple[int, int]


class ExternalDns:
    """Implements `Router` in one namespace of one cluster. Thread-safe as far as `kube` is."""

    def __init__(self, kube: Kube, place: Place) -> None:
        self.traits = Traits(health_checks=bool(place.checks), compare_and_swap=True)
        self._kube, self._place = kube, place

    def read(self, routes: Collection[str] | None = None) -> dict[str, Actual]:
        found = _translated(self._ours)
        return {
            route: one for route, one in seen(found, self._place).items() if routes is None or route in routes
        }

    def plan(self, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
        ours = sorted(asked, key=lambda one: one.route)
        check(ours, actual)
        for one in ours:
            self._check(one)
        takers = {host: one.route for one in ours for host in one.hostnames}
        there = {one.route: actual.get(one.route) or Actual(one.route, 0, (), ()) for one in ours}
        first = {one.route: _joined(one, there[one.route], takers) for one in ours}
        writes: list[Write] = []
        for one in ours:
            now, mine = there[one.route], first[one.route]
            epochs = (now.epoch, one.epoch)
            if not self._weighs(one, now):
                put = Put(weights_object(one, self._place), epochs)
                writes.append(_write(one, WEIGHTS, "dns-write-weights", put))
            if not self._binds(one, mine, now):
                writes.append(self._hostnames(one, ADDS, mine, epochs))
            leaving = mine - set(one.hostnames)
            if gone := {host for host in leaving if host in first[takers[host]]}:
                needs = {takers[host] for host in gone}
                writes.append(self._hostnames(one, DROPS, mine - gone, epochs, needs))
        return tuple(sorted(writes, key=lambda write: write.stage))

    def apply(self, write: Write) -> None:
        put = write.call
        if not isinstance(put, Put):
            raise TypeError("this write is another router's")
        _translated(lambda: self._put(put))

    def verify(
        self, asked: Sequence[Asked], actual: Mapping[str, Actual] | None = None
    ) -> dict[str, Reason | None]:
        found = self.read([one.route for one in asked]) if actual is None else actual
        return {one.route: self._difference(one, found.get(one.route)) for one in asked}

    def remove(self, routes: Collection[str]) -> None:
        found = [one for one in _translated(self._ours) if self._route_of(one) in routes]
        # Hostnames first: they lead to the other.
        for one in sorted(found, key=lambda one: (name_of(one) == self._route_of(one), name_of(one))):
            name, uid = name_of(one), str(one["metadata"]["uid"])
            self._delete(name, uid)

    def _delete(self, name: str, uid: str) -> None:
        _translated(lambda: self._kube.delete(KIND, self._place.namespace, name, uid=uid))

    def _ours(self) -> list[Manifest]:
        selector = f"{ROUTER_LABEL}={self._place.router}"
        return self._kube.list(KIND, self._place.namespace, selector)

    def _route_of(self, manifest: Manifest) -> str:
        return name_of(manifest).partition(".")[0]

    def _check(self, asked: Asked) -> None:
        """Raises Rejected for what two DNSEndpoints cannot hold."""
        check_dns(asked, self._place.domain)
        if len(asked.hostnames) > ENDPOINTS_MAX:
            raise Rejected(because("dns-too-many-hostnames", route=asked.route, limit=ENDPOINTS_MAX))
        unchecked = [one.prod for one in serving(asked) if one.prod not in self._place.checks]
        if self.traits.health_checks and unchecked:
            raise Rejected(because("dns-no-health-check", prod=unchecked[0]))

    def _weighs(self, asked: Asked, now: Actual) -> bool:
        if not isinstance(now, Seen):
            return (now.epoch, now.weights) == (asked.epoch, weights_of(asked))
        return is_so(now.objects[asked.route], weights_object(asked, self._place))

    def _binds(self, asked: Asked, hostnames: Collection[str], now: Actual) -> bool:
        """The epoch of hostnames is that at which they were last written: it may be older."""
        there = now.objects.get(hostnames_name(asked.route)) if isinstance(now, Seen) else None
        if there is None:
            return set(hostnames) == set(now.hostnames)
        wanted = hostnames_object(asked, hostnames, self._place)
        return bool(there.get("spec") == wanted["spec"])

    def _hostnames(
        self,
        asked: Asked,
        stage: int,
        hostnames: set[str],
        epochs: tuple[int, int],
        needs: Iterable[str] = (),
    ) -> Write:
        put = Put(hostnames_object(asked, hostnames, self._place), epochs)
        return _write(asked, stage, "dns-write-hostnames-of", put, needs)

    def _put(self, put: Put) -> None:
        for _ in range(ATTEMPTS):
            now = self._get(name_of(put.manifest))
            self._check_still(put, now)
            if now is not None and is_so(now, put.manifest):
                return
            manifest, version = put.manifest, NOTHING
            if now is not None:
                metadata = {**manifest["metadata"], "uid": now["metadata"]["uid"]}
                manifest, version = {**manifest, "metadata": metadata}, now["metadata"]["resourceVersion"]
            try:
                # Whoever owns the fields: an object of ours is as asked.
                self._kube.apply(manifest, resource_version=version, force=True)
            except Conflict:
                continue
            return
        raise Stale(because("router-moved-on", route=self._route_of(put.manifest)))

    def _check_still(self, put: Put, now: Manifest | None) -> None:
        """Raises Stale where something else was published since the plan, Rejected where the name is not ours."""
        route = self._route_of(put.manifest)
        if now is not None and label(now, ROUTER_LABEL) != self._place.router:
            raise Rejected(because("dns-name-taken", name=name_of(now)))
        weighing = now if name_of(put.manifest) == route else self._get(route)
        epoch = epoch_of(weighing) if weighing else 0
        newest = max(epoch, epoch_of(now) if now else 0)
        if epoch not in put.epochs or newest > max(put.epochs):
            raise Stale(because("router-moved-on", route=route))

    def _get(self, name: str) -> Manifest | None:
        try:
            return self._kube.get(KIND, self._place.namespace, name)
        except NotFound as e:
            if e.reason.code == "kind-absent":
                raise
            return None

    def _difference(self, asked: Asked, now: Actual | None) -> Reason | None:
        reason = first_difference(asked, now)
        if reason or not isinstance(now, Seen):
            return reason
        weighs, binds = self._weighs(asked, now), self._binds(asked, asked.hostnames, now)
        if not (weighs and binds):
            name = hostnames_name(asked.route) if weighs else asked.route
            return because("router-object-differs", kind="DNSEndpoint", name=name)
        late = sorted(name for name, manifest in now.objects.items() if behind(manifest))
        return because("external-dns-behind", name=late[0]) if late and self._place.observed else None


def _joined(asked: Asked, now: Actual, takers: Mapping[str, str]) -> set[str]:
    """The hostnames that a Route has and keeps, or has until they are bound elsewhere, with as many more of its own as
    fit beside."""
    mine, there = set(asked.hostnames), set(now.hostnames)
    kept = {host for host in there if host in takers}
    return kept | set(sorted(mine - there)[: ENDPOINTS_MAX - len(kept)])


def _write(asked: Asked, stage: int, code: str, put: Put, needs: Iterable[str] = ()) -> Write:
    what = because(code, routes=1, first=asked.route)
    return Write((asked.route,), what, put, stage, tuple(sorted(needs)))


def _translated(call: Callable[[], T]) -> T:
    """What `call` gives, its errors in the words of routers. What a person can mend is worth another try."""
    try:
        return call()
    except Unavailable as e:
        raise Unreachable(e.reason, maybe_done=e.maybe_done) from e
    except Conflict as e:
        raise Stale(e.reason) from e
    except Invalid as e:
        raise Rejected(e.reason) from e
    except (Denied, NotFound) as e:
        raise Unreachable(e.reason, maybe_done=False) from e
    except KubeError as e:
        raise Unreachable(e.reason, maybe_done=True) from e
