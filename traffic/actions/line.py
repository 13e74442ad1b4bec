"""Nobody moves users while the line is stopped, but in an emergency."""

from journal.core.reasons import Refused
from traffic.queries.line import read_freeze


def check_line() -> None:
    """Raises Refused, saying who has stopped the line and why."""
    why = read_freeze()
    if why is not None:
        raise Refused(why)
