"""What people send: a release's choices, and a reason for an act."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from journal.sentences import sentence
from releases.core.strategy import BadStrategy, Strategy, parse_strategy

DEFAULTS = Strategy()
ASKS = [
    ("none", _("Nobody is asked")),
    ("each-wave", _("Before each wave after the first")),
    ("horizon", _("Before going back stops being quick")),
]
ALONES = [
    ("in-place", _("Stay on it while it is changed")),
    ("relocate", _("Live on another Prod meanwhile")),
]
BACKS = [
    ("restore", _("All at once")),
    ("ramp", _("A little at a time: 10, 30, 50, 100 %")),
]
NAMES = [
    ("by-impact", _("By impact on users")),
    ("percent", _("By share of users: 10, 30, 50, 100 %")),
    ("switch", _("Standby Prods first, then all users at once")),
]


class ReleaseForm(forms.Form):
    """Version and strategy. An amount is a count or a percentage such as `25%`."""

    version = forms.CharField(max_length=200, widget=forms.HiddenInput)
    name = forms.ChoiceField(label=_("Order of the Prods"), choices=NAMES, initial=DEFAULTS.name)
    few_below = forms.CharField(
        label=_("Few users means less than"),
        initial=str(DEFAULTS.few_below.value),
        help_text=_("Load units, or a percentage of all load."),
    )
    parallel = forms.CharField(
        label=_("At the same time in a wave"),
        initial=str(DEFAULTS.parallel.value),
        help_text=_("Prods, or a percentage of the wave. Two that serve the same tenants never go together."),
    )
    soak_s = forms.IntegerField(
        label=_("Watch each Prod for"), min_value=0, help_text=_("Seconds, with its users on it.")
    )
    failure_budget = forms.IntegerField(
        label=_("Failures allowed per wave"), min_value=0, initial=0, help_text=_("More than these stop it.")
    )
    alone = forms.ChoiceField(
        label=_("Users whom nobody else serves"), choices=ALONES, initial=DEFAULTS.alone
    )
    back = forms.ChoiceField(
        label=_("Users of a drained Prod come back"), choices=BACKS, initial=DEFAULTS.back
    )
    warm_up = forms.IntegerField(
        label=_("Warm up with"),
        min_value=0,
        max_value=1000,
        initial=DEFAULTS.warm_up,
        help_text=_("Requests in a row that a Prod has to answer before users come to it. 0: none are sent."),
    )
    ask = forms.ChoiceField(label=_("Approval"), choices=ASKS, initial=DEFAULTS.ask)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["soak_s"].initial = settings.DEFAULT_SOAK_S
        for field in self.fields.values():
            field.required = field.initial is None

    def clean_version(self) -> tuple[str, str]:
        """(Blueprint, Version) of `shop/v1.1.0`."""
        blueprint, _slash, version = self.cleaned_data["version"].partition("/")
        if not version:
            raise forms.ValidationError(_("Choose a Version."))
        return blueprint, version

    def clean(self) -> dict[str, Any]:
        """Adds what `parse_strategy` says to the field that it speaks of."""
        try:
            parse_strategy(self.strategy())
        except BadStrategy as bad:
            for path, reason in bad.errors:
                self.add_error(path if path in self.fields else None, sentence(reason))
        return self.cleaned_data

    def strategy(self) -> dict[str, Any]:
        """The strategy's JSON form; fields left empty are left out."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        given.pop("version", None)
        for amount in ("few_below", "parallel"):
            if amount in given:
                given[amount] = _amount(given[amount])
        return given


def _amount(text: str) -> int | str:
    plain = text.replace(" ", "")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else plain


def excluded(data: QueryDict) -> list[dict[str, str]]:
    """The Prods left out and why: pairs of `exclude` and `why`, in their order."""
    pairs = zip(data.getlist("exclude"), data.getlist("why"), strict=False)
    return [{"prod": prod, "reason": why} for prod, why in pairs if prod]


class ActForm(forms.Form):
    """An act on a Run: the step it is about, the plan that was read where it is judged anew, and why."""

    step = forms.IntegerField(required=False, widget=forms.HiddenInput)
    digest = forms.RegexField(r"^[0-9a-f]{64}$", required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        required=False,
        min_length=3,
        max_length=1000,
        label=_("Why?"),
        help_text=_("One sentence for those who read this later."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, needs_reason: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["reason"].required = needs_reason
