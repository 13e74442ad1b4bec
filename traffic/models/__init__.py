"""Rows of traffic: who is served where, and where that is published. They hold facts and constraints, no behaviour."""

from .line import Freeze
from .liveness import Liveness
from .loads import LoadReading
from .publications import Publication, Router, RouterInstance
from .routes import (
    DataClass,
    Hostname,
    Redundancy,
    Reservation,
    Route,
    RouteEpoch,
    RouteMember,
    RouteOut,
    Tenant,
)
from .samples import DemandSample
from .state_file import StateFile

__all__ = [
    "DataClass",
    "DemandSample",
    "Freeze",
    "Hostname",
    "Liveness",
    "LoadReading",
    "Publication",
    "Redundancy",
    "Reservation",
    "Route",
    "RouteEpoch",
    "RouteMember",
    "RouteOut",
    "Router",
    "RouterInstance",
    "StateFile",
    "Tenant",
]
