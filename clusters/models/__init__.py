"""Clusters, Blueprints, Versions, Prods and what was last seen of them: rows and constraints."""

from .blueprints import Blueprint, BlueprintRevision, Version
from .clusters import Cluster, ProbeMinute
from .prods import Overrides, Prod
from .seen import Drift, KubeEvent, Observation

__all__ = [
    "Blueprint",
    "BlueprintRevision",
    "Cluster",
    "Drift",
    "KubeEvent",
    "Observation",
    "Overrides",
    "ProbeMinute",
    "Prod",
    "Version",
]
