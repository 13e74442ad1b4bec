"""The simulator's table of types against the OpenAPI documents of a real API server."""

import json
from pathlib import Path
from typing import Any

from simulator.kinds.registry import BUILT_IN_KINDS
from simulator.kinds.typed import __file__ as place
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.type_table import table_of


def test_the_simulator_knows_the_types_of_the_real_server(control_plane: ControlPlane) -> None:
    api = Api(control_plane.credentials)
    paths: dict[str, Any] = api.get("/openapi/v3")["paths"]
    served = [entry["serverRelativeURL"] for name, entry in paths.items() if name.startswith("api")]
    kinds = [(kind.group, kind.version, kind.kind) for kind in BUILT_IN_KINDS if kind.type is not None]
    made = table_of([api.get(path) for path in served], kinds)
    assert made == json.loads(Path(place).with_name("types.json").read_text())
