"""A Prod's drift: what differs, who did it, and what can be done about it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.core.drift import MOST, Difference, What
from clusters.core.owners import OURS
from clusters.models import Drift, Prod
from journal.core.reasons import Reason, because, reason_from_json
from journal.models import Event
from releases.actions.heal import NOT_COMPARED, SWITCH
from releases.core.healing import DriftNow, heal_blockers, is_contested, wants_self_heal
from releases.engine.self_heal import reasons_to_wait
from releases.heal_preview import HealPreview, known_drift, preview_heal
from releases.marks import Mark

from .confirm import ConfirmPage

MARKS = {
    Drift.State.IN_SYNC: Mark("good", "check", gettext_lazy("in sync")),
    Drift.State.DRIFTED: Mark("wait", "alert", gettext_lazy("drifted")),
    Drift.State.UNKNOWN: Mark("unknown", "query", gettext_lazy("not known")),
}
WORDS: dict[str, str | Promise] = {
    What.CHANGED: gettext_lazy("changed"),
    What.MISSING: gettext_lazy("gone"),
    What.SURPLUS: gettext_lazy("not asked for"),
    What.ADDED: gettext_lazy("added"),
}
TONES = {What.CHANGED: "wait", What.MISSING: "bad", What.SURPLUS: "idle", What.ADDED: "idle"}


@dataclass(frozen=True, slots=True)
class DriftLine:
    """One difference, to read. `where` is the field ("" the object), `who` its manager ("" nobody says)."""

    object: str
    where: str
    mark: Mark
    wanted: str
    found: str
    who: str
    at: datetime | None
    contested: bool


@dataclass(frozen=True, slots=True)
class DriftPanel:
    """The drift of a Prod. `heal` and `take_over` are why these cannot be done now (empty: they can);
    `waits` is what healing by itself waits for, `stopped` why it was switched off, if it did that itself."""

    prod: str
    state: str
    mark: Mark
    reason: Reason | None
    since: datetime | None
    checked_at: datetime | None
    lines: tuple[DriftLine, ...]
    heal: tuple[Reason, ...]
    take_over: tuple[Reason, ...]
    contested: int
    self_heal: bool
    waits: tuple[Reason, ...]
    stopped: Reason | None
    compared: bool
    cut: bool


@dataclass(frozen=True)
class HealPage:
    """A heal before it starts. `reasons` (empty: it can start) stand against it."""

    prod: str
    take_over: bool
    digest: str
    version: str
    checked_at: datetime | None
    reasons: tuple[Reason, ...]
    ends: tuple[DriftLine, ...]
    stays: tuple[DriftLine, ...]
    contested: tuple[DriftLine, ...]

    @cached_property
    def managers(self) -> str:
        """Who owns contested fields."""
        return ", ".join(sorted({line.who for line in self.contested}))


def read_drift(prod: Prod) -> DriftPanel:
    """The drift of `prod`, for its page. With `drift`, `claim` and `cluster` loaded one query; where drift is
    about to be healed by itself those of a plan."""
    row: Drift | None = getattr(prod, "drift", None)
    drift = known_drift(prod)
    claim = getattr(prod, "claim", None)
    claimed = (because("claimed", run=claim.run_id, kind=_("run")),) if claim else ()
    reason = reason_from_json(row.reason) if row else because("drift-never-compared")
    return DriftPanel(
        prod=prod.name,
        state=drift.state,
        mark=MARKS[Drift.State(drift.state)],
        reason=reason,
        since=drift.since,
        checked_at=drift.checked_at,
        lines=lines_of(drift.differences),
        heal=(*claimed, *heal_blockers(drift, take_over=False)),
        take_over=(*claimed, *heal_blockers(drift, take_over=True)),
        contested=sum(is_contested(one) for one in drift.differences),
        self_heal=prod.self_heal,
        waits=_waits(prod, drift),
        stopped=None if prod.self_heal else _stopped(prod),
        compared=prod.lifecycle not in NOT_COMPARED,
        cut=len(drift.differences) >= MOST,
    )


def lines_of(found: tuple[Difference, ...]) -> tuple[DriftLine, ...]:
    """The differences as lines, in their order."""
    return tuple(_line(one) for one in found)


def _line(one: Difference) -> DriftLine:
    what = What(one.what)
    who = _("Drover") if one.manager == OURS else one.manager
    return DriftLine(
        object=f"{one.kind.partition('.')[0]} {one.name}",
        where=one.path,
        mark=Mark(TONES[what], "alert", WORDS[what]),
        wanted=one.desired,
        found=one.live,
        who=who,
        at=_moment(one.at),
        contested=is_contested(one),
    )


def _moment(text: str) -> datetime | None:
    """A time as Kubernetes writes it; None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _waits(prod: Prod, drift: DriftNow) -> tuple[Reason, ...]:
    if not prod.self_heal or not wants_self_heal(drift):
        return ()
    return reasons_to_wait(prod, timezone.now())


def _stopped(prod: Prod) -> Reason | None:
    last = Event.objects.filter(prod=prod.name, kind=SWITCH).order_by("-id").first()
    reason = reason_from_json(last.reason) if last else None
    return reason if reason and reason.code == "self-heal-stopped" else None


def read_heal(name: str, *, take_over: bool) -> HealPage:
    """What a heal would do now; 404 for an unknown Prod. Raises Refused for one that is gone."""
    get_object_or_404(Prod, name=name)
    preview: HealPreview = preview_heal(name, take_over=take_over)
    return HealPage(
        prod=name,
        take_over=take_over,
        digest=preview.plan.digest,
        version=preview.plan.version,
        checked_at=preview.drift.checked_at,
        reasons=preview.reasons,
        ends=lines_of(preview.ends),
        stays=lines_of(preview.stays),
        contested=lines_of(preview.contested),
    )


def read_self_heal_confirm(name: str, *, on: bool) -> ConfirmPage:
    """Of the switch: what this position of it means; 404 for an unknown Prod."""
    get_object_or_404(Prod, name=name)
    return ConfirmPage(
        title=(_("Heal %s by itself?") if on else _("Stop healing %s by itself?")) % name,
        label=_("Heal by itself") if on else _("Stop healing by itself"),
        icon="turn" if on else "hand",
        danger=False,
        would=_on() if on else _off(),
        reasons=(),
        back=reverse("releases:prod", args=[name]),
    )


def _on() -> tuple[str, ...]:
    return (
        _("Fields and objects of the Version that somebody changes or deletes on the cluster are put back."),
        _(
            "Fields are taken back from other tools too. What others add, and objects that nobody asked for, stay."
        ),
        _("Only what two looks have found is healed, never while a run, a hold or a stopped line stands."),
        _("After 3 heals within an hour it stops by itself, and says who writes against it."),
    )


def _off() -> tuple[str, ...]:
    return (_("Drift is still found and shown. A person heals it."),)
