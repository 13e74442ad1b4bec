"""Until which wave a rollback can send users away at once, and whom: a table in words, and rules."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.outlook import Coming, Undoing, foresee, nobody_after, what_comes
from releases.core.strategy import Strategy
from releases.core.switching import pair_standbys
from releases.core.waves import chosen_prods, plan_release
from tests.core.releases.fleets import V2, example_fleet, make_prod
from tests.core.traffic.fleets import fleets
from tests.core.traffic.world import example, facts, place, route, with_place
from traffic.core.failover import plan_rollback_traffic
from traffic.core.plan import weights_of

WAVES = (
    Coming(1, ("c-2",)),
    Coming(2, ("c-1",)),
    Coming(3, ("a-2", "b-1")),
    Coming(4, ("a-1", "b-2")),
)
BACK = {prod: "v1" for wave in WAVES for prod in wave.prods}
FULL = {"capacity": 400}


def ahead(fleet, waves=WAVES, back=BACK, **more):
    return foresee(Undoing("v2", targets=tuple(sorted(back.items())), **more), fleet, waves)


def numbers(found):
    return [(one.at_once, one.tenants) for one in found]


def with_route(fleet, name, **changes):
    routes = [replace(one, **changes) if one.name == name else one for one in fleet.routes]
    return replace(fleet, routes=tuple(routes))


def with_standby(**changes):
    fleet = example()
    return replace(fleet, places=(*fleet.places, place("d-1", role="standby", **changes)))


PAST = because("past-going-back", prod="c-1", version="v2", until="soak")
NEVER = because("rollback-declared-never", version="v2")
TABLE = {
    "as the example fleet is": (example(), {}, [(0, 3), (20, 23), (320, 323), (0, 1123)], 4),
    "no room on who keeps the old Version longest": (
        example(a_1=FULL, b_2=FULL), {}, [(0, 3), (20, 23), (0, 323), (0, 1123)], 3,
    ),
    "room for one Route": (
        example(a_1={"capacity": 500}, b_2=FULL), {}, [(0, 3), (20, 23), (100, 323), (0, 1123)], 4,
    ),
    "half of the pods of these are ready": (
        example(a_1={"ready_percent": 55}, b_2={"ready_percent": 40}), {},
        [(0, 3), (20, 23), (120, 323), (0, 1123)], 4,
    ),
    "these do not serve": (
        example(a_1={"serving": False}, b_2={"serving": False}), {},
        [(0, 3), (20, 23), (0, 323), (0, 1123)], 3,
    ),
    "these run a Version that is vetoed": (
        example(a_1={"vetoed": True}, b_2={"vetoed": True}), {},
        [(0, 3), (20, 23), (0, 323), (0, 1123)], 3,
    ),
    "these are being emptied": (
        example(a_1={"open": False}, b_2={"open": False}), {},
        [(0, 3), (20, 23), (0, 323), (0, 1123)], 3,
    ),
    "a Prod in reserve keeps the old Version": (
        with_standby(), {}, [(0, 3), (20, 23), (320, 323), (1000, 1123)], None,
    ),
    "a Prod in reserve is on another Version that may not work on the data": (
        with_route(with_standby(version="v0", capacity=2000), "shop-s-1", data_class="replicated"), {},
        [(0, 3), (20, 23), (320, 323), (1020, 1123)], None,
    ),
    "data with a single writer": (
        with_route(example(), "shop-u-1", data_class="single-writer"), {},
        [(0, 3), (0, 23), (300, 323), (0, 1123)], 4,
    ),
    "users pinned to the Prod that is changed": (
        with_route(example(), "shop-r-1", pins=("a-2", "b-1")), {},
        [(0, 3), (20, 23), (220, 323), (0, 1123)], 4,
    ),
    "one is past going back": (
        example(), {"c-1": PAST}, [(0, 3), (0, 23), (300, 323), (0, 1123)], 4,
    ),
    "the Version is never taken back": (
        example(), dict.fromkeys(BACK, NEVER), [(0, 3), (0, 23), (0, 323), (0, 1123)], 1,
    ),
    "nobody is served": (facts(example().places, []), {}, [(0, 0)] * 4, None),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_whom_a_rollback_sends_away_at_once_after_each_wave(case):
    fleet, targets, wanted, horizon = TABLE[case]
    found = ahead(fleet, back={**BACK, **targets})
    assert numbers(found) == wanted
    assert nobody_after(found) == horizon


def test_who_goes_is_told_where_to_and_who_stays_why():
    found = ahead(example(), back={**BACK, "c-1": PAST})[2]
    assert [(one.route, one.load, one.why.code) for one in found.moved] == [
        (f"shop-r-{n}", 100, "moves-to") for n in (1, 2, 3)
    ]
    assert [(one.route, one.why) for one in found.staying] == [
        ("shop-u-1", PAST),
        ("staff-1", because("no-good-prod")),
    ]
    assert found.load == 323


def test_a_redundant_route_goes_to_its_member_that_is_not_changed_yet():
    (found,) = ahead(example(), (Coming(1, ("a-2",)),))
    assert {(one.why.code, dict(one.why.params)["prods"]) for one in found.moved} == {("others-carry", "b-1")}


AWAY = {
    "drained now": ({"a-2": (0, 50), "b-1": (100, 50)}, Coming(3, ("a-2", "b-1"), back=("a-2", "b-1")), True),
    "on a good Prod meanwhile": (
        {"a-2": (0, 100), "a-1": (100, 0)},
        Coming(3, ("a-2",), back=("a-2",)),
        True,
    ),
    "nobody comes back": ({"a-2": (0, 100), "a-1": (100, 0)}, Coming(3, ("a-2",)), False),
    "in the middle of a ramp": ({"a-2": (5, 50), "b-1": (95, 50)}, Coming(3, ("a-2",), back=("a-2",)), True),
}


@pytest.mark.parametrize("case", AWAY)
def test_users_that_are_elsewhere_for_now_are_back_when_the_wave_is_done(case):
    members, wave, concerned = AWAY[case]
    places = [place(name) for name in ("a-1", "a-2", "b-1", "b-2")]
    (found,) = ahead(facts(places, [route("r", members)]), (wave,))
    assert (found.at_once, found.tenants) == ((100, 100) if concerned else (0, 0))


def test_the_writer_that_lives_elsewhere_is_not_brought_back():
    away = route("w", {"a-2": (0, 100), "a-1": (100, 0)}, data_class="single-writer")
    (found,) = ahead(facts([place("a-1"), place("a-2")], [away]), (Coming(1, ("a-2",), back=("a-2",)),))
    assert found.tenants == 0


PAIRS = (("a-1", "d-1"), ("b-2", "e-1"))
BLUE_GREEN = (Coming(1, ("d-1", "e-1")), Coming(2, (), PAIRS, ("d-1", "e-1")))
SWITCHED = {
    "both old ones serve": (
        {}, (800, 800), None, {("shop-s", "has-old-prod-again"), ("shop-t", "has-old-prod-again")},
    ),
    "one old one does not, others have no room": (
        {"a-1": {"serving": False}, "a-2": {"capacity": 0}, "b-1": {"capacity": 0}, "c-1": {"capacity": 0},
         "b-2": {"capacity": 500}},
        (500, 800), None, {("shop-s", "moves-to"), ("shop-t", "has-old-prod-again")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SWITCHED)
def test_after_a_switch_users_have_their_old_prod_again(case):
    changes, wanted, horizon, told = SWITCHED[case]
    fleet = example()
    fleet = replace(fleet, places=(*fleet.places, place("d-1", role="standby"), place("e-1", role="standby")))
    fleet = reduce(lambda one, name: with_place(one, name, **changes[name]), changes, fleet)
    found = ahead(fleet, BLUE_GREEN, {"d-1": "v1", "e-1": "v1", "a-1": "v1", "b-2": "v1"})
    assert numbers(found) == [(0, 0), wanted]
    assert nobody_after(found) == horizon
    assert {(one.route[:6], one.why.code) for one in found[1].moved} == told


def test_what_a_wave_is_still_to_do():
    plan = plan_release(example_fleet(), "shop", V2, Strategy())
    every = set(BACK)
    assert [(one.wave, one.prods) for one in what_comes(plan, (), every, ())] == [
        (wave.wave, wave.prods) for wave in WAVES
    ]
    left = what_comes(plan, ("c-2", "c-1", "a-2"), {"b-1", "a-1"}, ())
    assert [(one.wave, one.prods) for one in left] == [(3, ("b-1",)), (4, ("a-1",))]
    assert {one.back for one in left} == {()}, "nobody is drained from what no router publishes"


def test_who_comes_back_to_whom():
    fleet = example_fleet()
    published = replace(fleet, routes=tuple(replace(one, published=True) for one in fleet.routes))
    plan = plan_release(published, "shop", V2, Strategy(alone="relocate"))
    assert [one.back for one in what_comes(plan, (), set(BACK), ("a-2",))][1:] == [
        ("c-1",),
        ("b-1",),
        ("a-1", "b-2"),
    ]


def test_who_changes_places():
    fleet = example_fleet()
    standbys = tuple(make_prod(f"{one}-9", role="standby") for one in "abc")
    fleet = replace(fleet, prods=(*fleet.prods, *standbys))
    strategy = Strategy(name="switch", back="ramp")
    kept = [(prod, "as it is") for prod in ("a-2", "b-1", "c-1")]
    pairing = pair_standbys(
        chosen_prods(fleet, "shop", strategy, tuple(kept)), fleet, {prod.name: 1000 for prod in fleet.prods}
    )
    plan = plan_release(fleet, "shop", V2, strategy, tuple(kept), pairing=pairing)
    every = {prod.name for wave in plan.waves for prod in wave.prods}
    places = {pair.old.name: pair.new.name for pair in pairing.pairs}
    last = what_comes(plan, (), every, ())[-1]
    assert (last.prods, dict(last.pairs), set(last.back)) == ((), places, set(places.values()))
    begun = what_comes(plan, ("a-1",), every, ())[-1]
    assert dict(begun.pairs) == {"b-2": places["b-2"]}
    assert set(begun.back) == set(places.values())


@st.composite
def releases(draw):
    """A fleet, and some of its Prods in one to three waves."""
    fleet = draw(fleets(settled=True))
    names = draw(st.permutations([one.name for one in fleet.places]))
    ends = sorted(draw(st.sets(st.integers(1, len(names)), min_size=1, max_size=3)))
    waves = [tuple(names[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
    return fleet, tuple(Coming(number, prods) for number, prods in enumerate(waves, start=1))


def on_bad(fleet, prods):
    """The facts once these Prods run the bad Version, and what takes users is warm."""
    serving = {name for one in fleet.routes for name, weight in weights_of(one).items() if weight}
    places = (replace(one, warm=one.name in serving) for one in fleet.places)
    return replace(
        fleet, places=tuple(replace(one, version="bad") if one.name in prods else one for one in places)
    )


@given(releases())
def test_it_is_what_the_planner_of_rollbacks_would_do_then(release):
    fleet, waves = release
    back = {one.name: one.version for one in fleet.places}
    for number, found in enumerate(foresee(Undoing("bad", targets=tuple(back.items())), fleet, waves)):
        bad = {prod for wave in waves[: number + 1] for prod in wave.prods}
        plan = plan_rollback_traffic(on_bad(fleet, bad), "bad", {prod: back[prod] for prod in bad})
        assert {one.route: one.why for one in found.moved} == {one.route: one.why for one in plan.moves}
        assert {one.route: one.why for one in found.staying} == {one.route: one.why for one in plan.staying}


@given(releases())
def test_whoever_is_on_the_bad_version_goes_or_stays_and_nobody_else(release):
    fleet, waves = release
    back = tuple((one.name, one.version) for one in fleet.places)
    bad = set()
    for wave, found in zip(waves, foresee(Undoing("bad", targets=back), fleet, waves), strict=True):
        bad |= set(wave.prods)
        concerned = {one.name for one in fleet.routes if any(s.weight and s.prod in bad for s in one.members)}
        told = [one.route for one in (*found.moved, *found.staying)]
        assert (sorted(told), found.wave) == (sorted(concerned), wave.wave)


@given(releases())
def test_asked_later_it_says_the_same_if_nothing_else_has_changed(release):
    fleet, waves = release
    back = tuple((one.name, one.version) for one in fleet.places)
    first = foresee(Undoing("bad", targets=back), fleet, waves)
    for number in range(1, len(waves)):
        begun = tuple(prod for wave in waves[:number] for prod in wave.prods)
        then = foresee(Undoing("bad", begun, targets=back), on_bad(fleet, begun), waves[number:])
        assert then == first[number:]
