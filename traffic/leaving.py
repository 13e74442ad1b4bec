"""A Prod leaves its Routes for good: its part goes to the other members."""

from collections import defaultdict

from django.db import transaction
from django.db.models import F

from .core.weights import without
from .models import Route, RouteMember


def leave_routes(prod_id: int | None) -> list[int]:
    """The ids of the Routes that the Prod has left. One that nobody else serves keeps it: weights never sum to 0.

    Every Route that changes gets a new epoch. May be called again.
    """
    with transaction.atomic():
        mine = RouteMember.objects.filter(prod=prod_id).values("route")
        members: dict[int, dict[int, RouteMember]] = defaultdict(dict)
        for member in RouteMember.objects.select_for_update().filter(route__in=mine).order_by("pk"):
            members[member.route_id][member.prod_id] = member
        left = [route for route, rows in members.items() if _share_out(rows, prod_id)]
        RouteMember.objects.filter(prod=prod_id, route__in=left).delete()
        Route.objects.filter(pk__in=left).update(epoch=F("epoch") + 1)
        return left


def _share_out(rows: dict[int, RouteMember], prod_id: int | None) -> bool:
    """Whether the others have taken over the part of `prod_id`."""
    shares = without({str(prod): row.weight for prod, row in rows.items()}, str(prod_id))
    for prod, row in rows.items():
        if prod != prod_id and shares and row.weight != shares[str(prod)]:
            RouteMember.objects.filter(pk=row.pk).update(weight=shares[str(prod)])
    return bool(shares)
