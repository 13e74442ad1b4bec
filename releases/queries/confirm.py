"""What is asked before an act: what it would do, to what, and what stands against it."""

from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.models import Cluster, Prod, Version
from journal.core.reasons import Reason, because
from journal.sentences import sentence
from releases.core.automation import CLASSES
from releases.core.states import STEP_ENDED
from releases.engine.unmade import leaving_runs, unanswered, unmade
from releases.models import Hold, Run
from traffic.marks import REDUNDANCY_NAMES
from traffic.models import Redundancy, Route

from .anew import AnewPage, read_anew
from .choices import VERBS, verb_blockers
from .progress import RUN_LINE, read_steps, run_title
from .runs import Undo, read_undo
from .shares import read_served

SHOWN = 20  # Routes by name; of more the rest is left out


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """`would` are sentences; `reasons` (empty: it can be done) why not; `undo` the plan of a rollback; `anew` how a
    pre-empted run would go on; `targets` the (step, words) to choose from where none is given."""

    title: str
    label: str
    icon: str
    danger: bool
    would: tuple[str, ...]
    reasons: tuple[Reason, ...]
    back: str
    undo: Undo | None = None
    targets: tuple[tuple[int, str], ...] = ()
    anew: AnewPage | None = None


def read_run_confirm(run_id: int, verb: str, role: str, step: str | int | None) -> ConfirmPage:
    """Of an act on a Run; 404 for an unknown Run or step."""
    rows = Run.objects.select_related(*RUN_LINE)
    run = get_object_or_404(rows, pk=run_id)
    words = VERBS[verb]
    label = words.name
    anew = read_anew(run) if verb == "resume" and run.preempted_by_id else None
    would = _("Goes on with what is left, as planned below.") if anew else str(words.would)
    return ConfirmPage(
        title=_("%(verb)s: run #%(id)s, %(title)s?") % {"verb": label, "id": run.pk, "title": run_title(run)},
        label=label,
        icon=words.icon,
        danger=verb in ("abort", "rollback"),
        would=(would, *_about_step(run, step)),
        reasons=(*verb_blockers(run, role)[verb], *(anew.reasons if anew else ())),
        back=reverse("releases:run", args=[run.pk]),
        undo=read_undo(run, read_served()) if verb == "rollback" else None,
        targets=_targets(run) if verb == "skip" and not step else (),
        anew=anew,
    )


def _targets(run: Run) -> tuple[tuple[int, str], ...]:
    """What can be skipped: of each Prod and gate the first step that is left."""
    left = [step for step in read_steps([run])[run.pk] if step.state not in STEP_ENDED]
    first = {(step.wave, step.prod_id): step for step in reversed(left)}
    names = dict(Prod.objects.filter(pk__in=[step.prod_id for step in left]).values_list("pk", "name"))
    return tuple(
        (
            step.id,
            _("wave %(wave)s: %(name)s")
            % {"wave": step.wave, "name": names.get(step.prod_id, _("its gate"))},
        )
        for step in reversed(first.values())
    )


def _about_step(run: Run, step: str | int | None) -> tuple[str, ...]:
    """Which Prod or gate the act is about."""
    if step in (None, ""):
        return ()
    found = next((row for row in read_steps([run])[run.pk] if str(row.id) == str(step)), None)
    if found is None:
        raise Http404
    if found.prod_id is None:
        return (_("It is about the gate in front of wave %s.") % found.wave,)
    prod = Prod.objects.values_list("name", flat=True).get(pk=found.prod_id)
    about = _("It is about Prod %(prod)s in wave %(wave)s.") % {"prod": prod, "wave": found.wave}
    return (about, sentence(found.reason)) if found.reason else (about,)


def read_line_confirm(stop: bool) -> ConfirmPage:
    """Of stopping the line, or of letting it run again."""
    would = (
        (
            _("No release and no build starts anything new, on no Prod, until somebody resumes the line."),
            _("What is under way finishes. Users notice nothing."),
            _("A person's rollbacks, failovers and evacuations still pass."),
            _("Weights by hand and moves of tenants are refused meanwhile."),
        )
        if stop
        else (
            _(
                "Every release and build that waits for it goes on at once. Those that are paused or pre-empted stay so."
            ),
        )
    )
    return ConfirmPage(
        title=_("Stop the line for everyone?") if stop else _("Resume the line?"),
        label=_("Stop the line") if stop else _("Resume the line"),
        icon="stop" if stop else "play",
        danger=stop,
        would=would,
        reasons=(),
        back=reverse("releases:fleet"),
    )


