"""What an apply left behind to be proven, and what can be said of it."""

from dataclasses import asdict, dataclass
from typing import Any

from journal.core.reasons import Reason

from .kinds import DIGEST_ANNOTATION
from .manifests import Manifest, key_of, mapping, name_of, objects, pod_template


@dataclass(frozen=True, slots=True)
class Applied:
    """One object as the answer to its apply gave it. `generation` is 0 for kinds without one; `digest`
    is of its pod template ("": none); `images` as the cluster stored them."""

    kind: str
    name: str
    uid: str
    generation: int
    digest: str
    images: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """What was applied runs and nothing older serves."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet, or not yet known."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Failing:
    """Waiting longer will not help. `changed`: somebody wrote over what we applied, so that applying it
    again may help; otherwise it is what we applied that fails."""

    reason: Reason
    changed: bool = False


Verdict = Ready | Waiting | Failing


def applied_from_answer(answer: Manifest) -> Applied:
    """What a server-side apply answered, as evidence to wait for."""
    metadata = answer.get("metadata", {})
    template = pod_template(answer) or {}
    annotations = mapping(mapping(template.get("metadata")).get("annotations"))
    return Applied(
        kind=key_of(answer),
        name=name_of(answer),
        uid=str(metadata.get("uid", "")),
        generation=int(metadata.get("generation", 0)),
        digest=str(annotations.get(DIGEST_ANNOTATION, "")),
        images=images_of(template),
    )


def images_of(template: Manifest) -> tuple[tuple[str, str], ...]:
    """(container, image) of a pod template, in its order."""
    containers = objects(mapping(template.get("spec")).get("containers"))
    return tuple((str(item.get("name", "")), str(item.get("image", ""))) for item in containers)


def applied_to_json(applied: tuple[Applied, ...]) -> list[dict[str, Any]]:
    """The stored form."""
    return [asdict(item) for item in applied]


def applied_from_json(data: list[dict[str, Any]]) -> tuple[Applied, ...]:
    """What `applied_to_json` stored."""
    return tuple(
        Applied(**{**item, "images": tuple((name, image) for name, image in item.get("images", ()))})
        for item in data
    )
