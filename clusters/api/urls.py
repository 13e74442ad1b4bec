"""Paths under /api/v1/."""

from django.urls import path

from . import blueprints, clusters, versions

urlpatterns = [
    path("clusters/", clusters.ClusterList.as_view(), name="api-clusters"),
    path("clusters/<slug:name>/", clusters.ClusterDetail.as_view(), name="api-cluster"),
    path(
        "clusters/<slug:name>/credentials/",
        clusters.ClusterCredentials.as_view(),
        name="api-cluster-credentials",
    ),
    path("clusters/<slug:name>/actions/test/", clusters.ClusterTest.as_view(), name="api-cluster-test"),
    path("clusters/<slug:name>/actions/cordon/", clusters.ClusterCordon.as_view(), name="api-cluster-cordon"),
    path(
        "clusters/<slug:name>/actions/uncordon/",
        clusters.ClusterUncordon.as_view(),
        name="api-cluster-uncordon",
    ),
    path("clusters/<slug:name>/actions/retire/", clusters.ClusterRetire.as_view(), name="api-cluster-retire"),
    path("blueprints/", blueprints.BlueprintList.as_view(), name="api-blueprints"),
    path("blueprints/check/", blueprints.BlueprintCheck.as_view(), name="api-blueprint-check"),
    path("blueprints/<slug:name>/", blueprints.BlueprintDetail.as_view(), name="api-blueprint"),
    path("blueprints/<slug:name>/render/", blueprints.BlueprintRender.as_view(), name="api-blueprint-render"),
    path("blueprints/<slug:name>/revisions/", blueprints.RevisionList.as_view(), name="api-revisions"),
    path(
        "blueprints/<slug:name>/revisions/<int:number>/",
        blueprints.RevisionDetail.as_view(),
        name="api-revision",
    ),
    path(
        "blueprints/<slug:name>/revisions/<int:number>/diff/",
        blueprints.RevisionDiff.as_view(),
        name="api-revision-diff",
    ),
    path("versions/", versions.VersionList.as_view(), name="api-versions"),
    path("versions/<int:pk>/", versions.VersionDetail.as_view(), name="api-version"),
]
