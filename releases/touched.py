"""What a Run has begun to change, who has it since, and the moment that a rollback is planned by: read from rows."""

from typing import NamedTuple

from clusters.models import Prod
from releases.core.anew import Meanwhile
from releases.core.facts import FleetFacts, VersionFacts
from releases.core.kinds import DISTURBING
from releases.core.states import StepState
from releases.models import Claim, Run, Step
from traffic.core.facts import TrafficFacts
from traffic.queries.facts import read_facts

from .fleet import read_fleet, version_facts


class Touched(NamedTuple):
    """`changed`: the Prods that the Run has begun to change, by name; `later`: of them those that a later Run has
    changed or claimed since, with its number; `done`: Prod -> the step kinds that have succeeded on it; `versions`: all
    of its Blueprint."""

    changed: tuple[str, ...]
    later: dict[str, int]
    done: dict[str, set[str]]
    versions: tuple[VersionFacts, ...]


class Seen(NamedTuple):
    """The fleet and its traffic at one moment, as a rollback sees them, and what the Run has touched."""

    prods: list[Prod]
    fleet: FleetFacts
    facts: TrafficFacts
    touched: Touched


def read_seen(run: Run) -> Seen:
    """What a rollback of `run` would be planned by now. A constant number of queries."""
    fleet, prods = read_fleet()
    return Seen(prods, fleet, read_facts(urgent=True, prods=prods), read_touched(run))


def read_touched(run: Run) -> Touched:
    """What `run` has touched so far."""
    changed = Step.objects.filter(run=run, kind__in=DISTURBING, attempt__gt=0)
    names = dict(changed.values_list("prod", "prod__name"))
    taken = {**changed_later(run, set(names)), **claimed_by_others(run, set(names))}
    later = {names[prod]: number for prod, number in taken.items() if prod in names}
    versions = version_facts(run.blueprint.name, with_proof=True)
    return Touched(tuple(sorted(names.values())), later, _done(run), versions)


def changed_later(run: Run, changed: set[int]) -> dict[int, int]:
    """Prod id -> number of the first later Run that has begun to change it, unless it is asked to run
    this Run's Version again."""
    rows = Step.objects.filter(run__gt=run.pk, prod__in=changed, kind__in=DISTURBING, attempt__gt=0)
    rows = rows.exclude(run__rollback_of=run).exclude(kind="set_version", prod__version=run.version_id)
    return dict(rows.order_by("-run").values_list("prod", "run"))


def claimed_by_others(run: Run, changed: set[int]) -> dict[int, int]:
    """Prod id -> number of the other Run that has it now."""
    return dict(Claim.objects.filter(prod__in=changed).exclude(run=run).values_list("prod", "run"))


def set_meanwhile(run: Run) -> dict[str, Meanwhile]:
    """Prod -> the last other Run that has begun to set a Version on it since `run` was started, for all Prods of its
    Blueprint. By the clock, not by number: a Run that was started before may have gone on meanwhile."""
    rows = Step.objects.filter(kind="set_version", attempt__gt=0, prod__blueprint=run.blueprint_id)
    later = rows.filter(started_at__gt=run.started_at).exclude(run=run).order_by("started_at")
    told = later.values_list("prod__name", "run", "started_at")
    return {prod: Meanwhile(number, f"{at:%Y-%m-%d %H:%M} UTC") for prod, number, at in told}


def _done(run: Run) -> dict[str, set[str]]:
    """Prod -> the step kinds that have succeeded on it in `run`."""
    rows = Step.objects.filter(run=run, prod__isnull=False, state=StepState.SUCCEEDED)
    found: dict[str, set[str]] = {}
    for prod, kind in rows.values_list("prod__name", "kind"):
        found.setdefault(prod, set()).add(kind)
    return found