def read_take_back_confirm(cluster: str) -> ConfirmPage:
    """Of taking back the moves out of the Cluster that no router shows yet; 404 for an unknown one."""
    row = get_object_or_404(Cluster, name=cluster)
    run = leaving_runs().filter(strategy__cluster=cluster).last()
    changes = unmade(run) if run else {}
    none = () if changes else (because("no-moves-to-take-back", cluster=cluster),)
    names = list(Route.objects.filter(pk__in=changes).order_by("name").values_list("name", flat=True))
    shown = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
    return ConfirmPage(
        title=_("Take back what has not left %s?") % cluster,
        label=_("Take it back"),
        icon="back",
        danger=False,
        would=(
            _("These Routes have the weights again that they had before: %s") % (shown or "–"),
            _("Users whom a router leads elsewhere already stay there until a failback."),
            _("It passes while automation or the line is stopped, since nobody is moved by it."),
        ),
        reasons=(*none, *unanswered(row)),
        back=reverse("releases:failover"),
    )


def read_automation_confirm(stop: bool) -> ConfirmPage:
    """Of the kill switch, either way."""
    would = (
        (
            _(
                "Nothing is failed over or healed without a person, anywhere, until somebody switches it on again."
            ),
            _("What has begun goes on. What people do, and what routers do by themselves, is not touched."),
            _(
                "What differs at a router is shown and stays: one that has lost its state gets it back afterwards."
            ),
        )
        if stop
        else (_("What is switched on happens without a person again, at once where it is due."),)
    )
    label = _("Switch all automation off") if stop else _("Switch automation on")
    return ConfirmPage(
        title=_("Switch all automation off?") if stop else _("Switch automation on again?"),
        label=label,
        icon="stop" if stop else "play",
        danger=stop,
        would=would,
        reasons=(),
        back=reverse("releases:failover"),
    )


def read_auto_failover_confirm(redundancy: str, on: bool) -> ConfirmPage:
    """Of automatic failover for Routes of this redundancy; 404 for one that is never automatic."""
    if redundancy not in CLASSES:
        raise Http404
    name = REDUNDANCY_NAMES[Redundancy(redundancy)]
    would = (
        (
            _("When a cluster is down by two signals, these Routes leave it without a person."),
            _("Routes with a single writer never do, and nothing happens while many clusters look dead."),
        )
        if on
        else (_("When a cluster is down, these Routes wait for a person."),)
    )
    return ConfirmPage(
        title=(_("Fail over by itself: redundancy %s?") if on else _("Let a person decide: redundancy %s?"))
        % name,
        label=_("Switch it on") if on else _("Switch it off"),
        icon="play" if on else "stop",
        danger=on,
        would=would,
        reasons=(),
        back=reverse("releases:failover"),
    )


def read_set_hold_confirm(name: str) -> ConfirmPage:
    """Of holding a Prod; 404 if there is none."""
    prod = get_object_or_404(Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED), name=name)
    return ConfirmPage(
        title=_("Hold %s?") % prod.name,
        label=_("Hold"),
        icon="hand",
        danger=False,
        would=(
            _(
                "No run begins to change it until somebody lifts the hold: no release, change, heal or retire."
            ),
            _("What is under way on it goes on. Users notice nothing."),
            _("A rollback that this hold stands in the way of waits for it."),
        ),
        reasons=(),
        back=reverse("releases:prod", args=[prod.name]),
    )


def read_hold_confirm(hold_id: int) -> ConfirmPage:
    """Of lifting a Hold; 404 if there is none."""
    hold = get_object_or_404(Hold.objects.select_related("prod", "author"), pk=hold_id)
    names = {"author": hold.author.get_username(), "reason": hold.reason}
    return ConfirmPage(
        title=_("Lift the hold on %s?") % hold.prod.name,
        label=_("Lift hold"),
        icon="hand",
        danger=False,
        would=(
            _("%(author)s holds it: %(reason)s") % names,
            _("Releases that wait for this Prod go on with it at once."),
        ),
        reasons=(),
        back=reverse("releases:prod", args=[hold.prod.name]),
    )


def read_veto_confirm(version_id: int) -> ConfirmPage:
    """Of lifting a Veto; 404 if there is no such Version."""
    version = get_object_or_404(Version.objects.select_related("blueprint", "vetoed_by"), pk=version_id)
    return ConfirmPage(
        title=_("Lift the veto on %s?") % version,
        label=_("Lift veto"),
        icon="check",
        danger=False,
        would=(
            _("Vetoed because: %s") % version.veto_reason,
            _("It can be released again, by everyone who may."),
        ),
        reasons=(),
        back=reverse("releases:versions"),
    )
