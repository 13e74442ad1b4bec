"""Bodies in Kubernetes' protobuf, as kubectl and other Go clients send objects of built-in kinds.

Source: k8s.io/apimachinery runtime.Unknown; the messages are those of simulator.kinds.messages.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.kinds.messages import Field, message_name, messages
from simulator.values import Obj, micro_stamp, stamp

MAGIC = b"k8s\x00"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VARINTS = frozenset({"bool", "int32", "int64"})
Raw = bytes | int


class NotReadable(ValueError):
    """The bytes are not protobuf of a kind known here."""


def read_object(body: bytes) -> Obj:
    """The object in a protobuf body; NotReadable for kinds without a message."""
    if not body.startswith(MAGIC):
        raise NotReadable("no Kubernetes protobuf")
    envelope = dict(_fields(body[len(MAGIC) :]))
    types = dict(_fields(_bytes(envelope.get(1, b""))))
    api_version, kind = _bytes(types.get(1, b"")).decode(), _bytes(types.get(2, b"")).decode()
    name = message_name(api_version, kind)
    if name not in messages():
        raise NotReadable(f"{api_version} {kind} in protobuf")
    return {"apiVersion": api_version, "kind": kind, **_message(_bytes(envelope.get(2, b"")), name)}


def _message(data: bytes, name: str) -> Obj:
    """The message as JSON has it: Go writes zeros of plain fields, too, and JSON leaves them out."""
    result: Obj = {}
    for number, raw in _fields(data):
        field = messages()[name].get(number)
        if field is None:
            continue
        if field.mark == "+":
            result |= _message(_bytes(raw), field.type)
        elif field.many:
            _add(result, field, raw)
        else:
            value = _value(raw, field.type)
            if value or field.mark or isinstance(value, dict):
                result[field.name] = value
    return result


def _add(result: Obj, field: Field, raw: Raw) -> None:
    if field.many == "[]":
        result.setdefault(field.name, []).append(_value(raw, field.type))
    else:
        pair = dict(_fields(_bytes(raw)))
        key = _bytes(pair.get(1, b"")).decode()
        result.setdefault(field.name, {})[key] = _value(pair.get(2, b""), field.type)


def _value(raw: Raw, type_: str) -> Any:
    if type_ in VARINTS:
        return _number(raw, type_)
    data = _bytes(raw)
    if type_ == "string":
        return data.decode()
    if type_ == "bytes":
        return base64.b64encode(data).decode()
    if type_ in ("time", "microtime"):
        return _time(data, type_)
    inner = dict(_fields(data)) if type_ in ("quantity", "intstr", "json") else {}
    if type_ == "intstr":
        return _bytes(inner.get(3, b"")).decode() if inner.get(1) else _number(inner.get(2, 0), "int32")
    if type_ == "quantity":
        return _bytes(inner.get(1, b"")).decode()
    if type_ == "json":
        return json.loads(_bytes(inner.get(1, b"null")))
    return _message(data, type_)


def _number(raw: Raw, type_: str) -> int | bool:
    if isinstance(raw, bytes):
        raise NotReadable("bytes in place of a number")
    if type_ == "bool":
        return bool(raw)
    return raw - (1 << 64) if raw >> 63 else raw


def _time(data: bytes, type_: str) -> str | None:
    found = {number: _number(raw, "int64") for number, raw in _fields(data)}
    if not found:
        return None
    try:
        moment = EPOCH + timedelta(seconds=found.get(1, 0), microseconds=found.get(2, 0) // 1000)
    except OverflowError as error:
        raise NotReadable("a time that no calendar has") from error
    return micro_stamp(moment) if type_ == "microtime" else stamp(moment)


def _bytes(raw: Raw) -> bytes:
    if isinstance(raw, int):
        raise NotReadable("a number in place of bytes")
    return raw


def _fields(data: bytes) -> list[tuple[int, Raw]]:
    """(number, value) of every field, in order."""
    found: list[tuple[int, Raw]] = []
    at = 0
    try:
        while at < len(data):
            tag, at = _varint(data, at)
            if tag & 7 == 0:
                value, at = _varint(data, at)
                found.append((tag >> 3, value))
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
