"""Which app answers which path."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from .away import broken
from .health import healthz, readyz
from .live import live
from .metrics import Metrics
from .reports import csp_report

handler500 = broken
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", Metrics.as_view(), name="metrics"),
    path("api/", include("orchestrator.api_urls")),
    path("live/", live, name="live"),
    path("csp-report/", csp_report),
    path("language/", require_POST(set_language), name="language"),
    path("", include("access.urls")),
    path("", include("clusters.urls")),
    path("", include("traffic.urls")),
    path("", include("releases.urls")),
]
