"""The settings pages: tokens, people, roles."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence

from . import actions
from .doors import may
from .queries.people import read_people, read_person, read_roles
from .queries.tokens import read_token, read_tokens
from .settings_forms import OwnPasswordForm, PersonForm, ReasonForm, RoleForm, TokenForm


def _show(request: HttpRequest, template: str, page: Any, status: int = 200, **more: Any) -> HttpResponse:
    context = {"page": page, "now": timezone.now(), **more}
    answer = render(request, f"access/{template}.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _attempt(request: HttpRequest, act: Callable[[], Any], done: str, then: str) -> HttpResponseRedirect:
    """Do `act` and say `done`, or why not; then go to the page named `then`."""
    try:
        act()
        messages.success(request, done)
    except Refused as refused:
        _tell(request, refused)
    return redirect(then)


def _posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to; of an empty POST, too."""
    return request.POST if request.method == "POST" else None


def _status(request: HttpRequest, form: Form) -> int:
    """Of a page whose form is shown: 400 says that what was sent is not valid, 409 that it was refused."""
    if request.method != "POST":
        return 200
    return 409 if form.is_valid() else 400


def _tell(request: HttpRequest, refused: Refused) -> None:
    for reason in refused.reasons:
        messages.error(request, sentence(reason))


T = TypeVar("T")


def _made(request: HttpRequest, form: Form, act: Callable[[], T]) -> T | None:
    """What `act` makes; None: it was refused, and the form and the messages say why."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return act()
    except Refused as refused:
        _tell(request, refused)
    except FieldErrors as errors:
        for path, reason in errors.errors:
            form.add_error(path if path in form.fields else None, sentence(reason))
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@may("token.own")
def tokens(request: HttpRequest) -> HttpResponse:
    """GET: the list and a form. POST: a new token of one's own, shown this once."""
    form = TokenForm(request.user.acting_role, _posted(request))
    made = _made(request, form, lambda: actions.create_token(request.user, request.user, *form.asked()))
    page = read_tokens(request.user, request.GET.get("whose") == "all", timezone.now())
    status = _status(request, form) if made is None else 200
    return _show(request, "tokens", page, form=form, made=made, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@may("token.own")
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """GET: what would end. POST: the token is dead."""
    token = read_token(request.user, token_id, timezone.now())
    form = ReasonForm(_posted(request))
    if not _made(request, form, lambda: actions.revoke_token(request.user, token_id, **form.cleaned_data)):
        return _show(request, "revoke_token", token, form=form, status=_status(request, form))
    messages.success(request, _("The token %(name)s is dead.") % {"name": token.name})
    return redirect("access:tokens")


@require_http_methods(["GET", "HEAD", "POST"])
@may("people.write")
def people(request: HttpRequest) -> HttpResponse:
    """GET: the list and a form. POST: a new person, with a password that is shown this once."""
    form = PersonForm(_posted(request))
    made = _made(request, form, lambda: actions.create_person(request.user, **form.cleaned_data))
    status = _status(request, form) if made is None else 200
    return _show(request, "people", read_people(request.user), form=form, made=made, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@may("people.write")
def person(request: HttpRequest, name: str) -> HttpResponse:
    """GET: one person and what can be done. POST: another role."""
    one = read_person(request.user, name)
    form = RoleForm(_posted(request), initial={"role": one.role})
    if not _made(request, form, lambda: actions.set_role(request.user, name, **form.cleaned_data)):
        return _show(request, "person", one, form=form, status=_status(request, form))
    messages.success(
        request, _("%(name)s is %(role)s now.") % {"name": name, "role": form.cleaned_data["role"]}
    )
    return redirect("access:people")


@require_http_methods(["POST"])
@may("people.write")
def switch_person(request: HttpRequest, name: str, active: bool) -> HttpResponse:
    """The person can log in, or cannot any more: their sessions and tokens are dead at once."""
    act = actions.activate_person if active else actions.deactivate_person
    words = _("%(name)s can log in again.") if active else _("%(name)s is out: no session or token works.")
    return _attempt(request, lambda: act(request.user, name), words % {"name": name}, "access:people")


@require_http_methods(["POST"])
@may("people.write")
def reset_password(request: HttpRequest, name: str) -> HttpResponse:
    """A new password, shown this once; every session of the person ends."""
    try:
        password = actions.reset_password(request.user, name)
    except Refused as refused:
        _tell(request, refused)
        return redirect("access:person", name)
    return _show(request, "people", read_people(request.user), form=PersonForm(), made=(name, password))


@require_http_methods(["GET", "HEAD", "POST"])
@may("token.own")
def password(request: HttpRequest) -> HttpResponse:
    """GET: a form. POST: one's own password is another one; other sessions of one's own end."""
    form = OwnPasswordForm(_posted(request))

    def change() -> bool:
        actions.change_own_password(request.user, **form.asked())
        return True

    if not _made(request, form, change):
        return _show(request, "password", None, form=form, status=_status(request, form))
    request.user.refresh_from_db(fields=["password"])
    update_session_auth_hash(request, request.user)
    messages.success(request, _("Your password is changed. Your other sessions have ended."))
    return redirect("access:tokens")


@require_safe
@may("read")
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do."""
    return _show(request, "roles", read_roles())
