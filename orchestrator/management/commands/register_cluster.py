"""`manage.py register_cluster NAME …`: registers a Cluster, or replaces the credentials of one, and tests it."""

import argparse
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from access.models import Person
from access.permissions import Denied
from access.roles import Role
from clusters import actions
from clusters.core.credentials import Credentials
from clusters.core.registration import PURPOSES, read_credentials, read_facts, read_name
from clusters.core.rights import rights_lines
from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence

# Option -> field of `clusters.core.registration`; the first hold paths of files, since anybody on the
# machine can read the arguments of a process.
FILES = {
    "kubeconfig": "kubeconfig",
    "token_file": "token",
    "ca_file": "ca",
    "client_certificate_file": "client_certificate",
    "client_key_file": "client_key",
    "access_key_secret_file": "secret_access_key",
}
VALUES = {"context": "context", "server": "server", "eks": "eks_cluster", "access_key_id": "access_key_id"}
FILE_MAX = 2**20


class Command(BaseCommand):
    help = "Register a cluster: with a kubeconfig, a token, a client certificate, as EKS, or our own."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name")
        way = parser.add_argument_group("how to connect; secrets are read from files, - is standard input")
        way.add_argument("--kubeconfig", metavar="FILE", help="with --context, if it has several")
        way.add_argument("--context")
        way.add_argument("--server", help="https://host:port, with --token-file or a client certificate")
        way.add_argument("--ca-file", metavar="FILE", help="PEM")
        way.add_argument("--token-file", metavar="FILE")
        way.add_argument("--client-certificate-file", metavar="FILE", help="PEM")
        way.add_argument("--client-key-file", metavar="FILE", help="PEM")
        way.add_argument("--in-cluster", action="store_true", help="by the service account of Drover's pods")
        way.add_argument("--eks", metavar="NAME", help="with --region; AWS credentials from the environment")
        way.add_argument("--access-key-id", help="with --access-key-secret-file: AWS credentials to store")
        way.add_argument("--access-key-secret-file", metavar="FILE")
        facts = parser.add_argument_group("what it is")
        facts.add_argument("--provider", default="")
        facts.add_argument("--region", default="")
        facts.add_argument("--failure-domain", default="")
        facts.add_argument("--purpose", choices=PURPOSES, default=PURPOSES[0])
        parser.add_argument("--replace", action="store_true", help="other credentials for one that is there")
        parser.add_argument("--no-test", action="store_true", help="do not test the connection afterwards")
        parser.add_argument("--by", default="", help="who does it; needed where there are several admins")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._register(_person(options["by"]), options)
        except FieldErrors as error:
            lines = [f"{path}: {sentence(reason)}" for path, reason in error.errors]
            raise CommandError("\n".join(lines)) from error
        except Refused as error:
            raise CommandError("\n".join(sentence(reason) for reason in error.reasons)) from error
        except Denied as error:
            raise CommandError(sentence(error.reason)) from error

    def _register(self, person: Person, options: dict[str, Any]) -> None:
        name, access = read_name(options["name"]), _access(options)
        credentials = _credentials(access, options)
        if options["replace"]:
            actions.replace_credentials(person, name, access, credentials)
        else:
            facts = {field: options[field] for field in ("provider", "region", "failure_domain", "purpose")}
            facts["provider"] = facts["provider"] or ("eks" if access == "eks" else "")
            facts["failure_domain"] = facts["failure_domain"] or name
            actions.add_cluster(person, name, read_facts(facts), access, credentials)
        self.stdout.write(f"cluster/{name} {'credentials replaced' if options['replace'] else 'registered'}")
        if not options["no_test"]:
            self._test(person, name)

    def _test(self, person: Person, name: str) -> None:
        tested = actions.try_connection(person, name)
        self.stdout.write(f"answers: {tested.version} in {tested.latency_ms} ms")
        for title, rights in (("missing", tested.missing), ("more than needed", tested.excess)):
            for line in rights_lines(rights):
                self.stdout.write(f"{title}: {line.resource} {', '.join(line.verbs)}")


def _access(options: dict[str, Any]) -> str:
    """The one way to connect that the options speak of."""
    asked = {
        "kubeconfig": options["kubeconfig"],
        "in-cluster": options["in_cluster"],
        "eks": options["eks"],
        "certificate": options["client_certificate_file"] or options["client_key_file"],
        "token": options["token_file"],
    }
    ways = [way for way, given in asked.items() if given]
    if len(ways) != 1:
        raise CommandError(
            "Say one way to connect: --kubeconfig, --token-file, --client-certificate-file, --in-cluster or --eks."
        )
    return ways[0]


def _credentials(access: str, options: dict[str, Any]) -> Credentials:
    given = {field: options[name] for name, field in VALUES.items() if options[name]}
    given |= {field: _read(options[name]) for name, field in FILES.items() if options[name]}
    if access == "eks":
        given["aws_region"] = options["region"]
    return read_credentials(access, given, in_cluster_allowed=settings.IN_CLUSTER)


def _read(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read(FILE_MAX + 1)
        with Path(path).open(encoding="utf-8") as file:
            return file.read(FILE_MAX + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {type(error).__name__}") from error


def _person(name: str) -> Person:
    people = Person.objects.filter(is_active=True)
    found = list(people.filter(username=name) if name else people.filter(role=Role.ADMIN)[:2])
    if len(found) != 1:
        raise CommandError("Name the person with --by: " + (f"there is no {name}." if name else "who is it?"))
    return found[0]
