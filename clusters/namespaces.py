"""Whether a namespace is free for a Prod: a look at its Cluster, for previews."""

from clusters.core.kinds import PROD_LABEL
from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import KubeError, NotFound
from clusters.models import Cluster
from journal.core.reasons import Reason, because


def namespace_reason(cluster: Cluster, namespace: str, prod: str) -> Reason | None:
    """Why the Prod cannot have the namespace: somebody else has it (`namespace-foreign`), or it could not
    be seen now (`namespace-not-looked-at`). None: it is free, or the Prod's. Calls the Cluster, so never
    within a transaction; the build looks again before it writes."""
    try:
        found = connect_cluster(cluster).get("Namespace", "", namespace)
    except NotFound:
        return None
    except KubeError as error:
        ours = ("cluster", "namespace", "why")
        told = {name: value for name, value in error.reason.params if name not in ours}
        why = error.reason.code
        return because("namespace-not-looked-at", cluster=cluster.name, namespace=namespace, why=why, **told)
    owner = str((found["metadata"].get("labels") or {}).get(PROD_LABEL, ""))
    if owner == prod:
        return None
    return because(
        "namespace-foreign", cluster=cluster.name, namespace=namespace, owner=owner or "somebody else"
    )
