"""People's writes to traffic: who is served where, and where that is published.

All raise `access.permissions.Denied`, `journal.core.reasons.FieldErrors` or `Refused`; then nothing has changed.
Routers follow: what is asked stands in rows, and the publishers are woken.
"""

from .adopting import adopt_shown
from .groups import TenantGroup, equal_weights, load_tenants
from .importing import TenantImport, import_tenants, preview_tenants
from .publishing import publish_routes, unpublish_routes
from .routers import add_instance, register_router, remove_instance
from .routes import asked_weights, return_to_epoch, set_weights
from .tenant_places import TenantPlace, preview_move, preview_tenant
from .tenants import add_tenant, change_tenant, move_tenant, remove_tenant

__all__ = [
    "TenantGroup",
    "TenantImport",
    "TenantPlace",
    "add_instance",
    "add_tenant",
    "adopt_shown",
    "asked_weights",
    "change_tenant",
    "equal_weights",
    "import_tenants",
    "load_tenants",
    "move_tenant",
    "preview_move",
    "preview_tenant",
    "preview_tenants",
    "publish_routes",
    "register_router",
    "remove_instance",
    "remove_tenant",
    "return_to_epoch",
    "set_weights",
    "unpublish_routes",
]
