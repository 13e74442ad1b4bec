"""Filters: what cannot be read is refused and never ignored; and those of tokens and people."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.settings import api_settings

from access.models import ROLE_CHOICES, ApiToken, Person
from access.tokens import live_tokens
from journal.core.reasons import FieldErrors, because


class Strict(filters.DjangoFilterBackend):
    """django-filter's, but what a list does not know, a flag that is neither true nor false, and a time or
    number left empty, is 400."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filterset = self.get_filterset(request, queryset, view)
        found = filterset.filters if filterset else {}
        if page := view.paginator:  # only lists have one
            check_query(request, (*found, page.cursor_query_param, page.page_size_query_param))
        wrong = {name: _problem(one, request.query_params.get(name)) for name, one in found.items()}
        errors = {name: [text] for name, text in wrong.items() if text}
        if errors:
            raise ValidationError(errors, code="invalid")
        return super().filter_queryset(request, queryset, view)


def check_query(request: Request, known: Collection[str]) -> None:
    """Returns if the query has nothing but `known` (and the `format` of answers), each once. Raises FieldErrors."""
    given = request.query_params
    known = sorted({*known, str(api_settings.URL_FORMAT_OVERRIDE)})
    unknown = because("query-unknown", known=", ".join(known))
    wrong = [(name[:80], unknown) for name in sorted(given) if name not in known]
    wrong += [(name, because("query-twice")) for name in known if len(given.getlist(name)) > 1]
    if wrong:
        raise FieldErrors(tuple(wrong))


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
