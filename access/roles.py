"""Roles and the one permission table: which role may do which action.

Every door (page, form, API, stream, admin, command) asks `allows`. Pure.
"""

from enum import StrEnum


class Role(StrEnum):
    VIEWER = "viewer"
    ON_CALL = "on-call"
    RELEASE_MANAGER = "release-manager"
    ADMIN = "admin"


RANK = {role: rank for rank, role in enumerate(Role)}

# Action -> the least role that may do it. An action that is not here is allowed to nobody.
PERMISSIONS: dict[str, Role] = {
    "read": Role.VIEWER,
    "run.pause": Role.ON_CALL,
    "run.resume": Role.ON_CALL,
    "run.retry": Role.ON_CALL,
    "run.abort": Role.ON_CALL,
    "run.rollback": Role.ON_CALL,
    "line.stop": Role.ON_CALL,
    "hold.set": Role.ON_CALL,
    "prod.heal": Role.ON_CALL,
    "cluster.test": Role.ON_CALL,
    # Who is served where: weights by hand, and the way back to earlier ones.
    "route.shift": Role.ON_CALL,
    "route.return": Role.ON_CALL,
    # Of a Cluster, or of one Prod.
    "cluster.evacuate": Role.ON_CALL,
    "cluster.fail-back": Role.ON_CALL,
    # All that is done without a person: off for everybody, on again, and which Routes fail over so.
    "automation.stop": Role.ON_CALL,
    "automation.resume": Role.RELEASE_MANAGER,
    "automation.write": Role.RELEASE_MANAGER,
    # Of one's own: list, make (at most one's own role), revoke.
    "token.own": Role.VIEWER,
    "release.preview": Role.VIEWER,
    "release.start": Role.RELEASE_MANAGER,
    "run.approve": Role.RELEASE_MANAGER,
    "run.skip": Role.RELEASE_MANAGER,
    "hold.lift": Role.RELEASE_MANAGER,
    "veto.lift": Role.RELEASE_MANAGER,
    "line.resume": Role.RELEASE_MANAGER,
    "veto.set": Role.RELEASE_MANAGER,
    "version.create": Role.RELEASE_MANAGER,
    "prod.change": Role.RELEASE_MANAGER,
    # Take fields over that another tool owns; switch healing by itself on or off.
    "prod.take-over": Role.RELEASE_MANAGER,
    "prod.self-heal": Role.RELEASE_MANAGER,
    "tenant.write": Role.RELEASE_MANAGER,
    "tenant.remove": Role.RELEASE_MANAGER,
    "prod.apply": Role.ADMIN,
    "prod.retire": Role.ADMIN,
    "cluster.write": Role.ADMIN,
    "router.write": Role.ADMIN,
    "blueprint.write": Role.ADMIN,
    "people.write": Role.ADMIN,
    "token.write": Role.ADMIN,
}

# What a person does to stop harm: nothing but their right is in its way, no rate limit either.
EMERGENCY = frozenset(
    {
        "run.pause",
        "run.abort",
        "run.rollback",
        "line.stop",
        "automation.stop",
        "hold.set",
        "cluster.evacuate",
        "route.shift",
        "route.return",
    }
)


def allows(role: str, action: str) -> bool:
    """Whether `role` may do `action`. Unknown roles and unknown actions: no."""
    needed = PERMISSIONS.get(action)
    return needed is not None and role in RANK and RANK[Role(role)] >= RANK[needed]


def lesser(one: str, other: str) -> Role:
    """The role that may less: a token never exceeds the person who made it."""
    return min(Role(one), Role(other), key=RANK.__getitem__)
