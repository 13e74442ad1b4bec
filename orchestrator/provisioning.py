"""From prod.yaml to running Prods: what `manage.py apply` and the demo do."""

from collections import defaultdict

from django.db import transaction

from access.models import Person
from clusters.actions import AppliedProd, apply_prod
from clusters.core.prod_yaml import ProdSpec
from releases.actions import start_build
from releases.models import Run


def apply_specs(person: Person, specs: tuple[ProdSpec, ...]) -> tuple[list[AppliedProd], list[Run]]:
    """The Prods, and one build for the new ones of each Version. All or nothing; the same again changes
    nothing and builds nothing."""
    with transaction.atomic():
        applied = [apply_prod(person, spec) for spec in specs]
        new = defaultdict(list)
        for one in applied:
            if one.new:
                new[one.version].append(one.prod)
        return applied, [start_build(person, prods, version) for version, prods in new.items()]
