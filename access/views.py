"""Logging in and out."""

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView

from .forms import LoginForm


class Login(LoginView):
    """The login page; someone who is logged in already goes on."""

    template_name = "access/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_form_kwargs(self) -> dict[str, Any]:
        """Labels without a colon, as everywhere."""
        return super().get_form_kwargs() | {"label_suffix": ""}


class Logout(LogoutView):
    """POST only."""
