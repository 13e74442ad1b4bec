"""Pages of the fleet, Runs, Prods and Versions."""

from django.urls import path

from .views import drift, fleet, parity, plans, prod_changes, prods, runs, search, stops, timeline, vetoes

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
    path("prods/", prods.prods, name="prods"),
    path("prods/live/", prods.prods_live, name="prods-live"),
    path("prods/new/", prod_changes.new_prod, name="new-prod"),
    path("prods/<slug:name>/", prods.prod, name="prod"),
    path("prods/<slug:name>/live/", prods.prod_live, name="prod-live"),
    path("prods/<slug:name>/change/", prod_changes.change_prod, name="change-prod"),
    path("prods/<slug:name>/scale/", prod_changes.scale_prod, name="scale-prod"),
    path("prods/<slug:name>/facts/", prod_changes.prod_facts, name="prod-facts"),
    path("prods/<slug:name>/hold/", stops.set_hold, name="hold-prod"),
    path("prods/<slug:name>/retire/", prod_changes.retire_prod, name="retire-prod"),
    path("prods/<slug:name>/heal/", drift.heal, name="heal"),
    path("prods/<slug:name>/check-drift/", drift.check_drift, name="check-drift"),
    path("prods/<slug:name>/self-heal/", drift.self_heal, name="self-heal"),
    path("parity/<slug:blueprint>/", parity.parity, name="parity"),
    path("parity/<slug:blueprint>/live/", parity.parity_live, name="parity-live"),
    path("versions/", prods.versions, name="versions"),
    path("versions/<int:version_id>/veto/", vetoes.set_veto, name="veto"),
    path("versions/<int:version_id>/lift/", stops.lift_veto, name="lift-veto"),
    path("holds/<int:hold_id>/lift/", stops.lift_hold, name="lift-hold"),
    path("timeline/", timeline.timeline, name="timeline"),
    path("timeline/live/", timeline.timeline_live, name="timeline-live"),
    path("search/", search.search, name="search"),
    path("search/live/", search.search_live, name="search-live"),
    path("line/stop/", stops.stop_line, name="stop-line"),
    path("line/resume/", stops.resume_line, name="resume-line"),
]
