"""Pages of the fleet, Runs, Prods and Versions."""

from django.urls import path

from .views import fleet, plans, prods, runs, stops

app_name = "releases"
urlpatterns = [
    path("", fleet.fleet, name="fleet"),
    path("fleet/live/", fleet.fleet_live, name="fleet-live"),
    path("releases/", runs.runs, name="runs"),
    path("releases/new/", plans.new, name="new"),
    path("releases/plan/", plans.plan, name="plan"),
    path("releases/start/", plans.start, name="start"),
    path("runs/<int:run_id>/", runs.run, name="run"),
    path("runs/<int:run_id>/live/", runs.run_live, name="run-live"),
    path("runs/<int:run_id>/<slug:verb>/", runs.act, name="act"),
    path("prods/<slug:name>/", prods.prod, name="prod"),
    path("prods/<slug:name>/live/", prods.prod_live, name="prod-live"),
    path("versions/", prods.versions, name="versions"),
    path("versions/<int:version_id>/lift/", stops.lift_veto, name="lift-veto"),
    path("holds/<int:hold_id>/lift/", stops.lift_hold, name="lift-hold"),
    path("line/stop/", stops.stop_line, name="stop-line"),
    path("line/resume/", stops.resume_line, name="resume-line"),
]
