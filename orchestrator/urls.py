"""Which app answers which path."""

from django.urls import URLPattern, URLResolver, include, path

from .health import healthz, readyz
from .live import live
from .reports import csp_report

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("api/", include("orchestrator.api_urls")),
    path("live/", live, name="live"),
    path("csp-report/", csp_report),
    path("", include("access.urls")),
    path("", include("releases.urls")),
]
