"""`manage.py apply -f prod.yaml`: makes the Prods that the file describes, and builds the new ones."""

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from access.models import Person
from access.permissions import Denied
from access.roles import Role
from clusters.core.prod_yaml import parse_prods
from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence
from orchestrator.provisioning import apply_specs


class Command(BaseCommand):
    help = "Make the Prods that a prod.yaml describes (see docs/prod-yaml.md), and build the new ones."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("-f", "--file", required=True, help="a prod.yaml, or - for standard input")
        parser.add_argument("--by", default="", help="who does it; needed where there are several admins")

    def handle(self, *args: Any, **options: Any) -> None:
        text, name = _read(options["file"])
        try:
            applied, runs = apply_specs(_person(options["by"]), parse_prods(text))
        except FieldErrors as error:
            lines = [f"{name}: {path or 'file'}: {sentence(reason)}" for path, reason in error.errors]
            raise CommandError("\n".join(lines)) from error
        except Refused as error:
            lines = [f"{name}: {sentence(reason)}" for reason in error.reasons]
            raise CommandError("\n".join(lines)) from error
        except Denied as error:
            raise CommandError(sentence(error.reason)) from error
        for one in applied:
            self.stdout.write(f"prod/{one.prod.name} {'created' if one.new else 'unchanged'}")
        for run in runs:
            self.stdout.write(f"build #{run.pk} started")


def _read(path: str) -> tuple[str, str]:
    if path == "-":
        return sys.stdin.read(), "standard input"
    try:
        return Path(path).read_text("utf-8"), path
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error


def _person(name: str) -> Person:
    people = Person.objects.filter(is_active=True)
    found = list(people.filter(username=name) if name else people.filter(role=Role.ADMIN)[:2])
    if len(found) != 1:
        raise CommandError("Name the person with --by: " + (f"there is no {name}." if name else "who is it?"))
    return found[0]
