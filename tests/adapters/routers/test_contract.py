"""What every router does: the fake, and each real one with what stands behind it."""

from contextlib import suppress
from math import ceil

import pytest

from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked, publish, published, shown
from tests.adapters.routers.faults import Fault, World
from traffic.routers.protocol import Actual, Asked, Backend, Rejected, Router, RouterError, Stale, Unreachable


def code(router: Router, one: Asked) -> str:
    """The code of the Reason why it is not as asked; empty where it is."""
    reason = router.verify([one])[one.route]
    return reason.code if reason else ""


def test_what_is_published_is_read_back(router: Router) -> None:
    publish(router, asked(3))
    assert published(router) == (3, HALVES, HOSTS)
    assert code(router, asked(3)) == ""


def test_what_is_so_already_needs_no_write(router: Router) -> None:
    publish(router, asked())
    assert router.plan([asked()], router.read()) == ()


def test_a_plan_changes_nothing(router: Router) -> None:
    assert router.plan([asked()], router.read()) != ()
    assert router.read() == {}


@pytest.mark.parametrize("hostnames", [HOSTS, MANY], ids=["few hostnames", "many hostnames"])
def test_a_move_costs_as_many_writes_as_the_traits_say(router: Router, hostnames: tuple[str, ...]) -> None:
    publish(router, asked(1, HALVES, hostnames))
    at_once = router.traits.hostnames_per_write
    assert publish(router, asked(2, ALL_ON_B, hostnames)) <= (
        ceil(len(hostnames) / at_once) if at_once else 1
    )
    assert published(router) == (2, ALL_ON_B, hostnames)


def test_only_a_newer_epoch_is_a_change_too(router: Router) -> None:
    publish(router, asked(1))
    assert publish(router, asked(2)) > 0
    assert published(router) == (2, HALVES, HOSTS)


def test_a_route_without_hostnames_is_published(router: Router) -> None:
    publish(router, asked(1, hostnames=()))
    assert published(router) == (1, HALVES, ())
    assert code(router, asked(1, hostnames=())) == ""
    publish(router, asked(2))
    assert published(router) == (2, HALVES, HOSTS)
    publish(router, asked(3, hostnames=()))
    assert published(router) == (3, HALVES, ())


def test_each_write_may_be_repeated(router: Router) -> None:
    for one in (asked(1), asked(2, {"a-1": 0, "c-1": 100}, MANY)):
        for write in router.plan([one], router.read()):
            router.apply(write)
            router.apply(write)
        assert code(router, one) == ""


CHANGES = {
    "a move": (asked(1, HALVES), asked(2, ALL_ON_B)),
    "a move to a new member": (asked(1, {"a-1": 100}), asked(2, {"c-1": 100})),
    "another list of hostnames": (asked(1, hostnames=MANY), asked(2, hostnames=(*HOSTS, *MANY[5:]))),
    "everything at once": (asked(1, HALVES, MANY), asked(2, {"b-1": 10, "c-1": 90}, (*HOSTS, *MANY[::2]))),
}


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_nobody_is_without_a_member_between_two_writes(router: Router, before: Asked, after: Asked) -> None:
    publish(router, before)
    for write in router.plan([after], router.read()):
        router.apply(write)
        now = router.read([after.route])[after.route]
        assert sum(weight for _, weight in now.weights) > 0
        assert set(now.hostnames) >= set(before.hostnames) & set(after.hostnames)
    assert shown(now) == (2, {one.prod: one.weight for one in after.backends}, after.hostnames)


def test_a_tenant_that_changes_its_route_is_always_bound(router: Router) -> None:
    moving, staying = HOSTS
    first = [asked(1, {"a-1": 100}, HOSTS, "shop-r"), asked(1, {"b-1": 100}, MANY, "shop-s")]
    then = [asked(2, {"a-1": 100}, [staying], "shop-r"), asked(2, {"b-1": 100}, [*MANY, moving], "shop-s")]
    for before, after in (
        (first, then),
        (then, [asked(3, {"a-1": 100}), asked(3, hostnames=MANY, route="shop-s")]),
    ):
        publish(router, *before)
        for write in router.plan(after, router.read()):
            router.apply(write)
            assert moving in {hostname for actual in router.read().values() for hostname in actual.hostnames}
        assert router.verify(after) == {"shop-r": None, "shop-s": None}


