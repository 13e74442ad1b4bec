"""Comparing one Prod with its Cluster: reads rows, asks the Cluster outside any transaction, and stores what
it found only if nothing has changed meanwhile. Changes nothing on the Cluster.
"""

from .compare import compare_prod
from .due import look_soon, take_due
from .store import void

__all__ = ["compare_prod", "look_soon", "take_due", "void"]
