"""The state file's content, read from rows in a constant number of queries."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from clusters.models import Prod
from traffic.core.state import InstanceState, State
from traffic.engine.asked import endpoints
from traffic.models import Route, RouterInstance

from .facts import read_facts


def read_state(came_from: Mapping[str, str], now: datetime, back: Mapping[str, str] | None = None) -> State:
    """Everything that break-glass needs. `came_from`: Prod -> the Version it ran before the one asked for now; `back`: as
    for `read_facts`."""
    facts = read_facts(now, urgent=True, back=back)
    prods = dict(Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED).values_list("pk", "name"))
    rows = RouterInstance.objects.select_related("router", "cluster").defer("cluster__nodes")
    return State(
        written_at=now,
        facts=facts,
        epochs=dict(Route.objects.values_list("name", "epoch")),
        addresses={prods[pk]: address for pk, address in endpoints(prods).items()},
        came_from=dict(came_from),
        instances=tuple(_instance(row) for row in rows.order_by("name")),
    )


def _instance(row: RouterInstance) -> InstanceState:
    return InstanceState(
        name=row.name,
        kind=row.router.kind,
        domain=row.failure_domain,
        settings=row.settings,
        keys=_text(row.credentials),
        cluster=row.cluster.name if row.cluster else "",
        cluster_keys=_text(row.cluster.credentials) if row.cluster else "",
    )


def _text(stored: bytes | memoryview) -> str:
    return b64encode(bytes(stored)).decode()
