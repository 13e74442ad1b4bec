"""The types of the built-in kinds, from `types.json`: the OpenAPI of Kubernetes 1.36 in short.

`tests/adapters/kubernetes/type_table.py` makes the file, and tests compare it with a real API server.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from simulator.kinds.kind import Kind
from simulator.patches.types import Type, TypedSchema, read_types

TABLE = json.loads(Path(__file__).with_name("types.json").read_text())
TYPES = read_types(TABLE["types"])


def typed(kind: Kind) -> Kind:
    """The kind with its type; as it is when Kubernetes itself does not have it."""
    found = type_of(kind.api_version, kind.kind)
    return replace(kind, type=found, schema=TypedSchema(root=found)) if found else kind


def type_of(api_version: str, kind: str) -> Type | None:
    """The type of a kind by its name; None when it is none of Kubernetes' own."""
    return TYPES.get(TABLE["kinds"].get(f"{api_version} {kind}", ""))
