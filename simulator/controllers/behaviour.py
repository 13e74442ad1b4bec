"""How an image behaves: by a rule of the control API, else by a word in its tag."""

from __future__ import annotations

from simulator.dataplane.answers import image_tag
from simulator.fault_checks import image_fits

GOOD, MISSING, CRASH, NEVER_READY, SLOW, LEAK = "good", "missing", "crash", "neverready", "slow", "leak"
WORDS = (MISSING, CRASH, NEVER_READY, SLOW, LEAK)


def behaviour_of(image: str, rules: list[tuple[str, str]]) -> str:
    """The behaviour of an image. A pattern is a glob, or any part of the reference.

    >>> behaviour_of("r.example/api:v1.2.0-missing", []), behaviour_of("r.example/api:v1", [("api:v1", "crash")])
    ('missing', 'crash')
    """
    for pattern, behaviour in rules:
        if image_fits(pattern, image):
            return behaviour
    tag = image_tag(image)
    return next((word for word in WORDS if word in tag), GOOD)
