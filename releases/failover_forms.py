"""What people send to empty a Cluster or a Prod, and to bring its users back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class FailbackForm(forms.Form):
    """The plan that was read, and why."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    reason = forms.CharField(
        min_length=3,
        max_length=1000,
        label=_("Why?"),
        help_text=_("One sentence for those who read this later."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)


class LeaveForm(FailbackForm):
    """The same, and that nobody writes any more where a Route has a single writer: never shown again as it was typed."""

    confirm = forms.CharField(
        required=False,
        max_length=63,
        label=_("Type its name"),
        help_text=_("Once you have made sure that the old writers of these Routes are stopped."),
    )
