"""What people can do with a Cluster, and why not."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import Person
from access.permissions import denial
from clusters.actions.intents import away_reasons, history_reasons, use_reasons
from clusters.models import Cluster
from journal.core.reasons import Reason, because


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be done with the Cluster, what it would do, and why it cannot be done now.
    `at_once`: without a page of its own in between."""

    verb: str
    label: str | Promise
    icon: str
    would: str | Promise
    reasons: tuple[Reason, ...]
    at_once: bool = False
    danger: bool = False


def read_choices(cluster: Cluster, person: Person) -> tuple[Choice, ...]:
    """What can be done with `cluster`, and why not. At most five queries."""
    gone = cluster.intent == Cluster.Intent.RETIRED
    retired = (because("cluster-retired", cluster=cluster.name),) if gone else ()
    used = use_reasons(cluster)
    closed = cluster.intent in (Cluster.Intent.CORDONED, Cluster.Intent.DRAINING)
    wrong = because("cluster-intent", cluster=cluster.name, intent=cluster.intent)
    turn = CHOICES["uncordon" if closed else "cordon"]
    free = closed or cluster.intent == Cluster.Intent.ACTIVE
    return tuple(
        replace(choice, reasons=(*_denied(person, choice.verb), *reasons))
        for choice, reasons in (
            (CHOICES["test"], retired),
            (turn, retired or (away_reasons(cluster) if free else (wrong,))),
            (CHOICES["edit"], ()),
            (CHOICES["credentials"], retired),
            (CHOICES["retire"], (*retired, *used)),
            (CHOICES["remove"], (*used, *history_reasons(cluster))),
        )
    )


def _denied(person: Person, verb: str) -> tuple[Reason, ...]:
    reason = denial(person, "cluster.test" if verb == "test" else "cluster.write")
    return (reason,) if reason else ()


def _choice(verb: str, label: Any, icon: str, would: Any, **more: bool) -> Choice:
    return Choice(verb, label, icon, would, (), **more)


CHOICES = {
    choice.verb: choice
    for choice in (
        _choice(
            "test",
            _("Test connection"),
            "link",
            _("Asks for its version and what Drover may do there."),
            at_once=True,
        ),
        _choice("cordon", _("Cordon…"), "hand", _("Asks that nothing new is put on it.")),
        _choice("uncordon", _("Uncordon…"), "play", _("Makes it active again.")),
        _choice("edit", _("Edit facts…"), "dots", _("Provider, region, failure domain, purpose.")),
        _choice(
            "credentials",
            _("Replace credentials…"),
            "turn",
            _("Another address, token or certificate; all of it at once."),
        ),
        _choice(
            "retire", _("Retire…"), "stop", _("Stops watching it for good; its history stays."), danger=True
        ),
        _choice("remove", _("Remove…"), "cross", _("Deletes it with its credentials."), danger=True),
    )
}
