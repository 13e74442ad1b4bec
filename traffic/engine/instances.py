"""From a row to the Router that speaks to it."""

from collections.abc import Callable

from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import KubeError
from journal.core.reasons import because
from traffic.models import RouterInstance
from traffic.routers.gateway_api import GatewayRouter
from traffic.routers.gateway_objects import Edge
from traffic.routers.protocol import Router, Unreachable


def connect_instance(instance: RouterInstance) -> Router:
    """The Router of a row. Opens no connection by itself. Raises Unreachable where its credentials cannot be used."""
    try:
        return _BUILT[instance.router.kind](instance)
    except KubeError as error:
        raise Unreachable(error.reason, maybe_done=False) from error


def _gateway(instance: RouterInstance) -> Router:
    cluster = instance.cluster
    if cluster is None:
        raise Unreachable(because("router-without-cluster", router=instance.name), maybe_done=False)
    found = instance.settings
    edge = Edge(
        namespace=found["namespace"],
        gateway=found["gateway"],
        gateway_namespace=found.get("gateway_namespace", found["namespace"]),
        listener=found.get("listener", ""),
    )
    return GatewayRouter(
        connect_cluster(cluster), edge, health_checks=bool(found.get("health_checks", False))
    )


_BUILT: dict[str, Callable[[RouterInstance], Router]] = {"gateway-api": _gateway}
