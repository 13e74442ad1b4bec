"""What the observer looks at beside workloads: further kinds, Secrets by name, Events. None of it may make
a cluster look ill."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clusters.core.evidence import Ready, applied_from_answer, judge
from clusters.core.kube_events import SeenEvent
from clusters.core.kubeconfig import Credentials
from clusters.core.observed import ObservedProd
from clusters.core.rights import needed
from clusters.kube.client import Client
from clusters.models import BlueprintRevision, Cluster, KubeEvent, Observation, Prod
from clusters.observe.events import OF_CLUSTER, OF_PROD, store_events
from clusters.observe.needs import Needs
from clusters.vault import encrypt
from simulator.testing import Fleet, start_fleet
from tests.adapters.kubernetes.custom import definition, once_served
from tests.adapters.kubernetes.watched import add_fleet, add_prod, client_of, eventually, observing

pytestmark = pytest.mark.django_db(transaction=True)

CACHE = "Cache.shop.drover.test/v1"
LABELS = {"drover.dev/prod": "a-1"}
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick(settings: Any) -> None:
    settings.OBSERVER_ABSENT_S = settings.OBSERVER_SECRETS_S = settings.OBSERVER_SECRETS_AGAIN_S = 0.2
    settings.OBSERVER_ROWS_S = 0.2


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"], pod_start=(0.02, 0.05)) as fleet:
        yield fleet


@pytest.fixture
def prod(fleet: Fleet) -> Prod:
    return add_prod("a-1", add_fleet(fleet)["a"])


def needing(prod: Prod, *kinds: str, secrets: tuple[str, ...] = ()) -> None:
    """A newer revision of the Prod's Blueprint has these kinds and refers to these Secrets."""
    number = BlueprintRevision.objects.filter(blueprint=prod.blueprint_id).count() + 1
    BlueprintRevision.objects.create(
        blueprint=prod.blueprint,
        number=number,
        manifests=[],
        components=[],
        kinds=list(kinds),
        secrets=list(secrets),
        digest="",
    )


def may_not(fleet: Fleet, resource: str) -> None:
    """From now on the observer has the rights that Drover needs but for this resource."""
    rules = [
        {"apiGroups": [right.group], "resources": [right.resource], "verbs": [right.verb]}
        for right in needed()
        if right.resource != resource
    ]
    server, token = fleet.clusters["a"].server, fleet.mint_token("a", rules)
    Cluster.objects.update(credentials=encrypt(Credentials(server, token=token)))


def seen(prod: Prod) -> ObservedProd:
    found = Observation.objects.filter(prod=prod).first()
    return found.seen() if found else ObservedProd((), (), NOW)


def made(client: Client, kind: str, api_version: str, **parts: Any) -> dict[str, Any]:
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod-a-1"}})
    metadata = {"name": "it", "namespace": "prod-a-1", "labels": LABELS}
    item = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}
    return once_served(lambda: client.apply(item))  # type: ignore[no-any-return]


def test_a_job_of_a_blueprint_is_watched_until_it_has_finished(fleet: Fleet, prod: Prod) -> None:
    needing(prod, "Job")
    pods = {"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "shop/api:v1"}]}}
    with observing(), closing(client_of(fleet, "a")) as client:
        applied = (applied_from_answer(made(client, "Job", "batch/v1", spec={"template": pods})),)
        eventually(lambda: isinstance(judge(applied, seen(prod)), Ready))
        assert [one.kind for one in seen(prod).objects] == ["Job"]
        client.delete("Job", "prod-a-1", "it")
        eventually(lambda: not seen(prod).objects)


def test_a_kind_that_the_cluster_lacks_is_a_fact_and_no_illness_and_is_taken_up_once_it_is_there(
    fleet: Fleet, prod: Prod
) -> None:
    with observing(), closing(client_of(fleet, "a")) as client:
        eventually(lambda: Cluster.objects.get().synced_at)
        needing(prod, CACHE)
        eventually(lambda: seen(prod).unwatched == ((CACHE, "the cluster does not have this kind."),))
        cluster = Cluster.objects.get()
        assert (cluster.health, cluster.synced_at is None) == ("healthy", False)
        client.apply(definition("shop.drover.test"))
        made(client, "Cache", "shop.drover.test/v1", spec={"size": 1})
        eventually(lambda: [one.kind for one in seen(prod).objects] == [CACHE])
        assert seen(prod).unwatched == ()


def test_a_kind_that_may_not_be_listed_is_a_fact_and_no_illness(fleet: Fleet, prod: Prod) -> None:
    may_not(fleet, "httproutes")
    needing(prod, "HTTPRoute")
    with observing():
        eventually(lambda: "403" in dict(seen(prod).unwatched).get("HTTPRoute", ""))
        eventually(lambda: Cluster.objects.get().synced_at and Cluster.objects.get().health == "healthy")


def test_secrets_are_looked_for_by_name_and_their_content_never_asked_for(fleet: Fleet, prod: Prod) -> None:
    needing(prod, secrets=("database", "tls"))
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls"}, "stringData": {"k": "canary"}}
    with observing(), closing(client_of(fleet, "a")) as client:
        eventually(lambda: seen(prod).secrets == (("database", "missing"), ("tls", "missing")))
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod-a-1"}})
        assert fleet.request("a", "POST", "/api/v1/namespaces/prod-a-1/secrets", body)[0] == 201
        eventually(lambda: seen(prod).secrets == (("database", "missing"), ("tls", "there")))
    assert "canary" not in str(Observation.objects.get(prod=prod).facts)
    asked = [line for line in fleet.audit() if line.get("resource") == "secrets" and line["verb"] != "create"]
    assert {(line["verb"], line["name"]) for line in asked} == {("get", "database"), ("get", "tls")}


def test_where_nobody_may_look_for_secrets_that_is_said(fleet: Fleet, prod: Prod) -> None:
    needing(prod, secrets=("tls",))
    may_not(fleet, "secrets")
    with observing():
        eventually(lambda: seen(prod).secrets == (("tls", "unknown"),))


def test_a_patch_of_one_prod_may_need_secrets_of_its_own(prod: Prod) -> None:
    pods = {"spec": {"imagePullSecrets": [{"name": "mine"}]}}
    patch = {"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": pods}}
    prod.overrides.create(number=1, content={"patches": [patch]})
    other = add_prod("a-2", prod.cluster)
    needing(prod, "Job", "ConfigMap", CACHE, secrets=("tls",))
    needs = Needs().read([prod.cluster_id])
    assert needs[prod.pk].secrets == {"mine", "tls"}
    assert needs[other.pk].secrets == {"tls"}
    assert needs[other.pk].kinds == {"Job", CACHE}


