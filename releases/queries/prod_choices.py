"""What a person can do to a Prod now, and why not what they cannot."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import Person
from access.permissions import denial
from clusters.models import Prod
from journal.core.reasons import Reason, because
from releases.models import Hold


@dataclass(frozen=True, slots=True)
class ProdChoice:
    """One button: what it is called, what it would do, where it leads, and why it cannot be pressed
    (empty: it can)."""

    label: str | Promise
    icon: str
    would: str | Promise
    link: str
    danger: bool
    reasons: tuple[Reason, ...]


def read_choices(prod: Prod, hold: Hold | None, person: Person) -> tuple[ProdChoice, ...]:
    """Every button of the Prod's page, in the order shown. No query with `claim` loaded."""
    gone = () if prod.lifecycle != Prod.Lifecycle.RETIRED else (because("prod-is-retired", prod=prod.name),)
    claim = getattr(prod, "claim", None)
    claimed = (because("claimed", run=claim.run_id, kind=""),) if claim else ()
    held = (because("held", why=hold.reason, by=hold.author.get_username()),) if hold else ()
    busy = (*gone, *claimed, *held)
    return (
        _choice(prod, person, "change-prod", "prod.change", busy),
        _choice(prod, person, "scale-prod", "prod.change", busy),
        _choice(prod, person, "new", "release.preview", gone),
        _hold(prod, hold, person, gone),
        _choice(prod, person, "retire-prod", "prod.retire", busy),
    )


_WORDS: dict[str, tuple[str | Promise, str, str | Promise]] = {
    "change-prod": (
        _("Change…"),
        "turn",
        _("Other overrides, capacity, endpoint or role: you see what differs first."),
    ),
    "scale-prod": (_("Scale…"), "turn", _("Other replicas of one component.")),
    "new": (_("Release…"), "play", _("Another Version, on all Prods of its Blueprint, in waves.")),
    "hold-prod": (_("Hold…"), "hand", _("No run begins to change it until somebody lifts the hold.")),
    "lift-hold": (_("Lift hold…"), "hand", _("It may be changed again.")),
    "retire-prod": (
        _("Retire…"),
        "stop",
        _("Out of service, then away with its namespace. Nothing brings it back."),
    ),
}


def _hold(prod: Prod, hold: Hold | None, person: Person, gone: tuple[Reason, ...]) -> ProdChoice:
    if hold is None:
        return _choice(prod, person, "hold-prod", "hold.set", gone)
    return _choice(prod, person, "lift-hold", "hold.lift", (), reverse("releases:lift-hold", args=[hold.pk]))


def _choice(
    prod: Prod, person: Person, verb: str, action: str, reasons: tuple[Reason, ...], link: str = ""
) -> ProdChoice:
    label, icon, would = _WORDS[verb]
    denied = denial(person, action)
    where = link or reverse(f"releases:{verb}", args=[] if verb == "new" else [prod.name])
    return ProdChoice(
        label, icon, would, where, verb == "retire-prod", (*((denied,) if denied else ()), *reasons)
    )
