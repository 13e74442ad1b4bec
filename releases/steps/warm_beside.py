"""warm_beside: a Prod that gets users in this moment is asked for pages as they are, and they do not wait for it."""

from .warm_up import act

__all__ = ["act"]
