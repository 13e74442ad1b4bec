"""Everything under /api/."""

from django.urls import include, path

from .api_docs import Schema, docs

urlpatterns = [
    path("v1/", include("access.api.urls")),
    path("v1/", include("clusters.api.urls")),
    path("v1/", include("traffic.api.urls")),
    path("v1/", include("releases.api.urls")),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
]
