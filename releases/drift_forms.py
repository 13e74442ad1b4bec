"""What people send to heal a Prod."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class HealForm(forms.Form):
    """The plan that was read, whether fields are taken over, and why."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    take_over = forms.BooleanField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Why?"),
        help_text=_("One sentence for those who read this later. May be left empty."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
