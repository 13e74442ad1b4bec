"""The changes of record sets that bring a Route to what is asked, and how they fit into calls."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from journal.core.reasons import because

from .dns_names import idle, kind_of, route_name
from .protocol import Asked, Rejected, Stale
from .route53_records import (
    Change,
    Published,
    Record,
    Zone,
    desired,
    mark_epoch,
    mark_idle,
    mark_record,
    plain,
    pointed_at,
    read_mark,
)
from .route53_settings import Settings

# Route 53 quotas for one ChangeResourceRecordSets; an UPSERT counts twice in both.
ELEMENTS_MAX, CHARACTERS_MAX = 1000, 32_000


@dataclass(frozen=True, slots=True)
class Move:
    """Brings the members and weights of a Route to what is asked. `before` is the epoch the plan saw."""

    asked: Asked
    before: int


@dataclass(frozen=True, slots=True)
class Bind:
    """Points hostnames to a Route, and takes others away from it. Its weights have been published."""

    asked: Asked
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


def changes(
    item: Move | Bind, found: Published, zone: Zone, settings: Settings, checks: Mapping[str, str]
) -> tuple[Change, ...]:
    """What a Move or a Bind has to change; nothing where it is done already. Raises Stale for a Route that
    somebody has written meanwhile, Rejected for names that belong to somebody else."""
    epoch = mark_epoch(found.mark)
    due = {item.asked.epoch} | ({item.before} if isinstance(item, Move) else set())
    if epoch not in due:
        raise Stale(because("router-moved-on", route=item.asked.route))
    if isinstance(item, Move):
        return _member_changes(item.asked, found, settings, checks)
    return _hostname_changes(item, found, zone, settings)


def _member_changes(
    asked: Asked, found: Published, settings: Settings, checks: Mapping[str, str]
) -> tuple[Change, ...]:
    _check_ours(asked, found)
    mark = found.mark and read_mark(found.mark)
    wanted = desired(asked, settings, checks, int(mark["write"]) + 1 if mark else 1)
    prods = {backend.prod for backend in asked.backends}
    records = _differences(_ours(found, prods), wanted[:-1])
    if not records and mark and (int(mark["epoch"]), mark_idle(found.mark)) == (asked.epoch, idle(asked)):
        return ()
    gone: list[Change] = [("DELETE", found.mark)] if found.mark else []
    return (*gone, *records, ("CREATE", wanted[-1]))


def _check_ours(asked: Asked, found: Published) -> None:
    """Records without a mark are ours if they are weighted ones of Prods that are asked: the mark was lost."""
    prods = {backend.prod for backend in asked.backends}
    if found.mark is None and not {record.set_id for record in found.at_name} <= prods:
        raise Rejected(because("dns-name-taken", name=found.at_name[0].name))


def _ours(found: Published, prods: set[str]) -> tuple[Record, ...]:
    """The record sets of a Route, without what others have below its name."""
    prods = prods | {record.set_id for record in found.at_name} | set(mark_idle(found.mark))
    return (*found.at_name, *(one for one in found.below if one.name.partition(".")[0] in prods))


def _differences(there: Sequence[Record], wanted: Sequence[Record]) -> list[Change]:
    """Weighted records of a name have one type and one TTL: where these change, all go and come anew."""
    alike = {(one.kind, one.ttl) for one in wanted if one.set_id}
    anew = any(one.set_id and (one.kind, one.ttl) not in alike for one in there)
    keys = {_key(record) for record in wanted}
    gone = [one for one in there if _key(one) not in keys or (anew and one.set_id)]
    staying = {_key(one): one for one in there if one not in gone}
    found: list[Change] = [("DELETE", one) for one in gone]
    for one in wanted:
        old = staying.get(_key(one))
        if old is None:
            found.append(("CREATE", one))
        elif plain(old) != plain(one):
            found.append(("UPSERT", one))
    return found


def _hostname_changes(item: Bind, found: Published, zone: Zone, settings: Settings) -> tuple[Change, ...]:
    made: list[Change] = []
    for hostname in item.add:
        made += _binding(hostname, item.asked, zone.get(hostname, ()), settings)
    own = route_name(item.asked.route, settings.domain)
    for hostname in item.drop:
        records = zone.get(hostname, ())
        made += [("DELETE", record) for record in records if pointed_at(record, settings.domain) == own]
    if not made:
        return ()
    return touched(item.asked.route, found.mark, made, settings)


def _binding(hostname: str, asked: Asked, there: Iterable[Record], settings: Settings) -> list[Change]:
    """What points `hostname` to the Route. At the top of the zone, where no CNAME can be, an alias does."""
    own = route_name(asked.route, settings.domain)
    if top := hostname == settings.zone:
        wanted = Record(hostname, kind_of(asked), (f"{own}.",), alias_zone=settings.zone_id)
        there = [record for record in there if record.kind in ("A", "AAAA")]
    else:
        wanted = Record(hostname, "CNAME", (own,), settings.ttl)
    foreign = [record for record in there if not pointed_at(record, settings.domain)]
    if foreign:
        raise Rejected(because("dns-name-taken", name=hostname))
    if any(plain(record) == plain(wanted) for record in there):
        return []
    gone: list[Change] = [("DELETE", record) for record in there if top and record.kind != wanted.kind]
    return [*gone, ("UPSERT", wanted)]


def touched(
    route: str, mark: Record | None, made: Sequence[Change], settings: Settings
) -> tuple[Change, ...]:
    """The changes, refused as a whole if `mark` is no longer exactly this. Raises Stale if there is none."""
    said = mark and read_mark(mark)
    if not mark or not said:
        raise Stale(because("router-moved-on", route=route))
    text = f"epoch={said['epoch']} write={int(said['write']) + 1} idle={said['idle']}"
    return (("DELETE", mark), *made, ("CREATE", mark_record(route, settings, text)))


def removal(route: str, found: Published, zone: Zone, settings: Settings) -> Iterator[tuple[Change, ...]]:
    """Groups of changes that unpublish a Route, its hostnames first; none for one that is not ours."""
    if found.mark is None:
        return
    own = route_name(route, settings.domain)
    for records in zone.values():
        yield from ((("DELETE", one),) for one in records if pointed_at(one, settings.domain) == own)
    yield tuple(("DELETE", record) for record in (*_ours(found, set()), found.mark))


def cost(batch: Iterable[Change]) -> tuple[int, int]:
    """(ResourceRecord elements, characters in values) as Route 53 counts them."""
    elements = characters = 0
    for action, record in batch:
        times = 2 if action == "UPSERT" else 1
        elements += times * len(record.values)
        characters += times * sum(map(len, record.values))
    return elements, characters


def packed(groups: Iterable[Sequence[Change]]) -> Iterator[tuple[Change, ...]]:
    """The groups, in order, in as few batches as the quotas allow. A group is never divided."""
    batch: list[Change] = []
    elements = characters = 0
    for group in groups:
        more, longer = cost(group)
        if batch and (elements + more > ELEMENTS_MAX or characters + longer > CHARACTERS_MAX):
            yield tuple(batch)
            batch, elements, characters = [], 0, 0
        batch += group
        elements, characters = elements + more, characters + longer
    if batch:
        yield tuple(batch)


def _key(record: Record) -> tuple[str, str, str]:
    return record.name, record.kind, record.set_id
