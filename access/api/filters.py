"""Filters: what cannot be read is refused and never ignored; and those of tokens and people."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from access.models import ROLE_CHOICES, ApiToken, Person
from access.tokens import live_tokens


class Strict(filters.DjangoFilterBackend):
    """django-filter's, but a flag that is neither true nor false, and a time or number left empty, is 400."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filterset = self.get_filterset(request, queryset, view)
        found = filterset.filters.items() if filterset else ()
        wrong = {name: _problem(one, request.query_params.get(name)) for name, one in found}
        errors = {name: [text] for name, text in wrong.items() if text}
        if errors:
            raise ValidationError(errors, code="invalid")
        return super().filter_queryset(request, queryset, view)


def _problem(one: filters.Filter, value: str | None) -> str:
    if value is None or isinstance(one, filters.CharFilter):
        return ""
    if isinstance(one, filters.BooleanFilter):
        return "" if value.lower() in {"true", "false"} else "True or false."
    return "" if value.strip() else "Leave it out, or give it a value."


class TokenFilter(filters.FilterSet):
    person = filters.CharFilter(field_name="person__username", max_length=150)
    role = filters.ChoiceFilter(choices=ROLE_CHOICES)
    live = filters.BooleanFilter(method="by_life", label="neither revoked nor expired")

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = ()

    def by_life(self, queryset: QuerySet[ApiToken], name: str, value: bool) -> Any:  # noqa: ARG002
        live = live_tokens(timezone.now()).values("pk")
        return queryset.filter(pk__in=live) if value else queryset.exclude(pk__in=live)


class PersonFilter(filters.FilterSet):
    role = filters.ChoiceFilter(choices=ROLE_CHOICES)
    is_active = filters.BooleanFilter()

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()
