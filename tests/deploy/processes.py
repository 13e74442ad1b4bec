"""Rules for every process of Drover, whatever starts it. A rule yields what is wrong, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from . import offers

# Of uvicorn.
FOREIGN: Final = frozenset({"FORWARDED_ALLOW_IPS"})
KINDS: Final = ("web", "worker", "worker-emergency", "observer", "beat", "migrate")
# Of those that stay, each holds connections of its own; the rest of the settings wants a pool, too.
FEWEST_CONNECTIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its command, its environment, and the commands that ask how it is."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    probes: tuple[tuple[str, ...], ...] = field(default=())
    ends: bool = False


def process_problems(process: Process) -> Iterator[str]:
    """All that is wrong with one process."""
    ready_file = process.env.get("DROVER_READY_FILE", "")
    for command in (process.command, *process.probes):
        if problem := offers.command_problem(command, ready_file):
            yield f"{process.name}: {problem}"
    for name in sorted(unknown_variables(process.env)):
        yield f"{process.name}: nothing reads {name}"
    for name in sorted(missing_variables(process.env)):
        yield f"{process.name}: {name} is not given"
    if not process.ends:
        yield from _pool_problems(process)


def unknown_variables(env: Iterable[str]) -> set[str]:
    known = set(offers.variables())
    return set(env) - known - {f"{name}_FILE" for name in known} - FOREIGN


def missing_variables(env: Iterable[str]) -> set[str]:
    given = {name.removesuffix("_FILE") for name in env}
    return offers.required() - given


def _pool_problems(process: Process) -> Iterator[str]:
    pool = int(process.env.get("DROVER_DATABASE_POOL", "0"))
    if pool < max(FEWEST_CONNECTIONS, offers.threads(process.command)):
        yield f"{process.name}: {pool} connections are too few for its threads"


def fleet_problems(processes: Mapping[str, Process]) -> Iterator[str]:
    """What is wrong with all of them together: a kind is missing, or a queue is served by nobody."""
    yield from (f"there is no {kind}" for kind in KINDS if kind not in processes)
    served = {queue for one in processes.values() for queue in offers.served_queues(one.command)}
    yield from (f"nobody serves the queue {queue}" for queue in sorted(offers.QUEUES - served))
    for one in processes.values():
        queues = offers.served_queues(one.command)
        if one.ends or not queues:
            continue
        asked = {queue for probe in one.probes for queue in queues if queue in probe}
        if asked != queues:
            yield f"{one.name}: no probe asks for the queue {', '.join(sorted(queues))}"