def test_only_the_routes_asked_for_are_read_and_changed(router: Router) -> None:
    mine, other = asked(1), asked(7, {"c-1": 100}, ("staff.example",), "staff")
    publish(router, mine, other)
    assert router.read().keys() == {"shop-r", "staff"}
    assert router.read(["staff", "nobody"]).keys() == {"staff"}
    publish(router, asked(2, ALL_ON_B))
    assert published(router, "staff") == (7, {"c-1": 100}, ("staff.example",))


def test_an_epoch_from_the_past_is_refused(router: Router) -> None:
    publish(router, asked(5))
    with pytest.raises(Stale):
        router.plan([asked(4, ALL_ON_B)], router.read())
    assert published(router) == (5, HALVES, HOSTS)


def test_a_plan_made_before_something_newer_was_published_is_refused(router: Router) -> None:
    publish(router, asked(1))
    late = router.plan([asked(2, ALL_ON_B)], router.read())
    publish(router, asked(3))
    for write in late:
        with pytest.raises(Stale):
            router.apply(write)
    assert published(router) == (3, HALVES, HOSTS)


def test_what_somebody_else_published_later_is_not_overwritten(router: Router, world: World) -> None:
    publish(router, asked(1))
    late = router.plan([asked(2, ALL_ON_B)], router.read())
    world.publish_from_outside("shop-r", 3, {"a-1": 90, "b-1": 10})
    with pytest.raises(Stale):
        router.apply(late[0])
    assert published(router) == (3, {"a-1": 90, "b-1": 10}, HOSTS)
    assert code(router, asked(2, ALL_ON_B)) == "router-epoch-differs"


def test_two_that_publish_a_new_route_at_once_never_end_at_the_older(router: Router) -> None:
    older, newer = (router.plan([one], {}) for one in (asked(1), asked(2, ALL_ON_B)))
    for write in newer:
        router.apply(write)
    with suppress(Stale):
        for write in older:
            router.apply(write)
    assert published(router) == (2, ALL_ON_B, HOSTS)


def test_weights_that_somebody_else_changed_are_seen_and_mended(router: Router, world: World) -> None:
    publish(router, asked(4))
    world.publish_from_outside("shop-r", 4, {"a-1": 99, "b-1": 1})
    assert published(router)[1] == {"a-1": 99, "b-1": 1}
    assert code(router, asked(4)) == "router-weight-differs"
    publish(router, asked(4))
    assert published(router) == (4, HALVES, HOSTS)


DIFFERENCES = {
    "router-epoch-differs": asked(2),
    "router-weight-differs": asked(1, ALL_ON_B),
    "router-hostname-missing": asked(1, hostnames=(*HOSTS, "grocer.example")),
    "router-hostname-extra": asked(1, hostnames=HOSTS[:1]),
    "router-not-published": asked(1, route="shop-s"),
}


@pytest.mark.parametrize(("why", "other"), DIFFERENCES.items(), ids=DIFFERENCES)
def test_what_differs_is_told(router: Router, why: str, other: Asked) -> None:
    publish(router, asked(1))
    assert code(router, other) == why


def test_removing_is_repeatable(router: Router) -> None:
    other = asked(1, {"c-1": 100}, ("staff.example",), "staff")
    publish(router, asked(1, hostnames=MANY), other)
    for _ in range(2):
        router.remove(["shop-r", "nobody"])
        assert router.read().keys() == {"staff"}
    assert code(router, other) == ""
    publish(router, asked(1))
    assert published(router) == (1, HALVES, HOSTS)


REJECTED = {
    "nobody serves": asked(1, {"a-1": 0, "b-1": 0}),
    "nobody at all": asked(1, {}),
    "more than all": asked(1, {"a-1": 101}),
    "a command": asked(1, hostnames=("shop.example;disable",)),
    "a line": asked(1, hostnames=("shop.example\nquit",)),
    "a space": asked(1, hostnames=("shop example",)),
    "a route of words": asked(1, route="shop r"),
    "an address with a command": Asked("shop-r", 1, (Backend("a-1", 100, "192.0.2.1;quit", 80),), HOSTS),
    "no port": Asked("shop-r", 1, (Backend("a-1", 100, "192.0.2.1", 0),), HOSTS),
}


