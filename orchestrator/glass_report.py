"""What break-glass prints and logs: tables and sentences out of plain values."""

import json
import os
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from journal.core.reasons import reason_to_json
from journal.sentences import sentence
from traffic.core.plan import Left, Pairs, TrafficPlan
from traffic.core.state import State
from traffic.core.survival import CLUSTER, survival
from traffic.engine.break_glass import Line, Look, Order, was

LOG = "break-glass.log"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as their widest word.

    >>> print(table(("Route", "n"), [("shop", 1)]))
    Route  n
    -----  -
    shop   1
    """
    lines = [tuple(head), *(tuple(map(str, row)) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def weights(given: Pairs | None) -> str:
    """`a-2 50, b-1 50`, without those that serve nobody."""
    if given is None:
        return "not read"
    return ", ".join(f"{prod} {weight}" for prod, weight in given if weight) or "nobody"


def age_words(state: State, now: datetime) -> str:
    """How old the file is."""
    seconds = max(0, round((now - state.written_at).total_seconds()))
    minutes, rest = divmod(seconds, 60)
    old = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"
    return f"Written at {state.written_at:%Y-%m-%d %H:%M:%S} UTC: {old} ago."


def content(state: State) -> str:
    """What is in the file, and what the death of each Cluster would mean by it."""
    facts = state.facts
    serving = sum(place.serving for place in facts.places)
    tenants = sum(route.tenants for route in facts.routes)
    head = ("Cluster dies", "safe", "to move", "wait", "lost")
    rows = [
        (row.name, row.safe, row.moved, row.wait, row.lost_tenants)
        for row in survival(facts)
        if row.kind == CLUSTER
    ]
    counts = (
        f"{len(facts.places)} Prods, {serving} of them known to serve well; {len(facts.routes)} Routes with "
        f"{tenants} tenants; {len(state.instances)} router instances."
    )
    return f"{counts}\n\n{table(head, rows)}"


def routers(state: State, seen: Look) -> str:
    """Each instance, and whether it answers."""
    told = [
        (
            one.name,
            one.kind,
            one.domain,
            sentence(seen.away[one.name]) if one.name in seen.away else "answers",
        )
        for one in state.instances
    ]
    return table(("Router", "kind", "failure domain", "now"), told)


def plan_words(plan: TrafficPlan, wanted: Iterable[Order]) -> str:
    """What is asked of each Route, and who stays as they are, with why."""
    why = {move.route: sentence(move.why) for move in plan.moves}
    rows = [
        (
            one.route.name,
            one.route.tenants,
            weights(was(one.route)),
            weights(one.weights),
            ", ".join(one.route.routers) or "no router",
            why.get(one.route.name, "Asked before, and not everywhere yet."),
        )
        for one in wanted
    ]
    parts = [table(("Route", "tenants", "now", "then", "at", "why"), rows)] if rows else []
    for word, some in (("waits", plan.waiting), ("stays", plan.staying), ("IS LOST", plan.lost)):
        parts += [_left(word, one) for one in some]
    return "\n".join(parts)


def _left(word: str, one: Left) -> str:
    return f"Route {one.route} ({one.tenants} tenants) {word}: {sentence(one.why)}"


def lines_words(lines: Iterable[Line]) -> str:
    """Asked and read back, for each Route at each instance."""
    rows = [
        (
            line.route,
            line.instance,
            line.epoch,
            weights(line.asked),
            weights(line.shown),
            sentence(line.trouble) if line.trouble else "as asked",
        )
        for line in lines
    ]
    return table(("Route", "router", "epoch", "asked", "read back", "result"), rows)


def append_log(folder: Path, at: datetime, what: str, **facts: Any) -> str:
    """Add a line beside the state file; returns why it could not be, "" if it was."""
    by = os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"
    told = {"at": at.isoformat(), "by": by, "on": socket.gethostname(), "what": what, **facts}
    try:
        descriptor = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as log:
            log.write(json.dumps(told, sort_keys=True) + "\n")
            log.flush()
            os.fsync(log.fileno())
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def lines_json(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """The lines as the log has them."""
    return [
        {
            "route": line.route,
            "router": line.instance,
            "epoch": line.epoch,
            "asked": dict(line.asked),
            "read": dict(line.shown) if line.shown is not None else None,
            "trouble": reason_to_json(line.trouble) if line.trouble else None,
        }
        for line in lines
    ]
