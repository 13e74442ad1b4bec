"""`manage.py demo_fleet`: the example fleet, registered and built. May be run again."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from orchestrator.embedded import edges, example
from orchestrator.embedded.logins import LOGINS

PATIENCE_S = 180
LOOK_EVERY_S = 0.2


class Command(BaseCommand):
    help = "Register the example fleet and wait until its Prods are in service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fleet", type=Path, required=True, help="a file like deploy/demo/fleet.yaml")
        parser.add_argument("--secrets", type=Path, required=True, help="folder with the passwords")
        parser.add_argument("--simulator", type=Path, required=True, help="the simulator's ready file")
        parser.add_argument(
            "--gateway-port", type=int, required=True, help="the first of one per edge cluster"
        )

        parser.add_argument("--users", type=Path, required=True, help="the plan of the simulated users")

    def handle(self, *args: Any, **options: Any) -> None:
        fleet = yaml.safe_load(options["fleet"].read_text())
        simulator = json.loads(options["simulator"].read_text())
        with transaction.atomic():
            admin = example.make_people(LOGINS, options["secrets"])
            example.register_clusters(admin, fleet["clusters"], simulator["clusters"])
            example.register_edges(admin, fleet.get("edges", []), simulator["clusters"])
            example.make_shop(admin, Path("deploy/demo"))
            example.build_prods(admin, fleet["prods"])
            example.load_groups(admin, fleet["tenants"])
        example.make_ci_token(options["secrets"])
        names = [facts["name"] for facts in fleet.get("edges", [])]
        edges.raise_gateways(names, simulator["clusters"], options["gateway_port"])
        self._wait(lambda: example.still_building() or example.unseen_clusters(), "Not in service")
        if names:
            users = edges.gateway_addresses(simulator["control"], names)
            example.publish_everything(admin, fleet["edges"], users)
            self._wait(example.unpublished, "Not published")
            edges.let_users_in(options["users"], simulator["control"], names, example.hostnames())

    def _wait(self, missing: Callable[[], list[str]], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while names := missing():
            if time.monotonic() > deadline:
                raise CommandError(f"{what} after {PATIENCE_S} s: {', '.join(names)}.")
            time.sleep(LOOK_EVERY_S)
