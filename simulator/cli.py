"""The command line: serve, fault, clear, backup, restore, users."""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from simulator.fleet import Options
from simulator.serve import serve
from simulator.settings import BadSetting, Settings, changed_settings
from simulator.users.serve import LOG_BYTES, serve_users
from simulator.users.serve import Options as UserOptions

CLUSTER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit code."""
    arguments = _parser().parse_args(argv)
    return int(arguments.run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulator", description="A fleet of simulated Kubernetes clusters."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="serve a fleet until SIGTERM"))
    fault = commands.add_parser("fault", help="set a fault: fault CONTROL KIND key=value…")
    fault.add_argument("control", help="the control URL")
    fault.add_argument("kind")
    fault.add_argument(
        "params", nargs="*", metavar="key=value", help="match.verb=patch sets match: {verb: patch}"
    )
    fault.set_defaults(run=_fault)
    clear = commands.add_parser("clear", help="clear one fault, or all")
    clear.add_argument("control", help="the control URL")
    clear.add_argument("id", nargs="?", default="")
    clear.set_defaults(run=_clear)
    backup = commands.add_parser("backup", help="keep the state of a cluster: backup CONTROL CLUSTER")
    backup.add_argument("control", help="the control URL")
    backup.add_argument("cluster")
    backup.set_defaults(run=lambda a: _ask("POST", f"{a.control}/backup", {"cluster": a.cluster}))
    restore = commands.add_parser(
        "restore", help="bring a cluster back to a backup; the answer names the one that undoes it"
    )
    restore.add_argument("control", help="the control URL")
    restore.add_argument("cluster")
    restore.add_argument("backup", nargs="?", help="its id; the newest of the cluster without one")
    restore.add_argument("--bump", type=int, default=0, help="how far the resourceVersions are raised")
    restore.set_defaults(run=_restore)
    _add_users(commands.add_parser("users", help="send requests as tenants until SIGTERM"))
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--clusters", required=True, help="names, separated by commas")
    add("--port", type=int, default=0, help="control port; 0 for any free one")
    add("--base-port", type=int, default=0, help="clusters get the ports after this one; 0 for free ones")
    add("--state", type=Path, help="folder in which the objects outlive the process")
    add("--kubeconfig", type=Path, help="kubeconfig to write")
    add("--ready-file", type=Path, help="JSON file to write once everything answers")
    add("--pod-start", default="2-6", help="seconds from a pod's creation until it is ready")
    add("--job-run", default="1-4", help="seconds a pod that is to end runs until it has succeeded")
    add("--seed", type=int, default=1)
    add("--nodes", type=int, default=3, help="nodes per cluster")
    add("--audit", type=Path, help="file to append audit entries to, as JSON lines")
    parser.set_defaults(run=_serve)


def _add_users(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--plan",
        type=Path,
        required=True,
        help="JSON: gateways, groups of hostnames, rate; read again when it changes",
    )
    add("--log", type=Path, required=True, help="request log to append to, as JSON lines")
    add(
        "--log-bytes",
        type=int,
        default=LOG_BYTES,
        help="size of the log and the one before it together",
    )
    add("--port", type=int, default=0, help="port of the counters; 0 for any free one")
    add("--ready-file", type=Path, help="JSON file to write once the counters answer")
    add("--seconds", type=float, default=0.0, help="end after this time; 0: at a signal")
    parser.set_defaults(run=_users)


def _users(arguments: argparse.Namespace) -> int:
    return serve_users(UserOptions(
        arguments.plan, arguments.log, arguments.log_bytes, arguments.port, arguments.ready_file, arguments.seconds,
    ))  # fmt: skip


def _serve(arguments: argparse.Namespace) -> int:
    names = tuple(name.strip() for name in arguments.clusters.split(",") if name.strip())
    try:
        settings = changed_settings(
            Settings(), {"pod_start": arguments.pod_start, "job_run": arguments.job_run}
        )
    except BadSetting as error:
        return _complain(f"--{str(error).replace(chr(95), chr(45))}")
    problem = _problem(names, arguments)
    if problem:
        return _complain(problem)
    return serve(Options(
        names, arguments.port, arguments.base_port, arguments.state, arguments.kubeconfig, arguments.ready_file,
        arguments.audit, settings, arguments.seed, arguments.nodes,
    ))  # fmt: skip


def _problem(names: tuple[str, ...], arguments: argparse.Namespace) -> str:
    bad = [name for name in names if not CLUSTER_NAME.fullmatch(name)]
    if bad or not names or len(set(names)) < len(names):
        return (
            "--clusters wants different names of lower-case letters, digits and dashes, separated by commas"
        )
    if arguments.nodes < 1:
        return "--nodes must be at least 1"
    return ""


def _complain(sentence: str) -> int:
    sys.stderr.write(f"simulator: {sentence}\n")
    return 1


def _fault(arguments: argparse.Namespace) -> int:
    body: dict[str, Any] = {"kind": arguments.kind}
    for pair in arguments.params:
        key, equals, text = pair.partition("=")
        if not equals:
            return _complain(f"{pair!r} is not key=value")
        place = body
        *parents, last = key.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = _value(text)
    return _ask("POST", f"{arguments.control}/faults", body)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _clear(arguments: argparse.Namespace) -> int:
    tail = f"/{arguments.id}" if arguments.id else ""
    return _ask("DELETE", f"{arguments.control}/faults{tail}", None)


def _restore(arguments: argparse.Namespace) -> int:
    body: dict[str, Any] = {"cluster": arguments.cluster, "bump": arguments.bump}
    if arguments.backup:
        body["backup"] = arguments.backup
    return _ask("POST", f"{arguments.control}/restore", body)


def _ask(method: str, url: str, body: Any) -> int:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            sys.stdout.write(answer.read().decode())
    except urllib.error.HTTPError as error:
        return _complain(error.read().decode().strip())
    except (OSError, ValueError) as error:
        return _complain(f"{url} does not answer: {error}")
    return 0
