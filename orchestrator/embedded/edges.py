"""The edge clusters' gateways, and the simulated users who come through them.

What a platform team would do with kubectl, on simulated clusters: Drover itself writes HTTPRoutes only.
"""

import json
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from .files import write_json
from .trouble import Trouble

NAMESPACE: Final = "edge"
GATEWAY: Final = "public"
LISTENING_WITHIN_S: Final = 20
LOOK_EVERY_S: Final = 0.05


def raise_gateways(edges: Sequence[str], where: Mapping[str, Any], first_port: int) -> None:
    """On each edge cluster the namespace `edge` with the Gateway `public`. `where`: {cluster: {server, token}}; the
    Gateways listen on ports in a row where these are free. May be called again."""
    for port, name in enumerate(edges, start=first_port):
        for path, manifest in _manifests(port):
            url = f"{where[name]['server']}{path}/{manifest['metadata']['name']}?fieldManager=demo&force=true"
            headers = {
                "Authorization": f"Bearer {where[name]['token']}",
                "Content-Type": "application/apply-patch+yaml",
            }
            _ask("PATCH", url, manifest, headers)


def gateway_addresses(control: str, edges: Sequence[str], within_s: float = LISTENING_WITHIN_S) -> list[str]:
    """HOST:PORT of the gateway of each edge cluster, in order, as soon as all listen. `control`: the simulator's
    control API. Raises Trouble."""
    deadline = time.monotonic() + within_s
    while True:
        found = {
            one["cluster"]: f"{one['host']}:{one['port']}"
            for one in _ask("GET", f"{control}/gateways")["gateways"]
        }
        missing = [name for name in edges if name not in found]
        if not missing:
            return [found[name] for name in edges]
        if time.monotonic() > deadline:
            raise Trouble(f"No gateway listens after {within_s} s: {', '.join(missing)}.")
        time.sleep(LOOK_EVERY_S)


def let_users_in(
    plan: Path, control: str, edges: Sequence[str], hostnames: Mapping[str, Sequence[str]], rate: float = 40.0
) -> None:
    """Have the simulated users send `rate` requests per second, in all, as the tenants of `hostnames` (tenant
    group → hostnames) to the gateways of the edge clusters; one without an answer tries the other gateway. They
    notice within a second; may be called again with others. `plan`: `Layout.users_plan`. Raises Trouble."""
    write_json(
        plan,
        {
            "gateways": gateway_addresses(control, edges),
            "groups": {group: list(names) for group, names in hostnames.items()},
            "rate": rate,
            "retry": True,
        },
    )


def _manifests(port: int) -> list[tuple[str, dict[str, Any]]]:
    """(path of its collection, object)."""
    group = "gateway.networking.k8s.io/v1"
    everybody = {"namespaces": {"from": "All"}}
    listener = {"name": "http", "port": port, "protocol": "HTTP", "allowedRoutes": everybody}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    of_class = {
        "apiVersion": group,
        "kind": "GatewayClass",
        "metadata": {"name": "simulated"},
        "spec": {"controllerName": "simulator.example/gateway-controller"},
    }
    gateway = {
        "apiVersion": group,
        "kind": "Gateway",
        "metadata": {"name": GATEWAY},
        "spec": {"gatewayClassName": "simulated", "listeners": [listener]},
    }
    return [
        ("/api/v1/namespaces", space),
        (f"/apis/{group}/gatewayclasses", of_class),
        (f"/apis/{group}/namespaces/{NAMESPACE}/gateways", gateway),
    ]


def _ask(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """The JSON answer of the simulator. Raises Trouble."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, f"{parts.path}?{parts.query}", data, dict(headers or {}))
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise Trouble(f"The simulator refuses {method} {parts.path}: {answer.status} {text.strip()}")
        return json.loads(text)
    except (OSError, HTTPException, ValueError) as error:
        raise Trouble(f"The simulator does not answer {method} {parts.path}: {error}.") from error
    finally:
        connection.close()
