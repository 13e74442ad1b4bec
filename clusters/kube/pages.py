"""A whole list, read page by page, so that no answer grows with the cluster."""

import time
from collections.abc import Callable

from clusters.core.manifests import Manifest, mapping, objects
from journal.core.reasons import because

from .answers import Expired
from .protocol import Unavailable

PAGE_ITEMS = 500
PAGES_MAX = 200
BYTES_MAX = 64 * 2**20

Query = dict[str, str]
# The answer to a query, and how many bytes it had.
Ask = Callable[[Query], tuple[Manifest, int]]


def read_pages(
    ask: Ask, query: Query, within_s: float, clock: Callable[[], float] = time.monotonic
) -> list[Manifest]:
    """The items of all pages; begun again once if the list moved on too far to be continued.

    Raises Unavailable for a list that does not end: by its pages, its bytes or after `within_s`.
    """
    deadline = clock() + within_s
    try:
        return _walk(ask, query, deadline, clock)
    except Expired:
        return _walk(ask, query, deadline, clock)


def _walk(ask: Ask, query: Query, deadline: float, clock: Callable[[], float]) -> list[Manifest]:
    items: list[Manifest] = []
    query, size = query | {"limit": str(PAGE_ITEMS)}, 0
    for _ in range(PAGES_MAX):
        page, bytes_read = ask(query)
        items += objects(page.get("items"))
        size += bytes_read
        token = str(mapping(page.get("metadata")).get("continue") or "")
        if not token:
            return items
        if size > BYTES_MAX or clock() > deadline:
            break
        query = query | {"continue": token}
    raise Unavailable(because("answer-endless", bytes=size), maybe_done=False)
