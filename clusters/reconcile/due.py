"""When to look: due times are rows, taken by compare-and-set."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Value
from django.db.models.functions import Greatest

from clusters.models import Drift, Prod

AGAIN = timedelta(seconds=60)
# Nothing is done about drift that was seen once: the second look comes soon.
CONFIRM = timedelta(seconds=2.5)
AGAIN_UNKNOWN = timedelta(seconds=15)
# A look is due again after this if the one that was asked for never came.
LOST = timedelta(seconds=60)
# A Prod whose pods come and go is looked at this often at most.
COALESCED = timedelta(seconds=2)
MOST = 10


def take_due(now: datetime, most: int = MOST) -> list[int]:
    """Ids of Prods to compare now, the longest due first. Two who ask at once get none twice."""
    compared = Prod.objects.exclude(lifecycle__in=[Prod.Lifecycle.BUILDING, Prod.Lifecycle.RETIRED])
    new = list(compared.filter(drift__isnull=True)[:most])
    if new:
        Drift.objects.bulk_create([Drift(prod=prod, due_at=now) for prod in new], ignore_conflicts=True)
    due = Drift.objects.filter(due_at__lte=now, prod__in=compared).order_by("due_at", "pk")
    return [
        prod_id
        for pk, prod_id, due_at in due.values_list("pk", "prod_id", "due_at")[:most]
        if Drift.objects.filter(pk=pk, due_at=due_at).update(due_at=now + LOST)
    ]


def look_soon(prod_ids: Iterable[int], now: datetime) -> int:
    """Something has changed on these Prods: look at those that no run claims. Returns at how many."""
    soon = Greatest(F("checked_at") + Value(COALESCED), Value(now))
    idle = Prod.objects.filter(pk__in=list(prod_ids), claim__isnull=True)
    return Drift.objects.filter(prod__in=idle, due_at__gt=soon).update(due_at=soon)
