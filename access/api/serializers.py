"""The shapes of tokens and people. A token's text and a password stand only in the answer that made them."""

from typing import Any

from rest_framework import serializers

from access.models import ROLE_CHOICES, ApiToken, Person
from access.roles import PERMISSIONS, allows


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    person = serializers.CharField(source="person.username")
    made_by = serializers.CharField(source="made_by.username", default=None)
    parent = serializers.IntegerField(
        source="parent_id", allow_null=True, help_text="the token that made it, and ends it with itself"
    )

    class Meta:
        model = ApiToken
        fields = (
            "id",
            "name",
            "person",
            "role",
            "hint",
            "made_by",
            "parent",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )


class NewTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(ROLE_CHOICES, help_text="at most your own, and the owner's")
    person = serializers.CharField(
        max_length=150, required=False, help_text="the owner, if it is not you: takes `token.write`"
    )
    expires_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="null: never, or with the token that makes it"
    )


class MadeTokenSerializer(TokenSerializer):
    """The new token, with its text: shown this once."""

    token = serializers.CharField(help_text="shown this once")

    class Meta:
        model = ApiToken
        fields = (*TokenSerializer.Meta.fields, "token")


class AccountReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000, default="", allow_blank=True)


class PersonSerializer(serializers.ModelSerializer[Person]):
    # Letters of any alphabet: the pattern of Django's validator, as JSON Schema reads it, would allow Latin ones only.
    username = serializers.CharField(max_length=150)

    class Meta:
        model = Person
        fields = ("username", "role", "is_active", "date_joined", "last_login")


class NewPersonSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(ROLE_CHOICES)


class PasswordSerializer(PersonSerializer):
    """The person, with a new password: shown this once."""

    password = serializers.CharField(help_text="shown this once")

    class Meta:
        model = Person
        fields = (*PersonSerializer.Meta.fields, "password")


class SetRoleSerializer(AccountReasonSerializer):
    role = serializers.ChoiceField(ROLE_CHOICES)


class MeSerializer(serializers.Serializer[Any]):
    """Who asks, and what they may do right now."""

    username = serializers.CharField()
    role = serializers.ChoiceField(ROLE_CHOICES, help_text="the one that counts now: a token's may be less")
    token = TokenSerializer(allow_null=True, help_text="the token that asks; null: a session")
    may = serializers.ListField(child=serializers.CharField(), help_text="actions")


def me_json(person: Person) -> dict[str, Any]:
    """As `MeSerializer` describes it."""
    return {
        "username": person.get_username(),
        "role": person.acting_role,
        "token": TokenSerializer(person.through).data if person.through else None,
        "may": sorted(action for action in PERMISSIONS if allows(person.acting_role, action)),
    }
