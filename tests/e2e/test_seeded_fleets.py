"""Twenty random fleets, released for real at the same time, judged from the clusters' audit log alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.api import Api, Run, told
from tests.e2e.conftest import Raise
from tests.e2e.fleets import NEW, OLD, FleetSpec, seeded
from tests.e2e.oracle import Entry, class_of, judge
from tests.e2e.world import World, image_changes

SEEDS = range(20)
RELEASED_WITHIN_S = 180


@dataclass(frozen=True)
class Released:
    """A seed's fleet, the waves that were shown, the Run when it had come to rest, and the log."""

    fleet: FleetSpec
    shown: list[list[str]]
    run: Run
    entries: list[Entry]


@pytest.fixture(scope="module")
def released(api: Api, world: World, raise_fleets: Raise) -> dict[int, Released]:
    fleets = {seed: seeded(seed) for seed in SEEDS}
    raise_fleets(*fleets.values())
    for fleet in fleets.values():
        if fleet.failing:
            world.fault("image", pattern=fleet.sidecar, behaviour="missing")
    shown = {seed: _waves(api, fleet) for seed, fleet in fleets.items()}
    runs = {seed: api.start(fleet) for seed, fleet in fleets.items()}
    ended = {
        seed: api.until_state(run, "succeeded", "failed", timeout_s=RELEASED_WITHIN_S)
        for seed, run in runs.items()
    }
    return {
        seed: Released(fleet, shown[seed], ended[seed], world.audit(fleet)) for seed, fleet in fleets.items()
    }


def _waves(api: Api, fleet: FleetSpec) -> list[list[str]]:
    return [[prod["name"] for prod in wave["prods"]] for wave in api.preview(fleet)["waves"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_oracle_has_nothing_to_object(released: dict[int, Released], seed: int) -> None:
    case = released[seed]
    assert case.run["state"] == ("failed" if case.fleet.failing else "succeeded"), told(case.run)
    assert judge(case.fleet, case.entries).complaints == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_waves_shown_are_the_waves_run(released: dict[int, Released], seed: int) -> None:
    case = released[seed]
    place = {prod: number for number, wave in enumerate(case.shown) for prod in wave}
    order = [place[prod] for prod in judge(case.fleet, case.entries).order]
    assert order == sorted(order)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_final_images_at_the_clusters_are_right(
    released: dict[int, Released], world: World, seed: int
) -> None:
    """Read from the clusters, not from the log: every Prod but those left out runs the new images only."""
    case = released[seed]
    changed = set(judge(case.fleet, case.entries).order)
    for prod in case.fleet.prods:
        if prod.name != case.fleet.failing:
            version = NEW if prod.name in changed else OLD
            wanted = {name: [case.fleet.image(name, version)] * count for name, count in prod.replicas}
            assert world.pod_images(prod) == wanted, prod.name


def test_prods_really_went_out_beside_each_other(released: dict[int, Released]) -> None:
    """Otherwise the limit on parallelism was never put to the test."""
    most = {seed: judge(case.fleet, case.entries).most_out for seed, case in released.items()}
    assert any(count > 1 for count in most.values()), most


@pytest.mark.parametrize("seed", SEEDS)
def test_the_oracle_objects_to_each_log_once_it_is_doctored(released: dict[int, Released], seed: int) -> None:
    case = released[seed]
    for lie, entries in _doctored(case):
        assert judge(case.fleet, entries).complaints, lie


def _doctored(case: Released) -> Iterator[tuple[str, list[Entry]]]:
    """The log with one lie each."""
    changes = image_changes(case.entries)
    first, last = changes[0], changes[-1]
    if _class(case, first) != _class(case, last):
        place = case.entries.index(first)
        rest = [entry for entry in case.entries if entry is not last]
        yield "its last change comes first", [*rest[:place], last | {"t": first["t"]}, *rest[place:]]
    images = {name: f"{image}-other" for name, image in last["image_after"].items()}
    other = last | {"image_before": last["image_after"], "image_after": images}
    yield "something else follows", [*case.entries, other]
    if judge(case.fleet, case.entries).order != [case.fleet.failing]:
        yield "nothing is ever ready", [entry | {"ready": False} for entry in case.entries]


def _class(case: Released, change: Entry) -> str:
    home = (change["cluster"], change["namespace"])
    prod = next(prod for prod in case.fleet.prods if (prod.cluster, prod.namespace) == home)
    return class_of(case.fleet, prod)
