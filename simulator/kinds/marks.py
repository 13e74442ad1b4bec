"""What labels and annotations have to be like. Source: k8s.io/apimachinery/pkg/api/validation."""

from __future__ import annotations

from typing import Any

from simulator.kinds.causes import invalid_value
from simulator.kinds.kind import Cause
from simulator.kinds.words import key_problems, value_problems
from simulator.values import Obj


def mark_causes(metadata: Obj, at: str) -> list[Cause]:
    """What a real server would refuse among the labels and annotations of an object or a template."""
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    causes = label_causes(labels, f"{at}.labels") if labels else []
    for key in annotations:
        for problem in key_problems(key.lower()):
            causes.append(invalid_value(f"{at}.annotations", key, problem))
    return causes


def label_causes(labels: dict[str, Any], at: str) -> list[Cause]:
    """What a real server would refuse among labels, all at one place."""
    causes = []
    for key, value in labels.items():
        causes += [invalid_value(at, key, problem) for problem in key_problems(key)]
        causes += [invalid_value(at, value, problem) for problem in value_problems(value)]
    return causes
