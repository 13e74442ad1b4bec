"""The observer: watches every cluster it holds the lease of, and writes what it sees as Observations.

Asyncio over raw JSON for the clusters, threads for the database; no thread per watch.
"""

from .run import run

__all__ = ["run"]
