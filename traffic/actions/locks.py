"""One at a time: what is checked against all rows must still hold when it is written."""

from django.db import connection

# Any numbers that no other lock of ours has.
TENANTS, ROUTERS, AUTOMATION, ROOM = 4_077_104_001, 4_077_104_002, 4_077_104_003, 4_077_104_004
# A release starts, or users leave what it may be about: taken before any Cluster, Run and ROOM.
RELEASES = 4_077_104_005


def one_at_a_time(what: int) -> None:
    """Until the transaction ends, nobody else gets past this for the same `what`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [what])
