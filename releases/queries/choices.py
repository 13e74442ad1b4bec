"""What a person can do to a Run now, beside what it would do, or why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import Person
from access.roles import PERMISSIONS, allows
from journal.core.reasons import Reason, because
from releases.actions.steer import CONTESTED
from releases.core.states import STEP_BROKEN, StepState
from releases.marks import STEP_NAMES
from releases.models import Run
from releases.preview import action_blockers

from .progress import StepRow

TAKE_OVER = "prod.take-over"


@dataclass(frozen=True, slots=True)
class Verb:
    """An action: its words, drawing, what it would do, and whether a confirm page comes first."""

    label: str | Promise
    icon: str
    would: str | Promise
    confirm: bool = False
    needs_reason: bool = False

    @property
    def name(self) -> str:
        """The label without its dots."""
        return str(self.label).rstrip("…")


VERBS = {
    "pause": Verb(
        _("Pause"), "pause", _("Nothing new starts; what is under way finishes. Users notice nothing.")
    ),
    "resume": Verb(_("Resume"), "play", _("Goes on where it stopped.")),
    "approve": Verb(_("Approve"), "check", _("Your yes to the gate. The author of a run cannot approve it.")),
    "retry": Verb(_("Retry"), "turn", _("Tries the failed step again.")),
    "take-over": Verb(
        _("Take over…"),
        "hand",
        _("Tries it again and takes these fields from the tool that owns them. That tool may write again."),
        True,
        True,
    ),
    "skip": Verb(_("Skip…"), "skip", _("Leaves this Prod as it is now and goes on without it."), True, True),
    "abort": Verb(
        _("Abort…"),
        "stop",
        _("Nothing new starts, what is under way finishes, then the run ends. Nothing is undone."),
        True,
        True,
    ),
    "rollback": Verb(
        _("Roll back…"), "back", _("Takes every changed Prod back to the Version it came from."), True, True
    ),
}


# Of a Run that was pre-empted.
ANEW = Verb(
    _("Resume…"),
    "play",
    _("Shows how what is left is judged now, and goes on by that once you have read it."),
    confirm=True,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One button: its verb, the step it is about, and why it cannot be pressed (empty: it can)."""

    verb: str
    words: Verb
    step: int | None
    about: str
    reasons: tuple[Reason, ...]

    @property
    def may(self) -> bool:
        """Whether it can be pressed."""
        return not self.reasons


def read_choices(
    run: Run, steps: Sequence[StepRow], names: Mapping[int, str], person: Person
) -> tuple[Choice, ...]:
    """Every action on `run`, allowed to `person` or not, in the order shown."""
    blockers = verb_blockers(run, person.acting_role)
    if run.author_id == person.pk and not blockers["approve"]:
        blockers["approve"] = (because("four-eyes", by=person.get_username()),)
    verbs = VERBS | {"resume": ANEW} if run.preempted_by_id else VERBS
    return tuple(
        Choice(verb, words, step.id if step else None, _about(step, names), blockers[verb])
        for verb, words in verbs.items()
        for step in _targets(verb, steps)
    )


def verb_blockers(run: Run, role: str) -> dict[str, tuple[Reason, ...]]:
    """For each verb: why `role` cannot do it to `run` now. A take-over is a retry with one more right."""
    blockers = action_blockers(run, role)
    more = (
        ()
        if allows(role, TAKE_OVER)
        else (because("role-may-not", role=role, needs=str(PERMISSIONS[TAKE_OVER])),)
    )
    return {**blockers, "take-over": (*more, *blockers["retry"])}


def _targets(verb: str, steps: Sequence[StepRow]) -> list[StepRow] | list[None]:
    """The steps that `verb` is about: one button each; a verb without any has one button, a take-over
    none."""
    found: list[StepRow] = []
    if verb == "take-over":
        return [
            step
            for step in steps
            if step.state in STEP_BROKEN and step.reason and step.reason.code == CONTESTED
        ]
    if verb in ("retry", "skip"):
        found = [step for step in steps if step.state in STEP_BROKEN]
    if verb == "approve":
        found = [step for step in steps if step.kind == "ask" and step.state == StepState.RUNNING]
    return found or [None]


def _about(step: StepRow | None, names: Mapping[int, str]) -> str:
    if step is None:
        return ""
    prod = names.get(step.prod_id or 0, "")
    return f"{prod}: {STEP_NAMES[step.kind]}" if prod else str(_("wave %s")) % step.wave
