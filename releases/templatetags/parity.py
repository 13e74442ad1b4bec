"""`{% chip group.why|why_mark %}`: what explains that Prods differ."""

from django import template

from clusters.core.parity import Why
from releases.marks import Mark
from releases.queries.parity import MARKS

register = template.Library()


@register.filter
def why_mark(why: Why) -> Mark:
    """The mark of an explanation."""
    return MARKS[why]
