"""Which Prods get more users by a rollback than they had, and so are warmed up and get more pods, read from rows."""

from clusters.core.autoscaling import AUTOSCALER
from clusters.core.kinds import KINDS
from clusters.models import BlueprintRevision, Prod
from releases.core.facts import FleetFacts
from releases.core.plan import Plan
from releases.core.scaling import with_floors, with_warmth
from releases.models import Run
from traffic.core.facts import TrafficFacts
from traffic.core.growth import growth
from traffic.core.plan import TrafficPlan, after


def helped_plan(
    run: Run, plan: Plan, fleet: FleetFacts, before: TrafficFacts, facts: TrafficFacts, traffic: TrafficPlan
) -> Plan:
    """`plan`, which takes `run` back, with what is done beside it for those who serve more after `traffic` than `before`:
    they are warmed up as `run` was to warm Prods up, and their autoscalers are raised. `facts` are those that `traffic`
    was planned with. One query at most."""
    growths = growth(before.routes, after(facts, traffic).routes)
    scaled = with_floors(plan, fleet, growths, _scaled([one.prod for one in growths]))
    return with_warmth(scaled, fleet, growths, run.strategy.get("warm_up", 0))


def _scaled(names: list[str]) -> frozenset[str]:
    """Those of the Prods that run a Version whose Blueprint has an autoscaler."""
    if not names:
        return frozenset()
    has_one = [{"apiVersion": KINDS[AUTOSCALER].api_version, "kind": AUTOSCALER}]
    revisions = BlueprintRevision.objects.filter(manifests__contains=has_one).values("pk")
    rows = Prod.objects.filter(name__in=names, version__revision__in=revisions)
    return frozenset(rows.values_list("name", flat=True))
