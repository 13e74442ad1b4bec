"""Forms of the settings pages."""

from datetime import datetime, timedelta

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .roles import RANK, Role

LIFETIMES = {"30": _("30 days"), "90": _("90 days"), "365": _("a year"), "": _("until it is revoked")}


def _password(kind: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": f"{kind}password"})


class _Form(forms.Form):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs, label_suffix="")


class ReasonForm(_Form):
    """Why."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=3,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It is kept in the Timeline."),
    )


class TokenForm(_Form):
    """A new token: what it is for, what it may, for how long."""

    name = forms.CharField(
        label=_("What is it for?"), max_length=100, help_text=_("Such as: CI of the shop.")
    )
    role = forms.ChoiceField(label=_("It may do what this role may"))
    days = forms.ChoiceField(
        label=_("It is good for"), choices=list(LIFETIMES.items()), required=False, initial="90"
    )

    def __init__(self, acting_role: str, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        rank = RANK[Role(acting_role)]
        self.fields["role"].choices = [(role.value, role.value) for role in Role if RANK[role] <= rank]

    def asked(self) -> tuple[str, str, datetime | None]:
        """Name, role and end (None: never) of a valid form."""
        data = self.cleaned_data
        ends = timezone.now() + timedelta(days=int(data["days"])) if data["days"] else None
        return data["name"], data["role"], ends


class PersonForm(_Form):
    """A new person."""

    username = forms.CharField(
        label=_("Name to log in with"),
        max_length=150,
        validators=[RegexValidator(r"^[\w.@+-]+\Z", _("Letters, digits and . @ + - _ only."))],
    )
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, role.value) for role in Role])


class RoleForm(ReasonForm):
    """Another role, and why."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, role.value) for role in Role])
    field_order = ["role", "reason"]


class OwnPasswordForm(_Form):
    """The password one has, and the next one twice."""

    current = forms.CharField(
        label=_("Your password now"), strip=False, max_length=4096, widget=_password("current-")
    )
    new = forms.CharField(
        label=_("The new one"),
        strip=False,
        max_length=4096,
        widget=_password("new-"),
        help_text=_("12 characters at least; a sentence is best."),
    )
    again = forms.CharField(
        label=_("The new one again"), strip=False, max_length=4096, widget=_password("new-")
    )

    def clean_again(self) -> str:
        """The same twice."""
        if self.cleaned_data["again"] != self.cleaned_data.get("new"):
            raise forms.ValidationError(_("The two are not the same."))
        return str(self.cleaned_data["again"])

    def asked(self) -> dict[str, str]:
        """Both passwords of a valid form."""
        return {"current": self.cleaned_data["current"], "new": self.cleaned_data["new"]}
