"""API tokens in the Authorization header (RFC 6750)."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from access.models import Person
from access.tokens import person_of

from .limits import count_unknown


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer drv_…`. No header: not our business; a wrong token: 401."""

    def authenticate(self, request: Request) -> tuple[Person, str] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        text = parts[1].decode("ascii", "replace") if len(parts) == 2 else ""
        person = person_of(text, timezone.now())
        if person is None:
            count_unknown(request._request)  # noqa: SLF001
            raise AuthenticationFailed(_("The token is wrong, expired or revoked: make a new one."))
        return person, "token"

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return 'Bearer realm="drover"'


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer"}
