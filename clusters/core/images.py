"""Image references: what is one, and which say too little.

https://github.com/distribution/reference/blob/main/regexp.go
"""

import re

from journal.core.reasons import Reason, because

LENGTH_MAX = 512
NAME_MAX = 255
_HOST_PART = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[0-9A-Fa-f:]+\])(?::[0-9]{{1,5}})?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[a-z0-9]+:[0-9A-Fa-f]+))?"
)
_DIGESTS = {"sha256": 64, "sha512": 128}
# Tags that move: another image may stand behind them tomorrow.
MOVING = frozenset({"latest", "main", "master", "stable", "edge", "nightly", "dev"})


def image_problem(image: str) -> Reason | None:
    """Why `image` is no image reference; None if it is one."""
    found = _REFERENCE.fullmatch(image) if len(image) <= LENGTH_MAX else None
    if found is None or len(found["name"]) > NAME_MAX:
        return because("image-invalid")
    digest = found["digest"]
    if digest:
        algorithm, _, text = digest.partition(":")
        if _DIGESTS.get(algorithm) != len(text) or text != text.lower():
            return because("image-digest-invalid")
    return None


def image_hint(image: str) -> Reason | None:
    """What to think about before `image` is released: its tag may move. None: nothing."""
    found = _REFERENCE.fullmatch(image) if image_problem(image) is None else None
    if found is None or found["digest"]:
        return None
    if found["tag"] is None:
        return because("image-without-tag")
    return because("image-tag-moves", tag=found["tag"]) if found["tag"] in MOVING else None
