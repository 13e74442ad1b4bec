"""Whether the line is stopped."""

from journal.core.reasons import Reason, because
from traffic.models import Freeze


def read_freeze() -> Reason | None:
    """Why the line is stopped; None: it runs."""
    freeze = Freeze.objects.filter(lifted_at=None).select_related("author").first()
    if freeze is None:
        return None
    return because("line-stopped", why=freeze.reason, by=freeze.author.get_username())
