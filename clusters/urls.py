"""Pages of Clusters and Blueprints."""

from django.urls import URLPattern, path

from .views import blueprints, clusters, versions

app_name = "clusters"
urlpatterns: list[URLPattern] = [
    path("clusters/", clusters.clusters, name="clusters"),
    path("clusters/live/", clusters.clusters_live, name="clusters-live"),
    path("clusters/new/", clusters.register, name="register"),
    path("clusters/<slug:name>/", clusters.cluster, name="cluster"),
    path("clusters/<slug:name>/live/", clusters.cluster_live, name="cluster-live"),
    path("clusters/<slug:name>/edit/", clusters.edit, name="cluster-edit"),
    path("clusters/<slug:name>/credentials/", clusters.replace_credentials, name="cluster-credentials"),
    path("clusters/<slug:name>/test/", clusters.test, name="cluster-test"),
    path("clusters/<slug:name>/cordon/", clusters.cordon, name="cluster-cordon"),
    path("clusters/<slug:name>/uncordon/", clusters.uncordon, name="cluster-uncordon"),
    path("clusters/<slug:name>/retire/", clusters.retire, name="cluster-retire"),
    path("clusters/<slug:name>/remove/", clusters.remove, name="cluster-remove"),
    path("blueprints/", blueprints.blueprints, name="blueprints"),
    path("blueprints/new/", blueprints.new_blueprint, name="new-blueprint"),
    path("blueprints/<slug:name>/", blueprints.blueprint, name="blueprint"),
    path("blueprints/<slug:name>/edit/", blueprints.edit_blueprint, name="edit-blueprint"),
    path("blueprints/<slug:name>/rendered/", blueprints.rendering, name="rendering"),
    path("blueprints/<slug:name>/r/<int:number>/", blueprints.revision, name="revision"),
    path("blueprints/<slug:name>/r/<int:number>/download/", blueprints.download, name="download"),
    path("blueprints/<slug:name>/versions/new/", versions.new_version, name="new-version"),
    path("blueprints/<slug:name>/versions/<str:version>/", versions.version, name="version"),
]
