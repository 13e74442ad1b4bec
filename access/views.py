"""Logging in and out."""

from typing import Any

from axes.helpers import get_client_ip_address
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from .forms import LoginForm
from .lockout import is_shut


class Login(LoginView):
    """The login page; someone who is logged in already goes on."""

    template_name = "access/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """429 from where too many logins have failed."""
        if is_shut(get_client_ip_address(request), timezone.now()):
            return render(request, "access/locked.html", status=429)
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Labels without a colon, as everywhere."""
        return super().get_form_kwargs() | {"label_suffix": ""}


class Logout(LogoutView):
    """POST only."""
