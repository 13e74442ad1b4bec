"""The check in front of every page: logged in, and allowed by the one permission table."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from journal.sentences import sentence

from .permissions import Denied, require

View = Callable[..., HttpResponse]


def may(action: str) -> Callable[[View], View]:
    """A view for people who may do `action`: others get the login page, or 403 and what they lack.

    A `Denied` from the view itself is answered in the same way. The view carries `action`, so that a
    test can walk all routes.
    """

    def guard(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                require(request.user, action)
                return view(request, *args, **kwargs)
            except Denied as denied:
                raise PermissionDenied(sentence(denied.reason)) from denied

        guarded.action = action
        return guarded

    return guard
