"""What changing or retiring a Prod would do: the same values that are then carried out."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Max

from clusters.core.differences import Difference, diff
from clusters.core.manifests import digest_of
from clusters.core.overrides import Overrides, overrides_to_json
from clusters.core.prod_yaml import parse_overrides
from clusters.models import Overrides as OverridesRow
from clusters.models import Prod
from clusters.targets import overrides_of, render_prod
from journal.core.reasons import Reason, Refused, because
from releases.core.blockers import blockers
from releases.core.lifecycle import Change, plan_change, plan_retire
from releases.core.plan import Blocker, Plan

from .fleet import fleet_facts, version_facts


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """A change as it would run: its plan, what holds it back, the overrides in their stored form, and
    what differs on the Cluster, field by field."""

    prod: Prod
    plan: Plan
    blockers: tuple[Blocker, ...]
    overrides: dict[str, Any]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class RetirePreview:
    """A retire as it would run, and what holds it back: any blocker refuses it."""

    prod: Prod
    plan: Plan
    blockers: tuple[Blocker, ...]


def known_prod(name: str) -> Prod:
    """The Prod. Raises Refused if there is none, or if it is retired."""
    rows = Prod.objects.select_related("cluster", "blueprint", "version__revision", "version__blueprint")
    prod = rows.filter(name=name).first() if "\0" not in name else None
    if prod is None:
        raise Refused(because("prod-not-there", prod=name))
    if prod.lifecycle == Prod.Lifecycle.RETIRED:
        raise Refused(because("prod-is-retired", prod=name))
    return prod


def preview_change(name: str, overrides: object, soak_s: int | None = None) -> ChangePreview:
    """The change that gives the Prod these overrides (as under `spec.overrides` of a prod.yaml, all of
    them). Raises Refused for a Prod that is not there or overrides that do not fit its Blueprint, and
    FieldErrors for what are none."""
    prod, asked = known_prod(name), parse_overrides(overrides)
    stored = overrides_to_json(asked)
    after = render_prod(prod, prod.version, asked)
    before = render_prod(prod, prod.version, overrides_of(prod, prod.overrides_revision))
    change = Change(
        _next_number(prod), digest_of(stored), settings.DEFAULT_SOAK_S if soak_s is None else soak_s
    )
    fleet = fleet_facts()
    plan = plan_change(fleet, name, change)
    versions = [facts for facts in version_facts(prod.blueprint.name) if facts.name == prod.version.name]
    held = blockers(plan, fleet, *versions)
    return ChangePreview(prod, plan, (*_nothing_new(prod, asked), *held), stored, diff(before, after))


def _next_number(prod: Prod) -> int:
    last: int | None = OverridesRow.objects.filter(prod=prod).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _nothing_new(prod: Prod, asked: Overrides) -> tuple[Blocker, ...]:
    """A Prod that is not in service may be given what it has: that brings it there."""
    same = overrides_of(prod, prod.overrides_revision) == asked
    settled = (prod.settled_version_id, prod.settled_overrides_revision)
    if (
        same
        and prod.lifecycle == Prod.Lifecycle.IN_SERVICE
        and settled
        == (
            prod.version_id,
            prod.overrides_revision,
        )
    ):
        return (Blocker(because("nothing-changes", prod=prod.name)),)
    return ()


def scaled(name: str, component: str, replicas: int) -> dict[str, Any]:
    """The Prod's overrides with other replicas of one component. Raises Refused where it has none."""
    prod = known_prod(name)
    if component not in replicas_of(prod):
        raise Refused(because("component-not-scaled", component=component, prod=name))
    now = overrides_to_json(overrides_of(prod, prod.overrides_revision))
    return {**now, "replicas": {**now["replicas"], component: replicas}}


def replicas_of(prod: Prod) -> dict[str, int]:
    """Component -> replicas as they are asked for now, of those that can be scaled."""
    rendered = render_prod(prod, prod.version, overrides_of(prod, prod.overrides_revision))
    return {
        one.name: int(one.manifest["spec"].get("replicas", 1))
        for one in rendered
        if one.kind in ("Deployment", "StatefulSet")
    }


def preview_retire(name: str) -> RetirePreview:
    """The retire of the Prod. Raises Refused if it is not there, or retired."""
    prod, fleet = known_prod(name), fleet_facts()
    plan = plan_retire(fleet, name)
    return RetirePreview(prod, plan, blockers(plan, fleet))


def stops(found: tuple[Blocker, ...], waits: frozenset[str] = frozenset()) -> tuple[Reason, ...]:
    """The Reasons among `found` for which nothing is started, each once; `waits` are codes for which a
    Run is started all the same and waits."""
    return tuple(dict.fromkeys(one.reason for one in found if one.reason.code not in waits))
