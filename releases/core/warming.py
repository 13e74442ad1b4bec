"""How a Prod is warmed up: one request, then more and more at once, until enough in a row were answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_AT_ONCE = 8
# How many of the things that were said a Reason tells.
MOST_TOLD = 5

# Whether a request was answered; and with what status, or the error in a word.
Reply = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class Warmth:
    """`row`: how many requests were answered since the last that was not; `said`: how often each thing was said, over
    all requests, in the order in which they were first said."""

    row: int = 0
    said: tuple[tuple[str, int], ...] = ()


def next_at_once(row: int, wanted: int) -> int:
    """How many requests go out together after `row` good ones; 0: there have been enough.

    >>> [next_at_once(row, 20) for row in (0, 1, 3, 7, 15, 20)]
    [1, 2, 4, 8, 5, 0]
    """
    return min(MOST_AT_ONCE, row + 1, wanted - row)


def after_replies(warmth: Warmth, replies: Sequence[Reply]) -> Warmth:
    """With `replies`, to requests that went out together. Where one was not answered, the row begins again.

    >>> after_replies(Warmth(3, (("200", 3),)), [(True, "200"), (False, "503")])
    Warmth(row=0, said=(('200', 4), ('503', 1)))
    """
    said = dict(warmth.said)
    for _, words in replies:
        said[words] = said.get(words, 0) + 1
    row = warmth.row + len(replies) if all(good for good, _ in replies) else 0
    return Warmth(row, tuple(said.items()))


def told(warmth: Warmth) -> str:
    """What was said and how often, most often first.

    >>> told(Warmth(1, (("200", 1), ("503", 4))))
    '503 (4), 200 (1)'
    """
    most = sorted(warmth.said, key=lambda one: -one[1])[:MOST_TOLD]
    return ", ".join(f"{words} ({count})" for words, count in most)


def warmth_to_json(warmth: Warmth) -> dict[str, Any]:
    """What `warmth_from_json` reads back."""
    return {"row": warmth.row, "said": [list(one) for one in warmth.said]}


def warmth_from_json(data: Mapping[str, Any]) -> Warmth:
    """Of an empty mapping: nothing was asked yet."""
    return Warmth(int(data.get("row", 0)), tuple((str(words), int(n)) for words, n in data.get("said", ())))
