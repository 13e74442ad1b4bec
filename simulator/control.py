"""The control API: faults, settings, audit. JSON over HTTP, on loopback only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.control_backups import BadBackup
from simulator.control_faults import set_fault
from simulator.control_tokens import BadToken, mint_token, revoke_token, rotate_token
from simulator.dataplane.meters import METRICS_PATH, page
from simulator.fault_checks import BadFault
from simulator.rights.rules import BadRules
from simulator.settings import BadSetting, changed_settings, shown_settings
from simulator.values import Obj
from simulator.wire.messages import Request, Response, json_response, text_response

if TYPE_CHECKING:
    from simulator.fleet import Fleet

DEFAULT_LIMIT = 10_000


class Refused(Exception):
    """Ends a control request with a status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Answers the control port."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._routes: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/clusters"): self._clusters,
            ("GET", "/gateways"): self._gateways,
            ("GET", "/targets"): self._targets,
            ("GET", "/audit"): self._audit,
            ("GET", "/faults"): self._list_faults,
            ("POST", "/faults"): self._add_fault,
            ("DELETE", "/faults"): self._clear_faults,
            ("GET", "/settings"): self._settings,
            ("POST", "/settings"): self._change_settings,
            ("POST", "/load"): self._set_load,
            ("GET", "/backups"): lambda _: {"backups": fleet.backups.shown()},
            ("POST", "/backup"): lambda request: fleet.backups.take(_object(request)),
            ("POST", "/restore"): lambda request: fleet.backups.restore(_object(request)),
            ("POST", "/tokens"): lambda request: mint_token(fleet, _object(request)),
            ("POST", "/tokens/revoke"): lambda request: revoke_token(fleet, _object(request)),
            ("POST", "/tokens/rotate"): lambda request: rotate_token(fleet, _object(request)),
        }

    async def handle(self, request: Request) -> Response | None:
        """The answer to one request."""
        if request.path == "/readyz":
            return text_response("ok")
        if (request.method, request.path) == ("GET", METRICS_PATH):
            return self._metrics(request)
        try:
            return json_response(self._answer(request))
        except Refused as error:
            return json_response({"error": str(error)}, error.status)
        except (BadBackup, BadFault, BadSetting, BadToken, BadRules) as error:
            return json_response({"error": str(error)}, 400)

    def _answer(self, request: Request) -> Any:
        route = self._routes.get((request.method, request.path.rstrip("/")))
        if route is not None:
            return route(request)
        parts = request.path.strip("/").split("/")
        if parts[0] == "faults" and len(parts) == 2 and request.method == "DELETE":
            return self._clear_one(parts[1])
        if parts[0] == "faults" and len(parts) == 3 and parts[2] == "release" and request.method == "POST":
            return self._release(parts[1])
        raise Refused(404, f"there is no {request.method} {request.path}")

    def _metrics(self, request: Request) -> Response:
        """What users asked of all Prods, or of one (`?prod=`), for Prometheus."""
        wanted = {"prod": request.query["prod"]} if "prod" in request.query else {}
        meters = (cluster.answers.meters.of(**wanted) for cluster in self.fleet.clusters.values())
        return page({source: meter for found in meters for source, meter in found.items()})

    def _targets(self, _: Request) -> Any:
        """Every node port that pods serve, as Prometheus' http_sd wants it."""
        return [
            {"targets": [f"127.0.0.1:{port['nodePort']}"], "labels": {"service": service["metadata"]["name"]}}
            for cluster in self.fleet.clusters.values()
            for service in cluster.store.listed("services")
            for port in service["spec"].get("ports") or ()
            if port.get("nodePort") and service["spec"].get("selector")
        ]

    def _clusters(self, _: Request) -> Any:
        return {"clusters": [cluster.shown() for cluster in self.fleet.clusters.values()]}

    def _gateways(self, _: Request) -> Any:
        return {
            "gateways": [
                port for cluster in self.fleet.clusters.values() for port in cluster.gateways.shown()
            ]
        }

    def _audit(self, request: Request) -> Any:
        try:
            since = int(request.query.get("since", "0"))
            limit = int(request.query.get("limit", str(DEFAULT_LIMIT)))
        except ValueError as error:
            raise Refused(400, "since and limit are whole numbers") from error
        return self.fleet.audit.since(since, max(1, limit))

    def _list_faults(self, _: Request) -> Any:
        return {"faults": [fault.shown() for fault in self.fleet.faults.all()]}

    def _add_fault(self, request: Request) -> Any:
        return {"id": set_fault(self.fleet, _object(request)).id}

    def _clear_faults(self, _: Request) -> Any:
        return {"cleared": self.fleet.faults.clear()}

    def _clear_one(self, fault_id: str) -> Any:
        if self.fleet.faults.has_happened(fault_id):
            return {"cleared": 0, "message": f"{fault_id} happened once: there is nothing to undo"}
        if not self.fleet.faults.clear(fault_id):
            raise Refused(404, f"there is no fault {fault_id}")
        return {"cleared": 1}

    def _release(self, fault_id: str) -> Any:
        fault = self.fleet.faults.get(fault_id)
        if fault is None:
            raise Refused(404, f"there is no fault {fault_id}")
        fault.released.set()
        return fault.shown()

    def _set_load(self, request: Request) -> Any:
        body = _object(request)
        cluster, percent = self.fleet.clusters.get(body.get("cluster", "")), body.get("percent")
        if cluster is None or not isinstance(percent, int | float | None) or isinstance(percent, bool):
            raise Refused(400, "load wants a cluster, namespace, name, and percent (a number, or null)")
        cluster.loads.set((str(body.get("namespace")), str(body.get("name"))), percent)
        return {"percent": percent}

    def _settings(self, _: Request) -> Any:
        return shown_settings(self.fleet.settings)

    def _change_settings(self, request: Request) -> Any:
        self.fleet.settings = changed_settings(self.fleet.settings, _object(request))
        return self._settings(request)


def _object(request: Request) -> Obj:
    try:
        body = request.json()
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refused(400, "the body is not an object")
    return body