def post_event(fleet: Fleet, namespace: str, name: str, about: str = "Pod") -> None:
    body = {
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": about, "name": "x", "namespace": "" if about == "Node" else namespace},
        "reason": name,
        "message": "it happened",
        "type": "Warning",
        "lastTimestamp": "2026-11-20T03:00:00Z",
    }
    assert fleet.request("a", "POST", f"/api/v1/namespaces/{namespace}/events", body)[0] == 201


def test_events_about_prods_and_nodes_are_kept_and_no_others(fleet: Fleet, prod: Prod) -> None:
    with closing(client_of(fleet, "a")) as client:
        for name in ("prod-a-1", "elsewhere"):
            client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    post_event(fleet, "prod-a-1", "before")
    with observing():
        eventually(lambda: KubeEvent.objects.filter(reason="before").exists())
        post_event(fleet, "elsewhere", "foreign")
        post_event(fleet, "default", "node-event", about="Node")
        post_event(fleet, "prod-a-1", "after")
        eventually(lambda: KubeEvent.objects.filter(reason__in=["after", "node-event"]).count() == 2)
    rows = {row.reason: row for row in KubeEvent.objects.all()}
    assert rows["before"].prod == rows["after"].prod == prod
    assert rows["node-event"].prod is None
    assert "foreign" not in rows
    assert rows["after"].about == "Pod x"


def happened(uid: str, minute: int = 0, count: int = 1) -> SeenEvent:
    at = NOW + timedelta(minutes=minute)
    return SeenEvent(uid, "prod-a-1", "Pod x", "Normal", "Pulled", "words", count, at)


def test_only_the_newest_events_of_a_prod_are_kept(prod: Prod) -> None:
    other = add_prod("a-2", prod.cluster)
    rows: list[tuple[int | None, SeenEvent]] = [
        (prod.pk, happened(f"u{i}", minute=i)) for i in range(OF_PROD + 10)
    ]
    rows += [(None, happened(f"n{i}", minute=i)) for i in range(OF_CLUSTER + 10)]
    rows += [(other.pk, happened("o"))]
    assert store_events(prod.cluster_id, 0, rows, {}) == len(rows)
    assert KubeEvent.objects.filter(prod=prod).count() == OF_PROD
    assert KubeEvent.objects.filter(prod=None).count() == OF_CLUSTER
    assert KubeEvent.objects.filter(prod=other).count() == 1
    assert not KubeEvent.objects.filter(uid="u0").exists()


def test_an_event_that_comes_again_is_one_row_that_never_goes_back(prod: Prod) -> None:
    def store(*args: Any, epoch: int = 0) -> int:
        return store_events(prod.cluster_id, epoch, [(prod.pk, happened(*args))], {})

    assert store("u", 1, 1) == 1
    assert store("u", 1, 1) == 0, "nothing new is no write"
    assert store("u", 2, 5) == 1
    assert store("u", 1, 9) == 0
    assert store("v", 3, 1, epoch=7) == 0, "an observer that lost its lease writes nothing"
    (row,) = KubeEvent.objects.all()
    assert (row.count, row.last_at) == (5, NOW + timedelta(minutes=2))


def test_a_prod_that_is_gone_or_elsewhere_leaves_its_events_out(fleet: Fleet, prod: Prod) -> None:
    stranger = Cluster.objects.create(name="z", provider="x", failure_domain="z", credentials=b"")
    assert store_events(stranger.pk, 0, [(prod.pk, happened("u")), (10**9, happened("v"))], {}) == 0
