"""What each Reason of this package says to the person who has to act on it, one module per topic."""

from . import healing, lifecycle, runs, shifting

SENTENCES: dict[str, str] = {
    **healing.SENTENCES,
    **lifecycle.SENTENCES,
    **runs.SENTENCES,
    **shifting.SENTENCES,
}
