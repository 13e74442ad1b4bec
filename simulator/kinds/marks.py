"""What names, labels and annotations have to be like. Source: k8s.io/apimachinery/pkg/util/validation."""

from __future__ import annotations

import re
from typing import Any

from simulator.kinds.kind import Cause
from simulator.values import Obj

NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
NAME_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LONGEST = 63


def mark_causes(metadata: Obj, at: str) -> list[Cause]:
    """What a real server would refuse among the labels and annotations of an object or a template."""
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    causes = _key_causes(labels, f"{at}.labels") + _key_causes(annotations, f"{at}.annotations")
    for value in labels.values():
        if not isinstance(value, str) or len(value) > LONGEST or (value and not NAME.fullmatch(value)):
            causes.append(Cause(f"{at}.labels", f'Invalid value: "{value}": {VALUE_WORDS}'))
    return causes


def _key_causes(marks: dict[str, Any], at: str) -> list[Cause]:
    return [Cause(at, f'Invalid value: "{key}": {NAME_WORDS}') for key in marks if not _is_key(key)]


def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    if slash and not SUBDOMAIN.fullmatch(prefix):
        return False
    return len(name) <= LONGEST and NAME.fullmatch(name) is not None
