"""Where Prods are asked before users come to them, and why some cannot be."""

from collections.abc import Callable
from itertools import cycle, islice

from journal.core.reasons import because
from releases.core.plan import Blocker, Plan
from releases.core.warming import Reply
from releases.models import Step

TIMEOUT_S = 2.0
MOST_NAMED = 5


def warm_up_blockers(plan: Plan) -> tuple[Blocker, ...]:
    """Why Prods that `plan` warms up could not be asked: a check that cannot be made must not look like one that was
    passed. Constant number of queries, none where it warms up nobody."""
    whose = {
        prod.name: str(dict(step.params).get("users_of", prod.name))
        for wave in plan.waves
        for prod in wave.prods
        for step in prod.steps
        if step.kind == "warm_up"
    }
    if not whose:
        return ()
    from traffic.queries.probing import doors_of  # brings an HTTP client that web needs for nothing else

    found = doors_of(whose)
    homeless = [name for name in whose if name not in found]
    nameless = [name for name in whose if name in found and not found[name]]
    cases = (("no-address-to-warm-up", homeless), ("no-hostname-to-warm-up", nameless))
    return tuple(
        Blocker(because(code, count=len(names), prods=", ".join(names[:MOST_NAMED])))
        for code, names in cases
        if names
    )


def asker(step: Step) -> Callable[[int], list[Reply]] | None:
    """Asks the Prod of `step` for so many pages at once, as tenants of its Routes in turn; None where no way is known."""
    from clusters.observe.users import ask_together  # as above
    from traffic.queries.probing import doors_of

    name = step.prod.name
    doors = doors_of({name: str(step.params.get("users_of", name))}).get(name)
    if not doors:
        return None
    turn = cycle(doors)

    def ask(count: int) -> list[Reply]:
        replies = ask_together(tuple(islice(turn, count)), TIMEOUT_S)
        return [(reply.good, reply.said) for reply in replies]

    return ask
