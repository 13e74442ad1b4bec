"""Texts that mean harm, and whether they have done any."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, transaction

from access.tokens import issue_token
from releases.actions import start_release
from releases.preview import preview_release
from tests import build

MARKUP = "<script>alert(1)</script>"
HOSTILE = {
    "markup": MARKUP,
    "control characters": "a\x07\x1b[31m\x08",
    "NUL": "a\0b",
    "a path": "../../etc/passwd",
    "a template": "{{7*7}}${7*7}{% debug %}",
    "quotes": "a'); DROP TABLE x; --\"",
    "right to left": "a\u202egnp.exe",
    "an isolate": "a\u2066b\u2069",
    "a control character beyond ASCII": "a\x9b31m",
    "a line that breaks unseen": "a\u2028b",
    "emoji": "\U0001f469\u200d\U0001f680",
    "half a surrogate": "a\ud800b",
    "1 MB": "x" * 1_000_000,
}


@contextmanager
def busy_fleet() -> Iterator[None]:
    """The example fleet with a release under way and somebody with a token; undone at the end."""
    with transaction.atomic():
        raise_busy_fleet()
        yield
        transaction.set_rollback(True)


def raise_busy_fleet() -> None:
    build.fleet(whole_groups=True)
    build.router()
    build.fresh()
    plan = preview_release("shop", "v1.1.0", {"ask": "each-wave"}, []).plan
    author = build.person("release-manager", "author")
    start_release(author, "shop", "v1.1.0", {"ask": "each-wave"}, [], plan.digest)
    issue_token(build.person("viewer", "somebody"), "somebody's", "viewer")


def state_of_everything() -> str:
    """A digest of every row but those of sessions."""
    tables = sorted(model._meta.db_table for model in apps.get_models() if model.__name__ != "Session")
    digest = "md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), ''))"
    rows = " UNION ALL ".join(f"SELECT '{name}' AS n, {digest} AS d FROM \"{name}\" t" for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(d, '' ORDER BY n) FROM ({rows}) x")
        found: str = cursor.fetchone()[0]
    return found
