"""A Prod leaves its Routes for good: its part goes to the other members."""

from collections import defaultdict

from django.db import transaction
from django.utils import timezone

from journal.core.reasons import Reason

from .core.weights import without
from .engine.shifting import Shifted, new_epochs
from .models import Route, RouteMember


def leave_routes(prod_id: int | None, why: Reason, run_id: int | None = None) -> Shifted:
    """The Routes that the Prod has left. One that nobody else serves keeps it: weights never sum to 0.

    Every Route that changes gets a new epoch. May be called again.
    """
    with transaction.atomic():
        mine = list(RouteMember.objects.filter(prod=prod_id).values_list("route", flat=True))
        list(Route.objects.select_for_update().filter(pk__in=mine).order_by("pk"))
        members: dict[int, dict[int, RouteMember]] = defaultdict(dict)
        for member in RouteMember.objects.filter(route__in=mine).order_by("pk"):
            members[member.route_id][member.prod_id] = member
        left = [route for route, rows in members.items() if _share_out(rows, prod_id)]
        RouteMember.objects.filter(prod=prod_id, route__in=left).delete()
        return new_epochs(left, why, timezone.now(), run_id=run_id)


def _share_out(rows: dict[int, RouteMember], prod_id: int | None) -> bool:
    """Whether the others have taken over the part of `prod_id`, now and in normal times."""
    weights = without({str(prod): row.weight for prod, row in rows.items()}, str(prod_id))
    targets = without({str(prod): row.target for prod, row in rows.items()}, str(prod_id)) or weights
    if not weights:
        return False
    others = [row for prod, row in rows.items() if prod != prod_id]
    for row in others:
        row.weight, row.target = weights[str(row.prod_id)], targets[str(row.prod_id)]
    RouteMember.objects.bulk_update(others, ["weight", "target"])
    return True
