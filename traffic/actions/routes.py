"""Routes being made, and the numbers that people gave them changed: weights, and the way back to an epoch."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Prod
from journal.core.reasons import Reason, Refused, because, reason_to_json
from journal.log import event, record
from journal.retrying import retried
from traffic.core.facts import Seat
from traffic.core.ground import Ground
from traffic.core.moving import split_refusal
from traffic.core.writers import new_writer, split_writers
from traffic.engine.asked import endpoints
from traffic.engine.shifting import Shifted, shift
from traffic.models import Publication, Route, RouteEpoch, RouteMember, RouteOut
from traffic.queries.facts import read_facts
from traffic.routers.rules import NAME

from .line import check_line
from .locks import ROOM, one_at_a_time
from .words import EPOCH_MAX, Faults, read_reason, text_of, whole

WEIGHT_MAX = 100


@retried
def set_weights(
    person: Person,
    route: str,
    weights: Any,
    reason: Any = "",
    epoch: Any = None,
    *,
    for_good: bool = False,
    confirm: Any = "",
) -> Shifted:
    """Give the Route new weights (Prod -> a whole number, 0-100; what is not named stays). Any numbers will do whose
    sum is not 0: what counts is their proportion. `epoch`: the one that the person has read; Refused where the Route
    is at another by now. `for_good`: what all members have then they have in normal times too, which is a new epoch
    even where no weight changes; Refused while a Run has a member out.

    A Prod that is no member becomes one, for as long as the weights last or for good, if it fits like any home of
    the Route (`split_refusal`). Data with a single writer have one Prod, and another only with `confirm`, the name of the
    Route: nobody else vouches that the old one has stopped writing.

    Raises FieldErrors at `weights.PROD`, `weights`, `epoch`, `confirm` or `reason`; Refused while the line is stopped.
    """
    require(person, "route.shift")
    faults = Faults()
    why, seen = read_reason(reason, faults), _read_epoch(epoch, faults)
    typed = text_of({"confirm": confirm}, "confirm", faults)
    with transaction.atomic():
        one_at_a_time(ROOM)  # or the room of a Prod that joins is given away twice
        row = lock_route(route)
        members = _members(row)
        wanted = _read_weights(weights, members, faults)
        faults.check()
        _check_epoch(row, seen)
        check_line()
        _check_out(row, members, wanted, for_good=for_good)
        _check_writer(row, members, wanted, typed, "weights")
        _check_joining(row, members, wanted, for_good=for_good)
        wanted = _given(wanted, members)
        after = {**{prod: member.weight for prod, member in members.items()}, **wanted}
        kept = for_good and any(
            prod not in members or members[prod].target != weight for prod, weight in after.items()
        )
        code = "weights-set-for-good" if kept else "weights-set"
        told = because(code, route=row.name, by=person.get_username(), why=why or "-")
        shifted = _shifted(row, wanted, told, person, anew=kept)
        if kept:
            _keep(row, after)
        return shifted


@retried
def return_to_epoch(
    person: Person, route: str, epoch: Any, reason: Any = "", seen: Any = None, *, confirm: Any = ""
) -> Shifted:
    """Give the Route the weights that it had from `epoch` on, as a new epoch. `seen`: the epoch that the person has
    read; Refused where the Route is at another by now. Members that were none then get no weight; who was one then, and
    is none now, has to fit as for `set_weights`, which says what `confirm` is too.

    Raises FieldErrors at `epoch`, `seen`, `confirm` or `reason`, Refused where a Prod of then is gone, and while the line is
    stopped.
    """
    require(person, "route.return")
    faults = Faults()
    why, now_at = read_reason(reason, faults), _read_epoch(seen, faults, "seen")
    number = _read_epoch(epoch, faults)
    typed = text_of({"confirm": confirm}, "confirm", faults)
    faults.check()
    with transaction.atomic():
        one_at_a_time(ROOM)
        row = lock_route(route)
        then = RouteEpoch.objects.filter(route=row, epoch=number).first()
        if then is None:
            faults.add("epoch", "epoch-unknown", route=row.name, epoch=number or 0)
        faults.check()
        _check_epoch(row, now_at)
        check_line()
        members = _members(row)
        wanted = {**dict.fromkeys(members, 0), **_given(then.weights if then else {}, members)}
        _check_there(wanted)
        _check_out(row, members, wanted)
        _check_writer(row, members, wanted, typed, "epoch")
        _check_joining(row, members, wanted, "epoch")
        told = because(
            "weights-returned", route=row.name, epoch=number or 0, by=person.get_username(), why=why or "-"
        )
        return _shifted(row, wanted, told, person)


def asked_weights(route: Route, weights: Any) -> dict[str, int]:
    """`weights` as `set_weights` reads them. Raises FieldErrors at `weights.PROD` or `weights`."""
    faults = Faults()
    wanted = _read_weights(weights, _members(route), faults)
    faults.check()
    return wanted


def lock_route(name: str) -> Route:
    """The row, locked until the transaction ends. Raises Refused if there is none."""
    row = Route.objects.select_for_update().filter(name=name).first()
    if row is None:
        raise Refused(because("route-unknown", route=name))
    return row


def make_route(
    name: str,
    redundancy: str,
    data_class: str,
    seats: tuple[Seat, ...],
    why: Reason,
    actor: Person | None,
    instances: tuple[int, ...] = (),
    pins: tuple[str, ...] = (),
) -> Route:
    """A new Route with these members at epoch 1, to be published at `instances`."""
    route = Route.objects.create(name=name, redundancy=redundancy, data_class=data_class, pins=list(pins))
    prods = dict(Prod.objects.filter(name__in=[seat.prod for seat in seats]).values_list("name", "pk"))
    RouteMember.objects.bulk_create(
        RouteMember(route=route, prod_id=prods[seat.prod], weight=seat.weight, target=seat.target)
        for seat in seats
    )
    now = timezone.now()
    RouteEpoch.objects.create(
        route=route,
        epoch=route.epoch,
        weights={seat.prod: seat.weight for seat in seats},
        at=now,
        actor=actor,
        reason=reason_to_json(why),
    )
    Publication.objects.bulk_create(
        Publication(route=route, instance_id=instance, asked=route.epoch, due_at=now)
        for instance in instances
    )
    return route


def _shifted(
    row: Route, wanted: Mapping[str, int], why: Reason, person: Person, *, anew: bool = False
) -> Shifted:
    now = timezone.now()
    shifted = shift({row.pk: wanted}, why, now, actor=person, anew=anew)
    if shifted.routes:
        record([event(now, "route", actor=person, reason=why)])
    return shifted


def _members(route: Route) -> dict[str, RouteMember]:
    """Those that serve it, now or in normal times, by Prod."""
    rows = route.members.exclude(weight=0, target=0).select_related("prod")
    return {member.prod.name: member for member in rows}


def _given(weights: Mapping[str, int], members: Mapping[str, RouteMember]) -> dict[str, int]:
    """A weight of nothing makes no member."""
    return {prod: weight for prod, weight in weights.items() if weight or prod in members}


def _keep(route: Route, wanted: Mapping[str, int]) -> None:
    """What the members have now they have in normal times too."""
    rows = list(route.members.filter(prod__name__in=wanted).select_related("prod"))
    for member in rows:
        member.target = wanted[member.prod.name]
    RouteMember.objects.bulk_update(rows, ["target"])


def _read_epoch(value: Any, faults: Faults, field: str = "epoch") -> int | None:
    if value is None:
        faults.add(field, "epoch-needed")
        return None
    number = whole(value)
    if number is None or not 0 < number <= EPOCH_MAX:
        faults.add(field, "epoch-no-number")
        return None
    return number


def _check_epoch(row: Route, seen: int | None) -> None:
    if seen != row.epoch:
        raise Refused(because("route-moved-on", route=row.name, seen=seen or 0, epoch=row.epoch))


def _read_weights(given: Any, members: Mapping[str, RouteMember], faults: Faults) -> dict[str, int]:
    if not members:
        faults.add("weights", "route-without-members")
    if not isinstance(given, Mapping) or not given:
        faults.add("weights", "weights-needed")
        return {}
    known = {*members, *_prods_there(given.keys() - members.keys())}
    wanted: dict[str, int] = {}
    for prod, value in given.items():
        number = whole(value)
        if prod not in known:
            faults.add(f"weights.{str(prod)[:80]}", "no-such-prod-here")
        elif number is None or number > WEIGHT_MAX or number < 0:
            faults.add(f"weights.{prod}", "weight-no-percent", most=WEIGHT_MAX)
        else:
            wanted[prod] = number
    after = {**{prod: member.weight for prod, member in members.items()}, **wanted}
    if len(wanted) == len(given) and members and not any(after.values()):
        faults.add("weights", "weights-sum-to-nothing")
    return wanted


def _prods_there(names: Collection[Any]) -> set[str]:
    asked = [name for name in names if isinstance(name, str) and NAME.fullmatch(name)]
    rows = Prod.objects.filter(name__in=asked).exclude(lifecycle=Prod.Lifecycle.RETIRED)
    return set(rows.values_list("name", flat=True))


def _check_writer(
    row: Route, members: Mapping[str, RouteMember], wanted: Mapping[str, int], confirm: str, field: str
) -> None:
    """Raises FieldErrors at `field` where two Prods would write data with a single writer, and at `confirm` where another
    one would that nobody vouches for."""
    was = {prod: member.weight for prod, member in members.items()}
    will, faults = {**was, **wanted}, Faults()
    split, new = split_writers(row.name, row.data_class, will), new_writer(row.data_class, was, will)
    if split is not None:
        faults.add_reason(field, split)
    elif new and confirm != row.name:
        faults.add("confirm", "writer-unconfirmed", route=row.name, prod=new)
    faults.check()


def _check_joining(
    row: Route,
    members: Mapping[str, RouteMember],
    wanted: Mapping[str, int],
    field: str = "",
    *,
    for_good: bool = False,
) -> None:
    """Raises FieldErrors at `field`, or else at each Prod, where one is to join that may not. Needs the lock on room."""
    joining = sorted(prod for prod, weight in wanted.items() if weight and prod not in members)
    if not joining:
        return
    faults, ground = Faults(), Ground(read_facts())
    mine = next(one for one in ground.routes if one.name == row.name)
    after = {**{prod: member.weight for prod, member in members.items()}, **wanted}
    for prod in joining:
        why = split_refusal(ground, mine, prod, after, for_good=for_good) or _unreached(row, prod)
        if why is not None:
            faults.add_reason(field or f"weights.{prod}", why)
    faults.check()


def _unreached(row: Route, prod: str) -> Reason | None:
    """Why routers could not send anybody to the Prod; None: they could, or nobody publishes the Route."""
    there = endpoints(Prod.objects.filter(name=prod).values_list("pk", flat=True))
    if there or not row.publications.exists():
        return None
    return because("prod-without-endpoint", route=row.name, prods=prod)


def _check_out(
    row: Route, members: Mapping[str, RouteMember], wanted: Mapping[str, int], *, for_good: bool = False
) -> None:
    """Nobody is sent more to a member that a Run has taken out of service, and the weights while it is out are no
    normal times."""
    out = RouteOut.objects.filter(route=row).select_related("prod").first()
    if out is None:
        return
    name = out.prod.name
    now = members[name].weight if name in members else 0
    if for_good or wanted.get(name, 0) > now:
        raise Refused(because("member-is-out", route=row.name, prod=name, run=out.run_id))


def _check_there(wanted: Mapping[str, int]) -> None:
    """The Prods that are to get weight still exist."""
    names = {prod for prod, weight in wanted.items() if weight}
    alive = Prod.objects.filter(name__in=names).exclude(lifecycle=Prod.Lifecycle.RETIRED)
    gone = sorted(names - set(alive.values_list("name", flat=True)))
    if gone:
        raise Refused(because("epoch-prods-gone", prods=", ".join(gone)))
