"""Everything under /api/."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("v1/", include("clusters.api.urls")),
    path("v1/", include("releases.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
