"""Setting faults over the control API: what is asked has to be there, and some of them happen at once."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from simulator.fault_checks import BadFault
from simulator.faults import Fault
from simulator.random_faults import parse_game
from simulator.values import Obj

if TYPE_CHECKING:
    from simulator.fleet import Fleet


def set_fault(fleet: Fleet, params: Obj) -> Fault:
    """The fault, now set; BadFault when it cannot be."""
    cluster = params.get("cluster")
    if cluster is not None and cluster not in tuple(fleet.clusters):  # of whatever type it is
        raise BadFault(f"there is no cluster {cluster!r}; there are: {', '.join(fleet.clusters)}")
    if params.get("kind") == "node_lost":
        _check_node(fleet, params)
    if params.get("kind") == "random":
        return _play(fleet, params)
    fault = fleet.faults.add(params)
    for found in fleet.clusters.values():
        if cluster in (None, found.name) and fault.kind == "drop_watches":
            found.hub.drop_all()
        if cluster in (None, found.name) and fault.kind == "compact":
            found.store.compact()
    return fault


def _play(fleet: Fleet, params: Obj) -> Fault:
    game = parse_game(params, tuple(fleet.clusters), fleet.options.nodes)
    fault = fleet.faults.add(params)
    fleet.random_faults.play(fault, game)
    return fault


def _check_node(fleet: Fleet, params: Obj) -> None:
    """BadFault when no node of the clusters is meant."""
    names = [
        node["metadata"]["name"]
        for cluster in fleet.clusters.values()
        if params.get("cluster") in (None, cluster.name)
        for node in cluster.store.listed("nodes")
    ]
    if not fnmatch.filter(names, str(params.get("node", ""))):
        raise BadFault(f"there is no such node; there are: {', '.join(names)}")
