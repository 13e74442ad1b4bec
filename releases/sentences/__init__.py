"""What each Reason of this package says to the person who has to act on it, one module per topic."""

from . import automation, healing, lifecycle, one, runs, shifting

ONE = one.ONE
SENTENCES: dict[str, str] = {
    **automation.SENTENCES,
    **healing.SENTENCES,
    **lifecycle.SENTENCES,
    **runs.SENTENCES,
    **shifting.SENTENCES,
}
