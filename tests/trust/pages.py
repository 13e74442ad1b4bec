"""Every form of the pages: what it takes, and what it is sent in a world that refuses it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from access import actions as people
from access.models import ApiToken
from clusters.models import Cluster, Prod, Version
from releases import actions
from releases.models import Run, Step
from releases.prod_previews import preview_retire
from tests import build
from tests.trust import bodies
from traffic.core.survival import PROD
from traffic.models import RouterInstance, Tenant

PASSWORD = "a long sentence to log in with"
WHY = {"reason": "because of the test"}
SECRETS = {"kubeconfig", "token", "client_key", "secret_access_key", "current", "new", "again"}


@dataclass(frozen=True)
class Page:
    """`sent` is what the page takes once `arrange` was called. `refused` brings about what stands against it
    and gives what differs in what is sent; None: nothing but a wrong field keeps it from being done."""

    form: str
    path: str
    sent: Callable[[], dict[str, Any]]
    arrange: Callable[[], Any] = lambda: None
    refused: Callable[[], dict[str, Any]] | None = None


def _connection() -> dict[str, Any]:
    return {"access": "token", **bodies.CREDENTIALS["token"]}


def _images() -> dict[str, Any]:
    images = Version.objects.get(name="v1.0.0").images
    return {f"images.{component}": image for component, image in images.items()}


def _skip() -> dict[str, Any]:
    step = Step.objects.filter(run=Run.objects.latest("pk"), kind="wait_ready", prod__name="c-2").get()
    return {**WHY, "step": step.pk}


def _facts() -> dict[str, Any]:
    row = Prod.objects.get(name="a-1")
    return {"role": row.role, "capacity": row.capacity + 1, "endpoint": "https://a.example"}


def _else(changed: Any = None, **sent: Any) -> dict[str, Any]:
    """What is sent instead, after something was changed."""
    return sent


def _closed_cluster(name: str) -> dict[str, Any]:
    return _else(Cluster.objects.filter(name=name).update(intent=Cluster.Intent.RETIRED))


def _new_tenant() -> dict[str, Any]:
    return {
        "name": "z", "hostnames": "z.example", "load": "2", "redundancy": "two-domain",
        "data_class": "stateless", "blueprint": "shop", "prods": "a-1, b-2",
    }  # fmt: skip


def _taken() -> str:
    return str(Tenant.objects.get(name="shop-r-0001").hostnames[0])


def _instance() -> dict[str, Any]:
    return {"instance_name": "z", "failure_domain": "z", "cluster": "", "settings": "{}"}


def _new_router() -> dict[str, Any]:
    gateway = '{"namespace": "edge", "gateway": "main"}'
    return {**_instance(), "name": "z", "kind": "gateway-api", "cluster": "a", "settings": gateway}


def _admin() -> Any:
    return build.person("admin")


def _manifests_changed() -> str:
    return bodies.MANIFESTS.replace("replicas:", "minReadySeconds: 1\n  replicas:")


PAGES = [
    Page(
        "RegisterForm",
        "/clusters/new/",
        lambda: {"name": "z", **bodies.FACTS, **_connection()},
        refused=lambda: _else(name="a"),
    ),
    Page("FactsForm", "/clusters/a/edit/", lambda: bodies.FACTS, refused=lambda: _else(read_as="another")),
    Page("CredentialsForm", "/clusters/a/credentials/", _connection, refused=lambda: _closed_cluster("a")),
    Page("WhyForm", "/clusters/a/cordon/", lambda: WHY, refused=lambda: _closed_cluster("a")),
    Page(
        "TypedForm",
        "/clusters/a-lonely/retire/",
        lambda: {**WHY, "typed": "a-lonely"},
        lambda: build.cluster("a-lonely"),
        lambda: _closed_cluster("a-lonely"),
    ),
    Page(
        "TypedForm",
        "/clusters/a-lonely/remove/",
        lambda: {**WHY, "typed": "a-lonely"},
        lambda: build.cluster("a-lonely"),
        lambda: _else(Prod.objects.filter(name="a-1").update(cluster=Cluster.objects.get(name="a-lonely"))),
    ),
    Page(
        "RevisionForm",
        "/blueprints/new/",
        lambda: {"name": "store", "text": bodies.MANIFESTS, "note": "a"},
        refused=lambda: _else(name="shop"),
    ),
    Page(
        "RevisionForm",
        "/blueprints/shop/edit/",
        lambda: {"text": _manifests_changed(), "note": "a", "base": 1},
        refused=lambda: _else(base=0),
    ),
    Page(
        "VersionForm",
        "/blueprints/shop/versions/new/",
        lambda: {"name": "v9", "rollback": "safe", "shares_data_with": "v1.0.0", **_images()},
        refused=lambda: _else(name="v1.1.0"),
    ),
    Page("ActForm", "/runs/{run}/skip/", _skip, refused=lambda: _else(bodies.no_run())),
    Page(
        "ActForm",
        "/line/stop/",
        lambda: WHY,
        refused=lambda: _else(actions.stop_the_line(_admin(), "a test")),
    ),
    Page(
        "ActForm",
        "/automation/stop/",
        lambda: WHY,
        refused=lambda: _else(actions.stop_automation(_admin(), "a test")),
    ),
    Page(
        "ActForm",
        "/automation/none/on/",
        lambda: WHY,
        refused=lambda: _else(actions.set_auto_failover(_admin(), "none", True, "a test")),
    ),
    Page(
        "ActForm",
        "/prods/a-1/hold/",
        lambda: WHY,
        refused=lambda: _else(actions.set_hold(_admin(), "a-1", "a test")),
    ),
    Page(
        "ActForm",
        "/versions/{version}/veto/",
        lambda: WHY,
        refused=lambda: _else(actions.veto(_admin(), Version.objects.get(name="v1.0.0").pk, "a test")),
    ),
    Page(
        "ActForm",
        "/prods/a-1/self-heal/?on=1",
        lambda: WHY,
        refused=lambda: _else(actions.set_self_heal(_admin(), "a-1", True, "a test")),
    ),
    Page(
        "NewProdForm",
        "/prods/new/",
        lambda: {"text": (build.DEMO / "prod.yaml").read_text(), "do": "create"},
        refused=lambda: _closed_cluster("c"),
    ),
    Page(
        "ChangeForm",
        "/prods/a-1/change/",
        lambda: {
            "overrides": "replicas: {api: 5}",
            "do": "start",
            **WHY,
            "digest": bodies.preview_change("a-1", {"replicas": {"api": 5}}).plan.digest,
        },
        bodies.no_run,
        lambda: _else(digest="0" * 64),
    ),
    Page("FactsForm", "/prods/a-1/facts/", _facts),
    Page(
        "RetireForm",
        "/prods/b-1/retire/",
        lambda: {**WHY, "confirm": "b-1", "digest": preview_retire("b-1").plan.digest},
        bodies.no_run,
        lambda: _else(confirm="b-2"),
    ),
    Page(
        "HealForm",
        "/prods/a-1/heal/",
        lambda: {**WHY, "digest": bodies.preview_heal("a-1").plan.digest},
        bodies.drifted,
        lambda: _else(digest="0" * 64),
    ),
    Page(
        "ReasonForm",
        "/settings/tokens/{token}/revoke/",
        lambda: WHY,
        refused=lambda: _else(
            people.revoke_token(_admin(), ApiToken.objects.get(name="somebody's").pk, "a test")
        ),
    ),
    Page(
        "TokenForm",
        "/settings/tokens/",
        lambda: {"name": "ci", "role": "viewer", "days": "30"},
        refused=lambda: _else(people.create_token(_admin(), _admin(), "ci", "viewer", None)),
    ),
    Page(
        "PersonForm",
        "/settings/people/",
        lambda: {"username": "mika", "role": "viewer"},
        refused=lambda: _else(people.create_person(_admin(), "mika", "viewer")),
    ),
    Page(
        "WeightsForm",
        "/routes/shop-r/weights/",
        lambda: {**WHY, "weights.a-2": "90", "weights.b-1": "10", "epoch": "1", "do": "set"},
        refused=lambda: _else(bodies.set_weights(_admin(), "shop-r", {"a-2": 80}, "", 1)),
    ),
    Page(
        "ReturnForm",
        "/routes/shop-r/return/1/",
        lambda: {**WHY, "seen": "2"},
        lambda: bodies.set_weights(_admin(), "shop-r", {"a-2": 80}, "", 1),
        lambda: _else(bodies.set_weights(_admin(), "shop-r", {"a-2": 70}, "", 2)),
    ),
    Page(
        "AdoptForm",
        "/routers/edge/adopt/",
        lambda: bodies.adoption()[0],
        bodies.moved_without_us,
        lambda: _else(digest="0" * 64),
    ),
    Page("NewTenantForm", "/tenants/new/", _new_tenant, refused=lambda: _else(hostnames=_taken())),
    Page(
        "ChangeTenantForm",
        "/tenants/shop-s-0001/change/",
        lambda: {"hostnames": "z.example", "load": "2", "redundancy": "none", "data_class": "stateless"},
        refused=lambda: _else(read_as="another"),
    ),
    Page(
        "MoveForm",
        "/tenants/shop-s-0001/move/",
        lambda: {**WHY, "route": "books", "confirm": "shop-s-0001"},
        bodies.single_writer,
        lambda: _else(route="shop-r"),
    ),
    Page(
        "TenantListForm",
        "/tenant-import/",
        lambda: {"text": bodies.LIST, "digest": bodies.list_digest(), "do": "import"},
        refused=lambda: _else(digest="0" * 64),
    ),
    Page(
        "RemoveTenantForm",
        "/tenants/shop-r-0001/remove/",
        lambda: {**WHY, "typed": "shop-r-0001"},
        refused=lambda: _else(typed="shop-r-0002"),
    ),
    Page("RouterForm", "/routers/new/", _new_router, refused=lambda: _else(name="edge")),
    Page(
        "InstanceForm",
        "/routers/edge/instances/new/",
        lambda: {**_instance(), "settings": '{"address": "127.0.0.1:1"}'},
        refused=lambda: _else(instance_name="edge"),
    ),
    Page(
        "RoutesForm",
        "/routers/edge/publish/",
        lambda: {"routes": "shop-r"},
        refused=lambda: _else(RouterInstance.objects.all().delete()),
    ),
    Page(
        "RemoveForm",
        "/routers/instances/edge/remove/",
        lambda: {"typed": "edge"},
        refused=lambda: _else(typed="a"),
    ),
    Page(
        "LeaveForm",
        "/failover/a/",
        lambda: {"digest": bodies.preview_leaving("a").plan.digest, **WHY},
        bodies.seen_well,
        lambda: _else(digest="0" * 64),
    ),
    Page(
        "ActForm",
        "/failover/a/take-back/",
        lambda: WHY,
        bodies.users_are_leaving,
        lambda: _else(actions.take_back_moves(_admin(), "a", "a test")),
    ),
    Page(
        "FailbackForm",
        "/failover/a/back/",
        lambda: {"digest": bodies.preview_failback("a").plan.digest, **WHY},
        bodies.users_have_left,
        lambda: _else(digest="0" * 64),
    ),
    Page(
        "LeaveForm",
        "/prods/a-1/evacuate/",
        lambda: {"digest": bodies.preview_leaving("a-1", PROD).plan.digest, **WHY},
        bodies.seen_well,
        lambda: _else(digest="0" * 64),
    ),
    Page(
        "FailbackForm",
        "/prods/a-2/back/",
        lambda: {"digest": bodies.preview_failback("a-2", PROD).plan.digest, **WHY},
        bodies.users_have_left_prod,
        lambda: _else(digest="0" * 64),
    ),
    Page("RoleForm", "/settings/people/somebody/", lambda: {**WHY, "role": "on-call"}),
    Page(
        "OwnPasswordForm",
        "/settings/password/",
        lambda: {"current": PASSWORD, "new": "a sentence is best", "again": "a sentence is best"},
        refused=lambda: _else(current="another"),
    ),
]
