"""`manage.py rotate_credentials`: encrypts the credentials of all Clusters with the first key.

Afterwards the other keys can be taken out of DROVER_CREDENTIAL_KEYS. May be run again and beside everything
else: each row is replaced only if it is still what was read.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clusters.models import Cluster
from clusters.vault import is_current, rotate
from journal.core.reasons import Refused

TRIES = 3


class Command(BaseCommand):
    help = "Encrypt the credentials of all clusters with the first of DROVER_CREDENTIAL_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        names = list(Cluster.objects.order_by("name").values_list("name", flat=True))
        locked = []
        for place, name in enumerate(names, start=1):
            answer = rotate_one(name)
            self.stdout.write(f"{place}/{len(names)} {name}: {answer}")
            if answer not in DONE:
                locked.append(name)
        if locked:
            raise CommandError(
                f"Not rotated: {', '.join(locked)}. Keep all keys; where none fits, replace the credentials."
            )
        self.stdout.write("All credentials are encrypted with the first key; the others are not needed.")


DONE = frozenset({"rotated", "was so already", "removed meanwhile"})


def rotate_one(name: str) -> str:
    """What became of the credentials of one Cluster, in words."""
    for _ in range(TRIES):
        stored = Cluster.objects.filter(name=name).values_list("credentials", flat=True).first()
        if stored is None:
            return "removed meanwhile"
        if is_current(stored):
            return "was so already"
        try:
            fresh = rotate(stored)
        except Refused:
            return "NO KEY OPENS IT"
        if Cluster.objects.filter(name=name, credentials=bytes(stored)).update(credentials=fresh):
            return "rotated"
    return "CHANGED AGAIN AND AGAIN, run this again"
