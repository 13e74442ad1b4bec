"""What each Reason of this package says to the person who has to act on it, one module per topic."""

from . import blueprints, drift, one, prods, registering, seen

ONE = one.ONE
SENTENCES: dict[str, str] = {
    **blueprints.SENTENCES,
    **drift.SENTENCES,
    **prods.SENTENCES,
    **registering.SENTENCES,
    **seen.SENTENCES,
}
