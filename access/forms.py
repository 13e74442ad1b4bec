"""Forms of people."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class LoginForm(AuthenticationForm):
    """Name and password."""

    error_messages = {
        "invalid_login": _(
            "That name and password do not belong together. Five wrong tries close the door for 15 minutes."
        ),
        "inactive": _("This account is closed."),
    }
    username = forms.CharField(
        label=_("Name"), widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
