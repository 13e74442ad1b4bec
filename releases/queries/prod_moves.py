"""What a person can do about the users of one Prod: send them elsewhere, and bring them back."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from access.models import Person
from clusters.models import Prod
from releases.failover_preview import is_dead
from traffic.core.survival import PROD

from .acts import Act
from .move_acts import back_act, leave_act
from .prod_choices import ProdChoice
from .served import RouteLine


def read_moves(
    prod: Prod, routes: Iterable[RouteLine], person: Person, now: datetime
) -> tuple[tuple[ProdChoice, ...], tuple[ProdChoice, ...]]:
    """The buttons, and those of them that a thumb must reach: it serves nobody while users are sent there, or users may
    come back. One query."""
    role, emptied = person.acting_role, prod.lifecycle == Prod.Lifecycle.DRAINING
    dead, serves = is_dead(prod, now), any(route.weight for route in routes)
    away = prod.memberships.filter(weight__lt=F("target")).exists() and not hasattr(prod, "claim")
    leave = _choice(
        leave_act(PROD, prod.name, role, dead=dead, serves=serves),
        _("Its users are served by other Prods at once: you see first by which, and who has none."),
    )
    back = _choice(
        back_act(PROD, prod.name, prod.cluster, role, now),
        _("Its users come back, one Route after the other, a little at a time."),
    )
    moves = (leave, back) if emptied or away else (leave,)
    pressing = [leave] if dead and serves else [back] if emptied else []
    return moves, tuple(one for one in pressing if not one.reasons)


def _choice(act: Act, would: str) -> ProdChoice:
    return ProdChoice(act.label, act.icon, would, act.url, act.danger, act.reasons)