@pytest.mark.parametrize("wrong", REJECTED.values(), ids=REJECTED)
def test_what_no_router_may_hold_is_rejected(router: Router, wrong: Asked) -> None:
    with pytest.raises(Rejected):
        router.plan([wrong], router.read())


def test_two_routes_with_one_hostname_are_rejected(router: Router) -> None:
    with pytest.raises(Rejected):
        router.plan([asked(1), asked(1, route="shop-s")], router.read())


SILENT = [Fault.DOWN, Fault.HANGS, Fault.ANSWER_LOST]


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.HANGS])
def test_one_that_does_not_answer_cannot_be_read(router: Router, world: World, fault: Fault) -> None:
    publish(router, asked(1))
    world.faults.set(fault)
    for ask in (router.read, lambda: router.read(["shop-r"]), lambda: router.verify([asked(1)])):
        with pytest.raises(Unreachable):
            ask()
    world.faults.clear()
    assert published(router) == (1, HALVES, HOSTS)


@pytest.mark.parametrize("fault", SILENT)
def test_a_write_without_an_answer_is_done_again_after_a_look(
    router: Router, world: World, fault: Fault
) -> None:
    publish(router, asked(1))
    write, *_ = router.plan([asked(2, ALL_ON_B)], router.read())
    world.faults.set(fault)
    with pytest.raises(Unreachable) as caught:
        router.apply(write)
    world.faults.clear()
    if fault is Fault.ANSWER_LOST:
        assert caught.value.maybe_done
    else:
        assert published(router) == (1, HALVES, HOSTS)
    publish(router, asked(2, ALL_ON_B))
    assert code(router, asked(2, ALL_ON_B)) == ""


def test_one_that_lies_is_found_out(router: Router, world: World) -> None:
    publish(router, asked(1))
    world.faults.set(Fault.LIES)
    with suppress(RouterError):
        publish(router, asked(2, ALL_ON_B))
    assert code(router, asked(2, ALL_ON_B)) == "router-epoch-differs"
    world.faults.clear()
    publish(router, asked(2, ALL_ON_B))
    assert code(router, asked(2, ALL_ON_B)) == ""


@pytest.mark.parametrize("fault", SILENT)
@pytest.mark.parametrize("done", range(9))
def test_what_stopped_halfway_serves_and_is_finished_later(
    router: Router, world: World, fault: Fault, done: int
) -> None:
    before, after = CHANGES["everything at once"]
    publish(router, before)
    world.faults.set(fault, after=done)
    with suppress(Unreachable):
        publish(router, after)
    world.faults.clear()
    halfway = router.read([after.route])[after.route]
    assert halfway.epoch in (1, 2)
    assert sum(weight for _, weight in halfway.weights) > 0
    assert set(halfway.hostnames) >= set(before.hostnames) & set(after.hostnames)
    publish(router, after)
    assert router.verify([after]) == {"shop-r": None}
    assert router.plan([after], router.read()) == ()


@pytest.mark.parametrize("fault", SILENT)
@pytest.mark.parametrize("done", range(4))
def test_a_removal_that_stopped_halfway_is_finished_later(
    router: Router, world: World, fault: Fault, done: int
) -> None:
    publish(router, asked(1, hostnames=MANY))
    world.faults.set(fault, after=done)
    with suppress(Unreachable):
        router.remove(["shop-r"])
    world.faults.clear()
    router.remove(["shop-r"])
    assert router.read() == {}
    publish(router, asked(1))
    assert published(router) == (1, HALVES, HOSTS)


def test_a_newer_epoch_on_top_of_half_a_write_wins(router: Router, world: World) -> None:
    before, after = CHANGES["everything at once"]
    publish(router, before)
    world.faults.set(Fault.DOWN, after=1)
    with suppress(Unreachable):
        publish(router, after)
    world.faults.clear()
    publish(router, asked(3, {"d-1": 100}, MANY))
    assert published(router) == (3, {"d-1": 100}, MANY)


def test_what_is_read_is_in_order(router: Router) -> None:
    publish(router, asked(1, {"c-1": 1, "a-1": 98, "b-1": 1}, MANY[::-1]))
    actual: Actual = router.read()["shop-r"]
    assert (actual.weights, actual.hostnames) == (
        tuple(sorted(actual.weights)),
        tuple(sorted(actual.hostnames)),
    )
