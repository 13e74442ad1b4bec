"""WATCH: commits written to open streams the moment they happen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from simulator.api.forms import TABLE, asked_form, metadata_of
from simulator.api.options import check_list_options, version_number, whole_number
from simulator.api.reads import predicate_of
from simulator.api.tables import table_of
from simulator.api.target import Target, flag
from simulator.errors import ApiError, gone
from simulator.selectors import Predicate, everything
from simulator.store.past import Past, version_before
from simulator.store.store import ADDED, DELETED, MODIFIED, Commit, Store
from simulator.values import Obj, packed
from simulator.wire.connection import Connection
from simulator.wire.messages import Request

BOOKMARK_EVERY_S = 30.0
LONGEST_S = 1800.0


class Watch:
    """One open watch. While it is muted its lines wait in order."""

    def __init__(self, hub: WatchHub, target: Target, request: Request) -> None:
        self.hub, self.target = hub, target
        self.connection: Connection = request.connection
        self.predicate: Predicate = predicate_of(target, request)
        self.bookmarks = flag(request, "allowWatchBookmarks")
        self.form = asked_form(request)
        self.as_table, self.as_it_is = self.form.what == TABLE, not self.form.what
        self.include = request.query.get("includeObject", "Metadata")
        self._since = 0  # nothing as old is told: a client may ask for more than there is, after a restore
        self._headed = False
        self._muted_lines: list[bytes] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._is_over = False

    def start(self, request: Request) -> None:
        """Send the head and what the client has missed; then stay open."""
        check_list_options(request, watch=True)
        start = self._starting_point(request)
        self.connection.on_close = self.close
        self.connection.start_stream("application/json;stream=watch" if self.as_table else "application/json")
        if isinstance(start, ApiError):
            self.send(_line("ERROR", start.status()))
            self.connection.end_stream()
            return
        self._since = start
        self._catch_up(start, flag(request, "sendInitialEvents"))
        self.hub.join(self)
        self._keep_for_later()
        self._set_timers(whole_number(request.query.get("timeoutSeconds") or "0"))

    def _starting_point(self, request: Request) -> int | ApiError:
        """The version to continue from, 0 to start with all objects, or the 410 to send."""
        version = version_number(request.query.get("resourceVersion", ""))
        if flag(request, "sendInitialEvents"):
            return 0
        if version and version < self.hub.seen.compacted:
            return gone(version, self.hub.seen.compacted)
        return version

    def _catch_up(self, version: int, announce_end: bool) -> None:
        store, kind = self.hub.seen, self.target.kind.key
        if version == 0:
            for obj in store.listed(kind, self.target.namespace):
                if self.predicate(obj):
                    self.send(self._object_line(ADDED, obj))
            if announce_end and self.bookmarks:
                self.send(self._bookmark({"k8s.io/initial-events-end": "true"}))
            return
        for commit in store.history:
            if commit.kind == kind:
                self.tell(commit)

    def _keep_for_later(self) -> None:
        """Where the past is watched: keep what has happened since, to be sent when that is over."""
        if self.hub.past is not None:
            for commit in self.hub.store.history:
                if commit.kind == self.target.kind.key and commit.version > self.hub.past.version:
                    self.tell(commit)

    def tell(self, commit: Commit) -> None:
        """Send the commit if it concerns this watch, as ADDED or DELETED where it enters or leaves."""
        type_ = self._type(commit) if commit.version > self._since else None
        if type_ is None:
            return
        foreign = self.target.kind.seen(commit.new) is not commit.new
        self.send(
            commit.line(type_) if self.as_it_is and not foreign else self._object_line(type_, commit.new)
        )

    def _type(self, commit: Commit) -> str | None:
        namespace = self.target.namespace
        if namespace and commit.new["metadata"].get("namespace") != namespace:
            return None
        if self.predicate is everything:
            return commit.type
        before = commit.old is not None and self.predicate(commit.old)
        after = commit.type != DELETED and self.predicate(commit.new)
        if before and after:
            return MODIFIED
        return DELETED if before else ADDED if after else None

    def send(self, line: bytes) -> None:
        """Write a line now, or keep it while muted."""
        if self._muted_lines is not None:
            self._muted_lines.append(line)
        else:
            self.connection.send_chunk(line)

    def mute(self, muted: bool) -> None:
        """Fall silent, or send what has waited."""
        if muted and self._muted_lines is None:
            self._muted_lines = []
        elif not muted and self._muted_lines is not None:
            lines, self._muted_lines = self._muted_lines, None
            for line in lines:
                self.connection.send_chunk(line)

    def close(self) -> None:
        """Forget the watch; the connection is gone or about to go."""
        self.hub.leave(self)
        for timer in self._timers:
            timer.cancel()

    def _set_timers(self, asked_s: float) -> None:
        loop, lasts_s = asyncio.get_running_loop(), min(asked_s, LONGEST_S) if asked_s > 0 else LONGEST_S
        self._timers = [loop.call_later(lasts_s, self._expire)]
        if self.bookmarks:
            self._timers.append(loop.call_later(BOOKMARK_EVERY_S, self._remind))

    def _expire(self) -> None:
        if self.bookmarks and self.hub.store.version >= self._since:
            self.send(self._bookmark({}))
        self._is_over = True
        self.end_if_over()

    def end_if_over(self) -> None:
        """End the stream when its time has passed, unless the cluster is silent: then as soon as it speaks again."""
        if self._is_over and not self.hub.is_silent() and not self.connection.closed:
            self.close()
            self.connection.end_stream()

    def _remind(self) -> None:
        if self.hub.store.version >= self._since:
            self.send(self._bookmark({}))
        self._timers.append(asyncio.get_running_loop().call_later(BOOKMARK_EVERY_S, self._remind))
        del self._timers[1]

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        kind = self.target.kind
        meta: Obj = {"resourceVersion": str(self.hub.store.version), "creationTimestamp": None}
        if annotations:
            meta["annotations"] = annotations
        if self.as_table:
            return _line("BOOKMARK", table_of(kind, [], meta, "None", headed=False))
        if not self.as_it_is:
            return _line("BOOKMARK", metadata_of({"metadata": meta}, self.form))
        return _line("BOOKMARK", {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta})

    def _object_line(self, type_: str, obj: Obj) -> bytes:
        if not self.as_table:
            return _line(type_, self.target.kind.seen(obj) if self.as_it_is else metadata_of(obj, self.form))
        meta = {"resourceVersion": obj["metadata"]["resourceVersion"]}
        table = table_of(self.target.kind, [obj], meta, self.include, headed=not self._headed)
        self._headed = True
        return _line(type_, table)


class WatchHub:
    """The open watches of a cluster by kind."""

    def __init__(self, store: Store, is_silent: Callable[[], bool]) -> None:
        self.store, self.is_silent = store, is_silent
        self.past: Past | None = None
        self._watches: dict[str, dict[Watch, None]] = {}
        store.listen(self._tell)

    @property
    def seen(self) -> Store | Past:
        """What new watches begin with."""
        return self.store if self.past is None else self.past

    def turn_back(self, back_s: float | None) -> None:
        """Show watches the cluster as it was that many seconds ago, and nothing newer; None: as it is."""
        if back_s is None:
            self.past = None
        elif self.past is None:
            self.past = Past(self.store, version_before(self.store, time.monotonic() - back_s))

    def _muted(self) -> bool:
        return self.past is not None or self.is_silent()

    def join(self, watch: Watch) -> None:
        """Tell the watch of every further commit of its kind."""
        watch.mute(self._muted())
        if not watch.connection.closed:
            self._watches.setdefault(watch.target.kind.key, {})[watch] = None

    def leave(self, watch: Watch) -> None:
        """Tell the watch nothing more."""
        self._watches.get(watch.target.kind.key, {}).pop(watch, None)

    def count(self) -> int:
        """How many watches are open."""
        return sum(len(watches) for watches in self._watches.values())

    def drop_all(self) -> None:
        """Cut every watch in the middle of its stream."""
        for watch in self._all():
            watch.connection.cut()

    def end_kind(self, kind: str) -> None:
        """End the watches of a kind that is served no longer."""
        for watch in tuple(self._watches.get(kind, ())):
            watch.close()
            watch.connection.end_stream()

    def follow_mute(self) -> None:
        """Mute or unmute every watch, as the cluster's faults now want."""
        for watch in self._all():
            watch.mute(self._muted())
            watch.end_if_over()

    def _all(self) -> list[Watch]:
        return [watch for watches in self._watches.values() for watch in watches]

    def _tell(self, commit: Commit) -> None:
        if self.past is not None:
            self.past.note(commit)
        for watch in tuple(self._watches.get(commit.kind, ())):
            watch.tell(commit)


def _line(type_: str, obj: Obj) -> bytes:
    return packed({"type": type_, "object": obj}) + b"\n"
