"""`manage.py create_admin NAME`: the first person of a new installation."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from access.actions import create_first_admin
from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence


class Command(BaseCommand):
    help = "Make the first admin, and print their password this once. Everybody else is added on the pages."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", help="to log in with")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person, password = create_first_admin(options["name"])
        except Refused as error:
            raise CommandError(" ".join(sentence(reason) for reason in error.reasons)) from error
        except FieldErrors as error:
            raise CommandError(" ".join(sentence(reason) for _path, reason in error.errors)) from error
        self.stdout.write(f"{person.get_username()} can log in with the password {password}")
