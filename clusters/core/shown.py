"""Fields and their values as people read them: short, and without what must not be read."""

import re
from typing import Any

from .manifests import canonical
from .owners import PROTOCOL, Path, Step

LENGTH = 160
HIDDEN = "(hidden)"
_SECRET = re.compile(r"passw|secret|token|credential|private|api[-_]?key|last-applied-configuration", re.I)
# Fields that name a Secret or a token and hold none.
_REFERENCES = frozenset(
    {
        *("secret", "secretName", "secretRef", "secretKeyRef", "imagePullSecrets"),
        *("serviceAccountToken", "automountServiceAccountToken"),
    }
)
_POD = ("spec.jobTemplate.spec.template.spec.", "spec.template.spec.")


def path_text(path: Path) -> str:
    """`containers[api].env[MODE].value`; of a pod only the part inside its template.

    >>> path_text((Step(field="metadata"), Step(field="labels"), Step(field="shop.example/tier")))
    'metadata.labels[shop.example/tier]'
    """
    text = "".join(_step_text(step) for step in path).removeprefix(".")
    prefix = next((one for one in _POD if text.startswith(one)), "")
    return text[len(prefix) :]


def _step_text(step: Step) -> str:
    if step.keys:
        values = [str(value) for name, value in step.keys if (name, value) != ("protocol", PROTOCOL)]
        return f"[{'/'.join(values)}]"
    if step.index >= 0:
        return f"[{step.index}]"
    return f"[{step.field}]" if "." in step.field or "/" in step.field else f".{step.field}"


def shown(kind: str, path: Path, value: Any) -> str:
    """`value` as text of at most `LENGTH` characters; "" for None."""
    return shown_pair(kind, path, None, value)[1]


def shown_pair(kind: str, path: Path, one: Any, other: Any) -> tuple[str, str]:
    """Two values of one field; long ones are cut so that what differs is seen. What a Secret holds, or a
    field whose name sounds like one, is never shown."""
    if _is_secret(kind, path):
        return _hidden(one), _hidden(other)
    texts = _text(one), _text(other)
    if texts[0] == texts[1]:  # "1" and 1
        texts = canonical(one), canonical(other)
    start = max(0, _first_difference(*texts) - LENGTH // 4) if max(map(len, texts)) > LENGTH else 0
    return _cut(texts[0], start), _cut(texts[1], start)


def _is_secret(kind: str, path: Path) -> bool:
    names = [step.field for step in path] + [str(value) for step in path for _, value in step.keys]
    references = _REFERENCES if names[:1] == ["spec"] else frozenset()
    return kind == "Secret" or any(_SECRET.search(name) for name in names if name not in references)


def _hidden(value: Any) -> str:
    return "" if value is None else HIDDEN


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else canonical(_without_secrets(value))


def _without_secrets(value: Any) -> Any:
    """The values of fields and environment variables that sound like secrets are hidden inside objects."""
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        name: HIDDEN if _SECRET.search(name) and isinstance(item, str) else _without_secrets(item)
        for name, item in value.items()
    }
    if "value" in kept and _SECRET.search(str(kept.get("name", ""))):
        kept["value"] = HIDDEN
    return kept


def _first_difference(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _cut(text: str, start: int) -> str:
    end = start + LENGTH
    if not text or (start == 0 and len(text) <= LENGTH):
        return text
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
