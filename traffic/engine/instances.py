"""From a row to the Router that speaks to it."""

from collections.abc import Callable

from django.conf import settings

from clusters.kube.connect import connect_cluster, limits
from clusters.kube.protocol import Kube, KubeError
from journal.core.reasons import FieldErrors, Refused, because, within
from traffic.models import Router as RouterRow
from traffic.models import RouterInstance
from traffic.routers import route53_api
from traffic.routers.edge_settings import parse_gateway, parse_haproxy
from traffic.routers.external_dns import ExternalDns
from traffic.routers.external_dns_settings import parse_place
from traffic.routers.gateway_api import GatewayRouter
from traffic.routers.gateway_objects import Edge
from traffic.routers.haproxy import HaproxyRouter
from traffic.routers.haproxy_layout import Layout
from traffic.routers.haproxy_wire import Wire
from traffic.routers.protocol import Router, Unreachable
from traffic.routers.route53 import Route53
from traffic.routers.route53_settings import Keys, parse_settings
from traffic.vault import decrypt

Kind = RouterRow.Kind


def connect_instance(instance: RouterInstance) -> Router:
    """The Router of a row. Opens no connection by itself. Raises Unreachable where its credentials or its settings
    cannot be used."""
    try:
        return _BUILT[instance.router.kind](instance)
    except KubeError as error:
        raise Unreachable(error.reason, maybe_done=False) from error
    except Refused as error:
        raise Unreachable(error.reasons[0], maybe_done=False) from error
    except FieldErrors as error:
        field, why = error.errors[0]
        wrong = within("router-settings-wrong", why, router=instance.name, field=field)
        raise Unreachable(wrong, maybe_done=False) from error


def _gateway(instance: RouterInstance) -> Router:
    found = instance.settings
    parse_gateway(found)
    edge = Edge(
        namespace=found["namespace"],
        gateway=found["gateway"],
        gateway_namespace=found.get("gateway_namespace", found["namespace"]),
        listener=found.get("listener", ""),
    )
    return GatewayRouter(_kube(instance), edge, health_checks=bool(found.get("health_checks", False)))


def _kube(instance: RouterInstance) -> Kube:
    if instance.cluster is None:
        raise Unreachable(because("router-without-cluster", router=instance.name), maybe_done=False)
    return connect_cluster(instance.cluster)


def _haproxy(instance: RouterInstance) -> Router:
    parse_haproxy(instance.settings)
    found = {name: value for name, value in instance.settings.items() if name != "users"}
    return HaproxyRouter(Wire(found.pop("address"), limits=limits()), Layout(**found))


def _route53(instance: RouterInstance) -> Router:
    keys = Keys(**decrypt(instance.credentials))
    endpoint = instance.settings.get("endpoint_url")
    if endpoint and not settings.DEMO:  # a stand-in for tests: keys are sent nowhere else
        raise Unreachable(because("endpoint-not-allowed", router=instance.name), maybe_done=False)
    parsed = parse_settings(instance.settings)
    return Route53(route53_api.connect(keys, endpoint), parsed)


def _external_dns(instance: RouterInstance) -> Router:
    return ExternalDns(_kube(instance), parse_place(instance.name, instance.settings))


_BUILT: dict[str, Callable[[RouterInstance], Router]] = {
    Kind.GATEWAY_API: _gateway,
    Kind.HAPROXY: _haproxy,
    Kind.ROUTE53: _route53,
    Kind.EXTERNAL_DNS: _external_dns,
}
