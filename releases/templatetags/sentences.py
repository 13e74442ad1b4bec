"""`{{ reason|sentence }}`: a Reason in the reader's language."""

from django import template

from journal.core.reasons import Reason
from journal.sentences import sentence as told

register = template.Library()


@register.filter
def sentence(reason: Reason | None) -> str:
    """The sentence of `reason`, empty for None."""
    return told(reason)
