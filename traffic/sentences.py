"""What the Reasons of this package say, in English."""

SENTENCES: dict[str, str] = {
    "tenant-group-wrong": "Tenant group %(group)s: no such Prods: %(unknown)s. Create them first.",
    "route-created": "Route %(route)s with %(tenants)s tenants was created.",
}
