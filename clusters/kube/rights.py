"""Asking an API server what we may do: the reviews of authorization.k8s.io/v1, there and back."""

from typing import Any

from clusters.core.manifests import Manifest, mapping, objects
from journal.core.reasons import because

from .protocol import Granted, Right, Unavailable
from .transport import Request

API_VERSION = "authorization.k8s.io/v1"


def access_review(right: Right, namespace: str) -> Request:
    """The question whether we have one Right. No namespace means all of them."""
    resource, _, subresource = right.resource.partition("/")
    attributes = {"group": right.group, "resource": resource, "verb": right.verb}
    if subresource:
        attributes["subresource"] = subresource
    if namespace:
        attributes["namespace"] = namespace
    return _review("SelfSubjectAccessReview", {"resourceAttributes": attributes})


def is_allowed(answer: Manifest) -> bool:
    """What the answer to `access_review` says. Raises Unavailable if it says nothing."""
    return _status(answer, "allowed", bool) is True


def rules_review(namespace: str) -> Request:
    """The question what all we may do in a namespace."""
    return _review("SelfSubjectRulesReview", {"namespace": namespace})


def granted_rules(answer: Manifest) -> tuple[Granted, ...]:
    """What the answer to `rules_review` says. Raises Unavailable if it says nothing."""
    rules = objects(_status(answer, "resourceRules", list))
    return tuple(
        Granted(
            groups=_texts(rule.get("apiGroups")),
            resources=_texts(rule.get("resources")),
            verbs=_texts(rule.get("verbs")),
            names=_texts(rule.get("resourceNames")),
        )
        for rule in rules
    )


def _review(kind: str, spec: Manifest) -> Request:
    body = {"apiVersion": API_VERSION, "kind": kind, "spec": spec}
    return Request("POST", f"/apis/{API_VERSION}/{kind.lower()}s", body=body, asks=True)


def _status(answer: Manifest, field: str, expected: type) -> Any:
    value = mapping(answer.get("status")).get(field)
    if not isinstance(value, expected):
        raise Unavailable(because("answer-unreadable", status=201), maybe_done=False)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
