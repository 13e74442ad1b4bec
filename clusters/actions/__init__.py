"""People's writes to what exists: Clusters, Blueprints, Versions, Prods.

All raise `access.permissions.Denied` or `journal.core.reasons.Refused`; then nothing has changed.
"""

from .blueprints import add_revision
from .clusters import add_cluster, change_cluster, register_cluster, replace_credentials
from .connection import Tested, try_connection
from .intents import cordon_cluster, remove_cluster, retire_cluster, uncordon_cluster
from .prods import AppliedProd, apply_prod, change_facts
from .versions import create_version

__all__ = [
    "AppliedProd",
    "Tested",
    "add_cluster",
    "add_revision",
    "apply_prod",
    "change_cluster",
    "change_facts",
    "cordon_cluster",
    "create_version",
    "register_cluster",
    "remove_cluster",
    "replace_credentials",
    "retire_cluster",
    "try_connection",
    "uncordon_cluster",
]
