"""The control API's doors to tokens: mint, revoke, rotate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.rights.tokens import parse_user
from simulator.values import Obj

if TYPE_CHECKING:
    from simulator.cluster import Cluster
    from simulator.fleet import Fleet


class BadToken(ValueError):
    """A request about tokens that makes no sense; the message says why."""


def mint_token(fleet: Fleet, body: Obj) -> Any:
    """A new token of `cluster` for `user`, with `rules` (and `namespace`) or `bindings`; BadRules."""
    cluster = _cluster(fleet, body)
    user = parse_user(body)
    return {"token": cluster.tokens.mint(user), "cluster": cluster.name, **user.shown()}


def revoke_token(fleet: Fleet, body: Obj) -> Any:
    """Make a minted token of `cluster` unknown."""
    if not _cluster(fleet, body).tokens.revoke(str(body.get("token"))):
        raise BadToken("there is no such minted token; the admin token is rotated, not revoked")
    return {"revoked": 1}


def rotate_token(fleet: Fleet, body: Obj) -> Any:
    """A new admin token of `cluster`; kubeconfig and ready file are written anew."""
    token = _cluster(fleet, body).tokens.rotate()
    fleet.tell()
    return {"token": token}


def _cluster(fleet: Fleet, body: Obj) -> Cluster:
    name = body.get("cluster")
    if name not in fleet.clusters:
        raise BadToken(f"there is no cluster {name!r}; there are: {', '.join(fleet.clusters)}")
    return fleet.clusters[name]
