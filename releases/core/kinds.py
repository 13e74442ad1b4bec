"""The step kinds: one line each. The code of kind `x` is the module `releases.steps.x`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`acts`: touches the world, so it runs as a task of its own under a lease of `lease_s`; otherwise
    it is judged from rows inside the pass. `disturbs`: users may notice, so every Route of the Prod
    must be free before it starts. `cut`: given up at once when its Run stops, since it only waits or asks.
    `needs`: what the author of the Run must still be allowed to do when the act begins.
    `doing`: the code of the Reason that a Run shows while such a step is under way.
    `beside`: a help that nobody waits for. It touches a Prod that its Run need not have, and changes nothing for its
    users: it asks nobody's leave, lets later waves begin, and what cannot be done is skipped, with why.
    `asks`: it asks the Prod for pages as its users do, and touches none of its objects."""

    acts: bool
    disturbs: bool = False
    # Renewed before each call, and longer than one call (connect 2 s, read 5 s): who dies is replaced soon.
    lease_s: int = 8
    cut: bool = False
    needs: str = ""
    doing: str = "step-under-way"
    beside: bool = False
    asks: bool = False


KINDS: dict[str, Kind] = {
    "switch": Kind(acts=False, disturbs=True, doing="switching"),
    "relocate": Kind(acts=False, disturbs=True, doing="relocating"),
    "drain": Kind(acts=False, disturbs=True, cut=True, doing="draining"),
    "set_version": Kind(acts=True, disturbs=True),
    "scale_up": Kind(acts=True, doing="scaling-up", beside=True),
    "scale_back": Kind(acts=True, doing="scaling-back", beside=True),
    "wait_ready": Kind(acts=False, doing="waits-for-ready"),
    "warm_up": Kind(acts=True, cut=True, doing="warming-up", asks=True),
    "warm_beside": Kind(acts=True, cut=True, doing="warming-beside", beside=True, asks=True),
    "restore": Kind(acts=False, doing="restoring"),
    "move": Kind(acts=False, doing="moving-users"),
    "ramp": Kind(acts=False, doing="ramping"),
    "soak": Kind(acts=False, cut=True, doing="soaking-prod"),
    "ask": Kind(acts=False, cut=True, doing="awaits-approval"),
    "leave_service": Kind(acts=False, disturbs=True, doing="leaving-service"),
    "delete_objects": Kind(acts=True, disturbs=True, needs="prod.retire", doing="deleting-objects"),
    "delete_namespace": Kind(acts=True, needs="prod.retire", doing="deleting-namespace"),
}

# The kinds that change a Prod for its users.
DISTURBING: tuple[str, ...] = tuple(kind for kind, facts in KINDS.items() if facts.disturbs)

# The kinds that nobody waits for.
BESIDE: tuple[str, ...] = tuple(kind for kind, facts in KINDS.items() if facts.beside)

# The kinds that write to a Cluster for their own Prod: a retry of a later step begins with the last of them.
WRITING: tuple[str, ...] = tuple(
    kind for kind, facts in KINDS.items() if facts.acts and not (facts.cut or facts.beside)
)

# A help that nobody has given after so long, be it that no worker is free, is not given.
MOST_HELP_S = 60

# Waits before the next attempt after an attempt could not find out; after the last one: errored.
BACKOFF_S: tuple[int, ...] = (1, 4, 10)
