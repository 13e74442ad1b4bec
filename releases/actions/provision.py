"""From prod.yaml to running Prods: what the page, the API, `manage.py apply` and the demo do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from access.models import Person
from clusters.actions import AppliedProd, apply_prod
from clusters.core.prod_yaml import ProdSpec
from clusters.core.render import Rendered
from clusters.targets import overrides_of, render_prod
from journal.retrying import retried
from releases.core.blockers import blockers
from releases.core.plan import Blocker, Plan
from releases.core.plan_json import plan_from_json
from releases.fleet import fleet_facts, version_facts
from releases.models import Run

from .start import start_build


@dataclass(frozen=True, slots=True)
class ApplyPreview:
    """What `apply_specs` would do: the Prods, each with the objects it would get, and the plans of the
    builds with what would hold them back."""

    prods: tuple[tuple[AppliedProd, tuple[Rendered, ...]], ...]
    plans: tuple[tuple[Plan, tuple[Blocker, ...]], ...]


@retried
def apply_specs(person: Person, specs: Sequence[ProdSpec]) -> tuple[list[AppliedProd], list[Run]]:
    """The Prods, and one build for the new ones of each Version. All or nothing; the same again changes
    nothing and builds nothing."""
    with transaction.atomic():
        applied = [apply_prod(person, spec) for spec in specs]
        new = defaultdict(list)
        for one in applied:
            if one.new:
                new[one.version].append(one.prod)
        return applied, [start_build(person, prods, version) for version, prods in new.items()]


def preview_specs(person: Person, specs: Sequence[ProdSpec]) -> ApplyPreview:
    """The same carried out and taken back, so that what is shown is what would be. Raises as it does."""
    with transaction.atomic():
        applied, runs = apply_specs(person, specs)
        found = ApplyPreview(
            prods=tuple((one, _objects(one)) for one in applied),
            plans=tuple(_planned(run) for run in runs),
        )
        transaction.set_rollback(True)
    return found


def _objects(one: AppliedProd) -> tuple[Rendered, ...]:
    return render_prod(one.prod, one.version, overrides_of(one.prod, one.prod.overrides_revision))


def _planned(run: Run) -> tuple[Plan, tuple[Blocker, ...]]:
    plan = plan_from_json(run.plan)
    planned = {prod.version for wave in plan.waves for prod in wave.prods}
    versions = [facts for facts in version_facts(plan.blueprint) if facts.name in planned]
    return plan, blockers(plan, fleet_facts(), *versions, run=run.pk)
