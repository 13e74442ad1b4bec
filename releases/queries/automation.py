"""What is done without a person, why it is not, and what a person is to decide because of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from access.roles import PERMISSIONS, allows
from journal.core.reasons import Reason, because
from releases.core.automation import CLASSES, Switches, idle_reasons
from releases.marks import LIVENESS_MARKS, Mark
from releases.models import AutoFailover, AutomationStop
from releases.switches import read_switches
from traffic.core.detect import DOWN, SUSPECT
from traffic.core.survival import Survival
from traffic.marks import REDUNDANCY_NAMES
from traffic.models import Redundancy
from traffic.queries.liveness import Alive, states_of

from .acts import Act
from .estimates import Estimate, failover_estimate


@dataclass(frozen=True, slots=True)
class Stop:
    """The kill switch as it stands: who, why, since when."""

    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A redundancy, and whether its Routes leave a dead Cluster by themselves; who said so last (""; nobody)."""

    redundancy: str
    name: str | Promise
    on: bool
    author: str
    reason: str
    at: datetime | None
    switch: Act


@dataclass(frozen=True, slots=True)
class Proposal:
    """A Cluster of which a signal misses: `dead` if it is down, `silent_since` then since when neither of its signals answers. `fate` is what its failover would do; how soon, says
    `estimate` (None: nothing was ever measured here)."""

    alive: Alive
    mark: Mark
    dead: bool
    serves: bool
    silent_since: datetime | None
    fate: Survival
    estimate: Estimate | None
    url: str

    @property
    def answers_again(self) -> bool:
        """Whether it is on its way up: down for so long as that is not steady."""
        return self.alive.why is not None and self.alive.why.code == "not-steady-yet"


@dataclass(frozen=True, slots=True)
class Automation:
    """`idle` are the reasons why nothing is failed over without a person (empty: it would be)."""

    stop: Stop | None
    classes: tuple[ClassLine, ...]
    idle: tuple[Reason, ...]
    switch: Act
    proposals: tuple[Proposal, ...]


def read_automation(
    alive: Mapping[str, Alive],
    fates: Mapping[str, Survival],
    serving: set[str],
    unreachable: Mapping[str, datetime],
    role: str,
) -> Automation:
    """`fates` by Cluster; `serving` are those that users are sent to, `unreachable` those whose API does not answer, and
    since when. Five queries, and at most two more where a signal misses."""
    switches = read_switches()
    found = AutomationStop.objects.filter(lifted_at=None).select_related("author").first()
    return Automation(
        stop=Stop(found.author.get_username(), found.reason, found.at) if found else None,
        classes=_classes(role),
        idle=read_idle(alive, switches),
        switch=_kill_switch(found is not None, role),
        proposals=_proposals(alive, fates, serving, unreachable),
    )


def read_idle(alive: Mapping[str, Alive], switches: Switches) -> tuple[Reason, ...]:
    """Why nothing is failed over without a person now."""
    return idle_reasons(switches, states_of(alive))


def _proposals(
    alive: Mapping[str, Alive],
    fates: Mapping[str, Survival],
    serving: set[str],
    unreachable: Mapping[str, datetime],
) -> tuple[Proposal, ...]:
    """Those that are down first."""
    found = [one for one in alive.values() if one.state in (DOWN, SUSPECT) and one.cluster in fates]
    estimate = failover_estimate() if found else None
    return tuple(
        Proposal(
            alive=one,
            mark=LIVENESS_MARKS[one.state],
            dead=one.state == DOWN,
            serves=one.cluster in serving,
            silent_since=_both_silent(one.since, unreachable.get(one.cluster)),
            fate=fates[one.cluster],
            estimate=estimate,
            url=reverse("releases:leave", args=[one.cluster]),
        )
        for one in sorted(found, key=lambda one: (one.state != DOWN, one.cluster))
    )


def _both_silent(users: datetime | None, api: datetime | None) -> datetime | None:
    """Since when neither answers: the later of the two, for before it one of them still did."""
    return max(users, api) if users and api else users or api


def _classes(role: str) -> tuple[ClassLine, ...]:
    rows = {row.redundancy: row for row in AutoFailover.objects.select_related("author")}
    return tuple(_class_line(one, rows.get(one), role) for one in CLASSES)


def _class_line(redundancy: str, row: AutoFailover | None, role: str) -> ClassLine:
    on = row is not None and row.on
    label = _("Let a person decide…") if on else _("Let it happen by itself…")
    url = reverse("releases:auto-failover", args=[redundancy, "off" if on else "on"])
    return ClassLine(
        redundancy=redundancy,
        name=REDUNDANCY_NAMES[Redundancy(redundancy)],
        on=on,
        author=row.author.get_username() if row else "",
        reason=row.reason if row else "",
        at=row.at if row else None,
        switch=_act(label, url, "stop" if on else "play", "automation.write", role, danger=False),
    )


def _kill_switch(stopped: bool, role: str) -> Act:
    if stopped:
        url = reverse("releases:resume-automation")
        return _act(_("Switch automation on…"), url, "play", "automation.resume", role, danger=False)
    url = reverse("releases:stop-automation")
    return _act(_("Switch all automation off…"), url, "stop", "automation.stop", role, danger=True)


def _act(label: str, url: str, icon: str, action: str, role: str, *, danger: bool) -> Act:
    needs = str(PERMISSIONS[action])
    reasons = () if allows(role, action) else (because("role-may-not", role=role, needs=needs),)
    return Act(label, url, icon, danger, reasons)
