"""Pages of Routes, Tenants and routers."""

from django.urls import URLPattern, path

from .views import room, routers, routes, tenant_imports, tenants

app_name = "traffic"
urlpatterns: list[URLPattern] = [
    path("routes/", routes.routes, name="routes"),
    path("routes/live/", routes.routes_live, name="routes-live"),
    path("routes/<slug:name>/", routes.route, name="route"),
    path("routes/<slug:name>/live/", routes.route_live, name="route-live"),
    path("routes/<slug:name>/preview/", routes.weights_preview, name="weights-preview"),
    path("routes/<slug:name>/weights/", routes.weights, name="weights"),
    path("routes/<slug:name>/return/<int:epoch>/", routes.return_to, name="return"),
    path("tenants/", tenants.tenants, name="tenants"),
    path("tenants/new/", tenants.new_tenant, name="new-tenant"),
    path("tenant-import/", tenant_imports.tenant_import, name="import-tenants"),
    path("tenants/<slug:name>/", tenants.tenant, name="tenant"),
    path("tenants/<slug:name>/change/", tenants.change, name="change-tenant"),
    path("tenants/<slug:name>/move/", tenants.move, name="move-tenant"),
    path("tenants/<slug:name>/remove/", tenants.remove, name="remove-tenant"),
    path("room/", room.room, name="room"),
    path("room/live/", room.room_live, name="room-live"),
    path("routers/", routers.routers, name="routers"),
    path("routers/live/", routers.routers_live, name="routers-live"),
    path("routers/new/", routers.register, name="register-router"),
    path("routers/<slug:name>/instances/new/", routers.add, name="add-instance"),
    path("routers/<slug:name>/publish/", routers.publish, name="publish"),
    path("routers/<slug:name>/unpublish/", routers.unpublish, name="unpublish"),
    path("routers/<slug:name>/adopt/", routers.adopt, name="adopt"),
    path("routers/instances/<slug:instance>/remove/", routers.remove, name="remove-instance"),
]
