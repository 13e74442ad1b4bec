"""`manage.py rotate_credentials`: encrypts the credentials of all Clusters and routers with the first key.

Afterwards the other keys can be taken out of DROVER_CREDENTIAL_KEYS. May be run again and beside everything
else: each row is replaced only if it is still what was read.
"""

from types import ModuleType
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Manager

from clusters import vault as cluster_vault
from clusters.models import Cluster
from journal.core.reasons import Refused
from traffic import vault as router_vault
from traffic.models import RouterInstance

TRIES = 3


class Kept(NamedTuple):
    """Rows with a name and credentials, and the vault that knows how to read them."""

    rows: Manager[Any]
    vault: ModuleType


KEPT = (Kept(Cluster.objects, cluster_vault), Kept(RouterInstance.objects, router_vault))


class Command(BaseCommand):
    help = "Encrypt the credentials of all clusters and routers with the first of DROVER_CREDENTIAL_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        names = [
            (kept, name)
            for kept in KEPT
            for name in kept.rows.order_by("name").values_list("name", flat=True)
        ]
        locked = []
        for place, (kept, name) in enumerate(names, start=1):
            answer = rotate_one(kept, name)
            self.stdout.write(f"{place}/{len(names)} {name}: {answer}")
            if answer not in DONE:
                locked.append(name)
        if locked:
            raise CommandError(
                f"Not rotated: {', '.join(locked)}. Keep all keys; where none fits, replace the credentials."
            )
        self.stdout.write("All credentials are encrypted with the first key; the others are not needed.")


DONE = frozenset({"rotated", "was so already", "removed meanwhile"})


def rotate_one(kept: Kept, name: str) -> str:
    """What became of the credentials of one row, in words."""
    for _ in range(TRIES):
        stored = kept.rows.filter(name=name).values_list("credentials", flat=True).first()
        if stored is None:
            return "removed meanwhile"
        if kept.vault.is_current(stored):
            return "was so already"
        try:
            fresh = kept.vault.rotate(stored)
        except Refused:
            return "NO KEY OPENS IT"
        if kept.rows.filter(name=name, credentials=bytes(stored)).update(credentials=fresh):
            return "rotated"
    return "CHANGED AGAIN AND AGAIN, run this again"
