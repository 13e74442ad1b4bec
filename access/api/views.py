"""Tokens, people, and who asks, over HTTP."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from access import actions
from access.models import ApiToken, Person
from access.permissions import require
from access.tokens import tokens_seen_by
from journal.core.reasons import FieldErrors, because

from .conditional import Conditional
from .filters import PersonFilter, TokenFilter
from .pages import ByNewest
from .serializers import (
    AccountReasonSerializer,
    MadeTokenSerializer,
    MeSerializer,
    NewPersonSerializer,
    NewTokenSerializer,
    PasswordSerializer,
    PersonSerializer,
    SetRoleSerializer,
    TokenSerializer,
    me_json,
)

OWN = {"GET": "token.own", "HEAD": "token.own", "OPTIONS": "read"}
PEOPLE = {"GET": "people.write", "HEAD": "people.write", "OPTIONS": "read"}


class ByUsername(ByNewest):
    """By name."""

    ordering = "username"


class Me(APIView):
    """Who asks, through which token, and what they may do now."""

    permits = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(me_json(request.user))


class TokenList(generics.ListAPIView[ApiToken]):
    """Tokens that you may see: your own, or all with `token.write`; the newest first. POST makes one."""

    permits = OWN | {"POST": "token.own"}
    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer
    pagination_class = ByNewest
    filterset_class = TokenFilter

    def get_queryset(self) -> Any:
        return tokens_seen_by(self.request.user)

    @extend_schema(request=NewTokenSerializer, responses={201: MadeTokenSerializer})
    def post(self, request: Request) -> Response:
        """Make a token. Its text is in this answer and nowhere else."""
        asked = _read(NewTokenSerializer, request)
        owner = _owner(request.user, asked.pop("person", request.user.get_username()))
        token, text = actions.create_token(request.user, owner, **asked)
        return _shown_once({**TokenSerializer(token).data, "token": text}, status.HTTP_201_CREATED)


class TokenDetail(Conditional, generics.RetrieveAPIView[ApiToken]):
    """One token, without its text."""

    permits = OWN
    volatile = ("last_used_at",)
    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer

    def get_queryset(self) -> Any:
        return tokens_seen_by(self.request.user)


class TokenRevoke(Conditional, APIView):
    """End a token, and those that it made."""

    permits = {"POST": "token.own", "OPTIONS": "read"}
    guards = TokenDetail

    @extend_schema(request=AccountReasonSerializer, responses=TokenSerializer)
    def post(self, request: Request, pk: int) -> Response:
        token = actions.revoke_token(request.user, pk, **_read(AccountReasonSerializer, request))
        return Response(TokenSerializer(token).data)


class PersonList(generics.ListAPIView[Person]):
    """All people, by name. POST makes one."""

    permits = PEOPLE | {"POST": "people.write"}
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    pagination_class = ByUsername
    filterset_class = PersonFilter

    @extend_schema(request=NewPersonSerializer, responses={201: PasswordSerializer})
    def post(self, request: Request) -> Response:
        """Make a person. The first password is in this answer and nowhere else."""
        made, password = actions.create_person(request.user, **_read(NewPersonSerializer, request))
        return _with_password(made, password, status.HTTP_201_CREATED)


class PersonDetail(Conditional, generics.RetrieveAPIView[Person]):
    """One person."""

    permits = PEOPLE
    volatile = ("last_login",)
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    lookup_field = "username"


class PersonAction(Conditional, APIView):
    """A change of a person: another role, or the account closed or opened."""

    permits = {"POST": "people.write", "OPTIONS": "read"}
    guards = PersonDetail

    def changed(self, person: Person) -> Response:
        return Response(PersonSerializer(person).data)


class PersonRole(PersonAction):
    """Give a person another role."""

    @extend_schema(request=SetRoleSerializer, responses=PersonSerializer)
    def post(self, request: Request, username: str) -> Response:
        return self.changed(actions.set_role(request.user, username, **_read(SetRoleSerializer, request)))


class PersonDeactivate(PersonAction):
    """Close an account: its sessions and tokens end."""

    @extend_schema(request=AccountReasonSerializer, responses=PersonSerializer)
    def post(self, request: Request, username: str) -> Response:
        return self.changed(
            actions.deactivate_person(request.user, username, **_read(AccountReasonSerializer, request))
        )


class PersonActivate(PersonAction):
    """Open an account again."""

    @extend_schema(request=AccountReasonSerializer, responses=PersonSerializer)
    def post(self, request: Request, username: str) -> Response:
        return self.changed(
            actions.activate_person(request.user, username, **_read(AccountReasonSerializer, request))
        )


class PersonPassword(PersonAction):
    """Give a person a new password: their sessions and tokens end."""

    @extend_schema(request=None, responses=PasswordSerializer)
    def post(self, request: Request, username: str) -> Response:
        password = actions.reset_password(request.user, username)
        return _with_password(get_object_or_404(Person, username=username), password, status.HTTP_200_OK)


def _read(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    read: dict[str, Any] = dict(asked.validated_data)
    return read


def _owner(person: Person, username: str) -> Person:
    """The person named so. Those who may not make tokens for others do not learn whether there is one."""
    if username == person.get_username():
        return person
    require(person, "token.write")
    found = Person.objects.filter(username=username).first()
    if found is None:
        raise FieldErrors((("person", because("person-unknown", person=username)),))
    return found


def _with_password(person: Person, password: str, code: int) -> Response:
    return _shown_once({**PersonSerializer(person).data, "password": password}, code)


def _shown_once(data: dict[str, Any], code: int) -> Response:
    """An answer with a secret: no cache and no idempotency row keeps it."""
    response = Response(data, status=code, headers={"Cache-Control": "no-store"})
    response.shown_once = True
    return response
