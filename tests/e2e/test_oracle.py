"""The oracle objects to every kind of wrong release: a check that cannot fail is no check."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.fleets import DOMAINS, NEW, OLD, FleetSpec, ProdSpec, RouteSpec, seeded
from tests.e2e.oracle import CLASSES, Entry, class_of, judge

FLEET = FleetSpec(
    "f",
    (
        ProdSpec("f-test", "c", "test", (("api", 2),)),
        ProdSpec("f-few", "c", "live", (("api", 1),)),
        ProdSpec("f-red", "a", "live", (("api", 2),)),
        ProdSpec("f-rad", "b", "live", (("api", 2),)),
        ProdSpec("f-one", "d", "live", (("api", 1),)),
        ProdSpec("f-two", "a", "live", (("api", 1),)),
        ProdSpec("f-spare", "a", "standby", (("api", 1),)),
    ),
    (
        RouteSpec("staff", ("f-test",), load=3, redundancy="test"),
        RouteSpec("small", ("f-few",), load=49),
        RouteSpec("both", ("f-red", "f-rad"), tenants=3, load=100, redundancy="two-domain"),
        RouteSpec("solo", ("f-one",)),
        RouteSpec("near", ("f-two",), tenants=2, load=25),
    ),
    components=("api",),
)
ORDER = [prod.name for prod in FLEET.prods]


class Log:
    """A log as the simulator writes it, of a release that does nothing wrong unless it is told to."""

    def __init__(self, fleet: FleetSpec = FLEET) -> None:
        self.fleet, self.entries = fleet, list[Entry]()
        for prod in fleet.prods:
            self.patch(prod.name, "", OLD)
            self.pods(prod.name, OLD)

    def patch(self, name: str, before: str, after: str, **more: Any) -> None:
        images = [{"api": self.fleet.image("api", version)} if version else {} for version in (before, after)]
        entry = {
            "type": "request",
            "resource": "deployments",
            "verb": "patch",
            "code": 200,
            "dry_run": False,
            "image_before": images[0],
            "image_after": images[1],
        }
        self._add(name, entry | more)

    def pods(self, name: str, version: str, *, ready: bool = True, count: int | None = None) -> None:
        wanted = dict(self.fleet.prod(name).replicas)["api"] if count is None else count
        for number in range(wanted):
            self._add(
                name,
                {
                    "type": "pod",
                    "component": "api",
                    "uid": f"{name}-{version}-{number}",
                    "image": self.fleet.image("api", version),
                    "ready": ready,
                },
            )

    def ready(self, name: str) -> None:
        self.pods(name, NEW)
        self.pods(name, OLD, ready=False)

    def release(self, *names: str) -> "Log":
        for name in names:
            self.patch(name, OLD, NEW)
            self.ready(name)
        return self

    def together(self, *names: str) -> "Log":
        for name in names:
            self.patch(name, OLD, NEW)
        for name in names:
            self.ready(name)
        return self

    def later(self, seconds: float) -> "Log":
        self.entries.append({"type": "pause", "cluster": "", "namespace": "", "t": self._time() + seconds})
        return self

    def _add(self, name: str, entry: Entry) -> None:
        prod = self.fleet.prod(name)
        where = {"cluster": prod.cluster, "namespace": prod.namespace, "t": self._time() + 0.01}
        self.entries.append(where | entry)

    def _time(self) -> float:
        return float(self.entries[-1]["t"]) if self.entries else 0.0


def objections(log: Log) -> list[str]:
    return judge(log.fleet, log.entries).complaints


def test_the_classes_are_those_of_the_design() -> None:
    found = {prod.name: class_of(FLEET, prod) for prod in FLEET.prods}
    assert list(found.values()) == ["test", "few", "redundant", "redundant", "single", "single", "reserve"]


def test_two_members_in_one_failure_domain_are_not_redundant() -> None:
    assert DOMAINS["a"] == DOMAINS["e"]
    near = FleetSpec("n", (ProdSpec("n-1", "a"), ProdSpec("n-2", "e")), (RouteSpec("r", ("n-1", "n-2")),))
    assert [class_of(near, prod) for prod in near.prods] == ["single", "single"]


def test_a_good_release_has_no_objection() -> None:
    log = Log().release(*ORDER)
    assert objections(log) == []
    assert judge(log.fleet, log.entries).order == ORDER


def test_strangers_in_the_log_are_not_ours() -> None:
    log = Log().release(*ORDER)
    log.entries.append({"type": "pod", "cluster": "a", "namespace": "prod-other", "t": 9.9})
    assert objections(log) == []


def classes_swapped() -> Log:
    return Log().release("f-test", "f-red", "f-rad", "f-few", *ORDER[4:])


def last_class_first() -> Log:
    return Log().release("f-spare", *ORDER[:-1])


def partners_together() -> Log:
    wide = replace(FLEET, parallel=4)
    return Log(wide).release("f-test", "f-few").together("f-red", "f-rad").release(*ORDER[4:])


def over_the_limit() -> Log:
    return Log().release(*ORDER[:4]).together("f-one", "f-two").release("f-spare")


def next_class_before_all_are_ready() -> Log:
    log = Log()
    log.patch("f-test", OLD, NEW)
    log.pods("f-test", NEW, count=1)
    return log.release("f-few")


def next_class_while_an_old_pod_serves() -> Log:
    log = Log()
    log.patch("f-test", OLD, NEW)
    log.pods("f-test", NEW)
    log.pods("f-test", OLD, ready=False, count=1)
    return log.release("f-few")


def one_left_out() -> Log:
    return Log().release(*ORDER[:-1])


def one_never_ready() -> Log:
    log = Log().release(*ORDER[:-1])
    log.patch(ORDER[-1], OLD, NEW)
    return log


def to_a_wrong_image() -> Log:
    log = Log().release(*ORDER)
    log.patch("f-one", NEW, "v3")
    return log


def there_and_back_again() -> Log:
    log = Log().release(*ORDER)
    log.patch("f-one", NEW, OLD)
    log.patch("f-one", OLD, NEW)
    return log


def an_excluded_prod() -> Log:
    return Log(replace(FLEET, excluded=("f-two",))).release(*ORDER)


def on_after_a_failure() -> Log:
    log = Log(replace(FLEET, failing="f-one", parallel=2)).release(*ORDER[:4])
    log.patch("f-one", OLD, NEW)
    log.pods("f-one", NEW, ready=False)
    return log.later(10).release("f-two")


def next_class_after_a_failure() -> Log:
    log = Log(replace(FLEET, failing="f-few", parallel=2)).release("f-test")
    log.patch("f-few", OLD, NEW)
    log.pods("f-few", NEW, ready=False)
    return log.release("f-red")


def no_failure_where_one_must_be() -> Log:
    return Log(replace(FLEET, failing="f-one")).release(*ORDER)


WRONG: dict[Callable[[], Log], str] = {
    classes_swapped: "f-red (redundant) began before f-few (few) was done",
    last_class_first: "f-test (test) began after f-spare (reserve)",
    partners_together: "f-rad went out while its partner f-red was out",
    over_the_limit: "f-two went out beside f-one: the limit is 1",
    next_class_before_all_are_ready: "f-few (few) began before f-test (test) was done",
    next_class_while_an_old_pod_serves: "f-few (few) began before f-test (test) was done",
    one_left_out: "f-spare was never brought to v2",
    one_never_ready: "f-spare was left half way",
    to_a_wrong_image: "f-one api was changed to registry.example/f/api:v2, registry.example/f/api:v3",
    there_and_back_again: "f-one api was changed to registry.example/f/api:v2, registry.example/f/api:v1",
    an_excluded_prod: "f-two was excluded and yet changed",
    on_after_a_failure: "f-two began 10.",
    next_class_after_a_failure: "f-red (redundant) began before f-few (few) was done",
    no_failure_where_one_must_be: "f-one should have failed and is ready",
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_it_objects_to(wrong: Callable[[], Log]) -> None:
    assert any(said.startswith(WRONG[wrong]) for said in objections(wrong())), objections(wrong())


@pytest.mark.parametrize("refused", [{"code": 409}, {"dry_run": True}], ids=["refused", "dry-run"])
def test_a_write_without_effect_is_no_change(refused: dict[str, Any]) -> None:
    log = Log()
    log.patch("f-spare", OLD, NEW, **refused)
    assert objections(log.release(*ORDER)) == []


def test_seeds_differ_and_repeat() -> None:
    fleets = [seeded(seed) for seed in range(20)]
    assert fleets == [seeded(seed) for seed in range(20)]
    assert len({len(fleet.prods) for fleet in fleets}) > 8
    assert {fleet.parallel for fleet in fleets} == {1, 2, 3, 4}
    assert all(3 <= len({prod.cluster for prod in fleet.prods}) <= 8 for fleet in fleets)
    assert all(5 <= len(fleet.prods) <= 40 for fleet in fleets)
    assert any(fleet.failing for fleet in fleets)
    assert any(fleet.excluded for fleet in fleets)
    assert {class_of(fleet, prod) for fleet in fleets for prod in fleet.prods} == set(CLASSES)
