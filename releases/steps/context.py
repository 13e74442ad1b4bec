"""What an act may use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clusters.core.render import Rendered
from clusters.kube.protocol import Kube
from releases.core.answers import Answer
from releases.core.warming import Reply


class Superseded(Exception):
    """Another attempt has taken over: stop at once, write nothing more, answer nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act answers, and what it leaves for later steps (JSON)."""

    answer: Answer
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepContext:
    """One attempt of one act on one Prod.

    `renew()` renews the lease before a call, `renew(s)` before one that may take `s` seconds; it raises
    Superseded where the lease is lost. `token` names
    Run, step and attempt; written into each object, it makes every write of ours a change, so that a
    late write of an older attempt meets another resourceVersion. `former` are (kind, name) of objects
    that other revisions of the Blueprint have and this one has not; where nothing is rendered, all that
    any has. `params` are the step's, `waited_s` is since it was started. `again`: an earlier attempt may have
    left pods that cannot start and would be taken for this one's. `left`: the `result` of the look before, where
    the act goes on. `ask(n)` asks the Prod for n pages at once, as its users do; None: no way to it is known.
    """

    prod: str
    namespace: str
    token: str
    kube: Kube
    rendered: tuple[Rendered, ...]
    former: tuple[tuple[str, str], ...]
    force: bool
    again: bool
    renew: Callable[..., None]
    params: Mapping[str, Any] = field(default_factory=dict)
    waited_s: float = 0.0
    left: Mapping[str, Any] = field(default_factory=dict)
    ask: Callable[[int], Sequence[Reply]] | None = None
