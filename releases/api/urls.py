"""Paths under /api/v1/."""

from django.urls import path

from releases.core.allowed import ACTIONS

from .longpoll import run_detail
from .views import ReleasePreview, ReleaseStart, RunAction, RunEvents, RunList, RunSteps

urlpatterns = [
    path("releases/preview/", ReleasePreview.as_view(), name="api-release-preview"),
    path("releases/", ReleaseStart.as_view(), name="api-release-start"),
    path("runs/", RunList.as_view(), name="api-runs"),
    path("runs/<int:run_id>/", run_detail, name="api-run"),
    path("runs/<int:run_id>/steps/", RunSteps.as_view(), name="api-run-steps"),
    path("runs/<int:run_id>/events/", RunEvents.as_view(), name="api-run-events"),
    *(
        path(
            f"runs/<int:run_id>/actions/{action}/",
            RunAction.as_view(action=action),
            name=f"api-run-{action}",
        )
        for action in ACTIONS
    ),
]
