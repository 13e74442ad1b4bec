"""One comparison of one Prod."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection
from django.db.models import CharField, Func
from django.utils import timezone

from clusters.core.drift import Difference
from clusters.core.render import Rendered
from clusters.facts import cluster_reason
from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Kube, KubeError
from clusters.models import Cluster, Prod
from clusters.targets import overrides_of, render_prod
from journal.core.reasons import Reason, Refused, because

from .look import read_differences
from .store import store_found, store_unknown

LEFT_OUT = (Prod.Lifecycle.BUILDING, Prod.Lifecycle.RETIRED)
Connect = Callable[[Cluster], Kube]


class RowVersion(Func):
    """The version of the Prod's row: another one after any write. Whoever acts on a Prod writes its row, so
    that a run that came and went during a comparison is noticed."""

    template = '"clusters_prod"."xmin"::text || "clusters_prod"."ctid"::text'
    output_field = CharField()


def compare_prod(prod_id: int, connect: Connect = connect_cluster) -> str:
    """The state that was stored; "" where there was nothing to store: the Prod is not compared, or was
    changed meanwhile. May be called again, and by several at once.
    """
    now = timezone.now()
    rows = Prod.objects.select_related("cluster", "version__revision", "claim").exclude(
        lifecycle__in=LEFT_OUT
    )
    prod = rows.annotate(row_version=RowVersion()).filter(pk=prod_id).first()
    if prod is None:
        return ""
    reason = _blind(prod, now)
    if reason is not None:
        return store_unknown(prod, reason, now)
    found = _found(prod, connect)
    if isinstance(found, Reason):
        return store_unknown(prod, found, timezone.now())
    with_row = Prod.objects.annotate(row_version=RowVersion())
    same = with_row.filter(pk=prod.pk, row_version=prod.row_version, claim__isnull=True)
    return store_found(prod, found, same, now)


def _blind(prod: Prod, now: datetime) -> Reason | None:
    """Why it makes no sense to look."""
    claim = getattr(prod, "claim", None)
    if claim is not None:
        return because("drift-run-changes", run=claim.run_id)
    return cluster_reason(prod.cluster, now)


def _found(prod: Prod, connect: Connect) -> tuple[Difference, ...] | Reason:
    try:
        rendered = _rendered(prod)
        if not connection.in_atomic_block:
            connection.close()  # not held over the calls that follow
        raised = prod.raised_by is not None
        return read_differences(connect(prod.cluster), prod.name, prod.namespace, rendered, raised=raised)
    except Refused as error:  # it cannot be rendered
        return error.reasons[0]
    except KubeError as error:
        return error.reason


def _rendered(prod: Prod) -> tuple[Rendered, ...]:
    return render_prod(prod, prod.version, overrides_of(prod, prod.overrides_revision))
