"""A body that is accepted for every operation of the API, and the state of the example fleet in which it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import yaml
from django.utils import timezone

from access.models import ApiToken, Person
from clusters.core.drift import Difference, What, differences_to_json
from clusters.models import Cluster, Drift, Prod, Version
from releases.actions import start_leaving
from releases.core.states import RunState, StepState
from releases.failover_preview import preview_failback, preview_leaving
from releases.heal_preview import preview_heal
from releases.models import AutomationStop, Hold, Run, Step
from releases.preview import preview_release
from releases.prod_previews import preview_change, preview_retire, scaled
from tests import build
from tests.core.clusters.kubeconfigs import CA, CLIENT, two_contexts
from traffic.actions import preview_move, preview_tenant, preview_tenants, register_router, set_weights
from traffic.core.survival import PROD
from traffic.models import Freeze, Publication, Route, RouteMember, RouterInstance, Tenant
from traffic.queries.adopting import read_adoption

MANIFESTS = (build.DEMO / "shop.yaml").read_text()
CHANGED = MANIFESTS.replace("replicas: 3", "replicas: 4")
RELEASE = {
    "blueprint": "shop",
    "version": "v1.1.0",
    "strategy": {"ask": "each-wave"},
    "exclude": [{"prod": "a-1", "reason": "a customer's launch"}],
}
OVERRIDES = {
    "replicas": {"api": 5},
    "labels": {"team": "shop"},
    "patches": [],
}
TOKEN = {"server": "https://a.example", "token": "canary-7c1f", "ca": CA.cert_pem}
CREDENTIALS: dict[str, dict[str, Any]] = {
    "token": TOKEN,
    "kubeconfig": {"kubeconfig": two_contexts(), "context": "b"},
    "certificate": {
        "server": "https://a.example",
        "client_certificate": CLIENT.cert_pem,
        "client_key": CLIENT.key_pem,
    },
    "eks": {
        "eks_cluster": "shop",
        "aws_region": "eu-central-1",
        "server": "https://AB12.gr7.eu-central-1.eks.amazonaws.com",
        "ca": CA.cert_pem,
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": "A" * 40,
    },
}
FACTS = {"provider": "gke", "region": "eu", "failure_domain": "eu-a", "purpose": "edge"}
WHY = {"reason": "because of the test"}
TENANT_FACTS = {
    "hostnames": ["z.example"],
    "load": 2,
    "redundancy": "two-domain",
    "data_class": "stateless",
}
TENANT = {
    **TENANT_FACTS,
    "name": "z",
    "blueprint": "shop",
    "prods": ["a-1", "b-2"],
    "pins": ["a-1", "b-2", "c-1"],
}
ON_ROUTE = {**TENANT_FACTS, "name": "y", "route": "shop-r"}
LIST = "name,hostnames\nz,z.example\ny,y.example www.y.example\n"
ROUTER = {"name": "dns"}
ROUTERS: list[dict[str, Any]] = [
    {
        "kind": "gateway-api",
        "instances": [
            {
                "name": "gate",
                "failure_domain": "gate-dc",
                "cluster": "a",
                "settings": {"namespace": "edge", "gateway": "main"},
            }
        ],
    },
    {
        "kind": "route53",
        "instances": [
            {
                "name": "zone",
                "failure_domain": "aws",
                "settings": {"zone": "example.com", "zone_id": "Z0123456789", "domain": "r.example.com"},
                "credentials": {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "A" * 40},
            }
        ],
    },
]


@dataclass(frozen=True)
class Valid:
    """`bodies` are accepted at `path` once `arrange` was called; they are made after it."""

    path: str
    bodies: Callable[[], list[Any]]
    arrange: Callable[[], Any] = lambda: None


def _run() -> Run:
    return Run.objects.latest("pk")


def _run_in(state: RunState) -> Callable[[], None]:
    def arrange() -> None:
        Run.objects.filter(pk=_run().pk).update(state=state)
        steps = Step.objects.filter(run=_run(), prod__name="c-2")
        steps.filter(kind="set_version").update(state=StepState.SUCCEEDED, attempt=1)
        steps.filter(kind="wait_ready").update(state=StepState.FAILED, attempt=1)
        Step.objects.filter(run=_run(), kind="ask", wave=2).update(state=StepState.RUNNING, attempt=1)

    return arrange


def _action(name: str, state: RunState, kind: str = "wait_ready") -> tuple[tuple[str, str], Valid]:
    def bodies() -> list[Any]:
        wave = {"wave": 2} if kind == "ask" else {"prod__name": "c-2"}
        step = Step.objects.filter(run=_run(), kind=kind, **wave).first()
        return [{**WHY, "step": step.pk, "take_over": False, "digest": _run().digest}]

    path = f"/runs/{{run_id}}/actions/{name}/"
    return ("post", path), Valid(path.replace("run_id", "run"), bodies, _run_in(state))


def no_run() -> None:
    """No Run has any Prod."""
    for claim in _run().claims.all():
        claim.delete()
    Run.objects.filter(pk=_run().pk).update(state=RunState.ABORTED, finished_at=timezone.now())


def drifted() -> None:
    no_run()
    found = Difference(
        "Deployment", "api", "containers[api].image", What.CHANGED, "v1", "hot", "kubectl-edit"
    )
    now = timezone.now()
    Drift.objects.update_or_create(
        prod=Prod.objects.get(name="a-1"),
        defaults={
            "state": "drifted",
            "differences": differences_to_json((found,)),
            "since": now,
            "checked_at": now,
            "due_at": now,
        },
    )


def _held() -> None:
    Hold.objects.create(
        prod=Prod.objects.get(name="a-1"), reason="a test", author=build.person("admin"), at=timezone.now()
    )


def seen_well() -> None:
    """Every Prod has been seen, all ready, and for as long as a test may take."""
    for name in Prod.objects.values_list("name", flat=True):
        build.observe(name)
    build.fresh(timezone.now() + timedelta(minutes=30))


def users_have_left() -> None:
    """Cluster a is draining and could have its users back."""
    no_run()
    seen_well()
    RouteMember.objects.filter(prod__cluster__name="a", route__redundancy="two-domain").update(weight=0)
    Cluster.objects.filter(name="a").update(
        intent=Cluster.Intent.DRAINING, health="healthy", health_since=timezone.now() - timedelta(hours=1)
    )


def users_have_left_prod() -> None:
    """a-2 is draining and could have its users back."""
    users_have_left()
    Cluster.objects.filter(name="a").update(intent=Cluster.Intent.ACTIVE)
    Prod.objects.filter(name="a-2").update(lifecycle=Prod.Lifecycle.DRAINING)


def users_are_leaving() -> None:
    """An evacuation of a is under way, and the router has not been told yet."""
    no_run()
    seen_well()
    routes = Route.objects.filter(publications=None)
    instance = RouterInstance.objects.get(name="edge")
    Publication.objects.bulk_create(Publication(route=one, instance=instance, asked=1) for one in routes)
    Prod.objects.update(endpoint="http://127.0.0.1:30000")
    start_leaving(build.person("admin"), "a", preview_leaving("a").plan.digest, "a test")


def _evacuation() -> list[Any]:
    seen_well()
    return [{"digest": preview_leaving("a").plan.digest, "confirm": "a", **WHY}]


def _failback() -> list[Any]:
    return [{"digest": preview_failback("a").plan.digest, **WHY}]


def _prod_evacuation() -> list[Any]:
    seen_well()
    return [{"digest": preview_leaving("a-1", PROD).plan.digest, "confirm": "a-1", **WHY}]


def _prod_failback() -> list[Any]:
    return [{"digest": preview_failback("a-2", PROD).plan.digest, **WHY}]


def _vetoed() -> None:
    Version.objects.filter(name="v1.0.0").update(
        vetoed_at=timezone.now(), vetoed_by=build.person("admin"), veto_reason="a test"
    )


def _lonely() -> None:
    build.cluster("a-lonely")


def _cordoned() -> None:
    Cluster.objects.filter(name="a").update(intent=Cluster.Intent.CORDONED)


def _automation_off() -> None:
    AutomationStop.objects.create(author=build.person("admin"), reason="a test")


def _line_stopped() -> None:
    Freeze.objects.create(author=build.person("admin"), reason="a test", at=timezone.now())


def _closed() -> None:
    Person.objects.filter(username="somebody").update(is_active=False)


def _change() -> list[Any]:
    plan = preview_change("a-1", OVERRIDES, 60).plan
    return [{"overrides": OVERRIDES, "soak_s": 60, "digest": plan.digest, **WHY}]


def _scale() -> list[Any]:
    plan = preview_change("a-1", scaled("a-1", component="api", replicas=5)).plan
    return [{"component": "api", "replicas": 5, "digest": plan.digest, **WHY}]


def _retire() -> list[Any]:
    return [{"confirm": "b-1", "digest": preview_retire("b-1").plan.digest, **WHY}]


def _heal() -> list[Any]:
    return [{"take_over": False, "digest": preview_heal("a-1").plan.digest, **WHY}]


def list_digest() -> str:
    """Of the list as it would be imported now."""
    return preview_tenants(build.person("admin"), LIST).digest


def _listed() -> list[Any]:
    return [{"text": LIST, "digest": list_digest()}]


def _release() -> list[Any]:
    return [{**RELEASE, "digest": preview_release(**RELEASE).plan.digest}]  # type: ignore[arg-type]


def _new_prod() -> list[Any]:
    document = yaml.safe_load((build.DEMO / "prod.yaml").read_text())
    document["spec"] |= {"endpoint": "https://c-3.example"}
    document["spec"]["overrides"]["patches"] = []
    return [document]


def _version() -> list[Any]:
    images = Version.objects.get(name="v1.0.0").images
    return [
        {
            "blueprint": "shop",
            "name": "v9.0.0",
            "images": images,
            "revision": 1,
            "rollback": "until",
            "rollback_until": "wait_ready",
            "shares_data_with": ["v1.0.0"],
        }
    ]


def _connections() -> list[Any]:
    return [{"access": way, "credentials": given} for way, given in CREDENTIALS.items()]


def writer_leaves() -> None:
    """shop-s has a single writer, on a-1."""
    Route.objects.filter(name="shop-s").update(data_class="single-writer")


def one_writes() -> None:
    """a-2 is the only writer of shop-r, after b-1 was."""
    set_weights(build.person("admin"), "shop-r", {"a-2": 0, "b-1": 100}, "", 1)
    set_weights(build.person("admin"), "shop-r", {"a-2": 100, "b-1": 0}, "", 2)
    Route.objects.filter(name="shop-r").update(data_class="single-writer")


def single_writer() -> None:
    Tenant.objects.filter(name="shop-s-0001").update(data_class="single-writer")
    route = Route.objects.create(name="books", redundancy="none", data_class="single-writer")
    prod = Prod.objects.get(name="c-1")
    RouteMember.objects.create(route=route, prod=prod, weight=100, target=100)


def _added() -> list[Any]:
    return [{**TENANT, "digest": preview_tenant(build.person("admin"), TENANT).digest}, ON_ROUTE]


def _moves() -> list[Any]:
    moved = {"confirm": "shop-s-0001", **WHY}
    digest = preview_move(build.person("admin"), "shop-s-0001", {"route": "books"}).digest
    return [{"route": "books", "digest": digest, **moved}, {"prods": ["b-2"], **moved}]


def a_zone() -> None:
    register_router(build.person("admin"), ROUTER["name"], **ROUTERS[1])


def moved_without_us() -> None:
    """The router shows another single writer of shop-r at a newer epoch, read back just now."""
    edge = RouterInstance.objects.get(name="edge")
    RouterInstance.objects.filter(pk=edge.pk).update(health="healthy", read_at=timezone.now())
    route = Route.objects.get(name="shop-r")
    Route.objects.filter(pk=route.pk).update(data_class="single-writer")
    RouteMember.objects.filter(route=route, prod__name="b-1").update(weight=0)
    shown = {"epoch": 1001, "weights": {"a-2": 0, "b-1": 100}, "asked": route.epoch}
    Publication.objects.update_or_create(route=route, instance=edge, defaults=shown)


def adoption() -> list[Any]:
    return [{"digest": read_adoption("edge", timezone.now()).digest, "confirm": "shop-r", **WHY}]


def _just(*bodies: Any) -> Callable[[], list[Any]]:
    return lambda: list(bodies)


VALID: dict[tuple[str, str], Valid] = {
    ("post", "/blueprints/"): Valid(
        "/blueprints/", _just({"name": "store", "manifests": MANIFESTS, "note": "as it was"})
    ),
    ("post", "/automation/failover/"): Valid(
        "/automation/failover/", _just({**WHY, "redundancy": "none", "on": True})
    ),
    ("post", "/automation/resume/"): Valid("/automation/resume/", _just(WHY), _automation_off),
    ("post", "/automation/stop/"): Valid("/automation/stop/", _just(WHY)),
    ("post", "/line/resume/"): Valid("/line/resume/", _just(WHY), _line_stopped),
    ("post", "/line/stop/"): Valid("/line/stop/", _just(WHY)),
    ("post", "/blueprints/{name}/revisions/"): Valid(
        "/blueprints/shop/revisions/", _just({"manifests": CHANGED, "note": "one more", "base": 1})
    ),
    ("post", "/blueprints/check/"): Valid("/blueprints/check/", _just({"manifests": MANIFESTS})),
    ("post", "/clusters/"): Valid(
        "/clusters/", lambda: [{"name": "z", **FACTS, **one} for one in _connections()]
    ),
    ("patch", "/clusters/{name}/"): Valid("/clusters/a/", _just(FACTS)),
    ("post", "/clusters/{name}/actions/cordon/"): Valid("/clusters/a/actions/cordon/", _just(WHY)),
    ("post", "/clusters/{name}/actions/uncordon/"): Valid(
        "/clusters/a/actions/uncordon/", _just(WHY), _cordoned
    ),
    ("post", "/clusters/{name}/actions/retire/"): Valid(
        "/clusters/a-lonely/actions/retire/", _just(WHY), _lonely
    ),
    ("post", "/clusters/{name}/evacuation/take-back/"): Valid(
        "/clusters/a/evacuation/take-back/", _just(WHY), users_are_leaving
    ),
    ("post", "/clusters/{name}/evacuation/"): Valid("/clusters/a/evacuation/", _evacuation, writer_leaves),
    ("post", "/clusters/{name}/failback/"): Valid("/clusters/a/failback/", _failback, users_have_left),
    ("put", "/clusters/{name}/credentials/"): Valid("/clusters/a/credentials/", _connections),
    ("post", "/people/"): Valid("/people/", _just({"username": "mika", "role": "on-call"})),
    ("post", "/people/{username}/activate/"): Valid("/people/somebody/activate/", _just(WHY), _closed),
    ("post", "/people/{username}/deactivate/"): Valid("/people/somebody/deactivate/", _just(WHY)),
    ("post", "/people/{username}/role/"): Valid("/people/somebody/role/", _just({**WHY, "role": "on-call"})),
    ("post", "/prods/"): Valid("/prods/", _new_prod),
    ("patch", "/prods/{name}/"): Valid(
        "/prods/a-1/", _just({"capacity": 70, "endpoint": "https://a.example", "role": "test"})
    ),
    ("post", "/prods/{name}/evacuation/"): Valid("/prods/a-1/evacuation/", _prod_evacuation, writer_leaves),
    ("post", "/prods/{name}/failback/"): Valid("/prods/a-2/failback/", _prod_failback, users_have_left_prod),
    ("post", "/prods/{name}/actions/change/"): Valid("/prods/a-1/actions/change/", _change, no_run),
    ("post", "/prods/{name}/actions/change/preview/"): Valid(
        "/prods/a-1/actions/change/preview/", _just({"overrides": OVERRIDES, "soak_s": 60})
    ),
    ("post", "/prods/{name}/actions/heal/"): Valid("/prods/a-1/actions/heal/", _heal, drifted),
    ("post", "/prods/{name}/actions/heal/preview/"): Valid(
        "/prods/a-1/actions/heal/preview/", _just({"take_over": True}), drifted
    ),
    ("post", "/prods/{name}/actions/hold/"): Valid("/prods/a-1/actions/hold/", _just(WHY)),
    ("post", "/prods/{name}/actions/lift-hold/"): Valid("/prods/a-1/actions/lift-hold/", _just(WHY), _held),
    ("post", "/prods/{name}/actions/retire/"): Valid("/prods/b-1/actions/retire/", _retire, no_run),
    ("post", "/prods/{name}/actions/scale/"): Valid("/prods/a-1/actions/scale/", _scale, no_run),
    ("post", "/prods/{name}/actions/scale/preview/"): Valid(
        "/prods/a-1/actions/scale/preview/", _just({"component": "api", "replicas": 5})
    ),
    ("post", "/prods/{name}/actions/self-heal/"): Valid(
        "/prods/a-1/actions/self-heal/", _just({**WHY, "on": True})
    ),
    ("post", "/releases/"): Valid("/releases/", _release, no_run),
    ("post", "/releases/preview/"): Valid("/releases/preview/", _just(RELEASE)),
    **dict(
        [
            _action("abort", RunState.RUNNING),
            _action("approve", RunState.RUNNING, "ask"),
            _action("pause", RunState.RUNNING),
            _action("resume", RunState.PAUSED),
            _action("retry", RunState.RUNNING),
            _action("rollback", RunState.RUNNING),
            _action("skip", RunState.RUNNING),
        ]
    ),
    ("post", "/routers/"): Valid("/routers/", _just(*({**ROUTER, **one} for one in ROUTERS))),
    ("post", "/routers/{name}/instances/"): Valid(
        "/routers/dns/instances/",
        _just(
            {
                "name": "z",
                "failure_domain": "z",
                "cluster": "a",
                "settings": {"zone": "example.com", "zone_id": "Z0123456789", "domain": "r.example.com"},
                "credentials": {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "A" * 40},
            }
        ),
        a_zone,
    ),
    ("post", "/routers/{name}/adoption/"): Valid("/routers/edge/adoption/", adoption, moved_without_us),
    ("post", "/routers/{name}/actions/publish/"): Valid(
        "/routers/edge/actions/publish/", _just({"routes": ["shop-r"]})
    ),
    ("post", "/routers/{name}/actions/unpublish/"): Valid(
        "/routers/edge/actions/unpublish/", _just({"routes": ["shop-r"]})
    ),
    ("post", "/routes/{name}/actions/weights/"): Valid(
        "/routes/shop-r/actions/weights/",
        _just({"weights": {"a-2": 0, "b-1": 10}, "epoch": 3, "for_good": True, "confirm": "shop-r", **WHY}),
        one_writes,
    ),
    ("post", "/routes/{name}/actions/weights/preview/"): Valid(
        "/routes/shop-r/actions/weights/preview/", _just({"weights": {"a-2": 0, "b-1": 10}})
    ),
    ("post", "/routes/{name}/actions/return/"): Valid(
        "/routes/shop-r/actions/return/",
        _just({"epoch": 2, "seen": 3, "confirm": "shop-r", **WHY}),
        one_writes,
    ),
    ("post", "/tenants/"): Valid("/tenants/", _added, seen_well),
    ("post", "/tenant-placements/preview/"): Valid(
        "/tenant-placements/preview/", _just(TENANT, ON_ROUTE), seen_well
    ),
    ("post", "/tenants/{name}/actions/move/preview/"): Valid(
        "/tenants/shop-s-0001/actions/move/preview/",
        _just({"route": "books"}, {"prods": ["b-2"]}),
        single_writer,
    ),
    ("patch", "/tenants/{name}/"): Valid(
        "/tenants/shop-s-0001/",
        _just(
            {**TENANT_FACTS, "redundancy": "none", "data_class": "single-writer", "confirm": "shop-s-0001"},
            {"pins": ["a-1", "c-1"]},
        ),
    ),
    ("post", "/tenants/{name}/actions/move/"): Valid(
        "/tenants/shop-s-0001/actions/move/", _moves, single_writer
    ),
    ("post", "/tenant-imports/preview/"): Valid("/tenant-imports/preview/", _just({"text": LIST})),
    ("post", "/tenant-imports/"): Valid("/tenant-imports/", _listed),
    ("post", "/tokens/"): Valid(
        "/tokens/",
        _just({"name": "ci", "role": "viewer", "person": "somebody", "expires_at": "2099-06-01T00:00:00Z"}),
    ),
    ("post", "/tokens/{id}/revoke/"): Valid("/tokens/{token}/revoke/", _just(WHY)),
    ("post", "/versions/"): Valid("/versions/", _version),
    ("post", "/versions/{id}/actions/veto/"): Valid("/versions/{version}/actions/veto/", _just(WHY)),
    ("post", "/versions/{id}/actions/lift-veto/"): Valid(
        "/versions/{version}/actions/lift-veto/", _just(WHY), _vetoed
    ),
}
# They take no body, and change nothing because of one: what is sent is not read, or refused.
WITHOUT_BODY = {
    ("post", "/clusters/{name}/actions/test/"),
    ("post", "/clusters/{name}/evacuation/preview/"),
    ("post", "/clusters/{name}/failback/preview/"),
    ("post", "/people/{username}/password/"),
    ("post", "/prods/{name}/actions/check-drift/"),
    ("post", "/prods/{name}/actions/retire/preview/"),
    ("post", "/prods/{name}/evacuation/preview/"),
    ("post", "/prods/{name}/failback/preview/"),
    ("post", "/runs/{run_id}/actions/resume/preview/"),
}


def filled(path: str, prefix: str = "/api/v1") -> str:
    """The path with the numbers of what is there."""
    return prefix + path.format(
        run=_run().pk,
        token=ApiToken.objects.get(name="somebody's").pk,
        version=Version.objects.get(name="v1.0.0").pk,
    )
