"""A fleet whose Routes are published on two routers in memory, and what their users would see."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from clusters.models import Prod
from tests.adapters.routers.fake_router import FakeRouter
from traffic.engine.publishing import publish_instance
from traffic.models import Publication, Route, Router, RouterInstance


class Edge:
    """Two router instances that publish every Route of the fleet."""

    def __init__(self) -> None:
        self.routers = {"edge-1": FakeRouter(), "edge-2": FakeRouter()}
        row = Router.objects.create(name="edge", kind="gateway-api")
        for name in self.routers:
            instance = RouterInstance.objects.create(
                router=row, name=name, failure_domain=f"{name}-dc", settings={"health_checks": True}
            )
            Publication.objects.bulk_create(
                Publication(route=route, instance=instance, asked=route.epoch)
                for route in Route.objects.all()
            )
        Prod.objects.update(endpoint="http://127.0.0.1:30000")

    def publish(self, *names: str, mends: bool = True) -> None:
        """Publish at these instances (default: all), as if every wait were over."""
        past = timezone.now() - timedelta(minutes=1)
        for instance in RouterInstance.objects.filter(name__in=names or self.routers).order_by("name"):
            Publication.objects.filter(instance=instance, due_at__isnull=False).update(due_at=past)
            publish_instance(instance.pk, lambda one: self.routers[one.name], mends=mends)

    def settle(self) -> None:
        """Publish at all of them, and let every drain be over."""
        self.publish()
        drains_are_over()

    def weights(self, route: str, router: str = "edge-1") -> dict[str, int]:
        """What is published there: Prod -> weight, without those that serve nobody."""
        return {prod: weight for prod, weight in self.routers[router].published[route].weights if weight}


def drains_are_over() -> None:
    """As if what was seen at the routers had been so for a long time."""
    Publication.objects.update(since=F("since") - timedelta(hours=1))
