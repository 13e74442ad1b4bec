"""Changing one Prod by a Run: other overrides, or its end."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from access.actions.words import optional_reason
from access.models import Person
from access.permissions import require
from clusters.models import Overrides
from journal.core.reasons import Refused, because
from journal.retrying import retried
from releases.core.blockers import stale_blocker
from releases.core.plan import Plan
from releases.models import Run
from releases.prod_previews import known_prod, preview_change, preview_retire, scaled, stops

from .runs import checked_reason, claim, create_run
from .start import one_at_a_time

# For these a change is started and waits, as a release would: they pass without a person.
WAITED_FOR = frozenset(
    {"cluster-unreachable", "cluster-unknown", "facts-old", "partner-not-healthy", "line-stopped"}
)


@retried
def start_change(
    person: Person, prod: str, overrides: object, digest: str, reason: str = "", soak_s: int | None = None
) -> Run:
    """The running change of exactly the plan that has `digest`. Its overrides are a new revision, which
    the Prod is asked to have when its step starts.

    Refused where the plan has changed since it was shown, where nothing would change, and where another
    Run or a Hold has the Prod.
    """
    require(person, "prod.change")
    text = optional_reason(reason)
    with transaction.atomic():
        one_at_a_time(known_prod(prod).blueprint.name)
        preview = preview_change(prod, overrides, soak_s)
        _check(digest, preview.plan, stops(preview.blockers, WAITED_FOR))
        number = int(dict(preview.plan.waves[0].prods[0].steps[0].params)["overrides_revision"])
        Overrides.objects.create(prod=preview.prod, number=number, content=preview.overrides)
        return _start(person, preview.plan, text)


@retried
def start_scale(
    person: Person, prod: str, component: str, replicas: int, digest: str, reason: str = ""
) -> Run:
    """The running change of the replicas of one component: short for `start_change`."""
    require(person, "prod.change")
    with transaction.atomic():
        one_at_a_time(known_prod(prod).blueprint.name)
        return start_change(person, prod, scaled(prod, component, replicas), digest, reason)


@retried
def start_retire(person: Person, prod: str, confirm: str, digest: str, reason: str) -> Run:
    """The running retire of the Prod whose name `confirm` repeats, by exactly the plan that has `digest`.

    Refused for as long as anything stands against it: what cannot be taken back does not wait its turn.
    """
    require(person, "prod.retire")
    text = checked_reason(reason)
    with transaction.atomic():
        one_at_a_time(known_prod(prod).blueprint.name)
        if confirm != prod:
            raise Refused(because("retire-not-confirmed", prod=prod))
        preview = preview_retire(prod)
        _check(digest, preview.plan, stops(preview.blockers))
        return _start(person, preview.plan, text)


def _check(digest: str, plan: Plan, reasons: tuple[Any, ...]) -> None:
    stale = stale_blocker(digest, plan.digest)
    if stale:
        raise Refused(stale.reason)
    if reasons:
        raise Refused(*reasons)


def _start(person: Person, plan: Plan, why: str) -> Run:
    run = create_run(person, plan, timezone.now(), strategy={}, version=None, why=why)
    claim(run, plan.waves[0].prods)
    return run
