"""Which listeners of a Gateway an HTTPRoute belongs to, and for which hostnames. Pure."""

from __future__ import annotations

from simulator.values import Obj, dig

SERVED_PROTOCOLS = ("HTTP",)


def listeners_of(gateway: Obj) -> list[Obj]:
    """The listeners of a Gateway that can be served."""
    return [
        found for found in dig(gateway, "spec", "listeners") or () if found["protocol"] in SERVED_PROTOCOLS
    ]


def gateway_key(route: Obj, parent: Obj) -> tuple[str, str] | None:
    """(namespace, name) of the Gateway that a parentRef means, None for another kind."""
    if parent.get("kind", "Gateway") != "Gateway":
        return None
    return parent.get("namespace") or route["metadata"]["namespace"], parent["name"]


def is_meant(listener: Obj, parent: Obj) -> bool:
    """Whether a parentRef means this listener of its Gateway."""
    wanted = (parent.get("sectionName") or listener["name"], parent.get("port") or listener["port"])
    return wanted == (listener["name"], listener["port"])


def lets_in(gateway: Obj, listener: Obj, route: Obj) -> bool:
    """Whether a listener lets routes of the namespace attach; label selectors let all."""
    same: bool = route["metadata"]["namespace"] == gateway["metadata"]["namespace"]
    allowed = dig(listener, "allowedRoutes", "namespaces", "from") or "Same"
    return same if allowed == "Same" else allowed != "None"


def hostnames_at(listener: Obj, route: Obj) -> tuple[str, ...]:
    """The hostnames under which a listener serves a route; "*" for any, none when they have none in common.

    >>> hostnames_at({"hostname": "*.shop.example"}, {"spec": {"hostnames": ["a.shop.example", "b.example"]}})
    ('a.shop.example',)
    >>> hostnames_at({}, {"spec": {}})
    ('*',)
    """
    own = (listener.get("hostname") or "*").lower()
    asked = [name.lower() for name in dig(route, "spec", "hostnames") or ()]
    found = [common_hostname(own, name) for name in asked or ["*"]]
    return tuple(dict.fromkeys(name for name in found if name))


def common_hostname(one: str, other: str) -> str:
    """The narrower of two patterns that have names in common, empty if they have none.

    >>> common_hostname("*.example", "a.example"), common_hostname("a.example", "b.example")
    ('a.example', '')
    """
    if one == other or covers(one, other):
        return other
    return one if covers(other, one) else ""


def covers(pattern: str, name: str) -> bool:
    """Whether a pattern holds a name, or every name of another pattern.

    >>> covers("*.example", "a.b.example"), covers("*.example", "example"), covers("*", "a.example")
    (True, False, True)
    """
    if pattern == "*":
        return True
    return pattern.startswith("*.") and name.removeprefix("*").endswith(pattern[1:]) and name != pattern
