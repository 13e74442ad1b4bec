"""A shop that is reached by DNS: rows of a Route over two paths, and a DNS router as people register one."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from clusters.models import Prod
from tests import build
from traffic.actions import TenantGroup, load_tenants, publish_routes, register_router, set_weights
from traffic.engine.instances import connect_instance
from traffic.engine.publishing import CHECK, publish_instance
from traffic.models import Publication, Route, RouterInstance

ON_PREMISES, NLB = "192.0.2.10", "nlb-1.elb.eu-central-1.amazonaws.com"


def ninety_ten() -> None:
    """A shop of two tenants, 90 % on premises and 10 % at the NLB of a cloud."""
    build.shop(build.person("admin"))
    for name, endpoint in (("on-premises", ON_PREMISES), ("nlb", NLB)):
        build.cluster(f"{name}-1", name)
        build.in_service(build.prod(name, f"{name}-1"))
        Prod.objects.filter(name=name).update(endpoint=f"https://{endpoint}:443")
    load_tenants(build.person("admin"), [TenantGroup("shop", 2, 1, "two-domain", ("on-premises", "nlb"))])
    weigh(90, 10, for_good=True)


def weigh(on_premises: int, nlb: int, *, for_good: bool = False) -> None:
    weights = {"on-premises": on_premises, "nlb": nlb}
    epoch = Route.objects.get(name="shop").epoch
    set_weights(build.person("on-call"), "shop", weights, "as it is", epoch, for_good=for_good)


def register(kind: str, **instance: Any) -> RouterInstance:
    admin = build.person("admin")
    found = register_router(admin, "dns", kind, [{"name": "dns-1", "failure_domain": "dns", **instance}])
    publish_routes(admin, "dns", ["shop"])
    return found.instances.get()


def publish(instance: RouterInstance) -> Publication:
    """All of it once more, as if the next regular read-back were due; what is known of the Route then."""
    RouterInstance.objects.update(read_at=timezone.now() - CHECK)
    Publication.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(minutes=1))
    publish_instance(instance.pk, connect_instance)
    return Publication.objects.select_related("instance").get(instance=instance)
