"""Refusing requests that the user has no right to. Source: apiserver/pkg/endpoints/handlers/responsewriters."""

from __future__ import annotations

from simulator.api.target import Target
from simulator.errors import ApiError
from simulator.rights.authorizer import SERVICE_ACCOUNT, Authorizer
from simulator.rights.rules import Ask
from simulator.rights.tokens import AUTHENTICATED, User
from simulator.wire.messages import Request

NAMED_BY_SELECTOR = frozenset({"list", "watch", "deletecollection"})


def check_permission(authorizer: Authorizer, user: User, target: Target, request: Request) -> None:
    """ApiError 403 unless the user may do what the request asks for."""
    check_ask(authorizer, user, _ask_of(target, request))


def check_ask(authorizer: Authorizer, user: User, ask: Ask) -> None:
    """ApiError 403 unless the user may do it."""
    if not authorizer.allowed(user, ask):
        raise _forbidden(user, ask)


def spoken_for(authorizer: Authorizer, user: User, request: Request) -> User:
    """Whom the request acts as (`kubectl --as`, `--as-group`): the user, or whom it impersonates; 403."""
    name = request.headers.get("impersonate-user")
    if not name:
        return user
    groups = [
        group.strip() for group in request.headers.get("impersonate-group", "").split(",") if group.strip()
    ]
    account = name.removeprefix(SERVICE_ACCOUNT) if name.startswith(SERVICE_ACCOUNT) else ""
    space, _, short = account.partition(":")
    resource = "serviceaccounts" if account else "users"
    check_ask(authorizer, user, Ask("impersonate", "", resource, "", short or name, space))
    for group in groups:
        check_ask(authorizer, user, Ask("impersonate", "", "groups", "", group, ""))
    return User(name, tuple(dict.fromkeys([*groups, AUTHENTICATED])))


def check_path(authorizer: Authorizer, user: User, method: str, path: str) -> None:
    """ApiError 403 unless the user may ask for a path outside the resources."""
    verb = {"GET": "get", "HEAD": "head"}.get(method, method.lower())
    if not authorizer.allowed_url(user, verb, path):
        message = f'forbidden: User "{user.name}" cannot {verb} path "{path}"'
        raise ApiError(403, "Forbidden", message, {})


def _ask_of(target: Target, request: Request) -> Ask:
    kind, name, space = target.kind, target.name, target.space
    if kind.key == "namespaces" and name:
        space = name  # a Role of a namespace may cover the Namespace itself
    if target.verb in NAMED_BY_SELECTOR and not name:
        name = _selected_name(request.query.get("fieldSelector", ""))
    return Ask(target.verb, kind.group, kind.plural, target.subresource, name, space)


def create_ask(target: Target) -> Ask:
    """What an apply needs besides `patch` when it would create the object."""
    return Ask("create", target.kind.group, target.kind.plural, target.subresource, target.name, target.space)


def _selected_name(selector: str) -> str:
    for term in selector.split(","):
        field, _, name = term.replace("==", "=").partition("=")
        if field == "metadata.name":
            return name
    return ""


def _forbidden(user: User, ask: Ask) -> ApiError:
    qualified = f"{ask.resource}.{ask.group}" if ask.group else ask.resource
    where = f'in the namespace "{ask.namespace}"' if ask.namespace else "at the cluster scope"
    what = f'{qualified} "{ask.name}"' if ask.name else qualified
    message = (f'{what} is forbidden: User "{user.name}" cannot {ask.verb} resource "{ask.combined}" '
               f'in API group "{ask.group}" {where}')  # fmt: skip
    details = {"name": ask.name, "group": ask.group, "kind": ask.resource}
    return ApiError(403, "Forbidden", message, {key: value for key, value in details.items() if value})
