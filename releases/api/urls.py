"""Paths under /api/v1/."""

from django.urls import path

from releases.core.allowed import ACTIONS

from .automation import AutomationDetail, AutomationFailover, AutomationResumed, AutomationStopped
from .drift import BlueprintParity, ProdCheckDrift, ProdDrift, ProdHeal, ProdHealPreview, ProdSelfHeal
from .drills import DrillList
from .failover import (
    Evacuation,
    EvacuationPreview,
    Failback,
    FailbackPreview,
    ProdEvacuation,
    ProdEvacuationPreview,
    ProdFailback,
    ProdFailbackPreview,
    TakeBack,
)
from .line import LineDetail, LineResumed, LineStopped
from .longpoll import run_detail
from .prod_actions import (
    ProdChange,
    ProdChangePreview,
    ProdHold,
    ProdLiftHold,
    ProdRetire,
    ProdRetirePreview,
    ProdScale,
    ProdScalePreview,
)
from .prods import ProdDetail, ProdList, ProdRuns
from .requests import RequestsNow
from .resuming import ResumePreview
from .rollback import RunRollback
from .survival import SurvivalReport
from .timeline import EventList
from .vetoes import VersionLiftVeto, VersionVeto
from .views import ReleasePreview, ReleaseStart, RunAction, RunEvents, RunList, RunSteps

urlpatterns = [
    path("requests/", RequestsNow.as_view(), name="api-requests"),
    path("prods/", ProdList.as_view(), name="api-prods"),
    path("versions/<int:pk>/actions/veto/", VersionVeto.as_view(), name="api-version-veto"),
    path("versions/<int:pk>/actions/lift-veto/", VersionLiftVeto.as_view(), name="api-version-lift-veto"),
    path("prods/<str:name>/", ProdDetail.as_view(), name="api-prod"),
    path("prods/<str:name>/runs/", ProdRuns.as_view(), name="api-prod-runs"),
    path("blueprints/<str:name>/parity/", BlueprintParity.as_view(), name="api-blueprint-parity"),
    path("prods/<str:name>/drift/", ProdDrift.as_view(), name="api-prod-drift"),
    path("prods/<str:name>/actions/heal/", ProdHeal.as_view(), name="api-prod-heal"),
    path("prods/<str:name>/actions/heal/preview/", ProdHealPreview.as_view(), name="api-prod-heal-preview"),
    path("prods/<str:name>/actions/check-drift/", ProdCheckDrift.as_view(), name="api-prod-check-drift"),
    path("prods/<str:name>/actions/self-heal/", ProdSelfHeal.as_view(), name="api-prod-self-heal"),
    path("prods/<str:name>/actions/change/", ProdChange.as_view(), name="api-prod-change"),
    path(
        "prods/<str:name>/actions/change/preview/",
        ProdChangePreview.as_view(),
        name="api-prod-change-preview",
    ),
    path("prods/<str:name>/actions/scale/", ProdScale.as_view(), name="api-prod-scale"),
    path(
        "prods/<str:name>/actions/scale/preview/", ProdScalePreview.as_view(), name="api-prod-scale-preview"
    ),
    path("prods/<str:name>/actions/retire/", ProdRetire.as_view(), name="api-prod-retire"),
    path(
        "prods/<str:name>/actions/retire/preview/",
        ProdRetirePreview.as_view(),
        name="api-prod-retire-preview",
    ),
    path("prods/<str:name>/actions/hold/", ProdHold.as_view(), name="api-prod-hold"),
    path("prods/<str:name>/actions/lift-hold/", ProdLiftHold.as_view(), name="api-prod-lift-hold"),
    path("prods/<str:name>/evacuation/", ProdEvacuation.as_view(), name="api-prod-evacuation"),
    path(
        "prods/<str:name>/evacuation/preview/",
        ProdEvacuationPreview.as_view(),
        name="api-prod-evacuation-preview",
    ),
    path("prods/<str:name>/failback/", ProdFailback.as_view(), name="api-prod-failback"),
    path(
        "prods/<str:name>/failback/preview/", ProdFailbackPreview.as_view(), name="api-prod-failback-preview"
    ),
    path("automation/", AutomationDetail.as_view(), name="api-automation"),
    path("automation/stop/", AutomationStopped.as_view(), name="api-automation-stop"),
    path("automation/resume/", AutomationResumed.as_view(), name="api-automation-resume"),
    path("automation/failover/", AutomationFailover.as_view(), name="api-automation-failover"),
    path("line/", LineDetail.as_view(), name="api-line"),
    path("line/stop/", LineStopped.as_view(), name="api-line-stop"),
    path("line/resume/", LineResumed.as_view(), name="api-line-resume"),
    path("drills/", DrillList.as_view(), name="api-drills"),
    path("survival/", SurvivalReport.as_view(), name="api-survival"),
    path("clusters/<str:name>/evacuation/take-back/", TakeBack.as_view(), name="api-take-back"),
    path("clusters/<str:name>/evacuation/", Evacuation.as_view(), name="api-evacuation"),
    path(
        "clusters/<str:name>/evacuation/preview/", EvacuationPreview.as_view(), name="api-evacuation-preview"
    ),
    path("clusters/<str:name>/failback/", Failback.as_view(), name="api-failback"),
    path("clusters/<str:name>/failback/preview/", FailbackPreview.as_view(), name="api-failback-preview"),
    path("releases/preview/", ReleasePreview.as_view(), name="api-release-preview"),
    path("releases/", ReleaseStart.as_view(), name="api-release-start"),
    path("events/", EventList.as_view(), name="api-events"),
    path("runs/", RunList.as_view(), name="api-runs"),
    path("runs/<int:run_id>/", run_detail, name="api-run"),
    path("runs/<int:run_id>/steps/", RunSteps.as_view(), name="api-run-steps"),
    path("runs/<int:run_id>/rollback/", RunRollback.as_view(), name="api-run-would-roll-back"),
    path("runs/<int:run_id>/events/", RunEvents.as_view(), name="api-run-events"),
    path("runs/<int:run_id>/actions/resume/preview/", ResumePreview.as_view(), name="api-run-resume-preview"),
    *(
        path(
            f"runs/<int:run_id>/actions/{action}/",
            RunAction.as_view(action=action),
            name=f"api-run-{action}",
        )
        for action in ACTIONS
    ),
]
