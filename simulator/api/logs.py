"""pods/log: a few plausible lines, and more of them as they come for a client that follows."""

from __future__ import annotations

from simulator.api.options import whole_number
from simulator.api.target import Target, flag
from simulator.api.watches import LONGEST_S, Watch, WatchHub
from simulator.errors import bad_request, invalid, not_found
from simulator.kinds.causes import invalid_value
from simulator.kinds.kind import Kind
from simulator.store.store import Commit, Store
from simulator.values import Obj, dig, full_name
from simulator.wire.messages import Request, Response, text_response

OPTIONS = Kind("", "v1", "PodLogOptions", "podlogoptions", virtual=True)
LEAST = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}


def pod_log(store: Store, target: Target, request: Request) -> Response:
    """The log of one container as plain text; 404, and 400 as long as the container has not run."""
    pod = store.get(target.kind.key, target.space, target.name)
    if pod is None:
        raise not_found(target.kind, target.name)
    _check_options(target, request)
    return text_response(_text(pod, _container_status(pod, request), request))


class FollowedLog(Watch):
    """One open `logs --follow`: what there is, and what comes until the container ends or the pod is gone."""

    def __init__(self, hub: WatchHub, target: Target, request: Request) -> None:
        super().__init__(hub, target, request)
        self.request = request
        self._lines: list[str] = []
        self._restarts = 0

    def start(self, request: Request) -> None:
        """Send the log so far and stay open; ApiError as without following."""
        first = pod_log(self.hub.store, self.target, request)
        pod = self._pod() or {}
        status = _container_status(pod, request)
        self._lines, self._restarts = _lines(pod, status), status.get("restartCount", 0)
        self.connection.on_close = self.close
        self.connection.start_stream("text/plain")
        self.send(first.body)
        self.hub.join(self)
        self._set_timers(LONGEST_S)
        self._look()

    def tell(self, commit: Commit) -> None:
        """Send what is new if the commit concerns the pod."""
        if full_name(commit.new) == (self.target.space, self.target.name):
            self._look()

    def mute(self, muted: bool) -> None:
        """Fall silent, or tell what has happened meanwhile."""
        super().mute(muted)
        self._look()

    def _pod(self) -> Obj | None:
        return self.hub.store.get(self.target.kind.key, self.target.space, self.target.name)

    def _look(self) -> None:
        if self._muted_lines is not None or self.connection.closed:
            return
        pod = self._pod()
        status = _container_status(pod, self.request) if pod else {}
        if pod and status.get("restartCount", 0) == self._restarts:
            lines = _lines(pod, status)
            more = lines[len(self._lines) :]
            self._lines = lines
            if more:
                self.send("".join(f"{line}\n" for line in more).encode())
            if dig(status, "state", "running"):
                return
        self.close()
        self.connection.end_stream()


def _check_options(target: Target, request: Request) -> None:
    """422 for an amount of log that cannot be."""
    for name, least in LEAST.items():
        text = request.query.get(name, "")
        if text and whole_number(text) < least:
            bound = "greater than 0" if least else "greater than or equal to 0"
            raise invalid(OPTIONS, target.name, [invalid_value(name, int(text), f"must be {bound}")])


def _text(pod: Obj, status: Obj, request: Request) -> str:
    lines = _previous(pod, status) if flag(request, "previous") else _current(pod, status)
    tail = request.query.get("tailLines", "")
    if tail.isdigit():
        lines = lines[len(lines) - min(int(tail), len(lines)) :]
    if flag(request, "timestamps"):
        lines = [f"{pod['metadata']['creationTimestamp']} {line}" for line in lines]
    return "".join(line + "\n" for line in lines)


def _current(pod: Obj, status: Obj) -> list[str]:
    waiting = dig(status, "state", "waiting", "reason")
    if waiting and not dig(status, "lastState", "terminated"):
        raise bad_request(
            f'container "{status["name"]}" in pod "{pod["metadata"]["name"]}" is waiting to start: {waiting}'
        )
    return _lines(pod, status)


def _previous(pod: Obj, status: Obj) -> list[str]:
    if not dig(status, "lastState", "terminated"):
        name = pod["metadata"]["name"]
        raise bad_request(f'previous terminated container "{status["name"]}" in pod "{name}" not found')
    return [*_first(pod, status), *_last_words(status)]


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
    """Of the container that runs, or that ran last."""
    if dig(status, "state", "running") or not dig(status, "lastState", "terminated"):
        return [*_first(pod, status), *(["listening on :8080"] if status.get("ready") else [])]
    return [*_first(pod, status), *_last_words(status)]


def _first(pod: Obj, status: Obj) -> list[str]:
    return [f"starting {status['name']} from {status.get('image')}", f"pod {pod['metadata']['name']}"]


def _last_words(status: Obj) -> list[str]:
    """What a container says that crashes; one that is killed says nothing."""
    if dig(status, "lastState", "terminated", "reason") != "Error":
        return []
    return ["panic: configuration is not usable", "exit status 1"]
