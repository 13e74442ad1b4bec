"""Paths under /api/v1/."""

from django.urls import path

from . import room, routers, routes, tenant_imports, tenant_places, tenants

urlpatterns = [
    path("room/", room.Room.as_view(), name="api-room"),
    path("rebalance/", room.RebalancePlan.as_view(), name="api-rebalance"),
    path("routes/", routes.RouteList.as_view(), name="api-routes"),
    path("routes/<slug:name>/", routes.RouteDetail.as_view(), name="api-route"),
    path("routes/<slug:name>/epochs/", routes.RouteEpochs.as_view(), name="api-route-epochs"),
    path("routes/<slug:name>/actions/weights/", routes.RouteWeights.as_view(), name="api-route-weights"),
    path(
        "routes/<slug:name>/actions/weights/preview/",
        routes.RouteWeightsPreview.as_view(),
        name="api-route-weights-preview",
    ),
    path("routes/<slug:name>/actions/return/", routes.RouteReturn.as_view(), name="api-route-return"),
    path("tenants/", tenants.TenantList.as_view(), name="api-tenants"),
    path("tenants/<slug:name>/", tenants.TenantDetail.as_view(), name="api-tenant"),
    path("tenants/<slug:name>/actions/move/", tenants.TenantMove.as_view(), name="api-tenant-move"),
    path(
        "tenants/<slug:name>/actions/move/preview/",
        tenant_places.TenantMovePreview.as_view(),
        name="api-tenant-move-preview",
    ),
    path(
        "tenant-placements/preview/",
        tenant_places.TenantPlacementPreview.as_view(),
        name="api-tenant-placement-preview",
    ),
    path("tenant-imports/", tenant_imports.TenantImports.as_view(), name="api-tenant-imports"),
    path(
        "tenant-imports/preview/",
        tenant_imports.TenantImportPreview.as_view(),
        name="api-tenant-import-preview",
    ),
    path("routers/", routers.RouterList.as_view(), name="api-routers"),
    path("routers/<slug:name>/", routers.RouterDetail.as_view(), name="api-router"),
    path("routers/<slug:name>/instances/", routers.InstanceList.as_view(), name="api-router-instances"),
    path(
        "routers/<slug:name>/instances/<slug:instance>/",
        routers.InstanceDetail.as_view(),
        name="api-router-instance",
    ),
    path("routers/<slug:name>/adoption/", routers.RouterAdoption.as_view(), name="api-router-adoption"),
    path("routers/<slug:name>/actions/publish/", routers.RouterPublish.as_view(), name="api-router-publish"),
    path(
        "routers/<slug:name>/actions/unpublish/",
        routers.RouterUnpublish.as_view(),
        name="api-router-unpublish",
    ),
]
