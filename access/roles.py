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
    "release.preview": Role.VIEWER,
    "release.start": Role.RELEASE_MANAGER,
    "run.approve": Role.RELEASE_MANAGER,
    "run.skip": Role.RELEASE_MANAGER,
    "hold.lift": Role.RELEASE_MANAGER,
    "veto.lift": Role.RELEASE_MANAGER,
    "line.resume": Role.RELEASE_MANAGER,
    "version.create": Role.RELEASE_MANAGER,
    "prod.apply": Role.ADMIN,
    "cluster.write": Role.ADMIN,
    "blueprint.write": Role.ADMIN,
}


def allows(role: str, action: str) -> bool:
    """Whether `role` may do `action`. Unknown roles and unknown actions: no."""
    needed = PERMISSIONS.get(action)
    return needed is not None and role in RANK and RANK[Role(role)] >= RANK[needed]


def lesser(one: str, other: str) -> Role:
    """The role that may less: a token never exceeds the person who made it."""
    return min(Role(one), Role(other), key=RANK.__getitem__)
