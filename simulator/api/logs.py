"""pods/log: a few plausible lines."""

from __future__ import annotations

from simulator.api.target import Target
from simulator.errors import bad_request, not_found
from simulator.store.store import Store
from simulator.values import Obj, dig
from simulator.wire.messages import Request, Response, text_response


def pod_log(store: Store, target: Target, request: Request) -> Response:
    """The log of one container as plain text; 404, and 400 as long as the container has not run."""
    pod = store.get(target.kind.key, target.space, target.name)
    if pod is None:
        raise not_found(target.kind, target.name)
    status = _container_status(pod, request)
    waiting = dig(status, "state", "waiting", "reason")
    if waiting and not status.get("lastState"):
        raise bad_request(
            f'container "{status["name"]}" in pod "{target.name}" is waiting to start: {waiting}'
        )
    lines = _lines(pod, status)
    tail = request.query.get("tailLines", "")
    if tail.isdigit():
        lines = lines[len(lines) - min(int(tail), len(lines)) :]
    if request.query.get("timestamps") == "true":
        lines = [f"{pod['metadata']['creationTimestamp']} {line}" for line in lines]
    return text_response("".join(line + "\n" for line in lines))


def _container_status(pod: Obj, request: Request) -> Obj:
    name = request.query.get("container")
    statuses = dig(pod, "status", "containerStatuses") or []
    names = [container["name"] for container in pod["spec"]["containers"]]
    if not name and len(names) > 1:
        raise bad_request(f"a container name must be specified for pod {pod['metadata']['name']}, "
                          f"choose one of: [{' '.join(names)}]")  # fmt: skip
    wanted = name or names[0]
    if wanted not in names:
        raise bad_request(f"container {wanted} is not valid for pod {pod['metadata']['name']}")
    for status in statuses:
        if status["name"] == wanted:
            return status  # type: ignore[no-any-return]
    return {"name": wanted, "state": {"waiting": {"reason": "ContainerCreating"}}}


def _lines(pod: Obj, status: Obj) -> list[str]:
    lines = [f"starting {status['name']} from {status.get('image')}", f"pod {pod['metadata']['name']}"]
    if dig(status, "lastState", "terminated", "reason") == "Error":
        return [*lines, "panic: configuration is not usable", "exit status 1"]
    if status.get("ready"):
        lines.append("listening on :8080")
    return lines
