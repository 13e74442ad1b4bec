"""Bodies in Kubernetes' protobuf for the few kinds that `kubectl create` sends so.

Source: k8s.io/apimachinery runtime.Unknown and the generated.proto of core/v1.
"""

from __future__ import annotations

import base64

from simulator.values import Obj

MAGIC = b"k8s\x00"
TEXT, BYTES_MAP, TEXT_MAP, META = "text", "bytes map", "text map", "metadata"
Layout = dict[
    int, tuple[str, "str | Layout"]
]  # field number -> (name, how to read it, or a message of its own)

METADATA: Layout = {
    1: ("name", TEXT), 2: ("generateName", TEXT), 3: ("namespace", TEXT), 11: ("labels", TEXT_MAP),
    12: ("annotations", TEXT_MAP),
}  # fmt: skip
ATTRIBUTES: Layout = {
    1: ("namespace", TEXT), 2: ("verb", TEXT), 3: ("group", TEXT), 4: ("version", TEXT), 5: ("resource", TEXT),
    6: ("subresource", TEXT), 7: ("name", TEXT),
}  # fmt: skip
ACCESS: Layout = {
    1: ("resourceAttributes", ATTRIBUTES),
    2: ("nonResourceAttributes", {1: ("path", TEXT), 2: ("verb", TEXT)}),
}
KINDS: dict[tuple[str, str], Layout] = {
    ("v1", "Namespace"): {1: ("metadata", META)},
    ("v1", "ServiceAccount"): {1: ("metadata", META)},
    ("v1", "ConfigMap"): {1: ("metadata", META), 2: ("data", TEXT_MAP), 3: ("binaryData", BYTES_MAP)},
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview"): {2: ("spec", ACCESS)},
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview"): {2: ("spec", {1: ("namespace", TEXT)})},
    ("authentication.k8s.io/v1", "SelfSubjectReview"): {},
    ("authentication.k8s.io/v1", "TokenRequest"): {},
    ("policy/v1", "Eviction"): {1: ("metadata", META)},
    ("v1", "Secret"): {
        1: ("metadata", META),
        2: ("data", BYTES_MAP),
        3: ("type", TEXT),
        4: ("stringData", TEXT_MAP),
    },
}


class NotReadable(ValueError):
    """The bytes are not protobuf of a kind known here."""


def read_object(body: bytes) -> Obj:
    """The object in a protobuf body; NotReadable for any kind but the few above."""
    if not body.startswith(MAGIC):
        raise NotReadable("no Kubernetes protobuf")
    envelope = dict(_fields(body[len(MAGIC) :]))
    types = dict(_fields(envelope.get(1, b"")))
    api_version, kind = types.get(1, b"").decode(), types.get(2, b"").decode()
    layout = KINDS.get((api_version, kind))
    if layout is None:
        raise NotReadable(f"{api_version} {kind} in protobuf")
    return {"apiVersion": api_version, "kind": kind, **_message(envelope.get(2, b""), layout)}


def _message(data: bytes, layout: Layout) -> Obj:
    result: Obj = {}
    for number, value in _fields(data):
        name, how = layout.get(number, ("", ""))
        if how == TEXT:
            result |= {name: value.decode()} if value else {}
        elif how == META or isinstance(how, dict):
            result[name] = _message(value, how if isinstance(how, dict) else METADATA)
        elif how:
            key, text = _entry(value, how)
            result.setdefault(name, {})[key] = text
    return result


def _entry(data: bytes, how: str) -> tuple[str, str]:
    pair = dict(_fields(data))
    raw = pair.get(2, b"")
    text = base64.b64encode(raw).decode() if how == BYTES_MAP else raw.decode()
    return pair.get(1, b"").decode(), text


def _fields(data: bytes) -> list[tuple[int, bytes]]:
    """(number, bytes) of the length-delimited fields; numbers in varints are passed over."""
    found, at = [], 0
    try:
        while at < len(data):
            tag, at = _varint(data, at)
            if tag & 7 == 0:
                _, at = _varint(data, at)
            elif tag & 7 == 2:
                length, at = _varint(data, at)
                found.append((tag >> 3, data[at : at + length]))
                at += length
            else:
                raise NotReadable("a wire type that these kinds do not use")
    except IndexError as error:
        raise NotReadable("the body ends in the middle of a field") from error
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
