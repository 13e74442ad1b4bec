"""What the code offers to a deployment: commands, queues, environment variables."""

import ast
import inspect
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import click
from celery.bin.beat import beat
from celery.bin.celery import celery
from celery.bin.worker import worker
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import CommandError
from django.utils.module_loading import import_string
from uvicorn.main import main as uvicorn

from orchestrator import env
from orchestrator.celery import app
from orchestrator.embedded import __main__ as embedded
from orchestrator.secret import secret_key
from releases.core.states import RunKind
from releases.engine.wake import queue_of

ROOT: Final = Path(__file__).resolve().parent.parent.parent
QUEUES: Final = {queue_of(kind) for kind in RunKind} | {settings.CELERY_TASK_DEFAULT_QUEUE}
READERS: Final = {
    name: getattr(env, name) for name in ("text", "number", "flag", "listed", "url", "database")
}
HEALTHCHECK: Final = "deploy/compose/healthcheck.py"
# Variables of the demo's own door, read from os.environ.
EMBEDDED: Final = frozenset({"DROVER_PORT", "DROVER_VAR"})


@cache
def variables() -> dict[str, bool]:
    """Every variable that the code reads through `orchestrator.env`, and whether it must be given."""
    found = {name: needed for call in _calls(ROOT / "orchestrator") for name, needed in _variable(call)}
    return found | {"DROVER_READY_FILE": False}


def required() -> set[str]:
    return {name for name, needed in variables().items() if needed}


def _calls(folder: Path) -> Iterator[ast.Call]:
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text())
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _variable(call: ast.Call) -> Iterator[tuple[str, bool]]:
    first = call.args[0] if call.args else None
    if not (isinstance(first, ast.Constant) and str(first.value).startswith("DROVER_")):
        return
    match call.func:
        case ast.Attribute(value=ast.Name(id="env"), attr=attr) if attr in READERS:
            yield str(first.value), not _has_default(call, inspect.signature(READERS[attr]))
        case ast.Name(id=name) if name == secret_key.__name__:
            yield str(first.value), True


def _has_default(call: ast.Call, signature: inspect.Signature) -> bool:
    place = list(signature.parameters).index("default")
    return len(call.args) > place or any(word.arg == "default" for word in call.keywords)


def command_problem(command: Sequence[str], ready_file: str = "") -> str:
    """What is wrong with a command of a deployment, "" if the code offers it."""
    match list(command):
        case ["python", "manage.py", name, *arguments]:
            return _manage_problem(name, arguments)
        case ["celery", *arguments]:
            return _celery_problem(arguments)
        case ["uvicorn", *arguments]:
            return _uvicorn_problem(arguments)
        case ["python", "-m", "orchestrator.embedded", *arguments]:
            return _said(lambda: embedded._options(arguments))
        case ["python", path, *_] if path == HEALTHCHECK:
            return "" if (ROOT / path).is_file() else f"{path} is not there"
        case ["test", "-f", path]:
            return "" if path == ready_file else f"nothing writes {path}"
    return f"unknown program: {shlex.join(command)}"


def served_queues(command: Sequence[str]) -> set[str]:
    """The queues that this command serves: none unless it is a worker."""
    if "worker" not in command or "--queues" not in command:
        return set()
    return set(command[list(command).index("--queues") + 1].split(","))


def threads(command: Sequence[str]) -> int:
    """How many tasks this command does at once: 0 unless it is a worker."""
    return int(command[list(command).index("--concurrency") + 1]) if "--concurrency" in command else 0


def _manage_problem(name: str, arguments: list[str]) -> str:
    if name not in get_commands():
        return f"no command {name} of manage.py"
    home = get_commands()[name]
    loaded = load_command_class(home, name) if isinstance(home, str) else home
    return _said(lambda: loaded.create_parser("manage.py", name).parse_args(arguments))


def _celery_problem(arguments: list[str]) -> str:
    match arguments:
        case ["-A", "orchestrator", "worker", *rest]:
            surplus = served_queues(["worker", *rest]) ^ (served_queues(["worker", *rest]) & QUEUES)
            if surplus:
                return f"nothing is sent to the queue {', '.join(sorted(surplus))}"
            return _said(lambda: _parsed(worker, rest))
        case ["-A", "orchestrator", "beat", *rest]:
            return _said(lambda: _parsed(beat, rest))
    return f"unknown: celery {shlex.join(arguments)} (of {', '.join(sorted(celery.commands))})"


def _uvicorn_problem(arguments: list[str]) -> str:
    return _said(lambda: import_string(_parsed(uvicorn, arguments)["app"].replace(":", ".")))


def _parsed(command: Any, arguments: list[str]) -> dict[str, Any]:
    context = command.make_context(command.name, list(arguments), obj=SimpleNamespace(app=app))
    return dict(context.params)


def _said(act: Any) -> str:
    """The complaint of `act` about its arguments, "" if there is none."""
    try:
        act()
    except (CommandError, click.ClickException, ImportError, SystemExit) as error:
        return f"{type(error).__name__}: {error}"
    return ""
