"""What a Run has begun to change, who has it since, and the moment that a rollback is planned by: read from rows."""

from typing import NamedTuple

from clusters.models import Prod
from journal.core.reasons import Reason, because
from releases.core.anew import Meanwhile
from releases.core.facts import FleetFacts, VersionFacts
from releases.core.kinds import DISTURBING
from releases.core.states import RunKind, StepState
from releases.engine.preempting import with_begun
from releases.models import Claim, Run, Step
from traffic.core.facts import TrafficFacts
from traffic.queries.facts import read_facts

from .fleet import read_fleet, version_facts


class Touched(NamedTuple):
    """`changed`: the Prods that the Run has begun to change, by name; `later`: of them those that another Run has
    changed since, or has and keeps, and why they stay; `done`: Prod -> the step kinds that have succeeded on it;
    `versions`: all of its Blueprint. Prods that a release has and has not begun are not in `later`: they are taken over."""

    changed: tuple[str, ...]
    later: dict[str, Reason]
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
    kept = kept_by_others(run, set(names))
    later = {
        names[prod]: because(code, prod=names[prod], run=number) for prod, (code, number) in kept.items()
    }
    versions = version_facts(run.blueprint.name, with_proof=True)
    return Touched(tuple(sorted(names.values())), later, _done(run), versions)


def kept_by_others(run: Run, changed: set[int]) -> dict[int, tuple[str, int]]:
    """Prod id -> why it is not taken back from the Run of that number: the code of a Reason. Two queries."""
    kept = {prod: ("changed-later", number) for prod, number in _changed_later(run, changed).items()}
    claims = with_begun(Claim.objects.filter(prod__in=changed).exclude(run=run))
    for prod, number, kind, begun in claims.values_list("prod", "run", "run__kind", "begun"):
        if begun:
            kept[prod] = ("changed-later", number)
        elif kind != RunKind.RELEASE:
            kept[prod] = ("claimed-since", number)
    return kept


def _changed_later(run: Run, changed: set[int]) -> dict[int, int]:
    """Prod id -> number of the first later Run that has begun to change it, unless it is asked to run
    this Run's Version again."""
    rows = Step.objects.filter(run__gt=run.pk, prod__in=changed, kind__in=DISTURBING, attempt__gt=0)
    rows = rows.exclude(run__rollback_of=run).exclude(kind="set_version", prod__version=run.version_id)
    return dict(rows.order_by("-run").values_list("prod", "run"))


def set_meanwhile(run: Run) -> dict[str, Meanwhile]:
    """Prod -> the last other Run that has begun to set a Version on it since `run` was started, for all Prods of its
    Blueprint. By the clock, not by number: a Run that was started before may have gone on meanwhile. Who was taken back
    last was given nothing new: a rollback is none of these."""
    rows = Step.objects.filter(kind="set_version", attempt__gt=0, prod__blueprint=run.blueprint_id)
    later = rows.filter(started_at__gt=run.started_at).exclude(run=run).order_by("started_at")
    told = later.values_list("prod__name", "run", "started_at", "run__kind")
    last = {prod: (number, at, kind) for prod, number, at, kind in told}
    return {
        prod: Meanwhile(number, f"{at:%Y-%m-%d %H:%M} UTC")
        for prod, (number, at, kind) in last.items()
        if kind != RunKind.ROLLBACK
    }


def _done(run: Run) -> dict[str, set[str]]:
    """Prod -> the step kinds that have succeeded on it in `run`."""
    rows = Step.objects.filter(run=run, prod__isnull=False, state=StepState.SUCCEEDED)
    found: dict[str, set[str]] = {}
    for prod, kind in rows.values_list("prod__name", "kind"):
        found.setdefault(prod, set()).add(kind)
    return found
