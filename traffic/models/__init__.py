"""Rows of traffic: who is served where, and where that is published. They hold facts and constraints, no behaviour."""

from .publications import Publication, Router, RouterInstance
from .routes import DataClass, Redundancy, Route, RouteEpoch, RouteMember, RouteOut, Tenant
from .state_file import StateFile

__all__ = [
    "DataClass",
    "Publication",
    "Redundancy",
    "Route",
    "RouteEpoch",
    "RouteMember",
    "RouteOut",
    "Router",
    "RouterInstance",
    "StateFile",
    "Tenant",
]
