"""Taking a Prod's Routes out, so that no other member may leave, and giving them back."""

from django.db import IntegrityError, transaction

from releases.core.states import RUN_ENDED
from releases.models import Run
from traffic.models import Route, RouteOut

from .load import healthy_prods


def take_routes(run_id: int, prod_id: int, names: tuple[str, ...]) -> bool:
    """Whether every Route in `names` is now out for this Prod and Run. False: nothing was taken.

    Inserts in name order, so that two Runs cannot wait for each other in a circle.
    """
    routes = Route.objects.filter(name__in=names).order_by("name")
    try:
        with transaction.atomic():
            for route in routes:
                _take(route, prod_id, run_id)
    except IntegrityError:
        return False
    return True


def _take(route: Route, prod_id: int, run_id: int) -> None:
    if not RouteOut.objects.filter(route=route, prod=prod_id, run_id=run_id).exists():
        RouteOut.objects.create(route=route, prod_id=prod_id, run_id=run_id)


def give_back(run_id: int, prod_id: int) -> None:
    """The Prod's Routes may lose another member again. Already so is fine."""
    RouteOut.objects.filter(run_id=run_id, prod=prod_id).delete()


def release_idle_routes() -> int:
    """Give back what ended Runs left out, once the Prod is seen healthy. Returns how many."""
    outs = list(RouteOut.objects.select_related("prod"))
    if not outs:
        return 0
    ended = set(
        Run.objects.filter(
            pk__in={out.run_id for out in outs}, state__in=[state.value for state in RUN_ENDED]
        ).values_list("pk", flat=True)
    )
    healthy = healthy_prods({out.prod_id for out in outs if out.run_id in ended})
    idle = [out.pk for out in outs if out.run_id in ended and out.prod_id in healthy]
    return RouteOut.objects.filter(pk__in=idle).delete()[0]
