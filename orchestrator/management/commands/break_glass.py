"""`manage.py break_glass evacuate|rollback|show`: moves users when Drover itself is gone. docs/break-glass.md

It needs the state file, the two keys of the environment and a way to the routers: no database, no broker.
"""

from argparse import ArgumentParser
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from journal.core.reasons import Refused
from journal.sentences import sentence
from orchestrator import glass_report as report
from traffic.core.facts import TrafficFacts
from traffic.core.failover import plan_evacuation, plan_failover, plan_rollback_traffic
from traffic.core.plan import TrafficPlan
from traffic.core.state import State
from traffic.engine.break_glass import carry_out, facts_now, look, orders, rows_of
from traffic.engine.instances import connect_instance
from traffic.engine.state_file import load_state

OLD = timedelta(minutes=30)


class Command(BaseCommand):
    help = "Move users from the last state file, straight at the routers, when Drover is gone."
    requires_system_checks: list[str] = []  # what stands in the way of serving pages is not in this way

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        show = acts.add_parser("show", help="how old the file is, what is in it, and who would survive what")
        leave = acts.add_parser("evacuate", help="users leave these clusters")
        leave.add_argument("clusters", nargs="+", metavar="CLUSTER", help="name every one that is dead")
        leave.add_argument("--prod", action="append", default=[], metavar="PROD", help="only this one")
        leave.add_argument("--alive", action="store_true", help="it still serves: who finds no place stays")
        back = acts.add_parser("rollback", help="users leave the Prods that run this version")
        back.add_argument("version", metavar="VERSION")
        back.add_argument("--blueprint", default="", help="where several have a version of this name")
        for one in (show, leave, back):
            one.add_argument("--file", type=Path, help="the state file, or its folder (DROVER_STATE_DIR)")
        for one in (leave, back):
            one.add_argument("--dry-run", action="store_true", help="show what would be done, and end")
            one.add_argument("--yes", action="store_true", help="ask nothing")
            one.add_argument("--old", action="store_true", help=f"also from a file older than {OLD}")
            one.add_argument(
                "--fenced", action="append", default=[], metavar="ROUTE", help="its old writer is stopped"
            )
            one.add_argument(
                "--assume-serving", action="store_true", help="take every Prod in service for serving well"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        folder, state = self._state(options["file"])
        now = timezone.now()
        self.stdout.write(report.age_words(state, now))
        if options["act"] == "show":
            self.stdout.write(report.content(state))
            return
        if now - state.written_at > OLD and not options["old"]:
            raise CommandError(f"The file is older than {OLD}. If there is no newer one, say --old.")
        rows = rows_of(state)
        self.stdout.write("Asking the routers …")
        seen = look(rows, connect_instance)
        self.stdout.write(report.routers(state, seen) + "\n")
        facts = facts_now(state, seen)
        plan = _plan(state, _believed(facts, options), options)
        self.stdout.write(report.plan_words(plan, orders(state, facts, seen, plan)))
        if options["dry_run"]:
            self.stdout.write("Nothing was done: this was a dry run.")
            return
        without = self._unfenced(plan, options)
        wanted = orders(state, facts, seen, plan, without)
        if not wanted and not without:
            self.stdout.write("Nothing is to be done.")
            _answer(0, plan)
            return
        told = _told(options)
        if not options["yes"] and not self._typed(told.partition(" ")[2], "this"):
            raise CommandError("Nothing was done.")
        self._log(folder, now, told, routes=[order.route.name for order in wanted])
        lines = carry_out(state, seen, wanted, rows, connect_instance)
        self.stdout.write("\n" + report.lines_words(lines))
        self._log(folder, timezone.now(), f"{told}: done", lines=report.lines_json(lines))
        nowhere = [order.route.name for order in wanted if not order.route.routers]
        missing = sum(line.trouble is not None for line in lines) + len(nowhere) + len(without)
        if not missing:
            self.stdout.write("All of it was read back as asked.")
        _answer(missing, plan)

    def _state(self, given: Path | None) -> tuple[Path, State]:
        path = given or (Path(settings.STATE_DIR) if settings.STATE_DIR else None)
        if path is None:
            raise CommandError("Say --file: DROVER_STATE_DIR is not set.")
        try:
            return path if path.is_dir() else path.parent, load_state(path)
        except Refused as error:
            raise CommandError(" ".join(sentence(reason) for reason in error.reasons)) from error

    def _unfenced(self, plan: TrafficPlan, options: dict[str, Any]) -> set[str]:
        """The Routes with one writer for which nobody vouches."""
        asked = [move.route for move in plan.moves if move.fence and move.route not in options["fenced"]]
        if asked:
            self.stdout.write(
                "Two Prods must not write the same data. Make sure that the old one has stopped."
            )
        missing = {route for route in asked if options["yes"] or not self._typed(route, f"Route {route}")}
        for route in sorted(missing):
            self.stdout.write(f"Route {route} is left out: nobody vouches for it (--fenced {route}).")
        return missing

    def _typed(self, word: str, what: str) -> bool:
        self.stdout.write(f"To do {what}, type {word}: ", ending="")
        self.stdout.flush()
        try:
            return input().strip() == word
        except EOFError:
            return False

    def _log(self, folder: Path, at: datetime, what: str, **facts: Any) -> None:
        if trouble := report.append_log(folder, at, what, **facts):
            self.stderr.write(f"This could not be logged in {folder / report.LOG}: {trouble}.")


def _answer(missing: int, plan: TrafficPlan) -> None:
    """Raises CommandError unless all was read back, and nobody is lost."""
    told = [f"{missing} not as asked. What is done stays: say it again."] if missing else []
    told += [f"{len(plan.lost)} Routes are lost: nobody can serve them."] if plan.lost else []
    if told:
        raise CommandError(" ".join([*told, "See above."]))


def _told(options: dict[str, Any]) -> str:
    """What is done, in a line."""
    what = [options["version"]] if options["act"] == "rollback" else options["clusters"] + options["prod"]
    return " ".join([options["act"], *what])


def _believed(facts: TrafficFacts, options: dict[str, Any]) -> TrafficFacts:
    """The facts; where a person says so, every Prod in service serves well."""
    if not options["assume_serving"]:
        return facts
    return replace(
        facts,
        places=tuple(
            replace(place, serving=True, ready_percent=100) if place.in_service else place
            for place in facts.places
        ),
    )


def _plan(state: State, facts: TrafficFacts, options: dict[str, Any]) -> TrafficPlan:
    if options["act"] == "rollback":
        return _plan_rollback(state, facts, options["version"], options["blueprint"])
    clusters, prods = options["clusters"], options["prod"]
    _known(clusters, {cluster.name for cluster in facts.clusters}, "cluster")
    _known(prods, {place.name for place in facts.places if place.cluster in clusters}, "Prod there")
    planner = plan_evacuation if options["alive"] else plan_failover
    return planner(facts, prods=prods) if prods else planner(facts, clusters=clusters)


def _plan_rollback(state: State, facts: TrafficFacts, version: str, blueprint: str) -> TrafficPlan:
    bad = [place for place in facts.places if place.version == version and blueprint in ("", place.blueprint)]
    _known([version], {place.version for place in facts.places}, "version that is run")
    several = sorted({place.blueprint for place in bad})
    if len(several) != 1:
        raise CommandError(f"Say --blueprint, one of: {', '.join(several) or 'none runs it'}.")
    here = tuple(replace(place, vetoed=True) if place in bad else place for place in facts.places)
    back = {place.name: state.came_from.get(place.name, "") for place in bad}
    return plan_rollback_traffic(replace(facts, places=here), version, back, fenced=True)


def _known(named: Collection[str], there: Collection[str], what: str) -> None:
    unknown = sorted(set(named) - set(there))
    if unknown:
        raise CommandError(f"There is no {what} {', '.join(unknown)}. There are: {', '.join(sorted(there))}.")
