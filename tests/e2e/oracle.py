"""The oracle: what a release did, judged from the simulator's audit log and the description of the fleet.

It imports nothing of Drover. The rules are written down here a second time, from the design, so that a
mistake in the planner or the engine cannot excuse itself.

A Prod is *out* from the first change of one of its images until, for each of its components, as many pods
as wanted are ready on the new image and no pod of the old image is ready any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.fleets import DOMAINS, NEW, OLD, FleetSpec, ProdSpec

Entry = dict[str, Any]
CLASSES = ("test", "few", "redundant", "single", "reserve")
# From the first pod of a failing Prod until nothing new may start any more.
NOTICED_S = 3.0


def class_of(fleet: FleetSpec, prod: ProdSpec) -> str:
    """Whom a bad Version would hit on this Prod: the word for it."""
    if prod.role != "live":
        return {"test": "test", "standby": "reserve"}[prod.role]
    mine = [route for route in fleet.routes if prod.name in route.prods]
    if sum(route.tenants * route.load for route in mine) < fleet.few_below:
        return "few"
    safe = all(_elsewhere(fleet, prod, route.prods) for route in mine)
    return "redundant" if safe else "single"


def _elsewhere(fleet: FleetSpec, prod: ProdSpec, members: Iterable[str]) -> bool:
    """Whether another member stands in another failure domain."""
    here = DOMAINS[prod.cluster]
    return any(DOMAINS[fleet.prod(name).cluster] != here for name in members if name != prod.name)


def partners(fleet: FleetSpec, prod: str) -> set[str]:
    """The Prods that share a Route with this one."""
    return {one for route in fleet.routes if prod in route.prods for one in route.prods} - {prod}


@dataclass
class Seen:
    """What the log says of one Prod so far. `ready`: (component, image) -> the pods ready now."""

    ready: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    changes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    began: float | None = None
    ended: float | None = None
    broke: float | None = None

    @property
    def out(self) -> bool:
        return self.began is not None and self.ended is None


@dataclass
class Verdict:
    """What is wrong, in words; the Prods in the order of their change; how many were out at once."""

    complaints: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    most_out: int = 0


def judge(fleet: FleetSpec, entries: Iterable[Entry]) -> Verdict:
    """The verdict on one release of `fleet` from OLD to NEW. `entries`: all there is, builds included."""
    trial = _Trial(fleet)
    for entry in entries:
        trial.take(entry)
    trial.verdict.complaints += trial.at_the_end()
    return trial.verdict


class _Trial:
    def __init__(self, fleet: FleetSpec) -> None:
        self.fleet = fleet
        self.homes = {(prod.cluster, prod.namespace): prod for prod in fleet.prods}
        self.classes = {prod.name: CLASSES.index(class_of(fleet, prod)) for prod in fleet.prods}
        self.seen = {prod.name: Seen() for prod in fleet.prods}
        self.verdict = Verdict()

    def take(self, entry: Entry) -> None:
        prod = self.homes.get((entry["cluster"], entry["namespace"]))
        if prod is None:
            return
        if entry["type"] == "pod":
            self._pod(prod, entry)
        elif entry["resource"] == "deployments" and entry["code"] < 300 and not entry["dry_run"]:
            for component, image in entry.get("image_after", {}).items():
                before = entry.get("image_before", {}).get(component)
                if before not in (None, image) and component in self.fleet.components:
                    self._change(prod, component, image, entry["t"])

    def _pod(self, prod: ProdSpec, entry: Entry) -> None:
        seen = self.seen[prod.name]
        pods = seen.ready[entry["component"], entry["image"]]
        (pods.add if entry["ready"] else pods.discard)(entry["uid"])
        is_new = entry["image"] == self.fleet.image(entry["component"], NEW)
        if prod.name == self.fleet.failing and is_new and seen.broke is None:
            seen.broke = entry["t"]
        if seen.out and self._runs(prod, seen):
            seen.ended = entry["t"]

    def _runs(self, prod: ProdSpec, seen: Seen) -> bool:
        return all(
            len(seen.ready[component, self.fleet.image(component, NEW)]) >= wanted
            and not seen.ready[component, self.fleet.image(component, OLD)]
            for component, wanted in prod.replicas
        )

    def _change(self, prod: ProdSpec, component: str, image: str, at: float) -> None:
        seen = self.seen[prod.name]
        if seen.began is None:
            self.verdict.complaints += self._against_beginning(prod.name, at)
            self.verdict.order.append(prod.name)
            seen.began = at
            out = sum(one.out for one in self.seen.values())
            self.verdict.most_out = max(self.verdict.most_out, out)
        seen.changes[component].append(image)

    def _against_beginning(self, prod: str, at: float) -> Iterator[str]:
        """Why this Prod must not be changed now."""
        if prod in self.fleet.excluded:
            yield f"{prod} was excluded and yet changed"
        out = [name for name, seen in self.seen.items() if seen.out]
        for name in sorted(partners(self.fleet, prod) & set(out)):
            yield f"{prod} went out while its partner {name} was out"
        if len(out) >= self.fleet.parallel:
            yield f"{prod} went out beside {', '.join(out)}: the limit is {self.fleet.parallel}"
        for name, seen in self.seen.items():
            earlier = self.classes[name] < self.classes[prod] and name not in self.fleet.excluded
            if earlier and seen.ended is None:
                yield f"{prod} ({self._class(prod)}) began before {name} ({self._class(name)}) was done"
            if self.classes[name] > self.classes[prod] and seen.began is not None:
                yield f"{prod} ({self._class(prod)}) began after {name} ({self._class(name)})"
            if seen.broke is not None and at > seen.broke + NOTICED_S:
                yield f"{prod} began {at - seen.broke:.1f} s after {name} had begun to fail"

    def _class(self, prod: str) -> str:
        return CLASSES[self.classes[prod]]

    def at_the_end(self) -> Iterator[str]:
        for prod in self.fleet.prods:
            yield from self._against_end(prod.name, self.seen[prod.name])

    def _against_end(self, prod: str, seen: Seen) -> Iterator[str]:
        for component, images in seen.changes.items():
            if images != [self.fleet.image(component, NEW)]:
                yield f"{prod} {component} was changed to {', '.join(images)}"
        if prod == self.fleet.failing:
            if seen.ended is not None:
                yield f"{prod} should have failed and is ready"
        elif seen.out:
            yield f"{prod} was left half way"
        elif not self.fleet.failing and prod not in self.fleet.excluded and seen.ended is None:
            yield f"{prod} was never brought to {NEW}"
