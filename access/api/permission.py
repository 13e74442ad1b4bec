"""Default deny: a view names the action that each method needs."""

from typing import TYPE_CHECKING

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from access.permissions import Denied, denial

from .limits import count_unknown

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Permitted(BasePermission):
    """Looks the method's action up in the view's `permits`; a method that is not there is nobody's."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            count_unknown(request._request)  # noqa: SLF001  (limits also guard views outside DRF)
            return False
        permits: dict[str, str] = getattr(view, "permits", {})
        action = permits.get(request.method or "")
        if action is None and not hasattr(view, (request.method or "").lower()):
            raise MethodNotAllowed(request.method or "")
        reason = denial(request.user, action or "")
        if reason:
            raise Denied(reason)
        return True
