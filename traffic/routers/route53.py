"""Amazon Route 53: weighted records with health checks, and epochs that a stale writer cannot pass.

What is read is the zone as the API has it, changes that are PENDING included. Its name servers have it within
about 60 s, resolvers within the TTL after that: `verify` is about the zone, not about them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from journal.core.reasons import Reason, because

from .dns_names import check_dns, inside, kind_of, route_name, serving
from .protocol import Actual, Asked, Backend, Rejected, Stale, Traits, Write
from .route53_api import Api, ChangeRefused, Patience, check_config, check_reference
from .route53_changes import Bind, Change, Move, changes, packed, removal
from .route53_records import Published, Seen, Zone, actual, bound, desired, plain, published, zone_of
from .route53_settings import Settings
from .rules import check, first_difference, weights_of

Item = Move | Bind

ROUTES_PER_WRITE = 100
HOSTNAMES_PER_WRITE = 400  # an UPSERT counts twice of 1,000
VALUES_PER_WRITE = 15_000  # and its characters twice of 32,000
NAMED_READS = 3  # up to so many Routes are read one by one, more with all the others
ATTEMPTS = 3


class Route53:
    """Implements `Router` for one hosted zone. Thread-safe as far as `client` is (a boto3 client is)."""

    def __init__(self, client: Any, settings: Settings, patience: Patience | None = None) -> None:
        self.traits = Traits(
            health_checks=bool(settings.health or settings.checks),
            compare_and_swap=True,
            hostnames_per_write=0,
        )
        self._client, self._settings = client, settings
        self._patience = patience or Patience()
        self._check_ids: dict[str, str] = {}

    def read(self, routes: Collection[str] | None = None) -> dict[str, Actual]:
        zone, found = self._found(self._api(), routes, whole=self._settings.binds)
        hostnames = bound(zone, self._settings.domain)
        return {
            route: actual(route, one, hostnames.get(route, ()))
            for route, one in sorted(found.items())
            if one.mark and (routes is None or route in routes)
        }

    def plan(self, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
        ours = [self._ours(one) for one in sorted(asked, key=lambda one: one.route)]
        check(ours, actual)
        for one in ours:
            check_dns(one, self._settings.domain)
            self._check(one)
        claimed = {hostname for one in ours for hostname in one.hostnames}
        moves, adds, drops = [], [], []
        for one in ours:
            now = actual.get(one.route) or Actual(one.route, 0, (), ())
            if (now.epoch, now.weights) != (one.epoch, weights_of(one)) or self._first_record(one, now):
                moves.append(Move(one, now.epoch))
            adds += self._binds(one, set(one.hostnames) - set(now.hostnames), "add")
            drops += self._binds(one, set(now.hostnames) - claimed, "drop")
        groups: list[Sequence[Item]] = [
            moves[at : at + ROUTES_PER_WRITE] for at in range(0, len(moves), ROUTES_PER_WRITE)
        ]
        return tuple(_write(items) for items in [*groups, *_filled(adds), *_filled(drops)])

    def apply(self, write: Write) -> None:
        items: tuple[Item, ...] = write.call  # type: ignore[assignment]
        api = self._api(writes=True)
        whole = any(isinstance(item, Bind) for item in items)
        seen: Zone | None = None
        for _ in range(ATTEMPTS):
            zone, found = self._found(api, write.routes, whole=whole)
            groups, problems = self._sorted_out(items, zone, found, self._checks(items, api))
            if (
                zone == seen
            ):  # refused though nobody wrote meanwhile: one of them is wrong, so each goes by itself
                problems |= _refused(api, groups)
            elif _send(api, packed(group for _, group in groups)):
                seen, self._check_ids = zone, {}
                continue
            if problems:
                raise _together(problems)
            return
        raise Stale(because("router-moved-on", route=write.routes[0]))

    def verify(
        self, asked: Sequence[Asked], actual: Mapping[str, Actual] | None = None
    ) -> dict[str, Reason | None]:
        ours = [self._ours(one) for one in asked]
        found = self.read([one.route for one in ours]) if actual is None else actual
        return {one.route: self._difference(one, found.get(one.route)) for one in ours}

    def remove(self, routes: Collection[str]) -> None:
        api = self._api(writes=True)
        for _ in range(ATTEMPTS):
            zone, found = self._found(api, routes, whole=True)
            groups = [
                group
                for route in sorted(routes)
                for group in removal(route, found.get(route, Published()), zone, self._settings)
            ]
            if not _send(api, list(packed(groups))):
                return
        raise Stale(because("router-moved-on", route=min(routes)))

    def _api(self, *, writes: bool = False) -> Api:
        return Api(self._client, self._settings.zone_id, self._patience, writes=writes)

    def _ours(self, asked: Asked) -> Asked:
        return asked if self._settings.binds else replace(asked, hostnames=())

    def _check(self, asked: Asked) -> None:
        """Raises Rejected for what this zone cannot hold."""
        settings = self._settings
        for hostname in asked.hostnames:
            if not inside(hostname, settings.zone):
                raise Rejected(because("route53-outside", hostname=hostname, zone=settings.zone))
            if hostname == settings.zone and kind_of(asked) == "CNAME":
                raise Rejected(because("route53-top", hostname=hostname, route=asked.route))
        if self.traits.health_checks and not settings.health:
            unchecked = [one.prod for one in serving(asked) if one.prod not in settings.checks]
            if unchecked:
                raise Rejected(because("dns-no-health-check", prod=unchecked[0]))

    def _binds(self, asked: Asked, hostnames: set[str], side: str) -> list[Bind]:
        """In parts that fit into one call each."""
        length = len(route_name(asked.route, self._settings.domain))
        size, names = min(HOSTNAMES_PER_WRITE, VALUES_PER_WRITE // length), sorted(hostnames)
        parts = (tuple(names[at : at + size]) for at in range(0, len(names), size))
        return [Bind(asked, **{side: part}) for part in parts]

    def _found(
        self, api: Api, routes: Collection[str] | None, *, whole: bool
    ) -> tuple[Zone, dict[str, Published]]:
        """The record sets that are needed to know about `routes`, and what they say of each Route."""
        domain = self._settings.domain
        if whole:
            records = list(api.records())
        elif routes is not None and len(routes) <= NAMED_READS:
            records = [record for route in routes for record in api.records(route_name(route, domain))]
        else:
            records = list(api.records(domain))
        zone = zone_of(records)
        return zone, published(zone, domain)

    def _sorted_out(
        self,
        items: Iterable[Item],
        zone: Zone,
        found: Mapping[str, Published],
        checks: Mapping[str, Mapping[str, str]],
    ) -> tuple[list[tuple[str, tuple[Change, ...]]], dict[str, Stale | Rejected]]:
        """What is to be changed, each with its Route, and Route -> what keeps others from it: they do not hold up the
        rest."""
        groups: list[tuple[str, tuple[Change, ...]]] = []
        problems: dict[str, Stale | Rejected] = {}
        for item in items:
            route = item.asked.route
            try:
                group = changes(
                    item, found.get(route, Published()), zone, self._settings, checks.get(route, {})
                )
            except (Stale, Rejected) as e:
                problems[route] = e
            else:
                groups += [(route, group)] if group else []
        return groups, problems

    def _checks(self, items: Iterable[Item], api: Api) -> dict[str, dict[str, str]]:
        """Route -> Prod -> the id of its health check, made where there is none."""
        moved = [item.asked for item in items if isinstance(item, Move)]
        return {
            one.route: {backend.prod: self._check_id(backend, api) for backend in serving(one)}
            for one in moved
        }

    def _check_id(self, backend: Backend, api: Api) -> str:
        settings = self._settings
        if backend.prod in settings.checks or settings.health is None:
            return settings.checks.get(backend.prod, "")
        config = check_config(backend, settings.health)
        reference = check_reference(backend, config)
        if reference not in self._check_ids:
            # All that are there in a call or two: with many Prods, one call each would take too long.
            self._check_ids = self._check_ids or api.health_checks()
        if reference not in self._check_ids:
            self._check_ids[reference] = api.make_health_check(backend.prod, reference, config)
        return self._check_ids[reference]

    def _difference(self, asked: Asked, now: Actual | None) -> Reason | None:
        reason = first_difference(asked, now)
        return reason if reason or now is None else self._first_record(asked, now)

    def _first_record(self, asked: Asked, now: Actual) -> Reason | None:
        """The first record that leads elsewhere than asked, or has no health check where it should."""
        if not isinstance(now, Seen):
            return None
        there = {(one.name, one.kind, one.set_id): one for one in now.records}
        for wanted in desired(asked, self._settings, self._settings.checks)[:-1]:
            one = there.get((wanted.name, wanted.kind, wanted.set_id))
            known = replace(wanted, check=wanted.check or one.check) if one else wanted
            unchecked = self.traits.health_checks and wanted.set_id and not known.check
            if not one or plain(one) != plain(known) or unchecked:
                name, prod = wanted.name, wanted.set_id or "-"
                return because("dns-record-differs", route=asked.route, name=name, prod=prod)
        return None


def _send(api: Api, batches: Iterable[Sequence[Change]]) -> ChangeRefused | None:
    """Sends all batches; the last refusal, if any."""
    refused = None
    for batch in batches:
        try:
            api.change(batch)
        except ChangeRefused as e:
            refused = e
    return refused


def _refused(api: Api, groups: Iterable[tuple[str, Sequence[Change]]]) -> dict[str, Stale | Rejected]:
    """Sends each group by itself: Route -> why, for those that are refused."""
    refused: dict[str, Stale | Rejected] = {}
    for route, group in groups:
        if why := _send(api, [group]):
            reason = because("route53-refused", error="InvalidChangeBatch", message=str(why))
            refused[route] = Rejected(reason)
    return refused


def _together(problems: Mapping[str, Stale | Rejected]) -> Stale | Rejected:
    """The first one, for all of its kind. Those of the other kind are met again without these."""
    first = next(iter(problems.values()))
    alike = {route: one.reason for route, one in problems.items() if type(one) is type(first)}
    return type(first)(first.reason, alike)


def _filled(binds: Iterable[Bind]) -> list[list[Bind]]:
    """Binds put together while they fit into one call."""
    groups: list[list[Bind]] = []
    room = 0
    for bind in binds:
        size = len(bind.add) + len(bind.drop) + 1  # its mark
        if size > room:
            groups.append([])
            room = HOSTNAMES_PER_WRITE
        groups[-1].append(bind)
        room -= size
    return groups


def _write(items: Sequence[Item]) -> Write:
    routes = tuple(dict.fromkeys(item.asked.route for item in items))
    if isinstance(items[0], Move):
        what = because("dns-write-weights", routes=len(routes), first=routes[0])
    else:
        added = sum(len(item.add) for item in items if isinstance(item, Bind))
        dropped = sum(len(item.drop) for item in items if isinstance(item, Bind))
        what = because("dns-write-hostnames", added=added, dropped=dropped, first=routes[0])
    return Write(routes, what, tuple(items))
