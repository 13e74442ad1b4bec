"""Starting releases and builds."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Blueprint, Prod, Version
from journal.core.reasons import Refused
from journal.retrying import retried
from releases.core.blockers import stale_blocker
from releases.core.strategy import strategy_to_json
from releases.core.waves import plan_build
from releases.engine.preempting import last_left
from releases.models import Run
from releases.preview import Preview, fleet_facts, known_version, preview_release
from releases.relocations import needs_room
from traffic.actions import locks

from .runs import claim, create_run, reserve


@retried
def start_release(
    person: Person,
    blueprint: str,
    version: str,
    strategy: dict[str, Any],
    exclude: Sequence[dict[str, str]],
    digest: str,
) -> Run:
    """The running release of exactly the plan that has `digest`.

    Refused where the facts have changed the plan since it was shown, where a blocker holds the whole
    plan, or where another Run claims one of its Prods. Calling it twice: the second is refused.
    """
    require(person, "release.start")
    now = timezone.now()
    with transaction.atomic():
        one_at_a_time(blueprint)
        if needs_room(strategy):
            locks.one_at_a_time(locks.RELEASES)
            locks.one_at_a_time(locks.ROOM)
        left = last_left()
        preview = _startable(blueprint, version, strategy, exclude, digest)
        run = create_run(
            person,
            preview.plan,
            now,
            strategy=strategy_to_json(preview.strategy),
            version=known_version(blueprint, version),
        )
        # Who takes users away from harm does not wait while a release is planned; if somebody has, it is planned again.
        locks.one_at_a_time(locks.RELEASES)
        if last_left() != left:
            preview = _startable(blueprint, version, strategy, exclude, digest)
        claim(run, [prod for wave in preview.plan.waves for prod in wave.prods])
        reserve(run, preview.promised)
        return run


def _startable(
    blueprint: str, version: str, strategy: dict[str, Any], exclude: Sequence[dict[str, str]], digest: str
) -> Preview:
    """The release of the plan that has `digest`. Raises Refused for what `start_release` refuses."""
    preview = preview_release(blueprint, version, strategy, exclude)
    stale = stale_blocker(digest, preview.plan.digest)
    if stale:
        raise Refused(stale.reason)
    stops = [blocker.reason for blocker in preview.blockers if not blocker.prods]
    claims = [blocker.reason for blocker in preview.blockers if blocker.reason.code == "claimed"]
    if stops or claims:
        raise Refused(*stops, *claims)
    return preview


def one_at_a_time(blueprint: str) -> None:
    """Until the transaction ends, nobody else starts anything of this Blueprint.

    Between the plan and the claims another run could otherwise be started and be over: its claims would
    be gone again, and the plan made before it would run. Rollbacks and failovers, which only refer to it, do not wait.
    """
    Blueprint.objects.select_for_update(no_key=True).filter(name=blueprint).first()


@retried
def start_build(person: Person | None, prods: Sequence[Prod], version: Version) -> Run:
    """The running build that brings these new Prods, all of one Blueprint, to `version`."""
    if person is not None:
        require(person, "prod.apply")
    with transaction.atomic():
        one_at_a_time(version.blueprint.name)
        plan = plan_build(fleet_facts(), version.blueprint.name, tuple(prod.name for prod in prods))
        run = create_run(person, plan, timezone.now(), strategy={}, version=version)
        claim(run, [prod for wave in plan.waves for prod in wave.prods])
        return run
