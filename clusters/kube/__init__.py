"""The only door to Kubernetes: the official client behind a Protocol of our own types and errors.

Every call has timeouts, nothing is retried here.
"""

from .connect import connect, connect_cluster

__all__ = ["connect", "connect_cluster"]
