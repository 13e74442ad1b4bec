"""The filter of the Timeline."""

from django import forms
from django.utils.translation import gettext_lazy as _

from releases.queries.timeline import GROUPS, TimelineFilter

_LARGEST = 2**63 - 1


def _number() -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=1, max_value=_LARGEST, widget=forms.HiddenInput)


class TimelineForm(forms.Form):
    """Which Events. Nothing is needed; names that nobody has find nothing."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", _("Everything")), *((name, words) for name, (words, _of) in GROUPS.items())],
    )
    prod = forms.CharField(label=_("Prod"), required=False, max_length=63)
    cluster = forms.CharField(label=_("Cluster"), required=False, max_length=63)
    person = forms.CharField(label=_("Person"), required=False, max_length=150)
    run = forms.IntegerField(label=_("Run"), required=False, min_value=1, max_value=_LARGEST)
    on = forms.DateTimeField(
        label=_("Up to (UTC)"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    before = _number()
    after = _number()
    at = _number()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs, label_suffix="")
        for name in ("prod", "cluster", "person"):
            self.fields[name].widget.attrs["list"] = f"{name}-names"

    def asked(self) -> TimelineFilter:
        """The filter of a valid form."""
        data = dict(self.cleaned_data)
        return TimelineFilter(group=data.pop("kind"), **data)
