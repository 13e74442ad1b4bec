"""Healing: the plan that makes a Prod what was last asked of it, and when that makes no sense."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clusters.core.drift import Difference, What
from clusters.core.manifests import canonical
from clusters.core.owners import OURS
from journal.core.reasons import Reason, Refused, because

from .digest import fingerprint, sealed
from .facts import FleetFacts, ProdFacts
from .impact import impacts
from .partners import read_partners
from .plan import From, Plan, PlannedProd, PlannedStep, Wave
from .plan_steps import set_version, wait_ready
from .states import RunKind
from .strategy import Amount, Strategy
from .waves import held_reason

# One look may be wrong: two that agree, this far apart, are acted on.
CONFIRMED_AFTER = timedelta(seconds=2)
# Whoever writes against us all the time must be found by a person; we do not fight.
MOST_AN_HOUR = 3
FRESH_FOR = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class DriftNow:
    """What is known of a Prod's drift: its state since when, when it was last compared, each difference."""

    state: str = "unknown"
    since: datetime | None = None
    checked_at: datetime | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class HealFacts:
    """What healing without a person asks: `healed` is how often it did within the last hour, `stops` what
    holds back the plan, `veto` that of the Version, `healthy` of the Cluster."""

    drift: DriftNow
    healthy: bool
    veto: Reason | None
    stops: tuple[Reason, ...]
    healed: int


def plan_heal(
    fleet: FleetFacts,
    name: str,
    drift: DriftNow,
    *,
    take_over: bool = False,
    by_itself: bool = False,
    remove: tuple[tuple[str, str], ...] = (),
) -> Plan:
    """The plan that applies again to one Prod what is asked of it, and waits until it is ready.

    `take_over`: fields of ours that others own are forced, and what they have added goes; `by_itself`: they
    are forced too, but what others have added stays for a person to judge. `remove` are (kind, name) of surplus objects to delete. The digest covers the differences too: who
    read other ones has read another plan. Raises Refused for a Prod that there is none of.
    """
    prod = next((prod for prod in fleet.prods if prod.name == name), None)
    if prod is None or prod.lifecycle == "retired":
        raise Refused(because("prod-unknown", prod=name))
    partners = read_partners(fleet)
    why = because("heals-drift", differences=len(drift.differences))
    steps = (
        _apply_again(prod, drift, take_over or by_itself, take_over, remove),
        wait_ready(Strategy().ready_timeout_s),
    )
    planned = PlannedProd(name, why, steps, prod.came_from, prod.version, held_reason(prod, partners))
    return sealed(
        Plan(
            kind=RunKind.HEAL,
            blueprint=prod.blueprint,
            version=prod.version,
            waves=(Wave("heal", (planned,), 1),),
            excluded=(),
            failure_budget=0,
            horizon=None,
            fingerprint=fingerprint(impacts(fleet, (prod,), Amount(0)), partners),
            digest="",
        )
    )


def _apply_again(
    prod: ProdFacts, drift: DriftNow, force: bool, clean: bool, remove: tuple[tuple[str, str], ...]
) -> PlannedStep:
    step = set_version(From(prod.version, prod.blueprint_revision, prod.overrides_revision))
    more: list[tuple[str, str | int]] = [("drift", _digest(drift.differences))]
    if force:
        more.append(("force", True))
    if clean:
        more.append(("clean", True))
    if remove:
        more.append(("remove", " ".join(f"{kind}/{name}" for kind, name in remove)))
    return PlannedStep(step.kind, tuple(sorted((*step.params, *more))))


def _digest(found: Sequence[Difference]) -> str:
    text = canonical([[one.kind, one.name, one.path, one.what, one.live, one.manager] for one in found])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def removed_objects(params: str) -> tuple[tuple[str, str], ...]:
    """(kind, name) of the step's parameter `remove`. A kind may hold slashes, a name may not.

    >>> removed_objects("ConfigMap/older Cache.shop.example/v1/blue")
    (('ConfigMap', 'older'), ('Cache.shop.example/v1', 'blue'))
    """
    parts = (text.rpartition("/") for text in params.split())
    return tuple((kind, name) for kind, _slash, name in parts)


def is_healed(one: Difference, *, take_over: bool) -> bool:
    """Whether a heal ends this difference. What others have made is theirs until somebody takes it over."""
    if one.what in (What.CHANGED, What.MISSING):
        return True
    return take_over or (one.what == What.SURPLUS and one.manager == OURS)


def is_contested(one: Difference) -> bool:
    """Whether another manager owns a field that we set: without taking over, the API server refuses."""
    return one.what == What.CHANGED and one.manager not in ("", OURS)


def surplus(drift: DriftNow, *, take_over: bool) -> tuple[tuple[str, str], ...]:
    """(kind, name) of the surplus objects that a person's heal removes."""
    gone = (one for one in drift.differences if one.what == What.SURPLUS)
    return tuple((one.kind, one.name) for one in gone if is_healed(one, take_over=take_over))


def heal_blockers(drift: DriftNow, *, take_over: bool) -> tuple[Reason, ...]:
    """Why there is nothing to heal; empty: there is."""
    if drift.state == "unknown":
        return (because("drift-unknown"),)
    if drift.state == "in-sync":
        return (because("nothing-to-heal"),)
    if any(is_healed(one, take_over=take_over) for one in drift.differences):
        return ()
    managers = ", ".join(sorted({one.manager for one in drift.differences if one.manager}))
    return (because("only-additions", differences=len(drift.differences), managers=managers or "?"),)


def self_heal_blockers(facts: HealFacts, now: datetime) -> tuple[Reason, ...]:
    """Why nothing is healed without a person now; empty: it is.

    Only fields and objects of ours that are otherwise or gone: what others have added, and objects that
    nobody asked for, are for people to judge.
    """
    if not wants_self_heal(facts.drift):
        return (because("nothing-to-heal"),)
    if not _is_confirmed(facts.drift, now):
        return (because("drift-unconfirmed"),)
    if facts.veto is not None:
        return (facts.veto,)
    return facts.stops if facts.healthy else (*facts.stops, because("cluster-not-healthy"))


def wants_self_heal(drift: DriftNow) -> bool:
    """Whether there is something that healing without a person would end."""
    return drift.state == "drifted" and any(
        one.what in (What.CHANGED, What.MISSING) for one in drift.differences
    )


def _is_confirmed(drift: DriftNow, now: datetime) -> bool:
    """Seen by two looks at least, and lately."""
    if drift.since is None or drift.checked_at is None:
        return False
    return drift.checked_at - drift.since >= CONFIRMED_AFTER and now - drift.checked_at <= FRESH_FOR


def has_healed_too_often(healed: int) -> bool:
    """Whether healing by itself has to stop: somebody writes against us."""
    return healed >= MOST_AN_HOUR
