"""What stands around every page: whether the line is stopped, and how old the facts are."""

from dataclasses import dataclass
from datetime import datetime

from clusters.queries import FactsAge, read_facts_age
from traffic.models import Freeze


@dataclass(frozen=True, slots=True)
class LineStop:
    """Stop-the-line as it stands: who, why, since when."""

    reason: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Chrome:
    """Around every page."""

    line: LineStop | None
    facts: FactsAge


def read_chrome() -> Chrome:
    """Two queries."""
    return Chrome(line=read_line(), facts=read_facts_age())


def read_line() -> LineStop | None:
    """The standing stop; None: the line runs."""
    freeze = Freeze.objects.filter(lifted_at=None).select_related("author").first()
    return LineStop(freeze.reason, freeze.author.get_username(), freeze.at) if freeze else None
